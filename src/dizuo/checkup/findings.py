"""Findings: where a value breaks a rule, what proves it, and whom it touches."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.checkup.compute import Computed, certainty_of, place_results
from dizuo.checkup.judge import passes
from dizuo.engines.form.density import sum_by_place
from dizuo.model.evidence import Evidence
from dizuo.model.indicator import Indicator
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import PlaceValues, Result, Values
from dizuo.resources.land import PlaceAmounts
from dizuo.resources.places import Places

__all__ = ["COLUMNS", "find"]

Floats = NDArray[np.float64]

COLUMNS = (
    "id",
    "indicator",
    "variant",
    "article",
    "place",
    "place_kind",
    "value",
    "unit",
    "rule",
    "threshold",
    "comparison",
    "certainty",
    "evidence",
    "edge",
    "residents",
    "residents_suppressed",
    "feature_count",
    "features",
    "severity",
    "text_en",
    "text_zh",
)

_FEATURES_AT_MOST = 200


@dataclass(frozen=True, eq=False)
class _Broken:
    """Places of one kind that break a rule."""

    kind: PlaceKind
    ids: NDArray[np.str_]
    names: NDArray[np.str_]
    value: Floats
    residents: Floats
    edge: NDArray[np.bool_]
    features: list[list[str]]
    feature_count: NDArray[np.int64]
    severity: Floats
    things: str


def find(
    computed: Mapping[str, Computed],
    places: Places,
    amounts: PlaceAmounts,
    smallest_group: int,
) -> pd.DataFrame:
    """List every finding, those that touch the most residents first.

    An indicator whose things fall short one by one (homes beyond reach) breaks its rule in every
    place that holds such a thing. Any other breaks it where its value fails the judging rule.

    Parameters
    ----------
    smallest_group
        Fewer residents than this are not told.
    """
    parts = [pd.DataFrame(columns=list(COLUMNS))]
    for one in computed.values():
        broken = _broken(one, places, amounts)
        if broken is not None and len(broken.ids):
            parts.append(_rows(one, broken, smallest_group))
    table = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    return table.sort_values(
        ["residents", "severity", "id"], ascending=[False, False, True], na_position="last"
    ).reset_index(drop=True)


def limit_of(one: Computed) -> Rule | None:
    """Return the rule that was broken: the one that things are held against, or places.

    Where things fall short one by one it is the rule that the result names, else the first that
    is given to the indicator. Where places fail as a whole it is the one that judges them.
    """
    _, result = one.leading
    if not isinstance(result, Values) or result.failing is None:
        return one.judge
    limits = [rule for name, rule in one.rules.items() if name != "judge"]
    return one.rules.get(result.limit) or (limits[0] if limits else one.judge)


def _broken(one: Computed, places: Places, amounts: PlaceAmounts) -> _Broken | None:
    _, result = one.leading
    if one.indicator.better == "none" or not isinstance(result, Values | PlaceValues):
        return None
    if isinstance(result, PlaceValues):
        return _broken_table(one, result)
    kind = _kind_for(one.indicator, result, places)
    if kind is None:
        return None
    if result.failing is not None:
        return _broken_things(result, kind, places, amounts)
    if one.judge is None:
        return None
    return _broken_places(one.judge, result, kind, places, amounts)


def _kind_for(indicator: Indicator, result: Values, places: Places) -> PlaceKind | None:
    """Return the kind of place for findings: the indicator's own, or the next larger one."""
    kinds = list(PlaceKind)
    for kind in kinds[kinds.index(indicator.place) :]:
        if kind in places.tables and kind in result.support.places:
            return kind
    return None


def _broken_things(
    result: Values, kind: PlaceKind, places: Places, amounts: PlaceAmounts
) -> _Broken:
    table = places.tables[kind]
    inside = result.support.places[kind]
    short = result.failing if result.failing is not None else np.zeros(len(inside), dtype=bool)
    failing = np.flatnonzero(short & (inside >= 0))
    order = failing[np.lexsort((result.support.ids[failing], inside[failing]))]
    place, starts, count = np.unique(inside[order], return_index=True, return_counts=True)
    affected = np.zeros(len(table))
    if result.affected is not None:
        affected = sum_by_place(result.affected[order], inside[order], len(table))
    found = place_results(result, places, amounts)[kind]
    marked = result.edge if result.edge is not None else np.zeros(len(inside), dtype=bool)
    edge = np.bincount(inside[order], marked[order], minlength=len(table)) > 0
    ids = result.support.ids[order]
    whole = np.bincount(inside[inside >= 0], minlength=len(table))
    return _Broken(
        kind,
        table.ids[place],
        table.names[place],
        found.value[place],
        affected[place],
        edge[place],
        [
            list(ids[start : start + min(number, _FEATURES_AT_MOST)])
            for start, number in zip(starts, count, strict=True)
        ],
        count,
        count / whole[place],
        result.support.name,
    )


