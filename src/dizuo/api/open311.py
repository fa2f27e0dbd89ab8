"""Open311 GeoReport v2: residents report, and see what became of it.

https://wiki.open311.org/GeoReport_v2. What stands in a listing is public: cases of listed types,
homes told by their block only, never free text, contacts or photos. Everybody else asks with the
tracking number that was told when the case was opened.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import Route

from dizuo.api.answering import language_of
from dizuo.api.declared import declared, parsed, query_of
from dizuo.api.deliveries import delivery_of
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.api.open311_fields import REPORT_DECLARED, ReportGiven, RequestsAsked, of_open311
from dizuo.api.open311_form import ReportForm, read_report
from dizuo.api.open311_writing import Answer, RefusedError, Row, answered_as_open311
from dizuo.api.services import Service
from dizuo.api.times import read_time
from dizuo.model.errors import InputError
from dizuo.model.text import Language
from dizuo.operations.access.accounts import PUBLIC
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.cases.merging import leading_case
from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.cases.questions import Question, answers_to
from dizuo.operations.cases.register import CaseFilter, list_cases, one_case
from dizuo.operations.photos import PhotoLimits, clean_photo

__all__ = ["open311_routes"]
__systems__ = ("S22.6", "S23.2", "L1")

_SPAN: Final = timedelta(days=90)
_MOST: Final = 1000
_CHANGESET: Final = "2026-12-01T00:00:00Z"
"""When what the endpoint offers last changed."""
_CONTACT: Final = ("first_name", "last_name", "phone", "email", "device_id")
_OUTCOME: Final = ("state", "open", "unit", "changed", "due")
"""What a merged report takes over from the case that leads it."""
_LED_AS: Final = "led_as"
"""The type of that case, whose states are told."""
_NOTICE: Final = (
    "Keep this tracking number to yourself: {token}. With it you see your case, add to it, rate it "
    "and reopen it. 请妥善保存查询码 {token}，凭此查询、补充、评价或重新提出诉求。"
)


def open311_routes(door: Door) -> list[Route]:
    """Return the routes of the standard, below ``/open311/v2``."""
    desk = _Open311(door)
    routes = (
        ("GET", "/services.{form}", "services.read", desk.services),
        ("GET", "/services/{code}.{form}", "services.read", desk.service),
        ("GET", "/requests.{form}", "reports.read", desk.requests),
        ("GET", "/requests/{number}.{form}", "reports.read", desk.request),
        ("GET", "/tokens/{token}.{form}", "reports.track", desk.token),
        ("POST", "/requests.{form}", "reports.open", desk.report),
    )
    discovery = guarded(
        door, "/open311/discovery.{form}", "services.read", answered_as_open311(desk.discovery)
    )
    return [discovery] + [
        guarded(door, f"/open311/v2{path}", permission, answered_as_open311(work), method)
        for method, path, permission, work in routes
    ]


class _Open311:
    def __init__(self, door: Door) -> None:
        self.door = door
        self.photos = PhotoLimits.load(door.operations.folder / "photos.toml")

    @declared(of_open311("Tell where and how reports are made.", "discovery"))
    async def discovery(self, request: Request, _: Visitor) -> Answer:
        """Tell where the standard is spoken, as its service discovery has it."""
        told: Row = {
            "changeset": _CHANGESET,
            "contact": "",
            "key_service": "",
            "endpoints": [
                {
                    "specification": "http://wiki.open311.org/GeoReport_v2",
                    "url": f"{request.base_url}open311/v2",
                    "changeset": _CHANGESET,
                    "type": "production",
                    "formats": ["application/json", "text/xml"],
                }
            ],
        }
        return Answer("discovery", [told])

    @declared(of_open311("List what can be reported.", "services"))
    async def services(self, request: Request, _: Visitor) -> Answer:
        """List what can be reported."""
        language = language_of(request)
        rows = [
            {
                "service_code": one.code,
                "service_name": one.title.in_(language),
                "description": one.description.in_(language),
                "metadata": bool(self.door.types.get(one.case_type).questions),
                "type": "realtime",
                "keywords": "",
                "group": one.group.in_(language),
            }
            for one in self.door.services().values()
        ]
        return Answer("services.service", rows)

    @declared(of_open311("Tell what a service asks for.", "service"))
    async def service(self, request: Request, _: Visitor) -> Answer:
        """Tell what a service asks for beyond the standard's own fields."""
        code, language = request.path_params["code"], language_of(request)
        questions = self.door.types.get(self._service(code).case_type).questions
        attributes = [
            _attribute(one, order, language) for order, one in enumerate(questions, start=1)
        ]
        told: Row = {"service_code": code, "attributes": attributes}
        return Answer("service_definition", [told])

    @declared(REPORT_DECLARED)
    async def report(self, request: Request, visitor: Visitor) -> Answer:
        """Open a case."""
        form = await read_report(request, self.photos)
        given = form.fields
        service = self._service(given.get("service_code", ""))
        questions = self.door.types.get(service.case_type).questions
        answers = answers_to(questions, form.answers)
        place = self._place(given)
        parsed(given, ReportGiven)
        if place is None and given.get("address_string"):
            place = await self.door.locate(given["address_string"])
        x, y = place or (None, None)
        photos = [
            ("photo", await run_in_threadpool(clean_photo, one, self.photos)) for one in form.photos
        ]
        named = delivery_of(request, visitor, content=_content(form))
        new = NewCase(
            service.case_type, named or self.door.new_delivery(), "open311",
            category=service.category, nature=service.nature, x=x, y=y,
            place=given.get("address_id") or None,
            grid=self.door.ground.cell_of(*place) if place else None,
            confidences=[*_told_in_confidence(given, answers), *photos],
        )  # fmt: skip
        opened = await self.door.report(new, _as_resident(visitor.actor))
        answer = {
            "service_request_id": opened.case.removeprefix("case:"),
            "service_notice": _NOTICE.format(token=opened.token),
            "account_id": None,
        }
        return Answer("service_requests.request", [answer], 201 if opened.new else 200)

    @declared(of_open311("List public reports.", "requests", query=RequestsAsked))
    async def requests(self, request: Request, visitor: Visitor) -> Answer:
        """List public cases: at most 90 days and 1,000 at once, as the standard has it."""
        query_of(request, RequestsAsked)
        asked = request.query_params
        language = language_of(request)
        if asked.get("service_request_id"):
            numbers = [one.strip() for one in asked["service_request_id"].split(",")][:_MOST]
            found = await self.door.read(lambda c: [_listed(c, one, visitor) for one in numbers])
            rows = [row for row in found if row is not None]
            rows = await self.door.read(lambda c: [_as_led(c, row) for row in rows])
        else:
            wanted = self._filters(asked)
            size = min(_whole(asked.get("page_size"), _MOST), _MOST)
            rows = await self.door.read(
                lambda c: [
                    row
                    for one in wanted
                    for row in list_cases(c, one, most=size, within=visitor.rows())
                ]
            )
            rows = sorted(rows, key=lambda row: row["opened"], reverse=True)[:size]
        return Answer("service_requests.request", [self._public(row, language) for row in rows])

    @declared(of_open311("Tell how one report stands.", "requests"))
    async def request(self, request: Request, visitor: Visitor) -> Answer:
        """Tell how one case stands: a listed one by its number, any by its tracking number."""
        number = request.path_params["number"]
        row = await self.door.read(lambda c: _one_request(c, number, visitor))
        if row is None:
            raise RefusedError(404, f"service_request_id {number} was not found")
        return Answer("service_requests.request", [self._public(row, language_of(request))])

    @declared(of_open311("Tell the report of a tracking number.", "token"))
    async def token(self, request: Request, _: Visitor) -> Answer:
        """Tell the number of the case that a tracking number belongs to."""
        token = request.path_params["token"]
        row = await self.door.read(lambda c: _tracked(c, token))
        if row is None:
            raise RefusedError(404, "the token was not found")
        number = row["case"].removeprefix("case:")
        return Answer("service_requests.request", [{"service_request_id": number, "token": token}])

    def _service(self, code: str) -> Service:
        if not code:
            raise RefusedError(400, "service_code was not provided")
        service = self.door.services().get(code)
        if service is None:
            raise RefusedError(404, f"service_code {code} was not found")
        return service

    def _place(self, given: Mapping[str, str]) -> tuple[float, float] | None:
        """Return the place of the degrees that are given; None if only an address is."""
        if not given.get("lat") and not given.get("long"):
            if not given.get("address_string") and not given.get("address_id"):
                raise RefusedError(400, "lat and long, or address_string, must be provided")
            return None
        try:
            latitude, longitude = float(given.get("lat", "")), float(given.get("long", ""))
        except ValueError:
            raise RefusedError(400, "lat and long must be numbers, in degrees") from None
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise RefusedError(400, "lat must lie within ±90 and long within ±180 degrees")
        return self.door.project(longitude, latitude)

    def _filters(self, asked: Mapping[str, str]) -> list[CaseFilter]:
        end = _time(asked.get("end_date")) or self.door.now()
        start = _time(asked.get("start_date")) or end - _SPAN
        states = [one for one in asked.get("status", "open,closed").split(",") if one]
        if not states or set(states) - {"open", "closed"}:
            raise RefusedError(400, "status must be open, closed, or both")
        is_open = None if len(set(states)) == 2 else states[0] == "open"
        codes = [one for one in asked.get("service_code", "").split(",") if one]
        services = [self._service(code) for code in codes]
        until = end + timedelta(microseconds=1)
        every = CaseFilter(listed=True, open=is_open, opened_from=start, before=until)
        return [
            replace(every, case_type=one.case_type, category=one.category, nature=one.nature)
            for one in services
        ] or [every]

    def _public(self, row: Row, language: Language) -> Row:
        """Tell of a case what everybody may know."""
        kind = self.door.types.of_case(row["case_type"])
        led_as = self.door.types.of_case(row.get(_LED_AS) or row["case_type"])
        code = ".".join(filter(None, [row["case_type"], row["category"] or row["nature"]]))
        service = self.door.services().get(code)
        place = self.door.public_place(kind.public_place, row["x"], row["y"])
        title = service.title if service else kind.title
        return {
            "service_request_id": row["case"].removeprefix("case:"),
            "status": "open" if row["open"] else "closed",
            "status_notes": led_as.title_of(row["state"]).in_(language),
            "service_name": title.in_(language),
            "service_code": code,
            "description": None,
            "agency_responsible": row["unit"] and self.door.operations.unit_name(row["unit"]),
            "service_notice": None,
            "requested_datetime": _iso(row["opened"]),
            "updated_datetime": _iso(row["changed"]),
            "expected_datetime": _iso(row["due"]),
            "address": None,
            "address_id": row["place"] if kind.public_place == "exact" else None,
            "zipcode": None,
            "lat": place[1] if place else None,
            "long": place[0] if place else None,
            "media_url": None,
        }


