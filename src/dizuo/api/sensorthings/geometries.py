"""Conditions on geometries: the rows that they hold for, found before the query that asks.

Places are few beside observations. Their shapes are tested exactly by GEOS, on either database
alike, and the query gets the ids as one bound parameter. Distances are in degrees, as the standard
has them.
"""

import json
import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import ShapelyError
from sqlalchemy import ColumnElement, Connection, literal, select, true

from dizuo.api.sensorthings.expressions import Call, Comparison, Expression, Literal, Path
from dizuo.api.sensorthings.model import Names, Property, Rows
from dizuo.api.sensorthings.words import refused

__all__ = ["Project", "geometry_condition", "is_spatial", "shape_of"]

Project = Callable[[float, float], tuple[float, float]]
"""Tells where metres of the city's own CRS lie, in degrees."""

_PREDICATES: Final[dict[str, Callable[..., NDArray[np.bool_]]]] = {
    "st_equals": shapely.equals,
    "st_disjoint": shapely.disjoint,
    "st_touches": shapely.touches,
    "st_within": shapely.within,
    "st_overlaps": shapely.overlaps,
    "st_crosses": shapely.crosses,
    "st_intersects": shapely.intersects,
    "st_contains": shapely.contains,
    "geo.intersects": shapely.intersects,
}
_MEASURES: Final = frozenset({"geo.distance", "geo.length"})
_COMPARISONS: Final[dict[str, Callable[..., Any]]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le,
    "gt": operator.gt, "ge": operator.ge,
}  # fmt: skip
_TURNED: Final = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


def is_spatial(condition: Expression) -> bool:
    """Tell whether a condition is one on geometries."""
    if isinstance(condition, Comparison):
        sides = (condition.left, condition.right)
        return any(isinstance(one, Call) and one.name in _MEASURES for one in sides)
    return isinstance(condition, Call) and (
        condition.name in _PREDICATES or condition.name == "st_relate"
    )


def geometry_condition(
    condition: Expression, rows: Rows, connection: Connection, project: Project, option: str
) -> ColumnElement[bool]:
    """Return the condition that the id of a row is one of those that it holds for.

    Raises
    ------
    InputError
        If a geometry cannot be read, or a number is not compared with a number.
    """
    if isinstance(condition, Comparison):
        call, limit, compare = _measure(condition, option)
    elif isinstance(condition, Call):
        call, limit, compare = condition, None, None
    else:
        raise refused(option, "no condition on a geometry", "不是几何条件", condition.at)
    found = _read_rows(call, rows, connection, project, option)
    ids, shapes = found
    told = [_argument(one, shapes, option) for one in call.arguments[:2]]
    holds = _holds(call, told, limit, compare, option)
    chosen = [one for one, yes in zip(ids, np.atleast_1d(holds).tolist(), strict=False) if yes]
    if not ids:
        return literal(bool(np.all(holds))) if _needs_no_rows(call) else ~true()
    return rows.columns["id"].in_(chosen)


def _measure(comparison: Comparison, option: str) -> tuple[Call, float, Callable[..., Any]]:
    left, right, name = comparison.left, comparison.right, comparison.operator
    if isinstance(right, Call):
        left, right, name = right, left, _TURNED.get(name, name)
    compare = _COMPARISONS.get(name)
    if not isinstance(left, Call) or not isinstance(right, Literal) or compare is None:
        raise refused(
            option,
            "a distance or length is compared with a number",
            "距离或长度只能与数字比较",
            comparison.at,
        )
    if right.kind not in {"integer", "number"}:
        raise refused(option, "a number is expected", "应为数字", right.at)
    return left, float(right.value), compare


def _holds(
    call: Call,
    told: Sequence[Any],
    limit: float | None,
    compare: Callable[..., Any] | None,
    option: str,
) -> Any:
    if compare is not None:
        measured = shapely.length(told[0]) if call.name == "geo.length" else shapely.distance(*told)
        return compare(measured, limit)  # what has no place is NaN, for which nothing holds
    if call.name != "st_relate":
        return _PREDICATES[call.name](*told)
    pattern = call.arguments[2]
    try:
        if not isinstance(pattern, Literal) or pattern.kind != "text":
            raise refused(option, "st_relate takes a pattern", "st_relate 需要模式", pattern.at)
        return shapely.relate_pattern(told[0], told[1], pattern.value)
    except ShapelyError as error:
        raise refused(option, f"no pattern: {error}", f"模式无效：{error}", pattern.at) from error


def _argument(argument: Expression, shapes: NDArray[Any] | None, option: str) -> Any:
    if isinstance(argument, Path):
        return shapes
    if isinstance(argument, Literal) and argument.kind in {"geometry", "text"}:
        try:
            return shapely.from_wkt(argument.value.rpartition(";")[2])
        except ShapelyError as error:
            raise refused(
                option,
                f"the geometry cannot be read: {error}",
                f"几何无法读取：{error}",
                argument.at,
            ) from error
    raise refused(
        option, "a geometry is expected: geography'POINT (7.4 43.7)'",
        "应为几何：geography'POINT (7.4 43.7)'", argument.at,
    )  # fmt: skip


def _needs_no_rows(call: Call) -> bool:
    return not any(isinstance(one, Path) for one in call.arguments)


def _read_rows(
    call: Call, rows: Rows, connection: Connection, project: Project, option: str
) -> tuple[list[str], NDArray[Any] | None]:
    """Return ids and shapes of the rows that the call names, if it names any."""
    for argument in call.arguments:
        if isinstance(argument, Path):
            found = rows.entity.find(argument.steps[0]) if len(argument.steps) == 1 else None
            if not isinstance(found, Property) or found.kind != "geometry":
                raise refused(
                    option,
                    f"{'/'.join(argument.steps)} is no geometry",
                    f"{'/'.join(argument.steps)} 不是几何",
                    argument.at,
                )
            fresh = Names(None).rows(rows.entity)
            columns = [fresh.columns[name] for name in ("id", *found.columns)]
            table = connection.execute(select(*columns).select_from(fresh.source)).all()
            shapes: NDArray[Any] = np.empty(len(table), object)
            for k, (_, geometry, x, y) in enumerate(table):
                shapes[k] = shape_of(geometry, x, y, project)
            return [row[0] for row in table], shapes
    return [], None


def shape_of(
    geometry: str | None, x: float | None, y: float | None, project: Project
) -> shapely.Geometry | None:
    """Return the shape of a place, in degrees; None where it has none."""
    if geometry is not None:
        told = json.loads(geometry)
        told = told.get("geometry") if told.get("type") == "Feature" else told
        try:
            return shapely.from_geojson(json.dumps(told)) if told else None
        except ShapelyError:
            return None
    if x is None or y is None:
        return None
    return shapely.Point(*project(x, y))
