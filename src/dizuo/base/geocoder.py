"""Find where a text about the city means: an address, a crossing, a street or a named place.

Everything is found in the city's own base, in any script that its names are written in. Each
answer says what matched, how well, and whether the place is measured or estimated; a text that
matches nothing well enough gets no answer rather than a guess. Flats, floors and rooms are left
out before anything is looked up, and nothing gives them back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import shapely

from dizuo.base.gazetteer import Gazetteer, Street, read_gazetteer
from dizuo.base.gazetteer_numbers import HouseNumber
from dizuo.base.gazetteer_text import fold, has_chinese, load_words, squeezed, tokens
from dizuo.base.geocoder_names import NameIndex, NameMatch
from dizuo.base.geocoder_numbers import find_houses
from dizuo.base.geocoder_parsing import Reading, readings
from dizuo.model.evidence import Evidence

if TYPE_CHECKING:
    from dizuo.base.store import Base

__all__ = ["Candidate", "Geocoder", "Kind"]
__systems__ = ("S22.2", "S22.4")

Kind = Literal["address", "interpolated", "street", "intersection", "place"]

LEAST: Final = 0.6
"""Confidence below which there is no answer."""
SAME_SPOT: Final = 50.0
"""Metres: answers nearer than this do not contradict each other."""
ESTATE: Final = 0.8
"""If an address is less sure than this, a place of that name is looked for too."""
CROSSING: Final = 35.0
"""Metres between two streets that cross: both carriageways count."""
STREET_ONLY: Final = 0.65
"""How much of the confidence stays if a number was given and only the street is known."""
NUMBER_UNUSED: Final = 0.75
"""What stays of the confidence of a name that lacks a number of the text."""
STOP: Final = 0.99
"""A stop is named after what it stands at: of equal names, the other is meant."""
OUTSIDE: Final = 0.93
"""What stays of the confidence of a place outside the division that the text names."""
RIVALRY: Final = 20.0
"""How fast a rival loses weight as its confidence falls behind."""
_ORDER: Final[dict[str, int]] = {
    "address": 0, "intersection": 1, "place": 2, "interpolated": 3, "street": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that a text may mean.

    Attributes
    ----------
    id
        Id in the base of what was found; of a crossing, both streets' with ``+``.
    kind
        ``address`` (the very number), ``interpolated`` (between its neighbours), ``street`` (no
        number, or none that can be placed), ``intersection`` or ``place``.
    label
        What matched, as the base writes it, down to the building.
    x, y
        In the city's metric system.
    confidence
        0 to 1: how well the text matches.
    place_confidence
        0 to 1: ``confidence``, shared with the other candidates that lie elsewhere and match as
        well. A name that stands at two places in town has at most one half.
    evidence
        ``measured``, or ``estimated`` where the place was interpolated or is only near.
    """

    id: str
    kind: Kind
    label: str
    x: float
    y: float
    confidence: float
    place_confidence: float
    evidence: Evidence


class _Search:
    """Both indexes for one text; no phrase is looked up twice."""

    def __init__(
        self, streets: NameIndex, places: NameIndex, context: frozenset[str], *, joined: bool
    ) -> None:
        self._index = {"streets": streets, "places": places}
        self.context = context
        self._joined = joined
        self._found: dict[tuple[str, str], list[NameMatch]] = {}

    def _look(self, which: str, phrase: str) -> list[NameMatch]:
        if (which, phrase) not in self._found:
            self._found[which, phrase] = self._index[which].search(
                phrase, context=self.context, joined=self._joined
            )
        return self._found[which, phrase]

    def streets(self, phrase: str) -> list[NameMatch]:
        """Return the streets that a phrase may name."""
        return self._look("streets", phrase)

    def places(self, phrase: str) -> list[NameMatch]:
        """Return the places that a phrase may name."""
        return self._look("places", phrase)


