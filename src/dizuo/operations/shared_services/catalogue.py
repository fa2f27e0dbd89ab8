"""The catalogue of shared services of a city, and which of them fit declared facts.

No profile is kept: facts are told with the question, answered, and forgotten. A city writes
``operations/shared_services.toml``: the facts that may be declared, the partner cities, and the
items with their conditions, channels and the partner cities that recognise them. What partner
cities told of theirs stands beside it, and is marked with their city.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from dizuo.base.toml_files import read_toml
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.shared_services.accepted import (
    KEY,
    SharedItems,
    read_document,
    require_signature,
)
from dizuo.operations.shared_services.conditions import (
    Condition,
    Fact,
    FactKind,
    FactValue,
    parse_condition,
)
from dizuo.operations.toml_fields import TomlFields

__all__ = ["ACCEPTED", "Catalogue", "Fit", "Fits", "Item", "with_items_of"]
__systems__ = ("S22.7",)

Fits = Literal["yes", "no", "unknown"]
ACCEPTED: Final = "shared_services_of"
"""Folder beside the catalogue, with what partner cities told: a document for each."""
_TABLES: Final = frozenset({"facts", "cities", "items"})
_FACT: Final = frozenset({"en", "zh", "kind", "choices"})
_ITEM: Final = frozenset({
    "en", "zh", "source", "certainty", "conditions", "channels", "recognised_by",
})  # fmt: skip
_CITY: Final = frozenset({"en", "zh", "key"})
_CERTAINTIES: Final = ("sure", "check")


@dataclass(frozen=True, slots=True)
class Item:
    """A service that whoever meets all conditions may have.

    Attributes
    ----------
    channels
        Where it is had: ``window``, ``phone``, ``app``.
    recognised_by
        Partner cities that take it as their own.
    city
        The partner city whose item it is; empty for the city's own.
    """

    id: str
    title: Text
    source: str
    certainty: str
    conditions: tuple[Condition, ...]
    channels: tuple[str, ...]
    recognised_by: tuple[str, ...]
    city: str = ""


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether an item fits, and which conditions made it so.

    Attributes
    ----------
    reasons
        Of ``no`` the conditions that fail, of ``unknown`` those that hang on facts that were not
        declared, of ``yes`` all of them.
    """

    item: Item
    fits: Fits
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """The shared services of a city."""

    facts: Mapping[str, Fact]
    cities: Mapping[str, Text]
    items: tuple[Item, ...]
    keys: Mapping[str, str] = field(default_factory=dict)
    """Public keys of partner cities, by which their documents are believed."""

    @classmethod
    def load(cls, file: Path) -> "Catalogue":
        """Read a city's catalogue, with what it accepted of others; empty where there is no file.

        Raises
        ------
        InputError
            With the file and the field: something is missing, not known, or no condition, or what
            a partner city told is not signed by the key that the catalogue has of it.
        """
        if not file.exists():
            return cls({}, {}, ())
        found = _Reader(str(file)).catalogue(read_toml(file))
        for name, key in sorted(found.keys.items()):
            kept = file.with_name(ACCEPTED) / f"{name}.json"
            if kept.exists():
                told = read_document(kept)
                require_signature(told, key, kept)
                found = with_items_of(found, told, kept)
        return found

    def without(self, city: str) -> "Catalogue":
        """Return the catalogue without the items of a partner city."""
        return replace(self, items=tuple(one for one in self.items if one.city != city))

    def fitting(self, declared: Mapping[str, FactValue]) -> list[Fit]:
        """Return for every item whether it fits what is declared, and why.

        Raises
        ------
        InputError
            If a fact is not known, or cannot have the value.
        """
        for name, value in declared.items():
            self.fact(name).checked(value)
        return [_fit(one, declared) for one in self.items]

    def fact(self, name: str) -> Fact:
        """Return a fact that may be declared.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        if name not in self.facts:
            known = sorted(self.facts)
            raise InputError(
                Text(f"nobody asks for {name!r}", f"不需要 {name!r}"), field="facts",
                cure=Text(f"Asked for are: {', '.join(known) or 'none'}.",
                          f"可申报：{'、'.join(known) or '无'}。"),
            )  # fmt: skip
        return self.facts[name]


def _fit(item: Item, declared: Mapping[str, FactValue]) -> Fit:
    held = [(one.text, one.holds(declared)) for one in item.conditions]
    for fits, wanted in (("no", False), ("unknown", None)):
        reasons = tuple(text for text, holds in held if holds is wanted)
        if reasons:
            return Fit(item, cast("Fits", fits), reasons)
    return Fit(item, "yes", tuple(text for text, _ in held))


def with_items_of(catalogue: Catalogue, told: SharedItems, file: Path) -> Catalogue:
    """Add the items of a partner city, marked as its own, and the facts that they depend on.

    Parameters
    ----------
    file
        Where the document stands, for the message.

    Raises
    ------
    InputError
        If an item cannot be read, or a fact of the same name is another one here.
    """
    theirs = _Reader(str(file)).catalogue({"facts": told.facts, "items": told.items})
    for name, fact in theirs.facts.items():
        own = catalogue.facts.get(name, fact)
        if (own.kind, set(own.choices)) != (fact.kind, set(fact.choices)):
            raise InputError(
                Text(
                    f"the fact {name!r} has another kind or other choices here",
                    f"事实 {name!r} 在本市的类型或选项不同",
                ),
                file=file, field=f"facts.{name}",
            )  # fmt: skip
    items = tuple(replace(one, id=f"{told.city}/{one.id}", city=told.city) for one in theirs.items)
    return replace(
        catalogue, facts={**theirs.facts, **catalogue.facts}, items=(*catalogue.items, *items)
    )


class _Reader(TomlFields):
    def catalogue(self, table: Mapping[str, Any]) -> Catalogue:
        self.keys(table, _TABLES, "")
        facts = {key: self.fact(key, one) for key, one in self.may(table, "facts", {}).items()}
        told = self.may(table, "cities", {})
        keys = {key: found for key, one in told.items() if (found := self.key(key, one))}
        cities = {key: self.title(one, f"cities.{key}.") for key, one in told.items()}
        items = self.may(table, "items", {})
        made = tuple(self.item(key, one, facts, cities) for key, one in items.items())
        return Catalogue(facts, cities, made, keys)

    def key(self, city: str, table: Any) -> str:
        where = f"cities.{city}."
        self.keys(table, _CITY, where)
        key: str = self.may(table, "key", "", where)
        if key and not re.fullmatch(KEY, key):
            raise self.refuse(
                f"{where}key",
                Text("a key has 64 hexadecimal digits", "公钥为 64 位十六进制数字"),
            )
        return key

    def fact(self, key: str, table: Any) -> Fact:
        where = f"facts.{key}."
        self.keys(table, _FACT, where)
        kind = self.need(table, "kind", str, where)
        if kind not in get_args(FactKind):
            raise self.refuse(
                f"{where}kind",
                Text(f"{kind!r} is no kind of fact", f"{kind!r} 不是事实的类型"),
                get_args(FactKind),
            )
        choices = tuple(self.may(table, "choices", [], where))
        return Fact(key, self.title(table, where), cast("FactKind", kind), choices)

    def item(
        self, key: str, table: Any, facts: Mapping[str, Fact], cities: Mapping[str, Text]
    ) -> Item:
        where = f"items.{key}."
        self.keys(table, _ITEM, where)
        certainty = self.need(table, "certainty", str, where)
        if certainty not in _CERTAINTIES:
            raise self.refuse(
                f"{where}certainty",
                Text(f"{certainty!r} is no certainty", f"{certainty!r} 不是可信程度"),
                _CERTAINTIES,
            )
        return Item(
            id=key,
            title=self.title(table, where),
            source=self.need(table, "source", str, where),
            certainty=certainty,
            conditions=tuple(
                self.condition(one, facts, where)
                for one in self.need(table, "conditions", list, where)
            ),
            channels=tuple(self.need(table, "channels", list, where)),
            recognised_by=tuple(sorted(self.some_of(table, "recognised_by", cities, where))),
        )

    def condition(self, text: str, facts: Mapping[str, Fact], where: str) -> Condition:
        try:
            return parse_condition(text, facts)
        except InputError as error:
            raise InputError(
                error.problem_text, file=self.file, field=f"{where}conditions", cure=error.cure_text
            ) from error
