"""Run batches: a request as if it had come alone, a change set together or not at all."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.types import Message

from dizuo.api.sensorthings.batch_forms import AnswerPart, AskedPart

__all__ = ["Target", "answer_all", "failed", "referred", "target_of"]

_PASSED_ON: Final = frozenset(
    {b"authorization", b"cookie", b"x-forgery-token", b"accept-language", b"host"}
)
"""Headers of the batch that say who asks, and how to answer: each of its requests has them."""
_OF_THE_BATCH: Final = frozenset({"endpoint", "path_params"})
_ID_NAMES: Final = frozenset({"@iot.id", "id"})
Target = tuple[str, str]
"""A path below the root of the service, and a query, both as they were written."""
Change = Callable[[Sequence[AskedPart]], Awaitable[list[AnswerPart]]]


async def answer_all(
    request: Request, root: str, parts: Sequence[AskedPart], change: Change
) -> list[AnswerPart]:
    """Return the answers to a batch, in the order of its requests.

    A change set that fails has one answer. What comes after a failure is not done, unless the
    batch prefers to go on: then nothing is left out.

    Parameters
    ----------
    root
        The path of the service.
    change
        Does the requests of a change set.
    """
    goes_on = "continue-on-error" in request.headers.get("prefer", "").lower()
    told: list[AnswerPart] = []
    for together in _steps(parts):
        if together[0].group:
            told += await change(together)
        else:
            told.append(await _alone(request, root, together[0]))
        if any(one.status >= 400 for one in told) and not goes_on:
            break
    return told


def _steps(parts: Sequence[AskedPart]) -> Iterator[list[AskedPart]]:
    for group, together in groupby(parts, key=lambda one: one.group):
        if group:
            yield list(together)
        else:
            yield from ([one] for one in together)


def target_of(written: str, root: str) -> Target:
    """Return where an address leads, be it whole or from the root of the service on."""
    path, _, query = written.partition("#")[0].partition("?")
    if root in path:
        path = path.partition(root)[2]
    return path.strip("/"), query


async def _alone(request: Request, root: str, part: AskedPart) -> AnswerPart:
    """Ask the application itself."""
    path, query = target_of(part.target, root)
    headers = [one for one in request.scope["headers"] if one[0] in _PASSED_ON]
    headers += [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in part.headers.items()
        if name.encode("latin-1", "replace") not in _PASSED_ON
    ]
    scope = {
        **{
            name: value
            for name, value in request.scope.items()
            if name not in {"endpoint", "path_params"}
        },
        "method": part.method,
        "path": unquote(f"{root}/{path}"),
        "raw_path": quote(f"{root}/{path}", safe="/%()'$:,@=;+").encode(),
        "query_string": quote(query, safe="/%()'$:,@=;+&?*!").encode(),
        "headers": headers,
    }
    status, kept, body = 500, dict[str, str](), b""

    async def receive() -> Message:
        return {"type": "http.request", "body": part.body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, body
        if message["type"] == "http.response.start":
            status = message["status"]
            kept.update(
                (name.decode(), value.decode("latin-1")) for name, value in message["headers"]
            )
        elif message["type"] == "http.response.body":
            body += message.get("body", b"")

    await request.app(scope, receive, send)
    return AnswerPart(status, kept, body, part.name)


def failed(refusal: AnswerPart, together: Sequence[AskedPart]) -> list[AnswerPart]:
    """Return the answers to a change set that failed: one, or one for each request named."""
    if not together:
        return [replace(refusal, group="")]
    others = AnswerPart(HTTPStatus.FAILED_DEPENDENCY, {}, b"")
    return [
        refusal if one.name == refusal.name else replace(others, name=one.name, group=one.group)
        for one in together
    ]


def referred(told: Any, made: Mapping[str, str]) -> Any:
    """Return a body with the ids of what its change set made, where it says ``$NAME``."""
    if isinstance(told, list):
        return [referred(one, made) for one in told]
    if not isinstance(told, dict):
        return told
    return {
        name: made.get(value[1:], value)
        if name in _ID_NAMES and isinstance(value, str) and value.startswith("$")
        else referred(value, made)
        for name, value in told.items()
    }
