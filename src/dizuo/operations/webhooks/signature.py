"""Sign deliveries as Standard Webhooks does: HMAC-SHA256 over the id, the time and the body.

https://www.standardwebhooks.com. A receiver proves with its secret that the message is ours, with
the time that it is no old one, and with the id that it has not come before.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["new_secret", "secret_bytes", "signed_headers"]

_PREFIX: Final = "whsec_"
_BYTES: Final = 32
_FEWEST: Final = 24
_MOST: Final = 64
"""Bytes of a secret, as the specification bounds them."""


def new_secret(randomness: Callable[[int], bytes] = os.urandom) -> str:
    """Return a secret as it is told to a receiver: ``whsec_`` and base64."""
    return _PREFIX + base64.b64encode(randomness(_BYTES)).decode("ascii")


def secret_bytes(secret: str) -> bytes:
    """Return the bytes of a secret.

    Raises
    ------
    InputError
        If it is no secret of the specification.
    """
    try:
        found = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not (secret.startswith(_PREFIX) and _FEWEST <= len(found) <= _MOST):
        raise InputError(
            Text(
                f"a secret is whsec_ and the base64 of {_FEWEST} to {_MOST} bytes",
                f"密钥须为 whsec_ 加 {_FEWEST} 至 {_MOST} 字节的 base64",
            ),
            field="secret",
        )
    return found


def signed_headers(
    delivery: str, time: datetime, body: str, secrets: Sequence[str]
) -> Mapping[str, str]:
    """Return the headers of a delivery, signed with every secret that counts at the time."""
    moment = int(time.timestamp())
    content = f"{delivery}.{moment}.{body}".encode()
    signatures = [
        base64.b64encode(hmac.digest(secret_bytes(one), content, hashlib.sha256)).decode("ascii")
        for one in secrets
    ]
    return {
        "webhook-id": delivery,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
