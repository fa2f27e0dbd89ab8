"""No request is longer than what a door can need: it is cut off while it comes."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["MOST_BYTES", "SizeLimit"]

MOST_BYTES: Final = 48 * 1024 * 1024
"""Four photos with all around them, or a long batch of observations."""


class SizeLimit:
    """Refuses with 413 what is longer, told beforehand or not."""

    def __init__(self, app: ASGIApp, most: int = MOST_BYTES) -> None:
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
