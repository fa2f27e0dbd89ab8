"""Conditions on declared facts: ``age >= 60 or disability_card = yes``.

A condition is one comparison or several with ``or`` between them; an item has a list of conditions
that must all hold. Nothing is run: a condition is read into a small tree of comparisons, and a fact
that was not declared makes a comparison unknown, not false.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["Comparison", "Condition", "Fact", "FactKind", "FactValue", "parse_condition"]

FactKind = Literal["number", "truth", "choice"]
FactValue = bool | float | str
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
    "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
_EQUALITIES: Final = frozenset({"=", "!="})
_COMPARISON: Final = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(>=|<=|!=|=|>|<)\s*(\S+)\s*")
_NUMBER: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")
_TRUTHS: Final = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that may be declared: a number, yes or no, or one of some choices."""

    id: str
    title: Text
    kind: FactKind
    choices: tuple[str, ...] = ()

    def value(self, text: str) -> FactValue:
        """Read a value as it is written in a condition or on the command line.

        Raises
        ------
        InputError
            If the fact cannot have it.
        """
        match self.kind:
            case "number" if _NUMBER.fullmatch(text):
                return float(text)
            case "truth" if text in _TRUTHS:
                return _TRUTHS[text]
            case "choice" if text in self.choices:
                return text
        raise self._refused(text)

    def checked(self, given: FactValue) -> FactValue:
        """Return a declared value.

        Raises
        ------
        InputError
            If the fact cannot have it.
        """
        is_number = isinstance(given, int | float) and not isinstance(given, bool)
        fits = {
            "number": is_number,
            "truth": isinstance(given, bool),
            "choice": isinstance(given, str) and given in self.choices,
        }
        if not fits[self.kind]:
            raise self._refused(given)
        return given

    def _refused(self, given: object) -> InputError:
        may = {
            "number": Text("a number", "数字"),
            "truth": Text("yes or no", "yes（是）或 no（否）"),
            "choice": Text(f"one of {', '.join(self.choices)}", f"{'、'.join(self.choices)} 之一"),
        }[self.kind]
        return InputError(
            Text(f"{self.id} cannot be {given!r}", f"{self.id} 不能为 {given!r}"),
            field=self.id,
            cure=Text(f"Give {may.en}.", f"请给出{may.zh}。"),
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """One fact held against one value."""

    fact: str
    order: str
    value: FactValue

    def holds(self, declared: Mapping[str, FactValue]) -> bool | None:
        """Tell whether it holds; None if the fact was not declared."""
        if self.fact not in declared:
            return None
        return _ORDERS[self.order](declared[self.fact], self.value)


@dataclass(frozen=True, slots=True)
class Condition:
    """Comparisons of which one must hold, and the text they were written as."""

    text: str
    any_of: tuple[Comparison, ...]

    def holds(self, declared: Mapping[str, FactValue]) -> bool | None:
        """Tell whether one of them holds; None if that hangs on a fact that was not declared."""
        found = [one.holds(declared) for one in self.any_of]
        return True if True in found else None if None in found else False


def parse_condition(text: str, facts: Mapping[str, Fact]) -> Condition:
    """Read a condition.

    Raises
    ------
    InputError
        If it is none, names a fact that is not there, or a value that the fact cannot have.
    """
    return Condition(text, tuple(_comparison(part, facts) for part in re.split(r"\bor\b", text)))


def _comparison(text: str, facts: Mapping[str, Fact]) -> Comparison:
    found = _COMPARISON.fullmatch(text)
    if found is None:
        raise InputError(
            Text(f"{text.strip()!r} is no comparison", f"{text.strip()!r} 不是条件"),
            cure=Text(
                "Write fact >= value, and 'or' between several.",
                "请写成 fact >= value，多个之间用 or 连接。",
            ),
        )
    name, order, value = found.groups()
    if name not in facts:
        known = sorted(facts)
        raise InputError(
            Text(f"there is no fact {name!r}", f"没有事实 {name!r}"),
            cure=Text(f"Known are: {', '.join(known)}.", f"已有：{'、'.join(known)}。"),
        )
    fact = facts[name]
    if fact.kind != "number" and order not in _EQUALITIES:
        raise InputError(Text(f"{name} has no order", f"{name} 不能比较大小"))
    return Comparison(name, order, fact.value(value))
