"""Conditions and orders of a request as SQL.

Comparisons follow OData: null equals null alone, is unequal to all else, and is neither more nor
less than anything. A property of other entities is asked of these, one query inside the other; of
several entities one has to meet the condition.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, false, func, not_, or_, select, true

from dizuo.api.sensorthings import sql_functions as sql
from dizuo.api.sensorthings.expressions import (
    Call,
    Comparison,
    Expression,
    Lambda,
    Literal,
    Logical,
    Not,
    Operation,
    Path,
)
from dizuo.api.sensorthings.geometries import Project, geometry_condition, is_spatial
from dizuo.api.sensorthings.model import ENTITIES, Names, Navigation, Property, Rows
from dizuo.api.sensorthings.values import Value, arithmetic, called, coerced, literal_value
from dizuo.api.sensorthings.words import refused

__all__ = ["Compiler", "observation_key"]

_IDS: Final = frozenset({"@iot.id", "id"})
_LARGE: Final = "Observations"


@dataclass(frozen=True)
class Compiler:
    """Turns expressions into SQL.

    Attributes
    ----------
    now
        The time, in microseconds.
    project
        For conditions on places of the register.
    names
        Gives rows that no other part of the query has.
    option
        The option that is being compiled, for messages.
    """

    connection: Connection
    now: int
    project: Project
    names: Names
    option: str = "$filter"

    def condition(self, tree: Expression, rows: Rows) -> ColumnElement[bool]:
        """Return a condition on rows.

        Raises
        ------
        InputError
            If a property is unknown, or kinds do not go together.
        """
        match tree:
            case Logical():
                parts = [self.condition(one, rows) for one in tree.parts]
                return and_(*parts) if tree.operator == "and" else or_(*parts)
            case Not():
                return not_(func.coalesce(self.condition(tree.part, rows), false()))
            case Lambda():
                return self._of_some(tree, rows)
            case _:
                return self._simple(tree, rows)

    def _simple(self, tree: Expression, rows: Rows) -> ColumnElement[bool]:
        """Return a condition without ``and``, ``or`` and ``not``, asked where its paths lead."""
        paths = list(_paths(tree))
        first = {one.steps[0] for one in paths}
        if len(first) == 1 and all(len(one.steps) > 1 for one in paths):
            leads = rows.entity.find(first.pop())
            if isinstance(leads, Navigation):
                return self._led(leads, rows, lambda there: self._simple(_shortened(tree), there))
        if is_spatial(tree):
            return geometry_condition(tree, rows, self.connection, self.project, self.option)
        if isinstance(tree, Comparison):
            return self._compared(tree, rows)
        value = coerced(self.value(tree, rows), "truth")
        if value.kind != "truth":
            raise self._refused(
                f"a condition is expected, not a {value.kind}",
                f"应为条件，而非 {value.kind}",
                tree.at,
            )
        return value.element

    def _led(
        self, by: Navigation, rows: Rows, condition: Callable[[Rows], ColumnElement[bool]]
    ) -> ColumnElement[bool]:
        """Return the condition that some entity where a navigation leads meets another one."""
        there = self.names.rows(ENTITIES[by.target])
        here, remote = rows.columns[by.local], there.columns[by.remote]
        meets = and_(there.within, condition(there))
        if by.through is not None:
            table, mine, other = by.through
            pairs = table.alias()
            joined = there.source.join(pairs, pairs.c[other] == remote)
            return here.in_(select(pairs.c[mine]).select_from(joined).where(meets))
        query = select(remote).select_from(there.source).where(meets)
        if rows.entity.plural == _LARGE:
            # Where one entity is meant, its key lets the database go straight to what is its own.
            few = self.connection.execute(query.limit(2)).scalars().all()
            if len(few) < 2:
                return here == few[0] if few else false()
        return here.in_(query)

    def _of_some(self, tree: Lambda, rows: Rows) -> ColumnElement[bool]:
        leads = rows.entity.find(tree.path.steps[0])
        if not isinstance(leads, Navigation):
            raise self._unknown(tree.path, rows)
        deeper = tree.path.steps[1:]
        if deeper:
            rest = replace(tree, path=Path(deeper, tree.path.at))
            return self._led(leads, rows, lambda there: self._of_some(rest, there))
        if tree.condition is None:
            return self._led(leads, rows, lambda _: true())
        inner = _without_variable(tree.condition, tree.variable, self._outside)
        if tree.quantifier == "any":
            return self._led(leads, rows, lambda there: self.condition(inner, there))
        fails = Not(inner, tree.at)
        return not_(self._led(leads, rows, lambda there: self.condition(fails, there)))

    def _outside(self, path: Path) -> Exception:
        return self._refused(
            f"{'/'.join(path.steps)} is outside of what any and all look at",
            f"{'/'.join(path.steps)} 不在 any 或 all 的范围内",
            path.at,
        )

    def _compared(self, tree: Comparison, rows: Rows) -> ColumnElement[bool]:
        if isinstance(tree.right, tuple):
            either = [Comparison("eq", tree.left, one, tree.at) for one in tree.right]
            return or_(*[self._compared(one, rows) for one in either])
        keyed = self._by_key(tree, rows)
        if keyed is not None:
            return keyed
        left, right = self.value(tree.left, rows), self.value(tree.right, rows)
        if "nothing" in {left.kind, right.kind}:
            return _against_nothing(tree.operator, left, right)
        wanted = left.kind if left.kind != "json" else right.kind
        left, right = coerced(left, wanted), coerced(right, wanted)
        left = coerced(left, right.kind) if left.kind == "date" else left
        if "span" in {left.kind, right.kind} and {left.kind, right.kind} <= {"span", "time"}:
            return _spans_compared(tree.operator, left, right)
        numbers = {left.kind, right.kind} <= {"integer", "number"}
        if left.kind != right.kind and not numbers:
            raise self._refused(
                f"a {left.kind} cannot be compared with a {right.kind}",
                f"{left.kind} 不能与 {right.kind} 比较",
                tree.at,
            )
        if left.kind == "json":
            return _plainly(tree.operator, left.anything(), right.anything())
        if left.kind == "text" and tree.operator not in {"eq", "ne"}:
            return _plainly(
                tree.operator, sql.as_written(left.element), sql.as_written(right.element)
            )
        return _plainly(tree.operator, left.element, right.element)

    def _by_key(self, tree: Comparison, rows: Rows) -> ColumnElement[bool] | None:
        """Return the condition on an id that is made of several keys."""
        left, right = tree.left, tree.right
        if isinstance(left, Literal):
            left, right = right, left  # type: ignore[assignment]
        named = isinstance(left, Path) and len(left.steps) == 1 and left.steps[0] in _IDS
        if not named or not isinstance(right, Literal):
            return None
        if len(rows.entity.keys) == 1:
            equal = rows.columns["id"] == str(right.value)
        else:
            key = observation_key(str(right.value))
            names = rows.entity.keys
            pairs = zip(names, key, strict=True) if key else ()
            equal = and_(*[rows.columns[name] == one for name, one in pairs]) if key else false()
        if tree.operator in {"eq", "ne"}:
            return equal if tree.operator == "eq" else not_(equal)
        return None

    def value(self, tree: Expression, rows: Rows) -> Value:
        """Return a value of rows.

        Raises
        ------
        InputError
            As :meth:`condition`.
        """
        match tree:
            case Literal():
                return literal_value(tree.kind, tree.value)
            case Path():
                return self._path(tree, rows)
            case Operation():
                left, right = self.value(tree.left, rows), self.value(tree.right, rows)
                return arithmetic(tree, left, right, self.option)
            case Call() if is_spatial(tree):
                return Value("truth", self._simple(tree, rows))
            case Call(name="geo.distance" | "geo.length"):
                raise self._refused(
                    f"{tree.name} can only be compared with a number in $filter",
                    f"{tree.name} 只能在 $filter 中与数字比较",
                    tree.at,
                )
            case Call():
                arguments = [self.value(one, rows) for one in tree.arguments]
                return called(tree, arguments, self.option, self.now)
            case _:
                return Value("truth", self.condition(tree, rows))

    def _path(self, path: Path, rows: Rows) -> Value:
        name, deeper = path.steps[0], path.steps[1:]
        if name in _IDS and not deeper:
            return Value("text", rows.columns["id"])
        found = rows.entity.find(name)
        if isinstance(found, Navigation):
            return self._led_value(found, path, rows)
        if found is None:
            raise self._unknown(path, rows)
        value = _of_property(found, rows)
        if not deeper:
            return value
        if value.kind == "geometry" and deeper:
            return Value("json", value.element, keys=deeper)
        if value.kind != "json":
            raise self._refused(f"{name} has no parts", f"{name} 没有下级属性", path.at)
        return Value("json", value.element, keys=deeper)

    def _led_value(self, leads: Navigation, path: Path, rows: Rows) -> Value:
        """Return a value of the one entity where a path leads."""
        if leads.many or len(path.steps) == 1:
            raise self._refused(
                f"{leads.name} leads to entities: compare a property of theirs with a value, "
                f"or use {leads.name}/any(...)",
                f"{leads.name} 指向实体：请比较其属性，或使用 {leads.name}/any(...)",
                path.at,
            )
        there = self.names.rows(ENTITIES[leads.target])
        value = self._path(Path(path.steps[1:], path.at), there)
        same = and_(there.within, there.columns[leads.remote] == rows.columns[leads.local])

        def carried(element: ColumnElement[Any] | None) -> ColumnElement[Any] | None:
            if element is None:
                return None
            return select(element).select_from(there.source).where(same).scalar_subquery()

        element = carried(value.element)
        if element is None:
            raise self._unknown(path, rows)
        return replace(value, element=element, end=carried(value.end), number=carried(value.number))

    def _unknown(self, path: Path, rows: Rows) -> Exception:
        entity = rows.entity
        return self._refused(
            f"a {entity.name} has no {path.steps[0]}; it has {entity.names()}",
            f"{entity.name} 没有 {path.steps[0]}；它有 {entity.names()}",
            path.at,
        )

    def _refused(self, en: str, zh: str, at: int) -> Exception:
        return refused(self.option, en, zh, at)


def observation_key(text: str) -> tuple[int, int] | None:
    """Return stream and time of an observation's id, or None if it is no such id."""
    stream, colon, time = text.partition(":")
    if not colon or not stream.isdecimal() or not time.removeprefix("-").isdecimal():
        return None
    key = int(stream), int(time)
    return key if key[0] < 2**31 and abs(key[1]) < 2**63 else None


