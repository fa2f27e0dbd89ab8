"""The options of a query: ``$filter``, ``$expand``, ``$select``, ``$orderby``, ``$top`` ..."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from dizuo.api.sensorthings.expressions import Expression, Path
from dizuo.api.sensorthings.reading_expressions import ExpressionReader, read_filter
from dizuo.api.sensorthings.words import refused, words_of
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = [
    "LARGEST_PAGE",
    "LARGEST_WHOLE",
    "LONGEST",
    "Expansion",
    "Options",
    "Order",
    "read_options",
]

LARGEST_PAGE: Final = 10_000
LARGEST_WHOLE: Final = 2**53 - 1
LONGEST: Final = 20_000
"""Characters of one option."""
_DEEPEST: Final = 8
"""Expansions inside each other."""
_KNOWN: Final = (
    "$filter", "$expand", "$select", "$orderby", "$top", "$skip", "$count", "$skiptoken",
    "$resultFormat",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to sort by."""

    by: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Expansion:
    """A navigation property whose entities are told with their parent."""

    name: str
    options: "Options"
    at: int


@dataclass(frozen=True, slots=True)
class Options:
    """What a request asks of a collection or an entity.

    Attributes
    ----------
    filter_
        Which entities.
    top
        How many at most; None for as many as the server chooses.
    after
        Where the page before ended, as its ``@iot.nextLink`` said.
    form
        ``dataArray`` for observations in rows under one head.
    given
        All of it as it was written, for the link to the next page.
    """

    filter_: Expression | None = None
    expand: tuple[Expansion, ...] = ()
    select: tuple[str, ...] = ()
    order: tuple[Order, ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    after: str | None = None
    form: Literal["default", "dataArray"] = "default"
    given: tuple[tuple[str, str], ...] = field(default=(), compare=False)


def read_options(given: Sequence[tuple[str, str]]) -> Options:
    """Read the options of a request.

    Parameters
    ----------
    given
        Names and values in their order.

    Raises
    ------
    InputError
        If an option is unknown, given twice or cannot be read.
    """
    told: dict[str, str] = {}
    for name, value in given:
        if name not in _KNOWN:
            raise InputError(
                Text(f"there is no option {name}", f"没有选项 {name}"),
                field=name,
                cure=Text(f"There are {', '.join(_KNOWN)}.", f"可用的有 {', '.join(_KNOWN)}。"),
            )
        if name in told:
            raise InputError(Text("an option is given twice", "选项重复"), field=name)
        if "\0" in value:
            raise InputError(Text("no text has a NUL", "文本不能包含 NUL"), field=name)
        if len(value) > LONGEST:
            raise InputError(
                Text(
                    f"an option may have {LONGEST:,} characters, this has {len(value):,}",
                    f"选项最多 {LONGEST:,} 个字符，此处有 {len(value):,} 个",
                ),
                field=name,
            )
        told[name] = value
    return _read(told)


def _read(told: Mapping[str, str]) -> Options:
    made = Options(given=tuple(told.items()))
    for name, text in told.items():
        match name:
            case "$filter":
                made = replace(made, filter_=read_filter(text))
            case "$skiptoken":
                made = replace(made, after=text)
            case _:
                reader = _OptionReader(text, name)
                made = reader.read_into(made, 0)
                reader.expect_end()
    return made


class _OptionReader(ExpressionReader):
    """Reads the values of options, inside ``$expand`` too."""

    def __init__(self, text: str, option: str) -> None:
        super().__init__(words_of(text, option), option)
        self._text = text

    def _since(self, at: int) -> str:
        """Return the text from a place to the next word."""
        return self._text[at - 1 : self.word.at - 1].strip()

    def read_into(self, made: Options, depth: int) -> Options:
        changes: dict[str, Any] = {}
        match self.option:
            case "$filter":
                changes["filter_"] = self.expression()
            case "$expand":
                changes["expand"] = self._expansions(depth)
            case "$select":
                changes["select"] = self._names()
            case "$orderby":
                changes["order"] = self._orders()
            case "$top" | "$skip":
                changes[self.option[1:]] = self._whole()
            case "$count":
                changes["count"] = self._truth()
            case "$resultFormat":
                changes["form"] = self._form()
            case name:
                raise refused(
                    name, "there is no such option here", "此处没有这个选项", self.word.at
                )
        return replace(made, **changes)

    def _expansions(self, depth: int) -> tuple[Expansion, ...]:
        found: list[Expansion] = []
        while True:
            _merge(found, self._expansion(depth))
            if not self.takes(","):
                return tuple(found)

    def _expansion(self, depth: int) -> Expansion:
        if depth >= _DEEPEST:
            raise refused(
                "$expand",
                f"expansions may stand {_DEEPEST} deep",
                f"展开最多 {_DEEPEST} 层",
                self.word.at,
            )
        at, name = self.word.at, self._name()
        if self.takes("/"):
            begins = self.word.at
            inner = self._expansion(depth + 1)
            given = (("$expand", self._since(begins)),)
            return Expansion(name, Options(expand=(inner,), given=given), at)
        made = Options()
        if self.takes("("):
            made = self._inner_options(depth)
        return Expansion(name, made, at)

    def _inner_options(self, depth: int) -> Options:
        outer, made = self.option, Options()
        told: dict[str, str] = {}
        while True:
            self.option = self._name()
            if self.option in told:
                raise refused(self.option, "an option is given twice", "选项重复", self.word.at)
            self.expect("=")
            begins = self.word.at
            made = self.read_into(made, depth + 1)
            told[self.option] = self._since(begins)
            if not self.takes(";"):
                break
        self.option = outer
        self.expect(")")
        return replace(made, given=tuple(told.items()))

    def _names(self) -> tuple[str, ...]:
        found = [self._name()]
        while self.takes(","):
            found.append(self._name())
        return tuple(found)

    def _name(self) -> str:
        word = self.take()
        if word.kind != "name":
            raise refused(self.option, "a name is expected", "应为名称", word.at)
        return word.text

    def _orders(self) -> tuple[Order, ...]:
        found = [self._order()]
        while self.takes(","):
            found.append(self._order())
        return tuple(found)

    def _order(self) -> Order:
        at, by = self.word.at, self.expression()
        if not isinstance(by, Path) and not hasattr(by, "arguments") and not hasattr(by, "left"):
            raise refused(self.option, "nothing to sort by", "没有可排序的内容", at)
        direction = self.word
        if direction.kind == "name" and direction.text.lower() in {"asc", "desc"}:
            self.take()
        return Order(by, direction.text.lower() == "desc" and direction.kind == "name")

    def _whole(self) -> int:
        word = self.take()
        if word.kind != "number" or not isinstance(word.value, int):
            raise refused(
                self.option, "a whole number from 0 on is expected", "应为非负整数", word.at
            )
        if word.value > LARGEST_WHOLE:
            raise refused(self.option, "the number is too large", "数值过大", word.at)
        return word.value

    def _truth(self) -> bool:
        word = self.take()
        if word.text not in {"true", "false"}:
            raise refused(self.option, "true or false is expected", "应为 true 或 false", word.at)
        return word.text == "true"

    def _form(self) -> Literal["dataArray"]:
        word = self.take()
        if word.text != "dataArray":
            raise refused(
                self.option, "the only other form is dataArray", "另一格式只有 dataArray", word.at
            )
        return "dataArray"


def _merge(found: list[Expansion], new: Expansion) -> None:
    """Add an expansion; one that is there already is opened further, as ``A/B,A/C`` asks."""
    for k, one in enumerate(found):
        if one.name == new.name:
            plain = Options(expand=new.options.expand)
            if new.options != plain and one.options != Options(expand=one.options.expand):
                raise refused("$expand", f"{new.name} is given twice", f"{new.name} 重复", new.at)
            inner = list(one.options.expand)
            for deeper in new.options.expand:
                _merge(inner, deeper)
            kept = one.options if new.options == plain else new.options
            both = [*one.options.given, *new.options.given]
            opened = ",".join(text for name, text in both if name == "$expand")
            given = [(name, text) for name, text in both if name != "$expand"]
            given += [("$expand", opened)] if opened else []
            joined = replace(kept, expand=tuple(inner), given=tuple(given))
            found[k] = Expansion(one.name, joined, one.at)
            return
    found.append(new)
