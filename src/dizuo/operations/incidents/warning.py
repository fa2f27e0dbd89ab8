"""Warn the public of an incident: alert, update and cancel, each naming those before it."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.event_log.tables import events
from dizuo.operations.incidents.cap import (
    Area,
    Certainty,
    Info,
    Message,
    MessageType,
    Response,
    Ring,
    Urgency,
    write_cap,
)
from dizuo.operations.incidents.desk import By, IncidentDesk

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = [
    "PublicWarning",
    "Sender",
    "identifier_of",
    "read_sender",
    "require_sender",
    "rings_in_wgs84",
    "send_warning",
]
__systems__ = ("S17.2",)  # warnings in four colours


_WRITE_SENDER: Final = Text(
    '[warnings] sender = "alerts.example.org", en = "...", zh = "..."',
    '[warnings] sender = "alerts.example.org"，en = "英文名"，zh = "中文名"',
)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who warns: an id without spaces (``alerts.example.org``), a name, and the zone of times."""

    id: str
    name: Text
    zone: ZoneInfo


def read_sender(table: Mapping[str, Any], zone: ZoneInfo, file: Path) -> Sender | None:
    """Read who warns from a city's settings; None where it does not say.

    Raises
    ------
    InputError
        If something is missing, or not known.
    """
    if not table:
        return None
    if set(table) != {"sender", "en", "zh"} or not all(
        isinstance(one, str) and one for one in table.values()
    ):
        raise InputError(
            Text("the sender of warnings is not whole", "预警发布单位设置不完整"),
            file=file,
            field="warnings",
            cure=_WRITE_SENDER,
        )
    return Sender(table["sender"], Text(table["en"], table["zh"]), zone)


def require_sender(sender: Sender | None) -> Sender:
    """Return who warns.

    Raises
    ------
    InputError
        If the city has not said who that is.
    """
    if sender is None:
        raise InputError(
            Text("the city has not said who warns", "尚未设置预警发布单位"),
            file="operations/settings.toml",
            field="warnings",
            cure=_WRITE_SENDER,
        )
    return sender


def identifier_of(xml: bytes) -> str:
    """Return the id of a message that we made."""
    root = ET.fromstring(xml)  # noqa: S314 - our own message
    return root.findtext("{*}identifier", "")


@dataclass(frozen=True, slots=True)
class PublicWarning:
    """What the public is told; grade, type and colour come from the incident."""

    headline: Text
    description: Text
    instruction: Text
    area: Area
    expires: datetime
    urgency: Urgency = "Immediate"
    certainty: Certainty = "Observed"
    responses: tuple[Response, ...] = ()


def send_warning(
    desk: IncidentDesk,
    connection: Connection,
    incident: str,
    kind: MessageType,
    warning: PublicWarning,
    sender: Sender,
    by: By,
) -> bytes:
    """Make a message of an incident and keep it in the log; return its XML.

    The message of a simulated incident is an exercise, never actual. A step whose delivery was
    done before makes nothing: its XML is empty.

    Raises
    ------
    InputError
        If an alert is asked for while one holds, or an update or cancel while none does.
    AccessError
        If the actor may not send messages.
    """
    desk.log.take_the_end(connection)
    row = desk.row(connection, incident)
    now = desk.log.clock.now().astimezone(sender.zone).replace(microsecond=0)
    holding = [
        one for one in json.loads(row["messages"]) if datetime.fromisoformat(one["expires"]) > now
    ]
    if kind == "Alert" and holding:
        raise InputError(
            Text("a message of the incident holds", "事件已有有效的预警信息"),
            cure=Text("Update or cancel it.", "请更新或解除。"),
        )
    if kind != "Alert" and not holding:
        raise InputError(
            Text("no message of the incident holds", "事件没有有效的预警信息"),
            cure=Text("Send an alert.", "请先发布。"),
        )
    message = Message(
        identifier=f"{incident}.{_count(connection, incident) + 1}",
        sender=sender.id,
        sent=now,
        status="Exercise" if row["simulated"] else "Actual",
        kind=kind,
        info=_info(desk, row, warning, sender),
        references=[one["reference"] for one in holding],
        incident=incident,
    )
    xml = write_cap(message)
    facts = {"message": message.reference, "message_type": kind}
    own = {"reference": message.reference, "expires": warning.expires.isoformat()}
    after = [] if kind == "Cancel" else [*holding, own]
    written = desk.record_message(connection, incident, by, xml, facts, after)
    return b"" if written is None else xml


def rings_in_wgs84(area: "BaseGeometry", crs: str) -> tuple[Ring, ...]:
    """Return the outlines of polygons in WGS 84, as CAP wants them.

    CAP has no holes: an outline then warns of the hole too, which errs on the safe side.

    Parameters
    ----------
    area
        Polygon or multipolygon.
    crs
        Its reference system: that of the city's metres.

    Raises
    ------
    InputError
        If it is empty or no polygon.
    """
    from pyproj import Transformer  # noqa: PLC0415 - heavy

    parts = list(getattr(area, "geoms", [area]))
    if area.is_empty or any(part.geom_type != "Polygon" for part in parts):
        raise InputError(
            Text(
                f"an area is a polygon, not {area.geom_type}", f"范围须为面，而非 {area.geom_type}"
            ),
            field="area",
        )
    transformer = Transformer.from_crs(crs, "EPSG:4326")
    rings = []
    for part in parts:
        x, y = part.exterior.coords.xy
        latitudes, longitudes = transformer.transform(list(x), list(y))
        corners = [(float(a), float(b)) for a, b in zip(latitudes, longitudes, strict=True)]
        rings.append((*corners[:-1], corners[0]))
    return tuple(rings)


def _info(desk: IncidentDesk, row: dict[str, Any], warning: PublicWarning, sender: Sender) -> Info:
    kind, grade = desk.types.get(row["incident_type"]), desk.types.grade(row["grade"])
    return Info(
        categories=kind.categories,
        event=kind.title,
        urgency=warning.urgency,
        severity=grade.cap_severity,
        certainty=warning.certainty,
        expires=warning.expires.astimezone(sender.zone),
        sender_name=sender.name,
        headline=warning.headline,
        description=warning.description,
        instruction=warning.instruction,
        area=warning.area,
        responses=warning.responses,
        parameters=(("grade", grade.id), ("colour", grade.colour)),
    )


def _count(connection: Connection, incident: str) -> int:
    query = select(func.count()).where(
        events.c.subject == incident, events.c.kind == "incident.message_sent"
    )
    return int(connection.execute(query).scalar_one())
