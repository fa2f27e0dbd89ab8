"""Batches as they are sent and answered: multipart/mixed after OData 4.0, and as JSON after 4.01.

Clause 12 of the standard has the first form. In both, requests that stand in a change set (of JSON:
in an atomicity group) are done together or not at all.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final

from dizuo.api.sensorthings.bodies import ConflictError, decoded, wrong
from dizuo.model.text import Text

__all__ = ["MOST_PARTS", "AnswerPart", "AskedPart", "as_json_batch", "as_multipart", "parts_of"]

MOST_PARTS: Final = 1_000
"""Requests of one batch."""
_MIXED: Final = "multipart/mixed"
_LINE: Final = b"\r\n"


@dataclass(frozen=True, slots=True)
class AskedPart:
    """One request of a batch.

    Attributes
    ----------
    target
        Its address, whole or from the root of the service on.
    name
        What later requests of its change set call it, and its answer carries; "" for none.
    group
        The change set that it stands in; "" for none.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    name: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """One answer of a batch, under the name and in the group of what it answers."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    name: str = ""
    group: str = ""


def parts_of(content: bytes, content_type: str) -> list[AskedPart]:
    """Read the requests of a batch, in their order.

    Raises
    ------
    InputError
        If it is neither form, or a request cannot be read.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _of_json(decoded(content))
    if kind != _MIXED:
        raise wrong(
            "Content-Type",
            f"a batch is {_MIXED} or application/json",
            f"批量请求应为 {_MIXED} 或 application/json",
        )
    return _of_multipart(content, content_type)


def _of_multipart(content: bytes, content_type: str) -> list[AskedPart]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    found: list[AskedPart] = []
    for k, part in enumerate(_inside(BytesParser(policy=HTTP).parsebytes(head + content), "body")):
        where = f"body[{k}]"
        if part.get_content_type() != _MIXED:
            found.append(_request(part, where, ""))
            continue
        group = f"change set {k}"
        found += [
            _request(one, f"{where}[{n}]", group) for n, one in enumerate(_inside(part, where))
        ]
    return found


def _inside(message: Message, where: str) -> Sequence[Message]:
    parts = message.get_payload()
    if message.defects or not isinstance(parts, list):
        raise wrong(
            where, "the parts cannot be told apart by their boundary", "无法按分隔符区分各部分"
        )
    return [one for one in parts if isinstance(one, Message)]


def _request(part: Message, where: str, group: str) -> AskedPart:
    """Read a request as HTTP writes it."""
    payload = part.get_payload(decode=True)
    if part.get_content_type() != "application/http" or not isinstance(payload, bytes):
        raise wrong(where, "a part is application/http", "各部分应为 application/http")
    head, _, body = payload.lstrip().replace(_LINE, b"\n").partition(b"\n\n")
    first, *lines = head.decode("utf-8", "replace").split("\n")
    words = first.split(" ")
    if len(words) < 2:
        raise wrong(
            where, f"{first[:80]!r} is no request: METHOD ADDRESS HTTP/1.1",
            f"{first[:80]!r} 不是请求行：METHOD ADDRESS HTTP/1.1",
        )  # fmt: skip
    # An address may hold a space that should have been encoded.
    last = -1 if words[-1].startswith("HTTP/") else None
    pairs = [line.partition(":") for line in lines]
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    name = str(part.get("Content-ID", "")).strip()
    return AskedPart(words[0].upper(), " ".join(words[1:last]), headers, body, name, group)


def _of_json(told: Any) -> list[AskedPart]:
    requests = told.get("requests") if isinstance(told, dict) else None
    if not isinstance(requests, list):
        raise wrong("body.requests", "a list of requests is expected", "应为请求列表")
    found: list[AskedPart] = []
    for k, one in enumerate(requests):
        where = f"body.requests[{k}]"
        if not isinstance(one, dict) or not all(
            isinstance(one.get(name), str) for name in ("id", "method", "url")
        ):
            raise wrong(where, "id, method and url are texts", "id、method 和 url 应为文本")
        group, headers = one.get("atomicityGroup") or "", one.get("headers") or {}
        if not isinstance(group, str) or not isinstance(headers, dict):
            raise wrong(
                where, "a group is a text, headers are an object", "分组应为文本，标头应为对象"
            )
        body = json.dumps(one["body"]).encode() if "body" in one else b""
        kept = {str(name).lower(): str(value) for name, value in headers.items()}
        found.append(AskedPart(one["method"].upper(), one["url"], kept, body, one["id"], group))
    _require_together(found)
    return found


def _require_together(parts: Sequence[AskedPart]) -> None:
    """Refuse groups that others stand between, and names that are given twice."""
    groups = [group for group, _ in groupby(parts, key=lambda one: one.group) if group]
    names = [one.name for one in parts]
    if len(set(groups)) < len(groups) or len(set(names)) < len(names):
        raise ConflictError(
            Text("an id or a group is there twice", "编号或分组重复出现"), field="body.requests"
        )


def as_multipart(answers: Iterable[AnswerPart]) -> tuple[bytes, str]:
    """Write answers, and tell the type of this content with its boundary."""
    parts: list[bytes] = []
    for group, together in groupby(answers, key=lambda one: one.group):
        written = [_part(one) for one in together]
        if not group:
            parts += written
            continue
        content, kind = _mixed(written, "changesetresponse")
        parts.append(b"Content-Type: " + kind.encode() + _LINE * 2 + content)
    return _mixed(parts, "batchresponse")


def _mixed(parts: Sequence[bytes], name: str) -> tuple[bytes, str]:
    boundary = f"{name}_{uuid.uuid4().hex}"
    between = b"--" + boundary.encode()
    written = b"".join(between + _LINE + one + _LINE for one in parts)
    return written + between + b"--" + _LINE, f"{_MIXED}; boundary={boundary}"


def _part(one: AnswerPart) -> bytes:
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {one.name}"] if one.name else []
    lines += ["", f"HTTP/1.1 {one.status} {_phrase(one.status)}"]
    lines += [f"{name}: {value}" for name, value in one.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + one.body


def as_json_batch(answers: Iterable[AnswerPart]) -> bytes:
    """Write answers as one JSON."""
    return json.dumps({"responses": [_told(one) for one in answers]}).encode()


def _told(one: AnswerPart) -> dict[str, Any]:
    told: dict[str, Any] = {"id": one.name, "status": one.status, "headers": dict(one.headers)}
    told |= {"atomicityGroup": one.group} if one.group else {}
    if not one.body:
        return told
    json_told = "json" in one.headers.get("content-type", "")
    return {**told, "body": json.loads(one.body) if json_told else one.body.decode()}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