class Geocoder:
    """Finds addresses and places of one city.

    Parameters
    ----------
    gazetteer
        What the city's texts can name.

    Examples
    --------
    >>> geocoder = Geocoder.from_base(city.base)  # doctest: +SKIP
    >>> geocoder.locate("12 bis, r. Grimaldi")  # doctest: +SKIP
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._known = _chinese_names(gazetteer)
        self._streets = NameIndex([street.names for street in gazetteer.streets])
        self._places = NameIndex([self._with_short(place.names) for place in gazetteer.places])
        words = [token for name in gazetteer.city_names for token in tokens(fold(name))]
        self._context = gazetteer.postcodes.union(word for word in words if not has_chinese(word))
        for division in gazetteer.divisions:
            shapely.prepare(division.shape)

    def _with_short(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Add Chinese names without the city or division that they begin with."""
        short = [
            name[len(start) :]
            for name in names
            for start in self._known
            if name.startswith(start) and len(name) >= len(start) + 2
        ]
        return (*names, *short)

    @classmethod
    def from_base(cls, base: "Base") -> "Geocoder":
        """Index a city's base.

        Raises
        ------
        StoreError
            If the base has no layers of names yet: build it again.
        """
        return cls(read_gazetteer(base))

    def locate(self, text: str, *, least: float = LEAST) -> Candidate | None:
        """Return the place that a text most likely means, None if nothing matches well enough."""
        found = self.candidates(text, least=least, most=1)
        return found[0] if found else None

    def locate_all(self, texts: Iterable[str], *, least: float = LEAST) -> list[Candidate | None]:
        """Return one answer a text, in order; equal texts are looked up once."""
        known: dict[str, Candidate | None] = {}
        answers = []
        for text in texts:
            if text not in known:
                known[text] = self.locate(text, least=least)
            answers.append(known[text])
        return answers

    def candidates(
        self, text: str, *, least: float = LEAST, most: int = 5
    ) -> tuple[Candidate, ...]:
        """Return the places that a text may mean, the likeliest first; none below ``least``.

        Parameters
        ----------
        text
            As written: any order, with or without the city, with mistakes.
        least
            Confidence below which nothing is returned.
        most
            How many to return at most.
        """
        context = self._context_of(text)
        read = _telling(readings(text, self._known), context)
        for joined in (False, True):
            search = _Search(self._streets, self._places, context, joined=joined)
            found = self._found(search, read, text)
            found = [each for each in found if each.confidence >= least]
            if found:
                break
        found.sort(key=lambda each: (-round(each.confidence, 3), _ORDER[each.kind], each.id))
        apart: list[Candidate] = []
        for each in found:
            if not any(each.id == other.id or _distance(each, other) < 1 for other in apart):
                apart.append(each)
        return tuple(_shared(apart)[:most])

    def _found(self, search: "_Search", read: list[Reading], text: str) -> list[Candidate]:
        found: list[Candidate] = []
        numbered = any(reading.number for reading in read)
        for reading in read:
            if reading.other:
                found += self._crossings(search, reading)
            elif reading.number is not None:
                found += self._houses(search, reading, reading.number)
            else:
                found += self._named(search, reading, numbered=numbered)
        return self._in_division(text, found)

    def _context_of(self, text: str) -> frozenset[str]:
        """Return the words that say nothing about where: the city's, and its country's at the end.

        In "Calle Portugal" the country is the street's name.
        """
        bare = fold(text).rstrip(" .")
        for country in load_words().countries:
            if bare.endswith(country) and not has_chinese(country):
                before = bare[: -len(country)].rstrip()
                last = tokens(before)[-1:]
                if before.endswith((",", "(")) or self._context.issuperset(last):
                    return self._context.union(tokens(country))
        return self._context

    def _houses(self, search: "_Search", reading: Reading, number: HouseNumber) -> list[Candidate]:
        found = []
        for match in search.streets(reading.phrase):
            street = self._gazetteer.streets[match.thing]
            sure = match.score * reading.certainty
            houses = find_houses(street, number)
            for house in houses:
                measured = house.evidence is Evidence.MEASURED
                evidence = house.evidence if reading.certainty == 1 else Evidence.ESTIMATED
                found.append(
                    Candidate(
                        house.id,
                        "address" if measured else "interpolated",
                        _address_label(match.name, house.number),
                        house.x, house.y, sure * house.certainty, 0.0, evidence,
                    )
                )  # fmt: skip
            if not houses:
                found.append(self._street(match, sure * STREET_ONLY))
        if found and max(each.confidence for each in found) >= reading.certainty * ESTATE:
            return found
        # An estate with a building's number, where the base knows only the estate.
        part = reading.certainty * STREET_ONLY
        estates = search.places(reading.phrase)[:3]
        return found + [self._place(match, match.score * part, part) for match in estates]

    def _named(self, search: "_Search", reading: Reading, *, numbered: bool) -> list[Candidate]:
        """Return places and streets of a name; a number of the text that they lack speaks against.

        A place may stand beside an address in one text ("Bar Pepe, Calle Faro 5"); a street whose
        house number is told is meant only if the house is not known.
        """
        sure = reading.certainty
        told = {word for word in tokens(reading.phrase) if word.isdigit()} - search.context
        found = []
        for match in search.places(reading.phrase):
            unused = told - set(tokens(fold(match.name)))
            part = sure * (NUMBER_UNUSED if unused else 1.0)
            found.append(self._place(match, match.score * part, sure))
        for match in search.streets(reading.phrase):
            used = any(word.isdigit() for word in tokens(fold(match.name)))
            part = sure * (STREET_ONLY if numbered and not used else 1.0)
            found.append(self._street(match, match.score * part))
        return found

    def _street(self, match: NameMatch, confidence: float) -> Candidate:
        street = self._gazetteer.streets[match.thing]
        x, y = _middle(street)
        # Houses may be numbered by their estate; it has no line, and is a place.
        kind: Kind = "place" if street.shape.is_empty and not _is_street(match.name) else "street"
        return Candidate(street.id, kind, match.name, x, y, confidence, 0.0, Evidence.ESTIMATED)

    def _place(self, match: NameMatch, confidence: float, certainty: float) -> Candidate:
        place = self._gazetteer.places[match.thing]
        confidence *= STOP if place.kind == "stop" else 1.0
        evidence = Evidence.MEASURED if certainty == 1 else Evidence.ESTIMATED
        return Candidate(place.id, "place", match.name, place.x, place.y, confidence, 0.0, evidence)

    def _crossings(self, search: "_Search", reading: Reading) -> list[Candidate]:
        """Return where streets of the two names meet."""
        one = search.streets(reading.phrase)[:4]
        other = search.streets(reading.other)[:4]
        found = []
        for first in one:
            for second in other:
                sure = min(first.score, second.score) * reading.certainty
                if first.thing != second.thing and sure >= LEAST:
                    found += self._meeting(first, second, sure)
        return found

    def _meeting(self, first: NameMatch, second: NameMatch, sure: float) -> list[Candidate]:
        streets = self._gazetteer.streets
        one, other = streets[first.thing], streets[second.thing]
        if one.shape.is_empty or other.shape.is_empty:
            return []
        between = shapely.shortest_line(one.shape, other.shape)
        if between.length > CROSSING:
            return []
        spot = between.centroid
        evidence = Evidence.MEASURED if between.length < 1 else Evidence.ESTIMATED
        return [
            Candidate(
                f"{one.id}+{other.id}", "intersection", f"{first.name} & {second.name}",
                spot.x, spot.y, sure, 0.0, evidence,
            )
        ]  # fmt: skip

    def _in_division(self, text: str, found: list[Candidate]) -> list[Candidate]:
        """Prefer what lies in a district or community that the text names."""
        told = [
            (division, [name for name in division.names if _is_told(name, text)])
            for division in self._gazetteer.divisions
        ]
        named = [(division, names) for division, names in told if names]
        if not named:
            return found
        return [
            each
            if any(
                # In "Avenue de Fontvieille" the name is the street's, wherever it runs.
                shapely.contains_xy(division.shape, each.x, each.y)
                or any(_is_told(name, each.label) for name in names)
                for division, names in named
            )
            else replace(each, confidence=each.confidence * OUTSIDE)
            for each in found
        ]


