"""The doors of signals: observations in, alarms out, and what staff do about them."""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

from dizuo.api.answering import AbsentError, answered
from dizuo.api.declared import (
    Declared,
    Instant,
    Name,
    Words,
    body_of,
    declared,
    query_of,
    row_schema,
)
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.model.errors import InputError
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.signals.alarm_table import alarms
from dizuo.operations.signals.payloads import read_payload

__all__ = ["signal_routes"]

_TIMES: Final = frozenset({"raised", "changed", "acknowledged", "cleared"})
_ALARM: Final = row_schema(alarms, without=frozenset(), times=_TIMES)
_ONCE: Final = {"Idempotency-Key": "Names the batch: sent again it is taken in once."}


class AlarmsAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """Which alarms are asked for."""

    most: Annotated[int, Meta(ge=1, le=1000, description="At most so many.")] = 100
    ended: Annotated[
        Literal["true", "false"], Meta(description="Whether those that ended are told too.")
    ] = "false"


class Judgement(Struct, frozen=True, forbid_unknown_fields=True):
    """What an alarm was."""

    verdict: Literal["true", "false", "nuisance"]
    reason: Words = ""


class Taken(Struct):
    """What became of a batch; it is on disk."""

    fresh: Annotated[int, Meta(description="Stored and judged.")]
    late: Annotated[int, Meta(description="Stored, and too late to be judged.")]
    known: Annotated[int, Meta(description="Stored before, or sent twice.")]
    new: Annotated[bool, Meta(description="Whether this batch came for the first time.")]


class DeviceTold(Struct):
    """How a device is."""

    device: Name
    last_seen: Instant | None
    online: bool
    calibration_days: int | None
    calibrated: bool


def signal_routes(door: Door) -> list[Route]:
    """Return the routes of observations, alarms and devices below ``/api``."""
    desk = _Signals(door)
    routes = (
        ("POST", "/api/observations", "observations.send", desk.observations),
        ("GET", "/api/alarms", "alarms.read", desk.alarms),
        ("GET", "/api/alarms/{alarm}", "alarms.read", desk.alarm),
        ("POST", "/api/alarms/{alarm}/acknowledge", "alarms.act", desk.acknowledge),
        ("POST", "/api/alarms/{alarm}/judge", "alarms.act", desk.judge),
        ("GET", "/api/devices", "observations.read", desk.devices),
    )
    return [
        guarded(door, path, permission, answered(work), method)
        for method, path, permission, work in routes
    ]


class _Signals:
    def __init__(self, door: Door) -> None:
        self.door = door
        self.desk = door.operations.alarms

    @declared(
        Declared(
            "Take in a batch of observations, as JSON or CSV.", "signals", answer=Taken,
            headers=_ONCE,
        )
    )  # fmt: skip
    async def observations(self, request: Request, visitor: Visitor) -> Any:
        """Take in a batch; answered after the commit. It counts whole, or not at all."""
        content = await request.body()
        most = self.door.limits.most_batch_bytes
        if len(content) > most:
            raise HTTPException(413, f"a batch has at most {most} bytes")
        kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
        if kind.lower() not in {"application/json", "text/csv"}:
            raise HTTPException(415, "the content must be application/json or text/csv")
        name = request.headers.get("idempotency-key")
        delivery = None if name is None else f"{visitor.actor.id}:{name}"
        office = self.door.operations.signals

        def take_in() -> Any:
            register, _ = office.newest()
            batch = read_payload(content, register, kind=kind.rpartition("/")[2].lower())
            return office.take_in(batch, visitor.actor.id, channel="http", delivery=delivery)

        told = await run_in_threadpool(take_in)
        return {name: getattr(told, name) for name in Taken.__struct_fields__}

    @declared(
        Declared("List alarms, the newest first.", "signals", query=AlarmsAsked,
                 answer={"type": "array", "items": _ALARM})
    )  # fmt: skip
    async def alarms(self, request: Request, visitor: Visitor) -> Any:
        """List the alarms that the visitor may see."""
        asked, within = query_of(request, AlarmsAsked), visitor.rows()
        open_only = asked.ended == "false"
        found = await self.door.read(
            lambda c: self.desk.listed(c, open_only=open_only, most=asked.most, within=within)
        )
        return [_shown(row) for row in found]

    @declared(Declared("Tell one alarm, and what came of it.", "signals", answer=_ALARM))
    async def alarm(self, request: Request, visitor: Visitor) -> Any:
        """Tell one alarm with its lineage."""
        name = request.path_params["alarm"]
        return await self.door.read(lambda c: self._told(c, name, visitor))

    @declared(Declared("Take note of an alarm.", "signals", answer=_ALARM))
    async def acknowledge(self, request: Request, visitor: Visitor) -> Any:
        """Take note of an alarm; only the first time counts."""
        name = request.path_params["alarm"]

        def work(connection: Connection) -> Any:
            self._told(connection, name, visitor)
            self.desk.acknowledge(connection, name, visitor.actor)
            return self._told(connection, name, visitor)

        return await self.door.write(work)

    @declared(Declared("Say what an alarm was.", "signals", body=Judgement, answer=_ALARM))
    async def judge(self, request: Request, visitor: Visitor) -> Any:
        """Judge an alarm; its case is confirmed or dismissed with it."""
        name, given = request.path_params["alarm"], await body_of(request, Judgement)

        def work(connection: Connection) -> Any:
            self._told(connection, name, visitor)
            self.desk.judge(connection, name, given.verdict, visitor.actor, reason=given.reason)
            return self._told(connection, name, visitor)

        return await self.door.write(work)

    @declared(Declared("Tell how the devices are.", "signals", answer=list[DeviceTold]))
    async def devices(self, _: Request, visitor: Visitor) -> Any:
        """Tell when devices were last seen, and whether they may be relied on."""
        register, newest = await run_in_threadpool(self.door.operations.signals.newest)
        assets = visitor.assets()
        mine = {
            one.id for one in register.devices
            if one.active and (assets is None or one.asset in assets)
        }  # fmt: skip
        return [
            {
                "device": one.device,
                "last_seen": one.last_seen.isoformat() if one.last_seen else None,
                "online": one.online,
                "calibration_days": one.calibration_age.days if one.calibration_age else None,
                "calibrated": one.calibrated,
            }
            for one in register.health(newest, self.door.now())
            if one.device in mine
        ]

    def _told(self, connection: Connection, name: str, visitor: Visitor) -> dict[str, Any]:
        try:
            row = self.desk.one(connection, name, within=visitor.rows())
        except InputError as error:
            raise AbsentError(error.problem_text, field="alarm") from None
        lineage = self.desk.lineage(connection, name)
        return _shown(row) | {"reports": list(lineage.reports), "incident": lineage.incident}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if name in _TIMES and value is not None else value
        for name, value in row.items()
    }
