"""Documents in which one city tells another its shared items, signed with the key of its log.

A document is JSON: the city, the day, facts and items as their catalogue has them, and a signature
(Ed25519) over all of that in the one form in which events are hashed too.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta, Struct

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.event_log.event import as_text

__all__ = ["FORM", "KEY", "SharedItems", "read_document", "require_signature", "signed_content"]
__systems__ = ("S22.7",)

FORM: Final = "dizuo.shared_items/1"
KEY: Final = r"^[0-9a-f]{64}$"
"""What a public key is written like."""
_Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class SharedItems(Struct, frozen=True, forbid_unknown_fields=True):
    """What one city tells another.

    Attributes
    ----------
    city, to
        Ids of the city whose items these are, and of that which recognises them.
    made
        The day, as ISO 8601.
    facts, items
        Tables as ``shared_services.toml`` has them.
    public_key, signature
        Hexadecimal.
    """

    form: Literal["dizuo.shared_items/1"]
    city: _Id
    to: _Id
    made: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$")]
    facts: dict[_Id, dict[str, Any]]
    items: dict[_Id, dict[str, Any]]
    public_key: Annotated[str, Meta(pattern=KEY)]
    signature: Annotated[str, Meta(pattern=r"^[0-9a-f]{128}$")] = "0" * 128


def signed_content(told: SharedItems) -> bytes:
    """Return what the signature is of: all but itself."""
    content = msgspec.to_builtins(told)
    del content["signature"]
    return as_text(content).encode("utf-8")


def read_document(file: Path) -> SharedItems:
    """Read a document; its signature is not looked at yet.

    Raises
    ------
    InputError
        If the file cannot be read, or is no such document.
    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=SharedItems)
    except (OSError, ValueError, RecursionError) as error:
        # What msgspec refuses is a ValueError.
        raise InputError(
            Text(f"this is no document of shared items: {error}", f"这不是共享事项文件：{error}"),
            file=file,
        ) from error


def require_signature(told: SharedItems, key: str, file: Path) -> None:
    """Refuse a document that a key did not sign, or that was altered since.

    Parameters
    ----------
    key
        The public key of the city, as one was told it by a way that one trusts.

    Raises
    ------
    InputError
        With the key of the document, to be compared.
    """
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
            bytes.fromhex(told.signature), signed_content(told)
        )
    except (InvalidSignature, ValueError) as error:
        raise InputError(
            Text(
                f"this is not signed by the key of {told.city}, or was altered",
                f"该文件不是由 {told.city} 的密钥签署，或已被改动",
            ),
            file=file,
            field="signature",
            cure=Text(
                f"Ask {told.city} whether its key is {told.public_key}, and for the file again.",
                f"请向 {told.city} 核实其公钥是否为 {told.public_key}，并重新索取文件。",
            ),
        ) from error
