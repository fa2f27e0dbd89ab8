"""Messages of the Common Alerting Protocol 1.2 (OASIS): made, checked, and written as XML."""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from dizuo.model.errors import InputError
from dizuo.model.text import Language, Text

__all__ = ["Area", "Info", "Message", "MessageType", "Ring", "cap_time", "write_cap"]

MessageType = Literal["Alert", "Update", "Cancel"]
Status = Literal["Actual", "Exercise", "System", "Test", "Draft"]
Urgency = Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
Severity = Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
Certainty = Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"]
Response = Literal[
    "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None",
]  # fmt: skip
Category = Literal[
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra",
    "CBRNE", "Other",
]  # fmt: skip
Ring = tuple[tuple[float, float], ...]
"""Closed: (latitude, longitude) in WGS 84, the last like the first."""

_NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
_LANGUAGES: Final[dict[Language, str]] = {"zh": "zh-CN", "en": "en-US"}
_NO_IDENTIFIER: Final = re.compile(r"[\s,<&]")
_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Area:
    """Where a message holds: named, and outlined in WGS 84."""

    description: Text
    rings: tuple[Ring, ...] = ()

    def __post_init__(self) -> None:
        for ring in self.rings:
            if len(ring) < 4 or ring[0] != ring[-1]:
                raise InputError(
                    Text(
                        "the outline of an area has four points or more, the last like the first",
                        "区域轮廓须有四个及以上的点，且首尾相同",
                    ),
                    field="area",
                )
            for latitude, longitude in ring:
                if not (abs(latitude) <= 90 and abs(longitude) <= 180):
                    raise InputError(
                        Text(
                            f"{latitude}, {longitude} is no latitude and longitude",
                            f"{latitude}, {longitude} 不是纬度和经度",
                        ),
                        field="area",
                        cure=Text(
                            "Give latitude first, in degrees of WGS 84.",
                            "请先写纬度，单位为 WGS 84 的度。",
                        ),
                    )


@dataclass(frozen=True, slots=True)
class Info:
    """What a message says, in both languages. ``parameters`` are pairs of a name and a value."""

    categories: tuple[str, ...]
    event: Text
    urgency: Urgency
    severity: str
    certainty: Certainty
    expires: datetime
    sender_name: Text
    headline: Text
    description: Text
    instruction: Text
    area: Area
    responses: tuple[Response, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.categories:
            raise InputError(
                Text("a message needs a category", "预警信息须有类别"), field="categories"
            )
        for name, values, known in (
            ("categories", self.categories, get_args(Category)),
            ("urgency", (self.urgency,), get_args(Urgency)),
            ("severity", (self.severity,), get_args(Severity)),
            ("certainty", (self.certainty,), get_args(Certainty)),
            ("responses", self.responses, get_args(Response)),
        ):
            for value in values:
                if value not in known:
                    raise InputError(
                        Text(
                            f"{value!r} is no word of CAP here", f"{value!r} 不是此处可用的 CAP 词"
                        ),
                        field=name,
                        cure=Text(
                            f"Write one of: {', '.join(known)}.",
                            f"请写以下之一：{'、'.join(known)}。",
                        ),
                    )


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes
    ----------
    identifier, sender
        Without spaces, commas, ``<`` and ``&``; together with ``sent`` they name the message.
    sent
        With the time zone that it is written in.
    references
        What :attr:`reference` says of earlier messages; an update or cancel needs one.
    incident
        Id of the incident.
    """

    identifier: str
    sender: str
    sent: datetime
    status: Status
    kind: MessageType
    info: Info
    references: Sequence[str] = ()
    incident: str = ""

    def __post_init__(self) -> None:
        for name, value in (("identifier", self.identifier), ("sender", self.sender)):
            if not value or _NO_IDENTIFIER.search(value):
                raise InputError(
                    Text(f"{value!r} cannot name a message", f"{value!r} 不能作为预警信息的标识"),
                    field=name,
                )
        if self.kind not in get_args(MessageType) or self.status not in get_args(Status):
            raise InputError(
                Text(
                    f"{self.kind}, {self.status} is no kind of message",
                    f"没有 {self.kind}、{self.status} 这种预警信息",
                ),
                field="kind",
            )
        if (self.kind == "Alert") == bool(self.references):
            raise InputError(
                Text(
                    "an update or cancel names the messages before, an alert names none",
                    "更新或解除须引用此前的信息，首次预警则不引用",
                ),
                field="references",
            )
        if self.info.expires <= self.sent:
            raise InputError(
                Text("a message expires after it is sent", "预警信息的失效须晚于发布"),
                field="expires",
            )

    @property
    def reference(self) -> str:
        """How later messages name this one."""
        return f"{self.sender},{self.identifier},{cap_time(self.sent)}"


def cap_time(time: datetime) -> str:
    """Write a time as CAP does: whole seconds and a numeric offset, ``-00:00`` for UTC.

    Raises
    ------
    InputError
        If the time has no zone.
    """
    offset = time.utcoffset()
    if offset is None:
        raise InputError(
            Text(f"{time.isoformat()} has no time zone", f"{time.isoformat()} 没有时区")
        )
    minutes = math.floor(offset.total_seconds() / 60)
    sign = "+" if minutes > 0 else "-"
    hours, rest = divmod(abs(minutes), 60)
    return f"{time:%Y-%m-%dT%H:%M:%S}{sign}{hours:02d}:{rest:02d}"


def write_cap(message: Message) -> bytes:
    """Write a message as XML, in the order of the schema, one block of info a language."""
    root = ET.Element("alert", {"xmlns": _NAMESPACE})
    _add(root, "identifier", message.identifier)
    _add(root, "sender", message.sender)
    _add(root, "sent", cap_time(message.sent))
    _add(root, "status", message.status)
    _add(root, "msgType", message.kind)
    _add(root, "scope", "Public")
    if message.references:
        _add(root, "references", " ".join(message.references))
    if message.incident:
        _add(root, "incidents", message.incident)
    for language in _LANGUAGES:
        _add_info(root, message, language)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _add_info(root: ET.Element, message: Message, language: Language) -> None:
    info, said = message.info, ET.SubElement(root, "info")
    _add(said, "language", _LANGUAGES[language])
    for category in info.categories:
        _add(said, "category", category)
    _add(said, "event", info.event.in_(language))
    for response in info.responses:
        _add(said, "responseType", response)
    _add(said, "urgency", info.urgency)
    _add(said, "severity", info.severity)
    _add(said, "certainty", info.certainty)
    _add(said, "effective", cap_time(message.sent))
    _add(said, "expires", cap_time(info.expires))
    _add(said, "senderName", info.sender_name.in_(language))
    _add(said, "headline", info.headline.in_(language))
    _add(said, "description", info.description.in_(language))
    _add(said, "instruction", info.instruction.in_(language))
    for name, value in info.parameters:
        parameter = ET.SubElement(said, "parameter")
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    area = ET.SubElement(said, "area")
    _add(area, "areaDesc", info.area.description.in_(language))
    for ring in info.area.rings:
        _add(area, "polygon", " ".join(f"{point[0]:.6f},{point[1]:.6f}" for point in ring))


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _NOT_IN_XML.sub("\ufffd", text)
