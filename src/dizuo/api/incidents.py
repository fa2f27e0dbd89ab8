"""Incidents for the staff: declared, handled by their plan, warned of, and reported on."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dizuo.api.answering import AbsentError, answered, language_of
from dizuo.api.declared import Declared, Name, Words, body_of, declared, query_of, row_schema
from dizuo.api.deliveries import delivery_of
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.incidents.after_action import read_history
from dizuo.operations.incidents.after_action_report import as_html, as_markdown
from dizuo.operations.incidents.cap import Area, Certainty, Ring, Urgency
from dizuo.operations.incidents.cap import Response as Advice
from dizuo.operations.incidents.declaring import NewIncident
from dizuo.operations.incidents.desk import By, IncidentDesk
from dizuo.operations.incidents.doing import INCIDENT_DEEDS, do
from dizuo.operations.incidents.register import (
    IncidentFilter,
    list_incidents,
    list_resources,
    one_incident,
)
from dizuo.operations.incidents.resources import Resource, ResourceKind
from dizuo.operations.incidents.tables import incident_resources, incidents
from dizuo.operations.incidents.warning import (
    PublicWarning,
    identifier_of,
    require_sender,
    send_warning,
)

__all__ = ["incident_routes"]
__systems__ = ("S17.9",)  # the incident log and who is sent

_ONCE: Final = {"Idempotency-Key": "Names the step: sent again it is done once."}
_TIMES: Final = frozenset({"declared", "activated", "closed", "changed"})
Amount = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Metres = Annotated[float, Meta(ge=-1e9, le=1e9)]
Degrees = tuple[Annotated[float, Meta(ge=-180, le=180)], Annotated[float, Meta(ge=-90, le=90)]]
_INCIDENT: Final[dict[str, Any]] = row_schema(
    incidents, without=frozenset({"messages"}), times=_TIMES
)
_RESOURCE: Final[dict[str, Any]] = row_schema(incident_resources, without=frozenset(), times=_TIMES)
_WHOLE_INCIDENT: Final[dict[str, Any]] = {
    **_INCIDENT,
    "properties": {
        **_INCIDENT["properties"],
        "tasks": {"type": "array", "items": {"type": "object"}},
        "resources": {"type": "array", "items": {"type": "object"}},
    },
}


class Bilingual(Struct, frozen=True, forbid_unknown_fields=True):
    """Words in both languages."""

    en: Words
    zh: Words


class IncidentsAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """Which incidents are asked for."""

    most: Annotated[int, Meta(ge=1, le=1000)] = 100
    state: Literal["declared", "active", "closed"] | UnsetType = UNSET
    incident_type: Name | UnsetType = UNSET
    grade: Name | UnsetType = UNSET


class IncidentDeclared(Struct, frozen=True, forbid_unknown_fields=True):
    """What is declared; the text is kept in confidence."""

    incident_type: Name
    grade: Literal["I", "II", "III", "IV"]
    alarm: Name | UnsetType = UNSET
    case: Name | UnsetType = UNSET
    x: Metres | UnsetType = UNSET
    y: Metres | UnsetType = UNSET
    text: Words | UnsetType = UNSET


class IncidentStep(Struct, frozen=True, forbid_unknown_fields=True):
    """What a step needs; words are kept in confidence."""

    grade: Literal["I", "II", "III", "IV"] | UnsetType = UNSET
    plan: Name | UnsetType = UNSET
    task: Name | UnsetType = UNSET
    resource: Name | UnsetType = UNSET
    amount: Amount | UnsetType = UNSET
    used: Amount | UnsetType = UNSET
    reason: Words | UnsetType = UNSET
    note: Words | UnsetType = UNSET
    text: Words | UnsetType = UNSET


class WarningGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """What the public is told. Outlines are of longitude and latitude, the last like the first."""

    kind: Literal["Alert", "Update", "Cancel"]
    headline: Bilingual
    description: Bilingual
    instruction: Bilingual
    area: Bilingual
    expires: Annotated[datetime, Meta(tz=True)]
    outlines: Annotated[
        list[Annotated[list[Degrees], Meta(min_length=4, max_length=10_000)]], Meta(max_length=100)
    ] = []
    urgency: Urgency = "Immediate"
    certainty: Certainty = "Observed"
    responses: list[Advice] = []


class ResourceGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """A unit, a stock or a shelter, and how much of it there is."""

    resource: Name
    kind: ResourceKind
    title: Bilingual
    capacity: Amount = 1
    measure: Words = ""
    owner: Words = ""
    x: Metres | UnsetType = UNSET
    y: Metres | UnsetType = UNSET


class ReportAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """In which form the report is asked for."""

    form: Literal["html", "markdown"] = "html"


class Told(Struct):
    """The incident that was declared."""

    incident: str
    new: bool


class WarningSent(Struct):
    """The id of the message, which the public reads below /cap; null if it was sent before."""

    identifier: str | None


def incident_routes(door: Door) -> list[Route]:
    """Return the routes below ``/api/incidents`` and ``/api/resources``."""
    desk = _Incidents(door)
    routes = (
        ("GET", "/api/incidents", "incidents.read", desk.incidents),
        ("POST", "/api/incidents", "incidents.act", desk.declare),
        ("GET", "/api/incidents/{incident}", "incidents.read", desk.incident),
        ("GET", "/api/incidents/{incident}/report", "incidents.read", desk.report),
        ("POST", "/api/incidents/{incident}/warnings", "incidents.act", desk.warn),
        ("POST", "/api/incidents/{incident}/{deed}", "incidents.act", desk.act),
        ("GET", "/api/resources", "incidents.read", desk.resources),
        ("POST", "/api/resources", "incidents.act", desk.register),
    )
    return [
        guarded(door, path, permission, answered(work), method)
        for method, path, permission, work in routes
    ]


class _Incidents:
    def __init__(self, door: Door) -> None:
        self.door = door

    @property
    def desk(self) -> IncidentDesk:
        return self.door.operations.incidents

    @declared(
        Declared(
            "List incidents, the newest first.", "incidents", query=IncidentsAsked,
            answer={"type": "array", "items": _INCIDENT},
        )
    )  # fmt: skip
    async def incidents(self, request: Request, visitor: Visitor) -> Any:
        """List incidents that the visitor may see."""
        asked = _given(query_of(request, IncidentsAsked))
        most = asked.pop("most")
        within = visitor.rows()
        rows = await self.door.read(
            lambda c: list_incidents(c, IncidentFilter(**asked), most=most, within=within)
        )
        return [_shown(row) for row in rows]

    @declared(
        Declared(
            "Declare an incident, from an alarm, a case or a report.", "incidents",
            body=IncidentDeclared, answer=Told, status=(200, 201), headers=_ONCE,
        )
    )  # fmt: skip
    async def declare(self, request: Request, visitor: Visitor) -> Any:
        """Declare an incident."""
        given = _given(await body_of(request, IncidentDeclared))
        text = given.pop("text", "")
        said = [("text", text.encode())] if text else []
        new, by = NewIncident(**given, confidences=said), _by(request, visitor)
        told = await self.door.write(lambda c: self.desk.declare(c, new, by))
        answer = {"incident": told.incident, "new": told.new}
        return JSONResponse(answer, 201 if told.new else 200)

    @declared(Declared("Tell all of one incident.", "incidents", answer=_WHOLE_INCIDENT))
    async def incident(self, request: Request, visitor: Visitor) -> Any:
        """Tell an incident with its tasks and resources."""
        name, within = request.path_params["incident"], visitor.rows()
        return _shown(await self.door.read(lambda c: _found(c, name, within)))

    @declared(
        Declared(
            "Do one thing with an incident.", "incidents", body=IncidentStep,
            path={"deed": {"type": "string", "enum": [*INCIDENT_DEEDS]}},
            answer=_WHOLE_INCIDENT, headers=_ONCE,
        )
    )  # fmt: skip
    async def act(self, request: Request, visitor: Visitor) -> Any:
        """Do one thing with an incident; an ``Idempotency-Key`` makes it once."""
        name, deed = request.path_params["incident"], request.path_params["deed"]
        if deed not in INCIDENT_DEEDS:
            raise AbsentError(Text(f"there is no step {deed!r}", f"没有操作 {deed!r}"))
        given = _given(await body_of(request, IncidentStep))
        within, by = visitor.rows(), _by(request, visitor)

        def work(connection: Connection) -> dict[str, Any]:
            _found(connection, name, within)
            do(self.desk, connection, name, deed, by, given)
            return one_incident(connection, name)

        return _shown(await self.door.write(work))

    @declared(
        Declared(
            "Warn the public of an incident.", "incidents", body=WarningGiven, answer=WarningSent,
            status=(200, 201), headers=_ONCE,
        )
    )  # fmt: skip
    async def warn(self, request: Request, visitor: Visitor) -> Any:
        """Send an alert, an update or a cancel, which the feed of CAP then tells."""
        name, within = request.path_params["incident"], visitor.rows()
        told = await body_of(request, WarningGiven)
        warning, by = _warning(told), _by(request, visitor)
        sender = require_sender(self.door.operations.sender)

        def work(connection: Connection) -> bytes:
            _found(connection, name, within)
            return send_warning(self.desk, connection, name, told.kind, warning, sender, by)

        xml = await self.door.write(work)
        if not xml:
            return {"identifier": None}
        return JSONResponse({"identifier": identifier_of(xml)}, 201)

    @declared(
        Declared(
            "Tell how an incident went, as a report.", "incidents", query=ReportAsked,
            answer={"type": "string"}, media=("text/html", "text/markdown"),
        )
    )  # fmt: skip
    async def report(self, request: Request, visitor: Visitor) -> Any:
        """Write the after-action report, as far as the incident is."""
        name, within = request.path_params["incident"], visitor.rows()
        form = query_of(request, ReportAsked).form
        vault = self.desk.vault if visitor.may("confidences.read") else None

        def work(connection: Connection) -> str:
            _found(connection, name, within)
            history = read_history(connection, name, self.door.now(), vault)
            write = as_html if form == "html" else as_markdown
            return write(history, self.desk.types, language_of(request), self.door.operations.zone)

        return Response(await self.door.read(work), media_type=f"text/{form}")

    @declared(
        Declared(
            "List what incidents can be given.", "incidents",
            answer={"type": "array", "items": _RESOURCE},
        )
    )  # fmt: skip
    async def resources(self, _: Request, __: Visitor) -> Any:
        """List units, stocks and shelters."""
        return [_shown(row) for row in await self.door.read(list_resources)]

    @declared(
        Declared(
            "Make a resource known, or tell anew how much of it there is.", "incidents",
            body=ResourceGiven, answer={"type": "array", "items": _RESOURCE}, headers=_ONCE,
        )
    )  # fmt: skip
    async def register(self, request: Request, visitor: Visitor) -> Any:
        """Register a unit, a stock or a shelter."""
        given = _given(await body_of(request, ResourceGiven))
        title = given.pop("title")
        resource = Resource(given.pop("resource"), title=Text(title.en, title.zh), **given)
        by = _by(request, visitor)
        await self.door.write(lambda c: self.desk.register(c, resource, by))
        return [_shown(row) for row in await self.door.read(list_resources)]


def _given(told: Struct) -> dict[str, Any]:
    return {name: value for name, value in asdict(told).items() if value is not UNSET}


def _by(request: Request, visitor: Visitor) -> By:
    return By(visitor.actor, delivery_of(request, visitor, request.method, request.url.path))


def _found(connection: Connection, name: str, within: ColumnElement[bool]) -> dict[str, Any]:
    try:
        return one_incident(connection, name, within=within)
    except InputError as error:
        raise AbsentError(error.problem_text, field="incident") from None


def _warning(told: WarningGiven) -> PublicWarning:
    rings: tuple[Ring, ...] = tuple(
        tuple((latitude, longitude) for longitude, latitude in one) for one in told.outlines
    )
    return PublicWarning(
        _text(told.headline), _text(told.description), _text(told.instruction),
        Area(_text(told.area), rings), told.expires, told.urgency, told.certainty,
        tuple(told.responses),
    )  # fmt: skip


def _text(told: Bilingual) -> Text:
    return Text(told.en, told.zh)


def _shown(row: Any) -> Any:
    if isinstance(row, dict):
        return {name: _shown(value) for name, value in row.items()}
    if isinstance(row, list):
        return [_shown(one) for one in row]
    return row.isoformat() if isinstance(row, datetime) else row
