"""Resources of incidents: units, stocks and shelters, never given out beyond what there is.

Whoever calls these holds the end of the log, so nobody else decides by the same rows.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import Connection, Table, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.incidents.tables import incident_assignments, incident_resources
from dizuo.operations.incidents.tasks import Rows
from dizuo.operations.time import to_microseconds

__all__ = ["Resource", "ResourceKind", "assigned", "held", "registered", "released"]

ResourceKind = Literal["unit", "stock", "shelter"]

_RESOURCES: Final = incident_resources.name
_ASSIGNMENTS: Final = incident_assignments.name


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that an incident can be given.

    Attributes
    ----------
    kind
        ``unit`` (given whole), ``stock`` (given in amounts, may be used up) or ``shelter`` (given
        in places).
    capacity
        How much there is, in whole measures.
    measure
        What is counted: ``sandbag``, ``person``.
    owner
        Id of the unit that keeps it, or "".
    x, y
        Metres in the city's own CRS.
    """

    id: str
    kind: ResourceKind
    title: Text
    capacity: int = 1
    measure: str = ""
    owner: str = ""
    x: float | None = None
    y: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(ResourceKind):
            raise InputError(
                Text(f"{self.kind!r} is no kind of resource", f"{self.kind!r} 不是资源类别"),
                field="kind",
                cure=Text(
                    f"Write one of: {', '.join(get_args(ResourceKind))}.",
                    f"请写以下之一：{'、'.join(get_args(ResourceKind))}。",
                ),
            )
        if self.capacity < 0 or (self.kind == "unit" and self.capacity > 1):
            raise InputError(
                Text(
                    f"a {self.kind} cannot have {self.capacity}",
                    f"{self.kind} 的数量不能为 {self.capacity}",
                ),
                field="capacity",
            )


def registered(connection: Connection, resource: Resource, time: datetime) -> dict[str, Rows]:
    """Return what changes when a resource becomes known, or another amount of it."""
    row = _row(connection, resource.id)
    given = row["assigned"] if row else 0
    if row and row["kind"] != resource.kind:
        raise InputError(
            Text(f"{resource.id} is a {row['kind']}", f"{resource.id} 的类别是 {row['kind']}"),
            field="kind",
        )
    if resource.capacity < given:
        raise InputError(
            Text(f"incidents hold {given} of {resource.id}", f"{resource.id} 已调派 {given}"),
            field="capacity",
            cure=Text("Release some first.", "请先归还一部分。"),
        )
    columns = {
        "kind": resource.kind,
        "en": resource.title.en,
        "zh": resource.title.zh,
        "measure": resource.measure,
        "unit": resource.owner or None,
        "x": resource.x,
        "y": resource.y,
        "capacity": resource.capacity,
        "assigned": given,
        "changed": to_microseconds(time),
    }
    return {_RESOURCES: {resource.id: columns}}


def assigned(
    connection: Connection, incident: str, resource: str, amount: int, time: datetime
) -> dict[str, Rows]:
    """Return what changes when an incident is given so much of a resource."""
    row = _known(connection, resource)
    _require_positive(amount)
    free = row["capacity"] - row["assigned"]
    if amount > free:
        raise InputError(
            Text(
                f"{amount} of {resource} are asked for, {free} are free",
                f"申请 {resource} {amount}，可用 {free}",
            ),
            field="amount",
            cure=Text("Ask for less, or have some released.", "请减少数量，或先归还一部分。"),
        )
    instant = to_microseconds(time)
    has = _assignment(connection, incident, resource)
    held_now = has["amount"] if has else 0
    return {
        _RESOURCES: {resource: {"assigned": row["assigned"] + amount, "changed": instant}},
        _ASSIGNMENTS: {
            resource: {
                "amount": held_now + amount,
                "used": has["used"] if has else 0,
                "since": has["since"] if has and held_now else instant,
                "released": None,
            }
        },
    }


def released(
    connection: Connection,
    incident: str,
    resource: str,
    amount: int | None,
    used: int,
    time: datetime,
) -> tuple[dict[str, Rows], int]:
    """Return what changes when an incident gives back so much, and how much that is."""
    row = _known(connection, resource)
    has = _assignment(connection, incident, resource)
    holds = has["amount"] if has else 0
    back = holds if amount is None else amount
    if has is None or not holds or back > holds:
        raise InputError(
            Text(f"the incident holds {holds} of {resource}", f"事件占用 {resource} {holds}"),
            field="amount",
        )
    _require_positive(back)
    if not 0 <= used <= back:
        raise InputError(
            Text(f"of {back} not {used} can be used up", f"归还 {back} 时消耗不能为 {used}"),
            field="used",
        )
    if used and row["kind"] != "stock":
        raise InputError(
            Text(f"a {row['kind']} is not used up", f"{row['kind']} 不会消耗"), field="used"
        )
    instant = to_microseconds(time)
    left = {
        "assigned": row["assigned"] - back,
        "capacity": row["capacity"] - used,
        "changed": instant,
    }
    held_on = {
        "amount": holds - back,
        "used": has["used"] + used,
        "released": None if holds > back else instant,
    }
    return {_RESOURCES: {resource: left}, _ASSIGNMENTS: {resource: held_on}}, back


def held(connection: Connection, incident: str) -> dict[str, int]:
    """Return how much of each resource an incident holds now."""
    query = select(incident_assignments.c.resource, incident_assignments.c.amount).where(
        incident_assignments.c.incident == incident, incident_assignments.c.amount > 0
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _require_positive(amount: int) -> None:
    if amount < 1:
        raise InputError(
            Text(f"an amount of {amount} is none", f"{amount} 不是有效数量"), field="amount"
        )


def _known(connection: Connection, resource: str) -> dict[str, Any]:
    row = _row(connection, resource)
    if row is None:
        raise InputError(
            Text(f"there is no resource {resource!r}", f"没有资源 {resource!r}"), field="resource"
        )
    return row


def _row(connection: Connection, resource: str) -> dict[str, Any] | None:
    return _one(connection, incident_resources, resource=resource)


def _assignment(connection: Connection, incident: str, resource: str) -> dict[str, Any] | None:
    return _one(connection, incident_assignments, incident=incident, resource=resource)


def _one(connection: Connection, table: Table, **key: str) -> dict[str, Any] | None:
    query = select(table).where(*(table.c[name] == value for name, value in key.items()))
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)