def _broken_places(
    judge: Rule,
    result: Values,
    kind: PlaceKind,
    places: Places,
    amounts: PlaceAmounts,
) -> _Broken:
    table = places.tables[kind]
    found = place_results(result, places, amounts)[kind]
    place = np.flatnonzero(passes(found.value, judge) == False)  # noqa: E712 - None is no verdict
    inside = result.support.places[kind]
    order = np.lexsort((result.support.ids, inside))
    starts = np.searchsorted(inside[order], place)
    ends = np.searchsorted(inside[order], place, side="right")
    ids = result.support.ids[order]
    gap = np.abs(found.value[place] - judge.value) / max(abs(judge.value), 1e-9)
    return _Broken(
        kind,
        table.ids[place],
        table.names[place],
        found.value[place],
        amounts[kind]["residents"][place],
        found.edge[place] > 0,
        [
            list(ids[start : min(end, start + _FEATURES_AT_MOST)])
            for start, end in zip(starts, ends, strict=True)
        ],
        ends - starts,
        np.minimum(gap, 1.0),
        result.support.name,
    )


def _broken_table(one: Computed, result: PlaceValues) -> _Broken | None:
    if one.judge is None:
        return None
    row = np.flatnonzero(passes(result.value, one.judge) == False)  # noqa: E712
    nothing = np.full(len(row), np.nan)
    gap = np.abs(result.value[row] - one.judge.value) / max(abs(one.judge.value), 1e-9)
    return _Broken(
        result.kind,
        result.places[row],
        result.places[row],
        result.value[row],
        nothing,
        np.zeros(len(row), dtype=bool),
        [[] for _ in row],
        np.zeros(len(row), dtype=np.int64),
        np.minimum(gap, 1.0),
        "records",
    )


def _rows(one: Computed, broken: _Broken, smallest_group: int) -> pd.DataFrame:
    indicator, rule = one.indicator, limit_of(one)
    variant, result = one.leading
    suppressed = (broken.residents > 0) & (broken.residents < smallest_group)
    shown = np.where(suppressed, np.nan, broken.residents)
    texts = [
        _text(indicator, rule, broken, row, shown[row], bool(suppressed[row]))
        for row in range(len(broken.ids))
    ]
    return pd.DataFrame(
        {
            "id": [f"{indicator.id}@{place}" for place in broken.ids],
            "indicator": indicator.id,
            "variant": variant,
            "article": indicator.article,
            "place": broken.ids,
            "place_kind": broken.kind.value,
            "value": broken.value,
            "unit": indicator.unit,
            "rule": rule.id if rule else "",
            "threshold": rule.value if rule else np.nan,
            "comparison": rule.comparison if rule else "",
            "certainty": certainty_of(one),
            "evidence": _evidence(result).value,
            "edge": broken.edge,
            "residents": shown,
            "residents_suppressed": suppressed,
            "feature_count": broken.feature_count,
            "features": broken.features,
            "severity": broken.severity,
            "text_en": [text.en for text in texts],
            "text_zh": [text.zh for text in texts],
        },
        columns=list(COLUMNS),
    )


def _evidence(result: Result) -> Evidence:
    return result.evidence if isinstance(result, Values | PlaceValues) else Evidence.MISSING


_THINGS: Mapping[str, Any] = {
    "homes": Text("residential buildings", "栋住宅"),
    "buildings": Text("buildings", "栋建筑"),
    "facilities": Text("facilities", "处设施"),
    "streets": Text("street sections", "段道路"),
    "residential_land": Text("samples of residential land", "个居住用地样点"),
    "built_up_land": Text("samples of built-up land", "个建成区样点"),
}


def _text(
    indicator: Indicator,
    rule: Rule | None,
    broken: _Broken,
    row: int,
    residents: float,
    suppressed: bool,
) -> Text:
    things = _THINGS.get(broken.things, Text(broken.things, broken.things))
    name = broken.names[row] or broken.ids[row]
    value = f"{broken.value[row]:,.4g} {indicator.unit}".strip()
    count = int(broken.feature_count[row])
    asks_en = f"; rule: {rule.title.en}, {rule.value:g} {rule.unit}" if rule else ""
    asks_zh = f"；规则：{rule.title.zh}，{rule.value:g} {rule.unit}" if rule else ""
    touched_en = "fewer residents than may be told" if suppressed else f"{residents:,.0f} residents"
    touched_zh = "涉及居民过少，不予公布" if suppressed else f"涉及居民约 {residents:,.0f} 人"
    if not np.isfinite(residents) and not suppressed:
        touched_en, touched_zh = "residents unknown", "涉及居民未知"
    return Text(
        f"{indicator.title.en}: {value} in {name} ({count} {things.en}, {touched_en}){asks_en}.",
        f"{indicator.title.zh}：{name}为 {value}（{count} {things.zh}，{touched_zh}）{asks_zh}。",
    )