def _of_property(found: Property, rows: Rows) -> Value:
    columns = [rows.columns[name] for name in found.columns]
    match found.kind:
        case "text":
            return Value("text", columns[0])
        case "instant":
            return Value("time", columns[0])
        case "span":
            return Value("span", columns[0], end=columns[1])
        case "result":
            return Value("json", columns[1], number=columns[0])
        case "quality":
            return Value("text", func.coalesce(columns[1], columns[0]))
        case "geometry":
            return Value("geometry", columns[0])
        case _:
            return Value("json", columns[0])


def _plainly(
    operator: str, left: ColumnElement[Any], right: ColumnElement[Any]
) -> ColumnElement[bool]:
    match operator:
        case "eq":
            return left == right
        case "ne":
            return left.is_distinct_from(right)
        case "lt":
            return left < right
        case "le":
            return left <= right
        case "gt":
            return left > right
        case _:
            return left >= right


def _against_nothing(operator: str, left: Value, right: Value) -> ColumnElement[bool]:
    if operator not in {"eq", "ne"}:
        return false()
    told = [one for one in (left, right) if one.kind != "nothing"]
    if not told:
        return true() if operator == "eq" else false()
    absent = told[0].anything().is_(None)
    return absent if operator == "eq" else not_(absent)


def _spans_compared(operator: str, left: Value, right: Value) -> ColumnElement[bool]:
    """Compare moments and spans: a span is before what begins after its end."""
    a, b = left.element, right.element
    a_end = a if left.end is None else func.coalesce(left.end, a)
    b_end = b if right.end is None else func.coalesce(right.end, b)
    match operator:
        case "eq":
            return and_(a == b, a_end == b_end)
        case "ne":
            return or_(a.is_distinct_from(b), a_end.is_distinct_from(b_end))
        case "lt":
            return and_(a < b, a_end < b)
        case "gt":
            return and_(a > b_end)
        case "le":
            return and_(a <= b, a_end <= b_end)
        case _:
            return and_(a >= b, a_end >= b_end)