def _telling(found: list[Reading], context: frozenset[str]) -> list[Reading]:
    """Leave out readings that name no more than the city, if another names more."""
    telling = [
        each
        for each in found
        if each.number
        or each.other
        or any(not word[0].isdigit() for word in set(tokens(each.phrase)) - context)
    ]
    return telling or found


def _chinese_names(gazetteer: Gazetteer) -> tuple[str, ...]:
    """Return the names that Chinese addresses begin with, with and without their last word."""
    endings = load_words().divisions_zh
    names = [*gazetteer.city_names, *load_words().countries]
    names += [name for division in gazetteer.divisions for name in division.names]
    names += [
        name
        for place in gazetteer.places
        if place.kind in {"division", "settlement"}
        for name in place.names
    ]
    found: dict[str, None] = {}
    for name in names:
        folded = squeezed(fold(name))
        if not has_chinese(folded):
            continue
        found[folded] = None
        for end in endings:
            if folded.endswith(end) and len(folded) - len(end) >= 2:
                found[folded[: -len(end)]] = None
                break
    return tuple(found)


def _is_told(name: str, text: str) -> bool:
    """Whether a text holds the name of a division; 江东 stands for 江东区."""
    folded = fold(name)
    if has_chinese(folded):
        return (folded[:-1] if len(folded) > 2 else folded) in squeezed(fold(text))
    return f" {' '.join(tokens(folded))} " in f" {' '.join(tokens(fold(text)))} "


def _address_label(street: str, number: HouseNumber) -> str:
    if not has_chinese(street):
        return f"{street} {number}"
    building = f"{number.building}号楼" if number.building else ""
    return (
        f"{street}{number.number}{number.suffix}号{building}"
        if number.number
        else street + building
    )


def _is_street(name: str) -> bool:
    """Whether a name has a word for a street in it."""
    folded, words = fold(name), load_words()
    return folded.endswith(words.streets_zh) or not words.street_words.isdisjoint(tokens(folded))


def _middle(street: Street) -> tuple[float, float]:
    """Return the point of the street nearest to its centre; of houses alone, the middle one."""
    if street.shape.is_empty:
        spots = np.array([(x, y) for rows in street.houses.values() for _, x, y in rows])
        middle = spots[np.argmin(np.hypot(*(spots - spots.mean(axis=0)).T))]
        return float(middle[0]), float(middle[1])
    spot = shapely.shortest_line(street.shape, street.shape.centroid).coords[0]
    return float(spot[0]), float(spot[1])


def _distance(one: Candidate, other: Candidate) -> float:
    return float(np.hypot(one.x - other.x, one.y - other.y))


def _holds(street: Candidate, house: Candidate) -> bool:
    """Whether one candidate is only the street of the other."""
    return street.kind == "street" and house.kind != "street" and street.label in house.label


def _shared(found: Sequence[Candidate]) -> list[Candidate]:
    """Share each candidate's confidence with those that lie elsewhere."""
    shared = []
    for each in found:
        rivals = sum(
            float(np.exp(RIVALRY * (other.confidence - each.confidence)))
            for other in found
            if _distance(each, other) > SAME_SPOT and not _holds(other, each)
        )
        shared.append(replace(each, place_confidence=each.confidence / (1 + rivals)))
    return shared
