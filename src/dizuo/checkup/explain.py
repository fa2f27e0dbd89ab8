"""Explain one value: its formula, inputs, features and rule."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from dizuo.checkup.compute import Computed, compute, tabulate
from dizuo.checkup.examine import Examination
from dizuo.checkup.single_buildings import rows_of_building
from dizuo.model.errors import InputError
from dizuo.model.indicator import Indicator
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.model.values import Missing, Values
from dizuo.resources.places import Places
from dizuo.resources.wiring import Workshop, resources_of
from dizuo.standards.rule_book import rule_as_dict

__all__ = ["Explanation", "explain"]
__systems__ = ("S9x.2",)  # the method, opened for one value

_THINGS_AT_MOST = 1000


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a value is what it is.

    Attributes
    ----------
    values
        The value's row of the checkup, one for each variant.
    things
        What the value is summed from in this place: id, whether it falls short by itself, the
        feature that decided it, whether its search reached the edge of the data. Amounts of
        persons are not told for single buildings.
    resources
        Everything that was built to get it.
    """

    indicator: Indicator
    place: str
    place_kind: PlaceKind
    values: pd.DataFrame
    things: pd.DataFrame
    thing_count: int
    rules: tuple[dict[str, Any], ...]
    scale: dict[str, Any] | None
    resources: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation as plain values, for ``--json``."""
        one = self.indicator
        return {
            "indicator": one.id,
            "title": asdict(one.title),
            "definition": asdict(one.definition),
            "formula": one.formula,
            "source": one.source,
            "unit": one.unit,
            "place": self.place,
            "place_kind": self.place_kind.value,
            "values": _plain(self.values),
            "things": _plain(self.things),
            "thing_count": self.thing_count,
            "rules": list(self.rules),
            "scale": self.scale,
            "resources": list(self.resources),
            "largest_distance": one.largest_distance,
        }


def explain(examination: Examination, indicator_id: str, place: str | None = None) -> Explanation:
    """Compute one indicator again and show everything behind its value in one place.

    Parameters
    ----------
    place
        Id of a place or of a building; the city by default.

    Raises
    ------
    InputError
        If there is no such indicator or place; the message names near ones.
    """
    indicators = examination.indicators
    if indicator_id not in indicators:
        raise InputError(
            Text(f"there is no indicator {indicator_id!r}", f"没有指标“{indicator_id}”"),
            cure=Text(
                f"Near ids: {', '.join(_near(indicator_id, list(indicators)))}.",
                f"相近的编号：{'、'.join(_near(indicator_id, list(indicators)))}。",
            ),
        )
    workshop = examination.workshop()
    places: Places = workshop.get("places")
    building = place is not None and place in set(workshop.get("buildings").support.ids)
    kind, place_id = (PlaceKind.BUILDING, str(place)) if building else _find(places, place)
    one = compute(
        {indicator_id: indicators[indicator_id]},
        workshop,
        examination.rules,
        examination.day,
        examination.jurisdictions,
    )[indicator_id]
    table = tabulate(
        {indicator_id: one}, places, workshop.get("place_amounts"), workshop.get("hidden_places")
    )
    if building:
        rows = rows_of_building(one, table[table["place_kind"] == PlaceKind.CITY.value], place_id)
    else:
        rows = table[table["place"] == place_id]
    things, count = _things(one, kind, place_id, places)
    return Explanation(
        indicator=one.indicator,
        place=place_id,
        place_kind=kind,
        values=rows.reset_index(drop=True),
        things=things,
        thing_count=count,
        rules=tuple({"role": role, **rule_as_dict(rule)} for role, rule in one.rules.items()),
        scale=rule_as_dict(one.scaled) if one.scaled else None,
        resources=_resources(one, workshop),
    )


def _find(places: Places, wanted: str | None) -> tuple[PlaceKind, str]:
    if wanted is None:
        return PlaceKind.CITY, str(places.tables[PlaceKind.CITY].ids[0])
    for kind, table in places.tables.items():
        if wanted in table.ids:
            return kind, wanted
    known = [str(name) for table in places.tables.values() for name in table.ids]
    raise InputError(
        Text(f"there is no place {wanted!r}", f"没有空间单元“{wanted}”"),
        cure=Text(
            f"Near ids: {', '.join(_near(wanted, known))}.",
            f"相近的编号：{'、'.join(_near(wanted, known))}。",
        ),
    )


def _near(wanted: str, known: list[str]) -> list[str]:
    import difflib  # noqa: PLC0415 - only when something was misspelt

    return difflib.get_close_matches(wanted, known, n=3, cutoff=0.0)


def _things(one: Computed, kind: PlaceKind, place: str, places: Places) -> tuple[pd.DataFrame, int]:
    _, result = one.leading
    if not isinstance(result, Values):
        return pd.DataFrame(columns=["id"]), 0
    if kind is PlaceKind.BUILDING:
        inside = np.flatnonzero(result.support.ids == place)
    else:
        row = int(np.flatnonzero(places.tables[kind].ids == place)[0])
        inside = np.flatnonzero(result.support.places[kind] == row)
    shown = inside[np.argsort(result.support.ids[inside], kind="stable")][:_THINGS_AT_MOST]
    columns: dict[str, Any] = {"id": result.support.ids[shown]}
    if result.support.name not in {"homes", "buildings"} and result.numerator.ndim == 1:
        columns["numerator"] = result.numerator[shown]
        if isinstance(result.denominator, np.ndarray):
            columns["denominator"] = result.denominator[shown]
    for name in ("failing", "cost", "related", "edge"):
        values = getattr(result, name)
        if values is not None:
            columns[name] = values[shown]
    return pd.DataFrame(columns), len(inside)


def _resources(one: Computed, workshop: Workshop) -> tuple[str, ...]:
    if isinstance(one.leading[1], Missing):
        return ()
    found = resources_of(one.indicator.function, one.indicator.needs)
    return tuple(sorted((found - set(one.rules)) & {*workshop.made, *workshop.inputs}))


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = table.astype(object).where(table.notna(), None)
    return [
        {
            str(key): value.item() if isinstance(value, np.generic) else value
            for key, value in row.items()
        }
        for row in plain.to_dict(orient="records")
    ]
