"""Compare two checkups of a city: what changed in the city, and what only in the map.

A map grows while the city stands still. A change counts as the city's own where something dates it
between the two days (a building's year) or where it comes from a register rather than a map. Every
other change is the map's. The part of a value's change that is the city's own is found by a third
checkup: the old base with the city's own changes laid in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from dizuo.checkup.examine import Examination, examine
from dizuo.checkup.result import Checkup
from dizuo.model.errors import InputError
from dizuo.model.indicator import Indicator
from dizuo.model.text import Text

__all__ = ["Comparison", "compare"]
__systems__ = ("S8.13",)  # what became of them from one checkup to the next

_LAYERS = ("buildings", "facilities", "green", "water", "land_use", "heritage", "stops", "trees")
_KEY = ["indicator", "variant", "place"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two checkups side by side.

    Attributes
    ----------
    old, new
        Facts of the two cities: names and dates.
    values
        One row for each indicator, variant and place: ``old``, ``new``, ``change``, and the two
        parts of the change, ``in_city`` and ``in_map``.
    findings
        Every finding of either, with ``status`` gained, lost or kept.
    scores
        Scores of both, set by set and article by article.
    layers
        For each layer how many features came, went and changed, in the city and in the map.
    """

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    values: pd.DataFrame
    findings: pd.DataFrame
    scores: pd.DataFrame
    layers: pd.DataFrame


def compare(
    old: Examination,
    new: Examination,
    *,
    indicators: Mapping[str, Indicator] | None = None,
    registers: frozenset[str] = frozenset(),
) -> Comparison:
    """Compare two examinations of one city.

    Parameters
    ----------
    registers
        Ids of sources that record the city itself (a bureau's list), not a map of it.

    Raises
    ------
    InputError
        If the two are not the same city, or not in the order of their dates.
    """
    if old.city["id"] != new.city["id"]:
        raise InputError(
            Text(
                f"the checkups are of two cities, {old.city['id']!r} and {new.city['id']!r}",
                f"两次体检分属两个城市：“{old.city['id']}”和“{new.city['id']}”",
            ),
            cure=Text(
                "Compare two checkups of the same city id.", "请比较同一城市编号的两次体检。"
            ),
        )
    if old.day > new.day:
        raise InputError(
            Text(
                f"the first checkup ({old.day}) is later than the second ({new.day})",
                f"第一次体检（{old.day}）晚于第二次（{new.day}）",
            ),
            cure=Text("Give the earlier one first.", "请将较早的一次放在前面。"),
        )
    changes = [_changes(name, old, new, registers) for name in _LAYERS]
    bridge = replace(old, rules=new.rules, day=new.day)
    for change in changes:
        bridge = replace(bridge, layers=bridge.layers.with_layer(change.name, change.bridge))
    before = examine(old, indicators=indicators)
    between = examine(bridge, indicators=indicators)
    after = examine(new, indicators=indicators)
    return Comparison(
        old=before.city,
        new=after.city,
        values=_values(before, between, after),
        findings=_findings(before.findings, after.findings),
        scores=_scores(before.scores, after.scores),
        layers=pd.DataFrame([change.counts for change in changes]),
    )


@dataclass(frozen=True, eq=False)
class _LayerChange:
    """What came, went and changed in one layer, and the old layer with the city's own changes."""

    name: str
    bridge: gpd.GeoDataFrame
    counts: dict[str, Any]


def _changes(
    name: str, old: Examination, new: Examination, registers: frozenset[str]
) -> _LayerChange:
    was, now = old.layers[name].set_index("id"), new.layers[name].set_index("id")
    added = now.index.difference(was.index)
    removed = was.index.difference(now.index)
    both = was.index.intersection(now.index)
    altered = both[_differ(was.loc[both], now.loc[both])]
    own_added = added[_dated(now.loc[added], old, new) | _registered(now.loc[added], registers)]
    own_removed = removed[_registered(was.loc[removed], registers)]
    own_altered = altered[_registered(now.loc[altered], registers)]
    kept = was.drop(own_removed).drop(own_altered)
    bridge = pd.concat([kept, now.loc[own_added.append(own_altered)].to_crs(was.crs)])
    total = {"added": len(added), "removed": len(removed), "altered": len(altered)}
    own = {"added": len(own_added), "removed": len(own_removed), "altered": len(own_altered)}
    counts: dict[str, Any] = {"layer": name}
    for what, number in total.items():
        counts[f"{what}_in_city"] = own[what]
        counts[f"{what}_in_map"] = number - own[what]
    return _LayerChange(name, gpd.GeoDataFrame(bridge, crs=was.crs).reset_index(names="id"), counts)


def _differ(was: gpd.GeoDataFrame, now: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Whether a feature of both bases has another shape or another attribute."""
    shapes = np.asarray(was.geometry.array, dtype=object)
    moved = ~shapely.equals_exact(shapes, np.asarray(now.geometry.array, dtype=object), 0.01)
    different: NDArray[np.bool_] = moved
    for column in was.columns.intersection(now.columns).drop("geometry"):
        mine, theirs = was[column].to_numpy(), now[column].to_numpy()
        same = (mine == theirs) | (pd.isna(mine) & pd.isna(theirs))
        different |= ~np.asarray(same, dtype=bool)
    return different


def _dated(frame: gpd.GeoDataFrame, old: Examination, new: Examination) -> NDArray[np.bool_]:
    """Whether a feature's own year says that it came between the two dates."""
    if "start_year" not in frame:
        return np.zeros(len(frame), dtype=bool)
    year = frame["start_year"].to_numpy(dtype=np.float64)
    return np.asarray((year > old.day.year) & (year <= new.day.year), dtype=bool)


def _registered(frame: gpd.GeoDataFrame, registers: frozenset[str]) -> NDArray[np.bool_]:
    return np.asarray(frame["source"].isin(registers), dtype=bool)


def _values(before: Checkup, between: Checkup, after: Checkup) -> pd.DataFrame:
    columns = [*_KEY, "place_kind", "unit", "value", "evidence"]

    def table(checkup: Checkup) -> pd.DataFrame:
        values = checkup.values  # noqa: PD011 - a table of its own, not pandas' attribute
        return values[columns].astype({name: "str" for name in columns if name != "value"})

    joined = table(before).merge(
        table(after), on=[*_KEY, "place_kind", "unit"], how="outer", suffixes=("_old", "_new")
    )
    middle = table(between)[[*_KEY, "value"]].rename(columns={"value": "value_between"})
    joined = joined.merge(middle, on=_KEY, how="left")
    joined = joined.rename(columns={"value_old": "old", "value_new": "new"})
    joined["change"] = joined["new"] - joined["old"]
    joined["in_city"] = joined["value_between"] - joined["old"]
    joined["in_map"] = joined["new"] - joined["value_between"]
    return joined.drop(columns="value_between")


def _findings(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    lost = before[~before["id"].isin(after["id"])].assign(status="lost")
    kept = after[after["id"].isin(before["id"])].assign(status="kept")
    gained = after[~after["id"].isin(before["id"])].assign(status="gained")
    parts = [part for part in (gained, lost, kept) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else after.assign(status="kept")


def _scores(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    key = ["indicator_set", "article", "title_en", "title_zh"]
    shown = [*key, "score", "low", "high", "coverage"]
    joined = before[shown].merge(after[shown], on=key, how="outer", suffixes=("_old", "_new"))
    joined["change"] = joined["score_new"] - joined["score_old"]
    return joined
