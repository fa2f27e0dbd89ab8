"""No request is longer than what a door can need: it is cut off while it comes."""

from pathlib import Path
from typing import Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dizuo.model.text import Text
from dizuo.operations.settings_file import read_settings

__all__ = ["RequestLimits", "SizeLimit"]

_FILE: Final = "requests.toml"
_WHAT: Final = Text("the limits of requests", "请求限额")


class RequestLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long requests may be; the file says what each number means."""

    source: str
    edition: str
    certainty: str
    most_bytes: int
    most_batch_bytes: int
    most_sensorthings_bytes: int

    @classmethod
    def load(cls, file: Path | None = None) -> "RequestLimits":
        """Read the limits that dizuo ships, or a city's own in their place.

        Raises
        ------
        InputError
            If something is missing, not known or of another kind.
        """
        return read_settings(cls, __package__, _FILE, file, _WHAT)


class SizeLimit:
    """Refuses with 413 what is longer, told beforehand or not."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting what comes."""
        come = 0

        async def counted() -> Message:
            nonlocal come
            message = await receive()
            come += len(message.get("body", b""))
            if come > self.most:
                raise HTTPException(413, f"a request may have {self.most:,} bytes")
            return message

        await self.app(scope, counted, send)
