"""Hold a log to the keys that it was written with: a lost key is never made anew unseen."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from dizuo.model.errors import StoreError
from dizuo.model.text import Text
from dizuo.operations.event_log.sealing import Batch
from dizuo.operations.event_log.tables import batches, keys, log_end
from dizuo.operations.event_log.vault import Vault

__all__ = ["require_keys_fit", "require_keys_there"]

_TRIED: Final = 3


def require_keys_there(connection: Connection, files: Sequence[Path]) -> None:
    """Refuse to make keys for a log that holds events already.

    Raises
    ------
    StoreError
        If one of the files is missing: what it opened could not be read, or what it signed would
        look forged.
    """
    if not connection.execute(select(log_end.c.number)).scalar():
        return
    for file in files:
        if not file.exists():
            raise StoreError(
                Text(
                    f"{file}: the key is missing, and the log holds events. "
                    "Put it back from your backup of the keys.",
                    f"{file}：密钥缺失，而日志中已有事件。请从密钥备份中放回。",
                )
            )


def _opens(vault: Vault, wrapped: bytes, subject: str) -> bool:
    try:
        vault.unwrap(wrapped, subject)
    except StoreError:
        return False
    return True


def require_keys_fit(
    connection: Connection, vault: Vault, sealed_by: Ed25519PublicKey, folder: Path
) -> None:
    """Refuse a log whose heads another key signed, or whose confidences another key opens.

    Some of both are tried: one that does not fit may have been altered, which verification tells.

    Raises
    ------
    StoreError
        Naming the folder that needs the other keys.
    """
    newest = connection.execute(select(batches).order_by(batches.c.batch.desc()).limit(_TRIED))
    signed = [Batch(*row).is_signed_by(sealed_by) for row in newest]
    wrapped = connection.execute(select(keys).limit(_TRIED))
    opened = [_opens(vault, row.wrapped, row.subject) for row in wrapped]
    if (signed and not any(signed)) or (opened and not any(opened)):
        raise StoreError(
            Text(
                f"{folder}: the keys here are not those of this log. Put its master.key, seal.key "
                "and seal.public here first, from your backup of the keys.",
                f"{folder}：此处的密钥不是该日志的密钥。请先从密钥备份中放回 master.key、seal.key "
                "和 seal.public。",
            )
        )