def _paths(tree: Any) -> Iterator[Path]:
    if isinstance(tree, Path):
        yield tree
    elif isinstance(tree, tuple):
        for one in tree:
            yield from _paths(one)
    elif is_dataclass(tree):
        for one in fields(tree):
            yield from _paths(getattr(tree, one.name))


def _changed(tree: Any, change: Callable[[Path], Path]) -> Any:
    """Return a tree with its paths changed."""
    if isinstance(tree, Path):
        return change(tree)
    if isinstance(tree, tuple):
        return tuple(_changed(one, change) for one in tree)
    if is_dataclass(tree) and not isinstance(tree, type):
        told = {one.name: _changed(getattr(tree, one.name), change) for one in fields(tree)}
        return type(tree)(**told)
    return tree


def _shortened(tree: Expression) -> Expression:
    """Return a condition as the entity sees it where its paths lead."""
    shorter: Expression = _changed(tree, lambda path: Path(path.steps[1:], path.at))
    return shorter


def _without_variable(
    tree: Expression, variable: str, outside: Callable[[Path], Exception]
) -> Expression:
    def change(path: Path) -> Path:
        if path.steps[0] != variable or len(path.steps) < 2:
            raise outside(path)
        return Path(path.steps[1:], path.at)

    inner: Expression = _changed(tree, change)
    return inner
