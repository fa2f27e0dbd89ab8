"""Run the server of a city until it is told to stop."""

from typing import Final

import uvicorn
from starlette.types import ASGIApp

__all__ = ["serve"]

_WAITING: Final = 2_048
"""Connections that the system keeps while the server is busy."""


def serve(served: ASGIApp, host: str, port: int) -> None:
    """Serve at an address until interrupted.

    A proxy before the server tells nothing that counts here, and requests are not written down:
    both would cost a report several per cent of its time.
    """
    uvicorn.run(
        served, host=host, port=port, log_level="warning", lifespan="on", access_log=False,
        proxy_headers=False, server_header=False, backlog=_WAITING, ws="none",
    )  # fmt: skip
