"""Read the form of a report: fields, answers to a case type's questions, photos."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from dizuo.api.open311_writing import RefusedError
from dizuo.operations.photos import PhotoLimits

__all__ = ["ReportForm", "read_report"]

_PHOTOS: Final = frozenset({"media", "media[]"})
_ANSWER: Final = re.compile(r"attribute\[([^\]]*)\](?:\[[^\]]*\])?")
"""``attribute[code]=value``, ``attribute[code][]=value`` or ``attribute[code][key]=value``."""


@dataclass(frozen=True, slots=True)
class ReportForm:
    """What came: fields by name, answers by question, photos as they are."""

    fields: Mapping[str, str]
    answers: Mapping[str, Sequence[str]]
    photos: Sequence[bytes] = ()


async def read_report(request: Request, limits: PhotoLimits) -> ReportForm:
    """Read a report from a form, or from the address where no form came.

    The usual kind of form is read by the standard library, in C; photos come as multipart.

    Raises
    ------
    RefusedError
        If the form is not well encoded, or holds more than it may.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _multipart(request, limits)
    if kind not in {"", "application/x-www-form-urlencoded"}:
        raise RefusedError(415, "a report is sent as a form")
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=100
        )
    except ValueError:
        raise RefusedError(400, "the form is not well encoded") from None
    return _read(pairs or request.query_params.multi_items(), [])


async def _multipart(request: Request, limits: PhotoLimits) -> ReportForm:
    try:
        async with request.form(max_files=limits.most_photos, max_fields=100) as form:
            told = form.multi_items()
            pairs = [(name, value) for name, value in told if isinstance(value, str)]
            files = [(name, one) for name, one in told if isinstance(one, UploadFile)]
            for name, one in files:
                if name not in _PHOTOS:
                    raise RefusedError(400, f"photos are sent as media, not as {name}")
                if (one.size or 0) > limits.most_bytes:
                    raise RefusedError(413, f"a photo may have {limits.most_bytes:,} bytes")
            return _read(pairs, [await one.read() for _, one in files])
    except HTTPException as error:
        raise RefusedError(error.status_code, error.detail) from None


def _read(pairs: Iterable[tuple[str, str]], photos: list[bytes]) -> ReportForm:
    fields: dict[str, str] = {}
    answers: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        found = _ANSWER.fullmatch(name)
        if found:
            answers[found[1]].append(value)
        elif name not in _PHOTOS:
            fields[name] = value
    # An empty field of a form is one that was not filled in.
    filled = {name: value for name, value in fields.items() if value != ""}
    return ReportForm(filled, answers, photos)
