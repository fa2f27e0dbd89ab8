# ruff: noqa: PD011 - the values of a checkup are a table of that name
"""report.pdf: the checkup on one page, for the desk of someone with one minute."""

import json
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import typst

from dizuo.checkup.outputs.contents import records, set_title
from dizuo.checkup.outputs.maps import overview_svg
from dizuo.checkup.outputs.shortfalls import shortfalls
from dizuo.checkup.outputs.words import asset, labels
from dizuo.checkup.result import Checkup
from dizuo.model.errors import DizuoError
from dizuo.model.text import Language, Text
from dizuo.pages.numbers import format_number
from dizuo.standards.units import unit_text

__all__ = ["write_one_page_pdf"]

_SIGNS = {"at_least": "≥", "at_most": "≤"}
_FINDINGS = 10
_SETS = 4
_LINES = 24
_LINES_A_SET = 3
"""Lines for sets and articles that the page has room for."""


def write_one_page_pdf(checkup: Checkup, path: Path, language: Language = "en") -> Path:
    """Write the summary of a checkup as exactly one A4 page.

    The fonts are those of this package (Noto Sans CJK, the characters of GB 2312 and Latin), so
    Chinese is written on any machine; rarer characters need a system font.

    Raises
    ------
    DizuoError
        If the page cannot be set.
    """
    path = Path(path)
    inputs = {
        "data": json.dumps(_page(checkup, language), ensure_ascii=False, allow_nan=False),
        "map": overview_svg(checkup, width=420, tallest=400),
    }
    fonts = files("dizuo.checkup.outputs").joinpath("static/fonts")
    with as_file(fonts) as folder:
        try:
            made: bytes = typst.compile(  # type: ignore[misc]
                asset("templates/one_page.typ").encode(),
                font_paths=[str(folder)],
                sys_inputs=inputs,
            )
        except typst.TypstError as error:
            raise DizuoError(
                Text(f"The one-page PDF could not be set: {error}", f"单页 PDF 排版失败：{error}")
            ) from error
    path.write_bytes(made)
    return path


def _page(checkup: Checkup, language: Language) -> dict[str, Any]:
    words = {key: text.in_(language) for key, text in labels().items()}
    city = checkup.city
    name = str((city["name_zh"] if language == "zh" else "") or city["name"])
    known = checkup.values.loc[checkup.values["value"].notna(), "indicator"].nunique()
    whole = records(checkup.scores.loc[checkup.scores["article"] == 0])
    return {
        "language": language,
        "title": f"{name} · {words['page_summary']} · {city['reference_date']}",
        "name": name,
        "date": str(city["reference_date"]),
        "words": words,
        "figures": [
            (words["residents"], format_number(city["population"]), ""),
            (words["area"], format_number(city["area_km2"]), words["square_kilometres"]),
            (words["indicators"], str(known), f"/ {len(checkup.indicators)} {words['with_value']}"),
            (words["findings"], format_number(len(checkup.findings)), ""),
        ],
        "scores": [_score(row, language) for row in whole[:_SETS]],
        "articles": _articles(checkup, language),
        "findings": _findings(checkup, words, language),
        "map_review": str(city.get("map_review_number") or "__________"),
        "notes": f"{words['evidence_note']} {words['method_range']}",
        "attribution": " · ".join(
            dict.fromkeys(
                str(one["attribution"]) for one in city["attribution"] if one["attribution"]
            )
        ),
        "version": str(city["dizuo_version"]),
    }


def _score(row: Mapping[str, Any], language: Language) -> dict[str, Any]:
    known = bool(np.isfinite(row["score"]))
    return {
        "title": set_title(str(row["indicator_set"])).in_(language),
        "known": known,
        "score": _on_bar(row["score"]),
        "low": _on_bar(row["low"]),
        "high": _on_bar(row["high"]),
        "text": f"{row['score']:.0f}",
        "range": f"{row['low']:.0f}–{row['high']:.0f}",
        "coverage": f"{100 * row['coverage']:.0f} %",
        "shares": [
            (mark, float(row[mark])) for mark in ("measured", "estimated", "simulated", "missing")
        ],
    }


def _on_bar(score: float) -> float:
    return min(max(float(score), 0.0), 100.0) if np.isfinite(score) else 0.0


def _articles(checkup: Checkup, language: Language) -> list[dict[str, Any]]:
    """Return the scores of articles, set by set, as far as there is room."""
    scores = checkup.scores
    room = _LINES - _LINES_A_SET * int((scores["article"] == 0).sum())
    known = scores.loc[(scores["article"] > 0) & scores["score"].notna()]
    titles = checkup.articles.set_index("article")[f"title_{language}"]
    groups: list[dict[str, Any]] = []
    for name, rows in known.groupby("indicator_set", sort=False):
        room -= 1
        listed = records(rows.sort_values("article").head(max(room, 0)))
        room -= len(listed)
        if listed:
            groups.append(
                {
                    "title": set_title(str(name)).in_(language),
                    "rows": [
                        _score(row, language)
                        | {"title": f"{row['article']} {titles.get(row['article'], '')}"}
                        for row in listed
                    ],
                }
            )
    return groups


def _findings(
    checkup: Checkup, words: Mapping[str, str], language: Language
) -> list[dict[str, Any]]:
    titles = checkup.indicators.set_index("id")[f"title_{language}"]
    places = checkup.places.set_index("id")
    units = dict(zip(checkup.rules["id"], checkup.rules["unit"], strict=True))
    found = []
    for row in records(shortfalls(checkup).head(_FINDINGS)):
        place = str(row["place"])
        several = row["places"] > 1
        name = _name(places, place, language) or (
            f"{words['one_' + str(row['place_kind'])]} {place.partition(':')[2]}"
        )
        extent = words["count_of"].format(
            count=f"{row['places']:,}",
            all=f"{row['places_of_kind']:,}",
            kind=words[f"kind_{row['place_kind']}"].lower(),
        )
        sign = _SIGNS.get(str(row["comparison"]), "")
        residents = row["residents"]
        found.append(
            {
                "title": str(titles.get(row["indicator"], row["indicator"])),
                "check": row["certainty"] == "check",
                "place": extent if several else name,
                "value": "" if several else _measure(row["value"], row["unit"], language),
                "rule": ""
                if pd.isna(row["threshold"])
                else f"{sign} {_measure(row['threshold'], units.get(row['rule'], ''), language)}",
                "residents": words["residents_few"]
                if row["residents_suppressed"]
                else words["residents_unknown"]
                if pd.isna(residents)
                else format_number(round(residents)),
            }
        )
    return found


def _measure(value: float, unit: str, language: Language) -> str:
    return f"{format_number(value)} {unit_text(str(unit)).in_(language)}".strip()


def _name(places: pd.DataFrame, place: str, language: Language) -> str:
    if place not in places.index:
        return ""
    row = places.loc[place]
    chinese = row["name_zh"] if language == "zh" else ""
    for text in (chinese, row["name"]):
        if isinstance(text, str) and text:
            return text
    return ""
