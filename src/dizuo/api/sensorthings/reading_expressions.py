"""Read ``$filter`` and ``$orderby``: the expressions of OData that SensorThings 1.1 names.

Precedence from loose to tight: ``or``, ``and``, comparison, ``add sub``, ``mul div mod``, then
``not`` and ``-``.
"""

from typing import Final, cast

from dizuo.api.sensorthings.expressions import (
    Call,
    Comparison,
    Expression,
    Lambda,
    Literal,
    LiteralKind,
    Logical,
    Not,
    Operation,
    Path,
)
from dizuo.api.sensorthings.words import Word, refused, words_of

__all__ = ["FUNCTIONS", "ExpressionReader", "read_filter"]

_COMPARISONS: Final = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "in"})
_SUMS: Final = frozenset({"add", "sub"})
_PRODUCTS: Final = frozenset({"mul", "div", "mod"})
_FIXED: Final = {"true": ("truth", True), "false": ("truth", False), "null": ("nothing", None)}
_LITERALS: Final = frozenset({"text", "time", "date", "clock", "duration", "geometry"})
_DEEPEST: Final = 60
"""Brackets, ``not`` and functions inside each other: what a person would write is below ten."""

_SPATIAL: Final = (
    "st_equals st_disjoint st_touches st_within st_overlaps st_crosses st_intersects st_contains"
)
FUNCTIONS: Final[dict[str, tuple[int, int]]] = {
    **dict.fromkeys(("substringof", "contains", "endswith", "startswith"), (2, 2)),
    **dict.fromkeys(("indexof", "concat"), (2, 2)),
    **dict.fromkeys(("length", "tolower", "toupper", "trim"), (1, 1)),
    "substring": (2, 3),
    **dict.fromkeys(("year", "month", "day", "hour", "minute", "second"), (1, 1)),
    **dict.fromkeys(("fractionalseconds", "date", "time", "totaloffsetminutes"), (1, 1)),
    "totalseconds": (1, 1),
    **dict.fromkeys(("now", "mindatetime", "maxdatetime"), (0, 0)),
    **dict.fromkeys(("round", "floor", "ceiling"), (1, 1)),
    "geo.distance": (2, 2),
    "geo.length": (1, 1),
    "geo.intersects": (2, 2),
    **dict.fromkeys(_SPATIAL.split(), (2, 2)),
    "st_relate": (3, 3),
}
"""The functions of clause 9.3.3.5.2, with how many arguments they take at least and at most."""


def read_filter(text: str) -> Expression:
    """Read a whole ``$filter``.

    Raises
    ------
    InputError
        If it cannot be read; the message says at which character.
    """
    reader = ExpressionReader(words_of(text, "$filter"), "$filter")
    found = reader.expression()
    reader.expect_end()
    return found


