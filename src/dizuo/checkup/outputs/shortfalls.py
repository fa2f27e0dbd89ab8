"""Findings gathered by indicator: in how many places it falls short, and whom that touches."""

from typing import Any

import pandas as pd

from dizuo.checkup.outputs.contents import ranked_findings, records
from dizuo.checkup.outputs.words import labels
from dizuo.checkup.result import Checkup
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.standards.units import measure_text

__all__ = ["shortfalls"]


def shortfalls(checkup: Checkup) -> pd.DataFrame:
    """Gather the findings by indicator, those that touch the most residents first.

    Returns
    -------
    pandas.DataFrame
        One row an indicator that falls short somewhere, with the columns of its gravest finding,
        ``places`` (findings), ``places_of_kind`` (all places of that kind) and ``residents``: the
        sum over the places whose residents may be told, NaN where none may. Where there are
        several places, ``text_en`` and ``text_zh`` tell of all of them.
    """
    groups = ranked_findings(checkup).groupby("indicator", sort=False)
    gathered = groups.head(1).reset_index(drop=True)
    of_kind = checkup.places["kind"].value_counts()
    of_kind[PlaceKind.BUILDING.value] = len(checkup.building_values)
    gathered["places"] = groups.size().to_numpy()
    gathered["places_of_kind"] = gathered["place_kind"].map(of_kind).fillna(0).astype(int)
    gathered["residents"] = groups["residents"].sum(min_count=1).to_numpy()
    gathered["residents_suppressed"] &= gathered["residents"].isna()
    several = gathered["places"] > 1
    texts = [_text(checkup, row) for row in records(gathered[several])]
    gathered.loc[several, "text_en"] = [text.en for text in texts]
    gathered.loc[several, "text_zh"] = [text.zh for text in texts]
    return gathered.sort_values(
        ["residents", "places", "id"], ascending=[False, False, True], na_position="last"
    ).reset_index(drop=True)


def _text(checkup: Checkup, row: dict[str, Any]) -> Text:
    titles = checkup.indicators.set_index("id").loc[row["indicator"]]
    kind = labels()[f"kind_{row['place_kind']}"]
    many, whole = f"{row['places']:,}", f"{row['places_of_kind']:,}"
    touched_en = touched_zh = rule_en = rule_zh = ""
    if not pd.isna(row["residents"]):
        touched_en = f" ({row['residents']:,.0f} residents)"
        touched_zh = f"（涉及居民约 {row['residents']:,.0f} 人）"
    if row["rule"]:
        rule = checkup.rules.set_index("id").loc[row["rule"]]
        limit = measure_text(row["threshold"], rule["unit"])
        rule_en = f"; rule: {rule['title_en']}, {limit.en}"
        rule_zh = f"；规则：{rule['title_zh']}，{limit.zh}"
    return Text(
        f"{titles['title_en']}: {many} of {whole} {kind.en.lower()}{touched_en}{rule_en}.",
        f"{titles['title_zh']}：{whole} 个{kind.zh}中的 {many} 个{touched_zh}{rule_zh}。",
    )
