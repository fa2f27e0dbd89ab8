"""The gazetteer of a city: its streets with their house numbers, and everything that has a name.

It is made from the layers of the base, in memory, in about a second for a city of 400,000: nothing
needs to be kept or refreshed, and it can never disagree with the base.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dizuo.base.gazetteer_numbers import HouseNumber, read_house_numbers
from dizuo.base.gazetteer_text import fold, load_words, squeezed, tokens

if TYPE_CHECKING:
    import pandas as pd

    from dizuo.base.store import Base

__all__ = ["Division", "Gazetteer", "NamedPlace", "Street", "read_gazetteer"]
__systems__ = ("S5.1", "S22.2")

SAME_STREET: Final = 400.0
"""Metres: pieces of one name nearer than this are one street."""
SAME_PLACE: Final = 50.0
"""Metres: things of one name within this distance of their common middle are one place."""
USUAL_CITY: Final = 0.02
"""Share of the addresses that must name a city for it to count as this one's name."""
NAMED_LAYERS: Final = {
    "buildings": "building",
    "facilities": "facility",
    "green": "green",
    "heritage": "facility",
    "stops": "stop",
    "water": "water",
}
"""Layers whose names count too, for what a city gives in tables of its own."""


@dataclass(frozen=True, eq=False, slots=True)
class Street:
    """A street: its names, its lines (empty if only its houses are known) and its houses."""

    id: str
    names: tuple[str, ...]
    shape: BaseGeometry
    houses: dict[HouseNumber, tuple[tuple[str, float, float], ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class NamedPlace:
    """A thing with a name. ``x, y`` serves every row that was taken as this place."""

    id: str
    kind: str
    names: tuple[str, ...]
    x: float
    y: float


@dataclass(frozen=True, eq=False, slots=True)
class Division:
    """A district or community that texts name, to prefer what lies in it."""

    names: tuple[str, ...]
    shape: BaseGeometry


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Everything that a text about the city can name.

    Attributes
    ----------
    city_names
        Names of the city itself: they say nothing about where in it.
    postcodes
        Postcodes of its addresses.
    """

    streets: tuple[Street, ...]
    places: tuple[NamedPlace, ...]
    divisions: tuple[Division, ...]
    city_names: tuple[str, ...]
    postcodes: frozenset[str]


def read_gazetteer(base: "Base") -> Gazetteer:
    """Make the gazetteer of a base.

    Raises
    ------
    StoreError
        If the base is older than its layers ``addresses`` and ``place_names``: build it again.
    """
    names = base.layer("place_names")
    addresses = base.layer("addresses")
    known = set(names["feature"])
    more = [
        (layer, _untold(base.layer(layer), layer, known))
        for layer in NAMED_LAYERS
        if layer in base.layer_names
    ]
    city = base.manifest.city
    return build_gazetteer(
        names,
        addresses,
        more=more,
        divisions=base.layer("divisions"),
        city_names=[str(city.get(key, "")) for key in ("name", "name_zh")],
    )


def build_gazetteer(
    names: "pd.DataFrame",
    addresses: "pd.DataFrame",
    *,
    more: Iterable[tuple[str, "pd.DataFrame"]] = (),
    divisions: "pd.DataFrame | None" = None,
    city_names: Iterable[str] = (),
) -> Gazetteer:
    """Make a gazetteer from the layers ``place_names`` and ``addresses``.

    Parameters
    ----------
    more
        Other layers with ``id``, ``name`` and geometry, by the layer's name.
    divisions
        The layer ``divisions``.
    city_names
        Names of the city, in any language.
    """
    is_street = (names["kind"] == "street").to_numpy(dtype=bool)
    streets = _Streets()
    streets.add_lines(names[is_street])
    streets.add_addresses(addresses)
    rows = [
        (name, kind, _variants(*texts), shape)
        for name, kind, *texts, shape in _rows(
            names[~is_street], "id", "kind", "name", "name_zh", "other_names"
        )
    ]
    rows += [
        (name, "building", _variants(text), shape)
        for name, text, shape in _rows(addresses[addresses["name"] != ""], "id", "name")
    ]
    for layer, frame in more:
        rows += [
            (name, NAMED_LAYERS[layer], _variants(text), shape)
            for name, text, shape in _rows(frame, "id", "name")
        ]
    told = addresses.loc[addresses["city"] != "", "city"].value_counts(normalize=True)
    cities = {name for name in city_names if name} | {
        str(name) for name, share in told.items() if share >= USUAL_CITY
    }
    return Gazetteer(
        streets=streets.made(),
        places=tuple(_merged_places(rows)),
        divisions=_divisions(divisions),
        city_names=tuple(sorted(cities)),
        postcodes=frozenset(fold(str(code)) for code in addresses["postcode"].unique() if code),
    )


def _untold(frame: "pd.DataFrame", layer: str, known: set[str]) -> "pd.DataFrame":
    """Return named rows whose feature the layer ``place_names`` does not have."""
    feature = frame["feature"] if layer == "facilities" else frame["id"].str.split(":").str[-1]
    return frame[(frame["name"] != "").to_numpy() & ~feature.isin(known).to_numpy()]


def _divisions(frame: "pd.DataFrame | None") -> tuple[Division, ...]:
    if frame is None:
        return ()
    return tuple(
        Division(names, shape)
        for *texts, shape in _rows(frame, "name", "name_zh")
        if (names := _variants(*texts))
    )


def _rows(frame: "pd.DataFrame", *columns: str) -> Iterable[tuple[Any, ...]]:
    """Return some columns and the geometry, row by row."""
    shapes = np.asarray(frame["geometry"].array, dtype=object)
    return zip(*(frame[name].tolist() for name in columns), shapes, strict=True)


def _variants(*texts: object) -> tuple[str, ...]:
    """Return names as written, each once; a list in one field is several."""
    parts = [
        part.strip()
        for text in texts
        for whole in str(text).split(";")
        for part in ([whole, *whole.split(" / ")] if " / " in whole else [whole])
    ]
    return tuple(dict.fromkeys(part for part in parts if part))


@lru_cache(maxsize=50_000)
def _same_name(name: str) -> str:
    return squeezed(fold(name))


@lru_cache(maxsize=50_000)
def _without_kind(name: str) -> tuple[str, frozenset[str]]:
    """Return a street's name without the word for its kind, and what that word may stand for."""
    words = load_words()
    told = tokens(fold(name))
    for at in (0, -1):
        if len(told) > 1 and told[at] in words.street_words:
            rest = told[1:] if at == 0 else told[:-1]
            return "".join(rest), frozenset({told[at], *words.long_forms.get(told[at], ())})
    return "".join(told), frozenset()


@dataclass(frozen=True, slots=True)
class _House:
    """One row of the layer ``addresses``."""

    id: str
    number: str
    street: str
    x: float
    y: float


class _Streets:
    """Streets while they are collected: lines first, then the houses on them."""

    def __init__(self) -> None:
        self._streets: list[Street] = []
        self._by_name: dict[str, list[int]] = defaultdict(list)
        self._by_core: dict[str, list[tuple[int, frozenset[str]]]] = defaultdict(list)
        self._houses: list[dict[HouseNumber, list[tuple[str, float, float]]]] = []

    def add_lines(self, rows: "pd.DataFrame") -> None:
        """Group lines of one name that stand near each other."""
        groups: dict[str, list[tuple[str, tuple[str, ...], BaseGeometry]]] = defaultdict(list)
        for name, *texts, shape in _rows(rows, "id", "name", "name_zh", "other_names"):
            names = _variants(*texts)
            if names:
                groups[_same_name(names[0])].append((name, names, shape))
        for members in groups.values():
            shapes = np.array([shape for _, _, shape in members], dtype=object)
            for group in _near_groups(shapes, SAME_STREET):
                names = tuple(dict.fromkeys(name for row in group for name in members[row][1]))
                self._add(Street(members[group[0]][0], names, shapely.union_all(shapes[group])))

    def _add(self, street: Street) -> int:
        number = len(self._streets)
        self._streets.append(street)
        self._houses.append(defaultdict(list))
        for name in street.names:
            core, kind = _without_kind(name)
            self._by_name[_same_name(name)].append(number)
            self._by_core[core].append((number, kind))
        return number

    def add_addresses(self, rows: "pd.DataFrame") -> None:
        """Put each house on the nearest street of its name; make streets for the others."""
        strays: dict[str, list[_House]] = defaultdict(list)
        for name, own, place, number, shape in _rows(rows, "id", "street", "place", "number"):
            street = own or place
            if not street:
                continue
            point = shapely.point_on_surface(shape)
            found = self._nearest(street, point)
            house = _House(name, number, street, point.x, point.y)
            if found is None:
                strays[_same_name(street)].append(house)
            else:
                self._put(found, house)
        for houses in strays.values():
            spots = shapely.points([(house.x, house.y) for house in houses])
            for group in _near_groups(np.asarray(spots), SAME_STREET):
                first = houses[group[0]]
                number = self._add(
                    Street(f"street:{first.id}", (first.street,), shapely.MultiPoint())
                )
                for row in group:
                    self._put(number, houses[row])

    def _nearest(self, name: str, point: BaseGeometry) -> int | None:
        """Return the street of this name nearest to a house.

        Where no name is the same, one word for the kind may be missing or short.
        """
        core, kind = _without_kind(name)
        alike = [
            number
            for number, other in self._by_core.get(core, ())
            if not kind or not other or kind & other
        ]
        for numbers in (self._by_name.get(_same_name(name), ()), alike):
            near = [
                (shapely.distance(self._streets[number].shape, point), number)
                for number in numbers
                if not self._streets[number].shape.is_empty
            ]
            if near and min(near)[0] <= SAME_STREET:
                return min(near)[1]
        return None

    def _put(self, street: int, house: _House) -> None:
        for number in read_house_numbers(house.number):
            self._houses[street][number].append((house.id, house.x, house.y))

    def made(self) -> tuple[Street, ...]:
        """Return the streets with their houses."""
        for street, houses in zip(self._streets, self._houses, strict=True):
            street.houses.update({number: tuple(rows) for number, rows in houses.items()})
        return tuple(self._streets)


def _near_groups(shapes: NDArray[np.object_], distance: float) -> list[NDArray[np.intp]]:
    """Return the rows of shapes that hang together by steps of at most ``distance``."""
    if len(shapes) == 1:
        return [np.zeros(1, dtype=np.intp)]
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=distance)
    label = np.arange(len(shapes))
    while True:
        lowest = label.copy()
        np.minimum.at(lowest, one, label[other])
        if np.array_equal(lowest, label):
            break
        label = lowest
    return [np.flatnonzero(label == each) for each in np.unique(label)]


_RANK: Final[Mapping[str, int]] = {
    kind: rank
    for rank, kind in enumerate(
        (
            "facility",
            "square",
            "building",
            "stop",
            "green",
            "water",
            "settlement",
            "division",
            "other",
        )
    )
}


def _merged_places(
    rows: list[tuple[str, str, tuple[str, ...], BaseGeometry]],
) -> Iterable[NamedPlace]:
    """Take things of one name that a single point serves as one place."""
    points = shapely.point_on_surface(np.array([row[3] for row in rows], dtype=object))
    xy = shapely.get_coordinates(points).reshape(-1, 2)
    groups: dict[str, list[int]] = defaultdict(list)
    for number, (_, _, names, _) in enumerate(rows):
        if names:
            groups[_same_name(names[0])].append(number)
    for members in groups.values():
        left = sorted(members, key=lambda number: (_RANK[rows[number][1]], rows[number][0]))
        while left:
            together = _served_by_one_point(left, xy)
            first = rows[left[0]]
            names = tuple(dict.fromkeys(name for number in together for name in rows[number][2]))
            low, high = xy[together].min(axis=0), xy[together].max(axis=0)
            middle = (low + high) / 2
            yield NamedPlace(first[0], first[1], names, float(middle[0]), float(middle[1]))
            left = [number for number in left if number not in set(together)]


def _served_by_one_point(members: list[int], xy: NDArray[np.float64]) -> list[int]:
    """Return all members if one middle serves them, else the first and those that fit with it."""
    if _spread(xy[members]) <= SAME_PLACE:
        return members
    first = xy[members[0]]
    together = [members[0]]
    for number in sorted(members[1:], key=lambda each: float(np.hypot(*(xy[each] - first)))):
        if _spread(xy[[*together, number]]) > SAME_PLACE:
            break
        together.append(number)
    return together


def _spread(xy: NDArray[np.float64]) -> float:
    """Return the largest distance from the middle of points."""
    middle = (xy.min(axis=0) + xy.max(axis=0)) / 2
    return float(np.hypot(*(xy - middle).T).max())