def _content(form: ReportForm) -> Iterator[bytes]:
    """Tell all that a form says, in one order."""
    for name, value in sorted(form.fields.items()):
        yield f"{name}={value}".encode()
    for code, answers in sorted(form.answers.items()):
        yield f"attribute[{code}]={answers!r}".encode()
    yield from form.photos


def _as_resident(actor: Actor) -> Actor:
    """Whoever works for the city may report as a resident does, too."""
    return replace(actor, roles=actor.roles | PUBLIC.roles)


def _attribute(question: Question, order: int, language: Language) -> Row:
    return {
        "variable": True,
        "code": question.code,
        "datatype": question.datatype,
        "required": question.required,
        "datatype_description": "",
        "order": order,
        "description": question.title.in_(language),
        "values": [{"key": k, "name": v.in_(language)} for k, v in question.values.items()],
    }


def _told_in_confidence(
    given: Mapping[str, str], answers: Mapping[str, str]
) -> list[tuple[str, bytes]]:
    told = [("text", given["description"])] if given.get("description") else []
    told += [("contact", f"{name}={given[name]}") for name in _CONTACT if given.get(name)]
    if given.get("address_string"):
        told.append(("address", given["address_string"]))
    if given.get("media_url"):
        told.append(("media_url", given["media_url"]))
    told += [("answer", f"{code}={answer}") for code, answer in answers.items()]
    return [(kind, content.encode()) for kind, content in told]


