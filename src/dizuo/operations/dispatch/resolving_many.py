"""Send many cases at once: the same duties as one by one, from arrays.

For every value of every property, the rules that accept it are a row of bits. The rules that match
a case are the bits that all of its rows have in common, and the first of them decides.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.dispatch.resolving import Dispatcher, Duty, Step
from dizuo.operations.dispatch.rules import (
    CATCH_ALL,
    GRID_DUTY,
    NOTHING,
    OWNER,
    Conditions,
    DispatchRule,
)

__all__ = ["CaseArrays", "Duties", "resolve_many"]

Texts = NDArray[np.object_]

_STEPS: Final[tuple[Step, ...]] = ("rule", "owner", "grid_duty", "catch_all")
_CHUNK: Final = 200_000
_DAYS: Final = tuple((code // 32, code % 32) for code in range(13 * 32))


@dataclass(frozen=True)
class CaseArrays:
    """Cases as columns; row by row as in ``DispatchCase``.

    Attributes
    ----------
    case_type, category, nature, channel
        Arrays of texts.
    reported
        Moments in UTC, ``datetime64``.
    place, asset
        Arrays of texts, None where not known.
    severity
        Array of integers.
    """

    case_type: Texts
    category: Texts
    reported: NDArray[np.datetime64]
    place: Texts
    asset: Texts
    nature: Texts
    severity: NDArray[np.int64]
    channel: Texts

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        lengths = {name: len(column) for name, column in vars(self).items()}
        if len(set(lengths.values())) > 1:
            raise InputError(
                Text(f"the columns have different lengths: {lengths}", f"各列长度不同：{lengths}"),
                cure=Text("Give one value a case.", "请为每个案件给出一个值。"),
            )

    def __len__(self) -> int:
        return len(self.case_type)


@dataclass(frozen=True)
class Duties:
    """The duties of many cases, as columns.

    Attributes
    ----------
    responsible, supervising, limit, rule
        Arrays of ids, as in ``Duty``.
    step
        Array of steps.
    table
        Stamp of the published table.
    """

    responsible: Texts
    supervising: Texts
    limit: Texts
    step: Texts
    rule: Texts
    table: str

    def __len__(self) -> int:
        return len(self.responsible)

    def __getitem__(self, number: int) -> Duty:
        return Duty(
            self.responsible[number],
            self.supervising[number],
            self.limit[number],
            self.step[number],
            self.rule[number],
            self.table,
        )


def resolve_many(dispatcher: Dispatcher, cases: CaseArrays) -> Duties:
    """Return the duty of every case, the same as ``Dispatcher.resolve`` one by one.

    Parameters
    ----------
    dispatcher
        The published table, and what it rests on.
    cases
        The cases.
    """
    asset_codes, assets = _factorized(cases.asset)
    place_codes, places = _factorized(cases.place)
    owner_of_asset = _texts(dispatcher.owners.get(asset) for asset in assets)
    duty_of_place = _texts(dispatcher.ground.on_duty(place) for place in places)
    owner, on_duty = owner_of_asset[asset_codes], duty_of_place[place_codes]
    rows = _Rows(dispatcher, cases, owner, (place_codes, places))
    first = np.concatenate(
        [
            np.empty(0, np.int64),
            *(
                rows.first_match(slice(start, start + _CHUNK))
                for start in range(0, len(cases), _CHUNK)
            ),
        ]
    )
    rules = dispatcher.published.table.rules
    step = np.select(
        [first >= 0, owner != None, on_duty != None],  # noqa: E711 (element by element)
        [0, 1, 2],
        default=3,
    )
    named = _texts([*(rule.then.responsible for rule in rules), NOTHING])[first]
    catch_all = np.full(len(cases), dispatcher.catch_all, dtype=object)
    responsible = np.select(
        [
            (named == OWNER) | (step == 1),
            (named == GRID_DUTY) | (step == 2),
            (named == CATCH_ALL) | (step == 3),
        ],
        [owner, on_duty, catch_all],
        default=named,
    )
    return Duties(
        responsible=responsible,
        supervising=_texts([*(rule.then.supervising for rule in rules), NOTHING])[first],
        limit=_texts([*(rule.then.limit for rule in rules), NOTHING])[first],
        step=_texts(_STEPS)[step],
        rule=_texts([*(rule.id for rule in rules), NOTHING])[first],
        table=dispatcher.published.stamp,
    )


def _texts(values: Iterable[str | None]) -> Texts:
    listed = list(values)
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array


def _factorized(values: NDArray[Any]) -> tuple[NDArray[np.int64], list[Any]]:
    """Return a code for every value, and the values; None counts as no text."""
    codes, unique = pd.factorize(np.asarray(values))
    listed = [*unique.tolist(), NOTHING]
    return np.where(codes < 0, len(listed) - 1, codes).astype(np.int64), listed


class _Rows:
    """For every property, which rules accept which value, and which value a case has."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        cases: CaseArrays,
        owner: Texts,
        place: tuple[NDArray[np.int64], list[str]],
    ) -> None:
        self._rules = dispatcher.published.table.rules
        self._words = max(1, -(-len(self._rules) // 64))
        local = pd.DatetimeIndex(cases.reported).tz_localize("UTC").tz_convert(dispatcher.zone)
        place_codes, places = place
        owned = (owner != None).astype(np.int64)  # noqa: E711 (element by element)
        lineages = [dispatcher.ground.lineage(name) or (NOTHING,) for name in places]
        on_duty = [dispatcher.ground.on_duty(name) is not None for name in places]
        self._properties = [
            self._named(cases.case_type, lambda when: when.case_types),
            self._named(cases.category, lambda when: when.categories),
            self._named(cases.nature, lambda when: when.natures),
            self._named(cases.channel, lambda when: when.channels),
            (place_codes, self._bits(self._by_names(lineages, lambda when: when.places))),
            (place_codes, self._bits(self._where_it_can_send(on_duty, GRID_DUTY))),
            (owned, self._bits(self._where(range(2), _owner_fits))),
            (owned, self._bits(self._where_it_can_send([False, True], OWNER))),
            (np.asarray(local.hour, np.int64), self._bits(self._where(range(24), _hour_fits))),
            (
                np.asarray(local.day_of_week, np.int64),
                self._bits(self._where(range(1, 8), _weekday_fits)),
            ),
            (
                np.asarray(local.month * 32 + local.day, np.int64),
                self._bits(self._where(_DAYS, Conditions.holds_on)),
            ),
            self._severity(cases.severity),
        ]

    def first_match(self, rows: slice) -> NDArray[np.int64]:
        """Return the number of the first rule that matches each case, -1 for none."""
        codes, bits = self._properties[0]
        live = bits[codes[rows]]
        for codes, bits in self._properties[1:]:
            live &= bits[codes[rows]]
        first = np.full(len(live), -1, dtype=np.int64)
        for word in range(self._words):
            bits_here = live[:, word]
            found = (first < 0) & (bits_here != 0)
            lowest = bits_here[found] & (~bits_here[found] + np.uint64(1))
            first[found] = word * 64 + np.frexp(lowest.astype(np.float64))[1] - 1
        return first

    def _bits(self, accepting: Iterable[int]) -> NDArray[np.uint64]:
        width = self._words * 8
        packed = b"".join(rules.to_bytes(width, "little") for rules in accepting)
        return np.frombuffer(packed, dtype="<u8").reshape(-1, self._words)

    def _named(
        self, values: Texts, names: Callable[[Conditions], frozenset[str]]
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        codes, unique = _factorized(values)
        return codes, self._bits(self._by_names([(value,) for value in unique], names))

    def _by_names(
        self, names_of_values: list[tuple[str, ...]], names: Callable[[Conditions], frozenset[str]]
    ) -> list[int]:
        """Return the rules that accept a value by one of its names, or by the beginning of one."""
        anything, exact, prefixes = _indexed(self._rules, names)
        accepting: list[int] = []
        for own_names in names_of_values:
            rules = anything
            for name in own_names:
                rules |= exact.get(name, 0)
                for prefix, those in prefixes.items():
                    if name != NOTHING and name.startswith(prefix):
                        rules |= those
            accepting.append(rules)
        return accepting

    def _where(self, values: Iterable[Any], fits: Callable[[Conditions, Any], bool]) -> list[int]:
        return [
            sum(1 << number for number, rule in enumerate(self._rules) if fits(rule.when, value))
            for value in values
        ]

    def _where_it_can_send(self, has_unit: Iterable[bool], responsible: str) -> list[int]:
        """Return all rules where there is such a unit, and the rules that need none where not."""
        everything = (1 << len(self._rules)) - 1
        needing = sum(
            1 << number
            for number, rule in enumerate(self._rules)
            if rule.then.responsible == responsible
        )
        return [everything if there else everything & ~needing for there in has_unit]

    def _severity(self, values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        codes, unique = _factorized(values)
        return codes, self._bits(self._where(unique[:-1], Conditions.holds_at_severity))


def _indexed(
    rules: tuple[DispatchRule, ...], names: Callable[[Conditions], frozenset[str]]
) -> tuple[int, Mapping[str, int], Mapping[str, int]]:
    """Return the rules that accept anything, those by exact name, and those by prefix."""
    anything, exact, prefixes = 0, dict[str, int](), dict[str, int]()
    for number, rule in enumerate(rules):
        here = 1 << number
        wanted = names(rule.when)
        if not wanted:
            anything |= here
        for name in wanted:
            exact[name] = exact.get(name, 0) | here
            if name.endswith("*"):
                prefixes[name[:-1]] = prefixes.get(name[:-1], 0) | here
    return anything, exact, prefixes


def _owner_fits(when: Conditions, owned: int) -> bool:
    return when.owner is None or when.owner is bool(owned)


def _hour_fits(when: Conditions, hour: int) -> bool:
    return not when.hours or hour in when.hours


def _weekday_fits(when: Conditions, weekday: int) -> bool:
    return not when.weekdays or weekday in when.weekdays
