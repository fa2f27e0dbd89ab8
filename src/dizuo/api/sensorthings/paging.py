"""Pages that go on behind the last entity of the one before.

A next page names where the last one ended, not how many entities to skip: it is found at once
however deep it is, and what is created meanwhile shifts nothing.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.schema import Column

from dizuo.api.sensorthings import sql_functions as sql
from dizuo.api.sensorthings.conditions import Compiler
from dizuo.api.sensorthings.model import Rows
from dizuo.api.sensorthings.options import Order
from dizuo.api.sensorthings.values import coerced
from dizuo.api.sensorthings.words import refused
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["SortKey", "after", "read_token", "sort_keys", "token"]


@dataclass(frozen=True, slots=True)
class SortKey:
    """One thing that rows are sorted by. Null comes before everything else."""

    element: ColumnElement[Any]
    descending: bool
    nullable: bool

    def order(self) -> ColumnElement[Any]:
        """Return the term of ORDER BY."""
        term = self.element.desc() if self.descending else self.element.asc()
        if not self.nullable:
            return term
        return term.nulls_last() if self.descending else term.nulls_first()


def sort_keys(orders: Sequence[Order], rows: Rows, compiler: Compiler) -> list[SortKey]:
    """Return what rows are sorted by: what is asked for, then what tells all of them apart."""
    found: list[SortKey] = []
    for order in orders:
        value = compiler.value(order.by, rows)
        if value.kind == "json":
            parts = [coerced(value, "number").element, coerced(value, "text").element]
        elif value.kind in {"geometry", "nothing"}:
            raise refused(
                "$orderby",
                f"nothing can be sorted by a {value.kind}",
                f"不能按 {value.kind} 排序",
                order.by.at,
            )
        else:
            parts = [sql.as_written(value.element) if value.kind == "text" else value.element]
        found += [SortKey(one, order.descending, _may_be_null(one)) for one in parts]
    for name in rows.entity.keys:
        element = rows.columns[name]
        if any(one.element is element for one in found):
            continue
        element = element if len(rows.entity.keys) > 1 else sql.as_written(element)
        found.append(SortKey(element, False, False))
    return found


def _may_be_null(element: ColumnElement[Any]) -> bool:
    return not isinstance(element, Column) or bool(element.nullable)


def after(keys: Sequence[SortKey], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition that a row comes after the one with these values."""
    condition: ColumnElement[bool] = false()
    for key, value in zip(reversed(keys), reversed(values), strict=True):
        same = key.element.is_(None) if value is None else key.element == value
        condition = or_(_beyond(key, value), and_(same, condition))
    first, start = keys[0], values[0]
    if first.nullable or start is None:
        return condition
    # It follows from the rest, and lets an index begin where the page does.
    begins: ColumnElement[bool] = (
        first.element <= start if first.descending else first.element >= start
    )
    return and_(begins, condition)


def _beyond(key: SortKey, value: Any) -> ColumnElement[bool]:
    if value is None:
        return false() if key.descending else key.element.is_not(None)
    if not key.descending:
        higher: ColumnElement[bool] = key.element > value
        return higher
    lower: ColumnElement[bool] = key.element < value
    return or_(lower, key.element.is_(None)) if key.nullable else lower


def token(values: Sequence[Any]) -> str:
    """Write the values of the last row as the option of the next page."""
    text = json.dumps(values, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def read_token(text: str, keys: Sequence[SortKey]) -> list[Any]:
    """Read what :func:`token` wrote.

    Raises
    ------
    InputError
        If it was not written for these keys.
    """
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        values = None
    plain = isinstance(values, list) and len(values) == len(keys)
    if not plain or not all(one is None or isinstance(one, str | int | float) for one in values):
        raise InputError(
            Text("this is no place to go on from", "无法从此处继续"),
            field="$skiptoken",
            cure=Text("Take the @iot.nextLink as it is.", "请原样使用 @iot.nextLink。"),
        )
    return list(values)
