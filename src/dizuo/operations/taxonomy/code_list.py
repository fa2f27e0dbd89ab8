"""A code list: what a case may be about, in one edition, with the source of every entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from dizuo.model.errors import InputError
from dizuo.model.rule import Certainty
from dizuo.model.text import Text

__all__ = ["Code", "CodeList"]


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of a code list.

    Attributes
    ----------
    code
        The code itself, ``0101``; unique within its list.
    title
        Its names.
    parent
        Code of the class that it belongs to; ``""`` for a class of the highest level.
    certainty
        ``check`` where the standard itself still has to be read.
    source, edition
        The document that the entry comes from.
    valid_from, valid_to
        First day in force, and first day no longer in force (None: still in force).
    local
        Whether a city added it.
    note
        What else a reader should know.
    """

    code: str
    title: Text
    parent: str
    certainty: Certainty
    source: str
    edition: str
    valid_from: date
    valid_to: date | None = None
    local: bool = False
    note: str = ""

    def in_force(self, day: date) -> bool:
        """Whether the code may be given to a case of that day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class CodeList:
    """All codes of one kind in one edition.

    Attributes
    ----------
    id
        Name of the list, the same in all its editions: ``urban_component``.
    title
        Its names.
    source, edition
        The document, and which edition of it.
    valid_from, valid_to
        First day in force, and first day no longer in force (None: still in force).
    codes
        Every entry by its code, in the order of the list.
    """

    id: str
    title: Text
    source: str
    edition: str
    valid_from: date
    codes: MappingProxyType[str, Code]
    valid_to: date | None = None

    def __iter__(self) -> Iterator[Code]:
        return iter(self.codes.values())

    def __contains__(self, code: object) -> bool:
        return code in self.codes

    def in_force(self, day: date) -> bool:
        """Whether this edition is the one to use on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def lookup(self, code: str) -> Code:
        """Return the entry of a code.

        Raises
        ------
        InputError
            If the list has no such code.
        """
        found = self.codes.get(code)
        if found is None:
            raise InputError(
                Text(
                    f"the list {self.id}, edition {self.edition}, has no code {code!r}",
                    f"代码表 {self.id}（版本 {self.edition}）没有代码 {code!r}",
                ),
                field="code",
                cure=Text(
                    "Use a code of the list, or add it to the city's own file.",
                    "请使用表中的代码，或将其加入城市自有文件。",
                ),
            )
        return found

    def find(self, name: str) -> Code | None:
        """Return the entry whose code, English or Chinese name this is; None if there is none."""
        wanted = name.strip().casefold()
        for entry in self:
            if wanted in {entry.code, entry.title.en.casefold(), entry.title.zh}:
                return entry
        return None

    def children(self, parent: str = "") -> tuple[Code, ...]:
        """Return the entries right below a code, or those of the highest level."""
        return tuple(entry for entry in self if entry.parent == parent)

    def leaves(self, day: date | None = None) -> tuple[str, ...]:
        """Return the codes that cases carry: those with nothing below them, in force on a day.

        A class of which no minor is known yet is a leaf itself.
        """
        parents = {entry.parent for entry in self}
        return tuple(
            entry.code
            for entry in self
            if entry.code not in parents and (day is None or entry.in_force(day))
        )

    def names(self) -> dict[str, str]:
        """Return the code of every name that only one entry bears, in either language."""
        bearers: dict[str, set[str]] = {}
        for entry in self:
            for name in (entry.title.en, entry.title.zh):
                bearers.setdefault(name, set()).add(entry.code)
        return {name: next(iter(codes)) for name, codes in bearers.items() if len(codes) == 1}