def _listed(connection: Connection, number: str, visitor: Visitor) -> Row | None:
    """Return a case that everybody may see, by its number."""
    row = _found(connection, f"case:{number}", visitor.rows())
    return row if row is not None and row["listed"] else None


def _tracked(connection: Connection, token: str) -> Row | None:
    """Return the case of a tracking number."""
    row = _found(connection, token)
    return row if row is not None and row["token"] == token else None


def _one_request(connection: Connection, number: str, visitor: Visitor) -> Row | None:
    """Return a listed case by its number, or any by its tracking number, as its leading case is."""
    listed = _listed(connection, number, visitor)
    if listed is not None:
        return _as_led(connection, listed)
    row = _tracked(connection, number)
    return None if row is None else _as_led(connection, row, to_all=False)


def _as_led(connection: Connection, row: Row, *, to_all: bool = True) -> Row:
    """Return a case with what became of it: a merged one stands as the case that leads it.

    Everybody is told so only where that case is listed, too; whoever holds the tracking number
    always is.
    """
    lead = leading_case(connection, row)
    if to_all and not lead["listed"]:
        return row
    return row | {name: lead[name] for name in _OUTCOME} | {_LED_AS: lead["case_type"]}


def _found(
    connection: Connection, named: str, within: ColumnElement[bool] | None = None
) -> Row | None:
    try:
        return one_case(connection, named, within=within)
    except InputError:
        return None


def _whole(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isdigit() or int(text) == 0:
        raise RefusedError(400, "page_size must be a whole number from 1 on")
    return int(text)


def _time(text: str | None) -> datetime | None:
    return None if text is None else read_time(text, UTC)


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.replace(microsecond=0).isoformat().replace("+00:00", "Z")
