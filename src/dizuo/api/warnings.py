"""Warnings for everybody: the messages in force as an Atom feed, each as CAP 1.2."""

import hashlib
from datetime import UTC, datetime
from typing import Any, Final
from xml.etree import ElementTree as ET

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dizuo.api.answering import AbsentError, answered
from dizuo.api.declared import Declared, declared
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.model.errors import InputError
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.incidents.register import (
    SentWarning,
    last_warning_time,
    sent_warning,
    warnings_in_force,
)

__all__ = ["warning_routes"]

_ATOM: Final = "http://www.w3.org/2005/Atom"
_CAP: Final = "{urn:oasis:names:tc:emergency:cap:1.2}"
_CAP_MEDIA: Final = "application/cap+xml"
_ATOM_MEDIA: Final = "application/atom+xml"
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_IF_KNOWN: Final = {"If-None-Match": "The ETag of what is known already."}
_XML: Final = {"type": "string"}


def warning_routes(door: Door) -> list[Route]:
    """Return the routes below ``/cap``."""
    desk = _Warnings(door)
    return [
        guarded(door, "/cap/feed.atom", "warnings.read", answered(desk.feed)),
        guarded(door, "/cap/{identifier}.xml", "warnings.read", answered(desk.message)),
    ]


class _Warnings:
    def __init__(self, door: Door) -> None:
        self.door = door

    @declared(
        Declared(
            "List the warnings that hold, as an Atom feed.", "warnings", answer=_XML,
            media=(_ATOM_MEDIA,), status=(200, 304), headers=_IF_KNOWN, public=True,
        )
    )  # fmt: skip
    async def feed(self, request: Request, _: Visitor) -> Any:
        """Tell the warnings in force; exercises are not among them."""
        vault, now = self.door.operations.office.vault, self.door.now()
        found, last = await self.door.read(
            lambda c: (warnings_in_force(c, now, vault), last_warning_time(c))
        )
        return _told(request, _feed(str(request.base_url), found, last), _ATOM_MEDIA)

    @declared(
        Declared(
            "Tell one warning as CAP 1.2.", "warnings", answer=_XML, media=(_CAP_MEDIA,),
            status=(200, 304), headers=_IF_KNOWN, public=True,
        )
    )  # fmt: skip
    async def message(self, request: Request, _: Visitor) -> Any:
        """Tell a message that was sent, whether it still holds or not."""
        name, vault = request.path_params["identifier"], self.door.operations.office.vault
        try:
            found = await self.door.read(lambda c: sent_warning(c, name, vault))
        except InputError as error:
            raise AbsentError(error.problem_text, field="identifier") from None
        return _told(request, found.xml, _CAP_MEDIA)


def _told(request: Request, content: bytes, media: str) -> Response:
    """Answer with the content, or that it is as it was known."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = [
        one.strip().removeprefix("W/")
        for one in request.headers.get("if-none-match", "").split(",")
    ]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media, headers=headers)


def _feed(base: str, found: list[SentWarning], last: datetime | None) -> bytes:
    root = ET.Element("feed", {"xmlns": _ATOM})
    _add(root, "id", f"{base}cap/feed.atom")
    _add(root, "title", "Warnings in force · 有效预警")
    _add(root, "updated", _time(last or _BEGINNING))
    ET.SubElement(root, "link", {"rel": "self", "href": f"{base}cap/feed.atom"})
    author = ET.SubElement(root, "author")
    _add(author, "name", _words(found[0], "senderName") if found else "dizuo")
    for one in found:
        address = f"{base}cap/{one.identifier}.xml"
        entry = ET.SubElement(root, "entry")
        _add(entry, "id", address)
        _add(entry, "title", _words(one, "headline"))
        _add(entry, "updated", _time(one.sent))
        ET.SubElement(entry, "link", {"rel": "alternate", "type": _CAP_MEDIA, "href": address})
        _add(entry, "summary", _words(one, "description"))
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _words(one: SentWarning, element: str) -> str:
    """Return what a message says in all its languages."""
    root = ET.fromstring(one.xml)  # noqa: S314 - our own message, out of the vault
    found = [info.findtext(f"{_CAP}{element}", "") for info in root.iter(f"{_CAP}info")]
    return " · ".join(dict.fromkeys(one for one in found if one))


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text
