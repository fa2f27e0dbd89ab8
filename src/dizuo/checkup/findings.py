"""Findings: where a value breaks a rule, what proves it, and whom it touches."""

import math
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
from dizuo.resources.privacy import HiddenPlaces
from dizuo.standards.units import measure_text

__all__ = ["COLUMNS", "find"]
__systems__ = ("S8.13",)  # the list of problems that renewal begins with

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
    names_zh: NDArray[np.str_]
    value: Floats
    residents: Floats
    hidden: NDArray[np.bool_]
    edge: NDArray[np.bool_]
    features: list[list[str]]
    feature_count: NDArray[np.int64]
    severity: Floats
    things: str


def find(
    computed: Mapping[str, Computed],
    places: Places,
    amounts: PlaceAmounts,
    hidden: HiddenPlaces,
) -> pd.DataFrame:
    """List every finding, those that touch the most residents first.

    An indicator whose things fall short one by one (homes beyond reach) breaks its rule in every
    place that holds such a thing. Any other breaks it where its value fails the judging rule.

    Parameters
    ----------
    hidden
        Places whose residents are not told, be it all of them or those that a finding touches.
    """
    parts = []
    for one in computed.values():
        broken = _broken(one, places, amounts, hidden)
        if broken is not None and len(broken.ids):
            parts.append(_columns(one, broken, hidden.too_few(broken.residents) | broken.hidden))
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    table = pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in COLUMNS})
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


def _broken(
    one: Computed, places: Places, amounts: PlaceAmounts, hidden: HiddenPlaces
) -> _Broken | None:
    _, result = one.leading
    if one.indicator.better == "none" or not isinstance(result, Values | PlaceValues):
        return None
    if isinstance(result, PlaceValues):
        return _broken_table(one, result)
    kind = _kind_for(one.indicator, result, places)
    if kind is None:
        return None
    if result.failing is not None:
        return _broken_things(result, kind, places, amounts, hidden)
    if one.judge is None:
        return None
    return _broken_places(one.judge, result, kind, places, amounts, hidden)


def _kind_for(indicator: Indicator, result: Values, places: Places) -> PlaceKind | None:
    """Return the kind of place for findings: the indicator's own, or the next larger one."""
    kinds = list(PlaceKind)
    for kind in kinds[kinds.index(indicator.place) :]:
        if kind in places.tables and kind in result.support.places:
            return kind
    return None


def _broken_things(
    result: Values,
    kind: PlaceKind,
    places: Places,
    amounts: PlaceAmounts,
    hidden: HiddenPlaces,
) -> _Broken:
    table = places.tables[kind]
    inside = result.support.places[kind]
    short = result.failing if result.failing is not None else np.zeros(len(inside), dtype=bool)
    failing = np.flatnonzero(short & (inside >= 0))
    order = failing[np.lexsort((result.support.ids[failing], inside[failing]))]
    place, starts, count = np.unique(inside[order], return_index=True, return_counts=True)
    # Things that do not say whom they touch, such as samples of land, leave that unknown: not 0.
    affected = np.full(len(table), np.nan)
    if result.affected is not None:
        affected = sum_by_place(result.affected[order], inside[order], len(table))
        affected[np.isnan(amounts[kind]["residents"])] = np.nan
    found = place_results(result, places, amounts)[kind]
    marked = result.edge if result.edge is not None else np.zeros(len(inside), dtype=bool)
    edge = np.bincount(inside[order], marked[order], minlength=len(table)) > 0
    ids = result.support.ids[order]
    whole = np.bincount(inside[inside >= 0], minlength=len(table))
    return _Broken(
        kind,
        table.ids[place],
        table.names[place],
        table.names_zh[place],
        found.value[place],
        affected[place],
        hidden[kind][place],
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
    hidden: HiddenPlaces,
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
        table.names_zh[place],
        found.value[place],
        amounts[kind]["residents"][place],
        hidden[kind][place],
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
        result.places[row],
        result.value[row],
        nothing,
        np.zeros(len(row), dtype=bool),
        np.zeros(len(row), dtype=bool),
        [[] for _ in row],
        np.zeros(len(row), dtype=np.int64),
        np.minimum(gap, 1.0),
        "records",
    )


