# ruff: noqa: PD011 - the values of a checkup are a table of that name
"""report.html: the whole checkup in one file that needs nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dizuo.checkup.outputs.charts import histogram, spark
from dizuo.checkup.outputs.contents import publishable_values, records, set_title, variant_title
from dizuo.checkup.outputs.map_classes import Limit, classify_values, limits_of
from dizuo.checkup.outputs.maps import overview_svg
from dizuo.checkup.outputs.report_data import KindValues, Packs, gather, values_by_kind
from dizuo.checkup.outputs.words import asset, environment, labels
from dizuo.checkup.result import Checkup
from dizuo.model.place import PlaceKind
from dizuo.model.text import Language
from dizuo.pages import writing
from dizuo.standards.units import chinese_units

__all__ = ["write_report"]

_SCRIPTS = ("unpack.js", "city_map.js", "map_panel.js", "findings.js", "indicators.js", "report.js")

_SIGNS = {"at_least": "≥", "at_most": "≤", "given": "="}

_KINDS_FOR_CHARTS = (
    PlaceKind.BLOCK,
    PlaceKind.CELL,
    PlaceKind.COMMUNITY,
    PlaceKind.DISTRICT,
)


def write_report(checkup: Checkup, path: Path, language_default: Language = "en") -> Path:
    """Write the report as one HTML file, in both languages, that needs no network.

    Parameters
    ----------
    checkup
        The result to report.
    path
        The file to write; an existing one is replaced.
    language_default
        Language shown until the reader switches (``#en`` and ``#zh`` switch too).

    Returns
    -------
    The file written.
    """
    path = Path(path)
    page = render_report(checkup, language_default)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(page, encoding="utf-8")
    temporary.replace(path)
    return path


def render_report(checkup: Checkup, language_default: Language = "en") -> str:
    """Return the text of the report."""
    kinds = values_by_kind(checkup)
    packs = gather(checkup, kinds)
    template = environment(language_default).get_template("report.html.j2")
    return template.render(
        city=checkup.city,
        figures=_figures(checkup),
        scores=_scores(checkup),
        articles=_articles(checkup, {kind.kind: kind for kind in kinds}),
        rules=_rules(checkup).values(),
        missing=_missing(checkup),
        sensitivity=_sensitivity(checkup),
        packs=packs.texts,
        listed=_listed_note(checkup, packs),
        overview=overview_svg(checkup),
        map_review_number=str(checkup.city.get("map_review_number") or ""),
        style=writing.asset("page.css"),
        script="\n".join(asset(f"static/{name}") for name in _SCRIPTS),
        words={key: [text.en, text.zh] for key, text in labels().items()},
        units=chinese_units(),
    )


def _figures(checkup: Checkup) -> dict[str, int]:
    city = checkup.values.loc[checkup.values["place_kind"] == PlaceKind.CITY.value]
    known = city.loc[city["value"].notna(), "indicator"].nunique()
    anywhere = checkup.values.loc[checkup.values["value"].notna(), "indicator"].nunique()
    return {
        "indicators": len(checkup.indicators),
        "known": max(known, anywhere),
        "findings": len(checkup.findings),
        "rules_broken": checkup.findings["rule"].nunique(),
    }


def _scores(checkup: Checkup) -> list[dict[str, Any]]:
    whole = checkup.scores.loc[checkup.scores["article"] == 0]
    return [_score(row) for row in records(whole)]


def _score(row: Mapping[str, Any]) -> dict[str, Any]:
    known = bool(np.isfinite(row["score"]))
    return {
        **row,
        "set": set_title(str(row["indicator_set"])),
        "known": known,
        "left": float(row["low"]) if known else 0.0,
        "width": max(float(row["high"]) - float(row["low"]), 0.6) if known else 0.0,
        "shares": [
            (mark, float(row[mark])) for mark in ("measured", "estimated", "simulated", "missing")
        ],
    }


def _rules(checkup: Checkup) -> dict[str, dict[str, Any]]:
    return {str(row["id"]): _rule(row) for row in records(checkup.rules)}


def _rule(row: Mapping[str, Any]) -> dict[str, Any]:
    upper = row.get("upper")
    return {
        **row,
        "upper": None if upper is None or pd.isna(upper) else upper,
        "sign": _SIGNS.get(row["comparison"], ""),
        "until": "" if pd.isna(row["valid_to"]) else row["valid_to"],
    }


def _articles(checkup: Checkup, kinds: Mapping[str, KindValues]) -> list[dict[str, Any]]:
    values = publishable_values(checkup)
    city = values.loc[values["place_kind"] == PlaceKind.CITY.value]
    known = set(values.loc[values["value"].notna(), "indicator"])
    by_indicator: dict[str, dict[str, dict[str, Any]]] = {}
    for row in records(city):
        by_indicator.setdefault(str(row["indicator"]), {})[str(row["variant"])] = row
    rules = _rules(checkup)
    limits = limits_of(checkup.rules)
    indicators = records(checkup.indicators)
    counts = checkup.findings["indicator"].value_counts()
    found = []
    for article in records(checkup.articles):
        own = [one for one in indicators if one["article"] == article["article"]]
        if not own:
            continue
        own.sort(key=lambda one: one["id"] not in known)
        scores = checkup.scores.loc[checkup.scores["article"] == article["article"]]
        found.append(
            {
                **article,
                "scores": [_score(row) for row in records(scores)],
                "indicators": [
                    _indicator(one, by_indicator.get(str(one["id"]), {}), rules, limits, kinds)
                    | {"findings": int(counts.get(str(one["id"]), 0))}
                    for one in own
                ],
            }
        )
    return found


def _indicator(
    indicator: Mapping[str, Any],
    rows: Mapping[str, dict[str, Any]],
    rules: Mapping[str, dict[str, Any]],
    limits: Mapping[str, Limit],
    kinds: Mapping[str, KindValues],
) -> dict[str, Any]:
    variants = list(indicator["variants"]) or [""]
    shown = [
        {
            "name": variant,
            "title": variant_title(str(variant)),
            **_city_value(rows.get(str(variant))),
        }
        for variant in variants
    ]
    judging = next((one["rule"] for one in shown if one["rule"]), "")
    used = [rules[one] for one in dict.fromkeys([judging, *indicator["rules"]]) if one in rules]
    chart = _chart(str(indicator["id"]), str(variants[0]), kinds, limits)
    distance = indicator["largest_distance"]
    return {
        **indicator,
        "anywhere": any(
            np.isfinite(table.values[at]).any()
            for table in kinds.values()
            for at, column in enumerate(table.columns)
            if column.indicator == indicator["id"]
        ),
        "variants": shown,
        "lead": shown[0],
        "judge": rules.get(judging),
        "used": used,
        "check": any(rule["certainty"] == "check" for rule in used)
        or any(one["certainty"] == "check" for one in shown),
        "distance": None if distance is None or pd.isna(distance) else distance,
        **chart,
    }


def _city_value(row: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {
            "value": float("nan"),
            "evidence": "missing",
            "edge": 0.0,
            "rule": "",
            "certainty": "",
            "passes": None,
            "reason_en": "",
            "reason_zh": "",
        }
    passes = row["passes"]
    return {
        "value": float(row["value"]),
        "evidence": str(row["evidence"]),
        "edge": 0.0 if pd.isna(row["edge"]) else float(row["edge"]),
        "rule": str(row["rule"]),
        "certainty": str(row["certainty"]),
        "passes": None if passes is None or pd.isna(passes) else bool(passes),
        "reason_en": _text(row["reason_en"]),
        "reason_zh": _text(row["reason_zh"]),
    }


def _text(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and np.isnan(value)) else str(value)


def _chart(
    indicator: str,
    variant: str,
    kinds: Mapping[str, KindValues],
    limits: Mapping[str, Limit],
) -> dict[str, Any]:
    """Draw the distribution over the smallest kind of place that has enough values."""
    for kind in _KINDS_FOR_CHARTS:
        table = kinds.get(kind.value)
        if table is None:
            continue
        number = next(
            at
            for at, column in enumerate(table.columns)
            if (column.indicator, column.variant) == (indicator, variant)
        )
        values = table.values[number]
        if np.isfinite(values).sum() < 5:
            continue
        limit = limits.get(table.rules[number])
        classes = classify_values(values, limit, 1e-9)
        return {
            "spark": spark(values, classes),
            "histogram": histogram(values, classes, limit),
            "chart_kind": kind.value,
            "chart_count": int(np.isfinite(values).sum()),
        }
    return {"spark": "", "histogram": "", "chart_kind": "", "chart_count": 0}


def _missing(checkup: Checkup) -> list[dict[str, Any]]:
    known = set(checkup.values.loc[checkup.values["value"].notna(), "indicator"])
    reasons = checkup.values.loc[checkup.values["value"].isna()].drop_duplicates("indicator")
    by_indicator = {str(row["indicator"]): row for row in records(reasons)}
    found = []
    for row in records(checkup.indicators):
        if str(row["id"]) in known:
            continue
        reason = by_indicator.get(str(row["id"]), {})
        found.append(
            {
                **row,
                "reason_en": _text(reason.get("reason_en")),
                "reason_zh": _text(reason.get("reason_zh")),
            }
        )
    return found


def _sensitivity(checkup: Checkup) -> list[dict[str, Any]]:
    rows = records(checkup.sensitivity)
    return [
        {**row, "set": set_title(str(row["indicator_set"]))} for row in rows if row["article"] == 0
    ]


def _listed_note(checkup: Checkup, packs: Packs) -> tuple[str, str] | None:
    total = len(checkup.findings)
    if packs.findings_listed == total:
        return None
    text = labels()["findings_listed"]
    numbers = {"listed": f"{packs.findings_listed:,}", "total": f"{total:,}"}
    return text.en.format(**numbers), text.zh.format(**numbers)
