"""Name what is sent, so that it is done once however often it comes.

An ``Idempotency-Key`` is chosen by whoever sends, so two senders may choose the same. It names one
thing of one sender: an account, and what it does to what. Of the public nobody is known, so there
the content belongs to the name: whoever chose the key of another report is never told its case.
"""

import hashlib
from collections.abc import Iterable

from starlette.requests import Request

from dizuo.operations.access.accounts import PUBLIC
from dizuo.operations.access.visitor import Visitor

__all__ = ["delivery_of"]


def delivery_of(
    request: Request, visitor: Visitor, *about: str, content: Iterable[bytes] = ()
) -> str | None:
    """Return the name of what was sent; None if the sender chose no key.

    Parameters
    ----------
    about
        What is done to what: ``case:1``, ``accept``.
    content
        What was sent, for what the public sends without a tracking number.
    """
    key = request.headers.get("idempotency-key")
    if not key:
        return None
    sender = visitor.actor.id
    name = hashlib.sha256()
    parts = [sender.encode(), *(one.encode() for one in about), key.encode()]
    for part in [*parts, *(content if sender == PUBLIC.id else ())]:
        name.update(len(part).to_bytes(8, "big") + part)
    return name.hexdigest()