def _columns(
    one: Computed, broken: _Broken, suppressed: NDArray[np.bool_]
) -> dict[str, NDArray[Any]]:
    """Lay the broken places of one indicator out by column."""
    indicator, rule = one.indicator, limit_of(one)
    variant, result = one.leading
    suppressed &= broken.residents > 0
    shown = np.where(suppressed, np.nan, broken.residents)
    texts = _texts(indicator, rule, broken, shown, suppressed)
    features = np.empty(len(broken.ids), dtype=object)
    features[:] = broken.features
    columns = {
        "id": np.array([f"{indicator.id}@{place}" for place in broken.ids], dtype=object),
        "place": broken.ids.astype(object),
        "value": broken.value,
        "edge": broken.edge,
        "residents": shown,
        "residents_suppressed": suppressed,
        "feature_count": broken.feature_count,
        "features": features,
        "severity": broken.severity,
        "text_en": np.array([text.en for text in texts], dtype=object),
        "text_zh": np.array([text.zh for text in texts], dtype=object),
        "article": np.full(len(broken.ids), indicator.article),
        "threshold": np.full(len(broken.ids), rule.value if rule else np.nan),
    }
    alike = {
        "indicator": indicator.id,
        "variant": variant,
        "place_kind": broken.kind.value,
        "unit": indicator.unit,
        "rule": rule.id if rule else "",
        "comparison": rule.comparison if rule else "",
        "certainty": certainty_of(one),
        "evidence": _evidence(result).value,
    }
    repeated = {name: np.full(len(broken.ids), text, dtype=object) for name, text in alike.items()}
    return {**columns, **repeated}


def _evidence(result: Result) -> Evidence:
    return result.evidence if isinstance(result, Values | PlaceValues) else Evidence.MISSING


_THINGS: Mapping[str, Any] = {
    "homes": Text("residential buildings", "栋住宅"),
    "buildings": Text("buildings", "栋建筑"),
    "facilities": Text("facilities", "处设施"),
    "streets": Text("street sections", "段道路"),
    "residential_land": Text("samples of residential land", "个居住用地样点"),
    "built_up_land": Text("samples of built-up land", "个建成区样点"),
    "blocks": Text("blocks", "个街坊"),
    "communities": Text("communities", "个社区"),
    "junctions": Text("street junctions", "个道路节点"),
    "public_green": Text("public green spaces", "处公共绿地"),
    "green_spaces": Text("green spaces", "处绿地"),
    "heritage_objects": Text("historic objects", "处历史文化对象"),
    "records": Text("records", "条记录"),
    "trees": Text("trees", "株树木"),
}


def _texts(
    indicator: Indicator,
    rule: Rule | None,
    broken: _Broken,
    residents: Floats,
    suppressed: NDArray[np.bool_],
) -> list[Text]:
    """Say each finding in a sentence of both languages."""
    things = _THINGS.get(broken.things, Text(broken.things, broken.things))
    asks_en = asks_zh = ""
    if rule is not None:
        limit = measure_text(rule.value, rule.unit)
        asks_en = f"; rule: {rule.title.en}, {limit.en}"
        asks_zh = f"；规则：{rule.title.zh}，{limit.zh}"
    title_en, title_zh = indicator.title.en, indicator.title.zh
    names = np.where(broken.names == "", broken.ids, broken.names)
    rows = zip(
        names.tolist(),
        np.where(broken.names_zh == "", names, broken.names_zh).tolist(),
        broken.value.tolist(),
        broken.feature_count.tolist(),
        residents.tolist(),
        suppressed.tolist(),
        strict=True,
    )
    texts = []
    for name, name_zh, number, count, people, hidden in rows:
        value = measure_text(number, indicator.unit)
        touched = _touched(people, hidden=hidden)
        where = f"{count} {things.en}, {touched.en}"
        where_zh = f"{count} {things.zh}，{touched.zh}"
        texts.append(
            Text(
                f"{title_en}: {value.en} in {name} ({where}){asks_en}.",
                f"{title_zh}：{name_zh}为 {value.zh}（{where_zh}）{asks_zh}。",
            )
        )
    return texts


_TOO_FEW = Text("fewer residents than may be told", "涉及居民过少，不予公布")
_NOT_KNOWN = Text("residents unknown", "涉及居民未知")


def _touched(people: float, *, hidden: bool) -> Text:
    if hidden:
        return _TOO_FEW
    if not math.isfinite(people):
        return _NOT_KNOWN
    return Text(f"{people:,.0f} residents", f"涉及居民约 {people:,.0f} 人")