class ExpressionReader:
    """Reads expressions from words, one after another."""

    def __init__(self, words: list[Word], option: str) -> None:
        self._words = words
        self._next = 0
        self._depth = 0
        self.option = option

    @property
    def word(self) -> Word:
        """The word that comes next."""
        return self._words[self._next]

    def take(self) -> Word:
        """Return the next word, and go on."""
        word = self.word
        self._next += word.kind != "end"
        return word

    def takes(self, text: str) -> bool:
        """Tell whether the next word is this one, and if so go on."""
        if self.word.kind in {"sign", "name"} and self.word.text == text:
            self.take()
            return True
        return False

    def expect(self, text: str) -> None:
        """Go on behind this word."""
        if not self.takes(text):
            raise self.unexpected(f"{text!r}")

    def expect_end(self) -> None:
        """Refuse whatever is left."""
        if self.word.kind != "end":
            raise self.unexpected("and, or, or the end")

    def unexpected(self, wanted: str) -> Exception:
        """Return the error that says what stands in place of what is wanted."""
        found = self.word
        seen, told = (
            ("the end is reached", "已到结尾") if found.kind == "end"
            else (f"{found.text!r} stands there", f"此处为 {found.text!r}")
        )  # fmt: skip
        return refused(
            self.option, f"{wanted} is expected, but {seen}", f"应为 {wanted}，但{told}", found.at
        )

    def expression(self) -> Expression:
        """Read one expression."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise refused(
                self.option,
                f"more than {_DEEPEST} expressions stand inside each other",
                f"表达式嵌套超过 {_DEEPEST} 层",
                self.word.at,
            )
        found = self._either()
        self._depth -= 1
        return found

    def _either(self) -> Expression:
        at, parts = self.word.at, [self._both()]
        while self.takes("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Logical("or", tuple(parts), at)

    def _both(self) -> Expression:
        at, parts = self.word.at, [self._comparison()]
        while self.takes("and"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else Logical("and", tuple(parts), at)

    def _comparison(self) -> Expression:
        left = self._sum()
        if self.word.kind != "name" or self.word.text not in _COMPARISONS:
            return left
        operator = self.take()
        if operator.text == "in":
            return Comparison("in", left, self._list(), operator.at)
        return Comparison(operator.text, left, self._sum(), operator.at)

    def _list(self) -> tuple[Literal, ...]:
        self.expect("(")
        found = [self._literal()]
        while self.takes(","):
            found.append(self._literal())
        self.expect(")")
        return tuple(found)

    def _literal(self) -> Literal:
        found = self._sign()
        if not isinstance(found, Literal):
            raise refused(self.option, "a list holds values only", "列表只能包含值", found.at)
        return found

    def _sum(self) -> Expression:
        left = self._product()
        while self.word.kind == "name" and self.word.text in _SUMS:
            operator = self.take()
            left = Operation(operator.text, left, self._product(), operator.at)
        return left

    def _product(self) -> Expression:
        left = self._sign()
        while self.word.kind == "name" and self.word.text in _PRODUCTS:
            operator = self.take()
            left = Operation(operator.text, left, self._sign(), operator.at)
        return left

    def _sign(self) -> Expression:
        at = self.word.at
        if self.word.text in {"-", "not"} and self.word.kind in {"sign", "name"}:
            operator = self.take()
            self._depth += 1
            if self._depth > _DEEPEST:
                raise self.unexpected("something simpler")
            part = self._sign()
            self._depth -= 1
            if operator.text == "not":
                return Not(part, at)
            if isinstance(part, Literal) and part.kind in {"integer", "number", "duration"}:
                return Literal(part.kind, -part.value, at)
            return Operation("sub", Literal("integer", 0, at), part, at)
        return self._primary()

    def _primary(self) -> Expression:
        word = self.word
        if word.kind in _LITERALS:
            self.take()
            return Literal(cast("LiteralKind", word.kind), word.value, word.at)
        if word.kind == "number":
            self.take()
            kind: LiteralKind = "integer" if isinstance(word.value, int) else "number"
            return Literal(kind, word.value, word.at)
        if self.takes("("):
            inner = self.expression()
            self.expect(")")
            return inner
        if word.kind == "name":
            return self._named()
        raise self.unexpected("a value, a property or a function")

    def _named(self) -> Expression:
        word = self.take()
        if word.text in _FIXED and not (self.word.kind == "sign" and self.word.text in "(/"):
            kind, value = _FIXED[word.text]
            return Literal(cast("LiteralKind", kind), value, word.at)
        if self.takes("("):
            return self._call(word)
        steps = [word.text]
        while self.takes("/"):
            step = self.take()
            if step.kind != "name":
                raise refused(self.option, "a name is expected after /", "/ 之后应为名称", step.at)
            if step.text in {"any", "all"} and self.takes("("):
                return self._lambda(Path(tuple(steps), word.at), step)
            steps.append(step.text)
        return Path(tuple(steps), word.at)

    def _lambda(self, path: Path, quantifier: Word) -> Expression:
        kind = "any" if quantifier.text == "any" else "all"
        if kind == "any" and self.takes(")"):
            return Lambda(path, "any", "", None, quantifier.at)
        variable = self.take()
        if variable.kind != "name":
            raise refused(self.option, "a variable is expected", "应为变量", variable.at)
        self.expect(":")
        condition = self.expression()
        self.expect(")")
        return Lambda(path, "any" if kind == "any" else "all", variable.text, condition, path.at)

    def _call(self, word: Word) -> Expression:
        arguments: list[Expression] = []
        if not self.takes(")"):
            arguments.append(self.expression())
            while self.takes(","):
                arguments.append(self.expression())
            self.expect(")")
        bounds = FUNCTIONS.get(word.text)
        if bounds is None:
            raise refused(
                self.option,
                f"there is no function {word.text}; there are {', '.join(sorted(FUNCTIONS))}",
                f"没有函数 {word.text}；可用的有 {', '.join(sorted(FUNCTIONS))}",
                word.at,
            )
        if not bounds[0] <= len(arguments) <= bounds[1]:
            wanted = " or ".join(str(n) for n in sorted(set(bounds)))
            raise refused(
                self.option,
                f"{word.text} takes {wanted} arguments, not {len(arguments)}",
                f"{word.text} 需要 {wanted} 个参数，而不是 {len(arguments)} 个",
                word.at,
            )
        return Call(word.text, tuple(arguments), word.at)
