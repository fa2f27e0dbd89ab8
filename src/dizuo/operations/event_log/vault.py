"""What is told in confidence: encrypted with a key of its subject's own, apart from the log.

Contacts, free text and photos never stand in an event, which names them by the digest of their
encrypted form. To erase a subject destroys its key; the log, its chain and everything derived from
it stay provable, because none of them ever held the content.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, select

from dizuo.model.errors import InputError, StoreError
from dizuo.model.text import Text
from dizuo.operations.event_log.inserting import insert_rows
from dizuo.operations.event_log.portions import portions
from dizuo.operations.event_log.tables import confidences, keys

__all__ = ["Deposit", "Erased", "Vault", "digest_of", "master_key"]

_KEY_BYTES = 32
_NONCE_BYTES = 12

_KEY_ROW = itemgetter(*(column.name for column in keys.c))
_CONFIDENCE_ROW = itemgetter(*(column.name for column in confidences.c))

Randomness = Callable[[int], bytes]


class Erased(StoreError):  # noqa: N818 - it is no fault that it is gone
    """What was told in confidence has been erased."""


def master_key(file: Path, randomness: Randomness = os.urandom) -> bytes:
    """Read the key that the subjects' keys are encrypted with; make it where there is none.

    Raises
    ------
    InputError
        If the file does not hold 32 bytes.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as new:
            new.write(randomness(_KEY_BYTES))
            new.flush()
            os.fsync(new.fileno())
    key = file.read_bytes()
    if len(key) != _KEY_BYTES:
        raise InputError(
            Text(
                f"a master key has {_KEY_BYTES} bytes, not {len(key)}",
                f"主密钥应为 {_KEY_BYTES} 字节，而不是 {len(key)} 字节",
            ),
            file=file,
            cure=Text(
                "Put back the key from your backup; without it confidences cannot be read.",
                "请从备份中放回密钥；没有它无法读取保密内容。",
            ),
        )
    return key


def digest_of(sealed: bytes) -> str:
    """Return the digest by which events name something encrypted."""
    return hashlib.sha256(sealed).hexdigest()


class Vault:
    """Keeps, opens and erases confidences (AES-256-GCM).

    Parameters
    ----------
    master
        32 bytes that encrypt the subjects' keys.
    randomness
        Gives so many random bytes.
    """

    def __init__(self, master: bytes, randomness: Randomness = os.urandom) -> None:
        self._key_of_keys = self._key_of_marks = master
        self._master = AESGCM(master)
        self._randomness = randomness

    def drawing(self, randomness: Randomness) -> "Vault":
        """Return a vault of the same master key that draws from elsewhere: for what is made up."""
        made_up = Vault(self._key_of_keys, randomness)
        made_up._key_of_marks = b"made up"  # so that a day is the same under every master key
        return made_up

    def keep(self, connection: Connection, subject: str, kind: str, content: bytes) -> str:
        """Encrypt and keep something of a subject; return its digest."""
        key = self._key(connection, subject) or self._new_key(connection, subject)
        row = self.seal(AESGCM(key), subject, kind, content)
        connection.execute(confidences.insert(), [row])
        return str(row["digest"])

    def deposit(self) -> "Deposit":
        """Begin to keep confidences of new subjects, many in one go."""
        return Deposit(self)

    def read(self, connection: Connection, digest: str) -> bytes:
        """Decrypt something that was kept.

        Raises
        ------
        Erased
            If it was erased.
        StoreError
            If it was altered, or is not known.
        """
        query = select(confidences).where(confidences.c.digest == digest)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise Erased(
                Text(
                    f"what has the digest {digest} was erased, or was never kept",
                    f"摘要为 {digest} 的内容已被抹除，或从未保存",
                )
            )
        key = self._key(connection, row.subject)
        if key is None:
            raise Erased(
                Text(
                    f"what was told in confidence of {row.subject} was erased",
                    f"{row.subject} 的保密内容已被抹除",
                )
            )
        return self._unseal(AESGCM(key), row.sealed, f"{row.subject}\n{row.kind}")

    def read_many(self, connection: Connection, digests: Sequence[str]) -> dict[str, bytes]:
        """Decrypt many things at once, by their digests; what was erased is left out.

        Raises
        ------
        StoreError
            If one was altered.
        """
        opened: dict[str, bytes] = {}
        both = confidences.join(keys, confidences.c.subject == keys.c.subject)
        query = (
            select(confidences, keys.c.wrapped)
            .select_from(both)
            .where(confidences.c.digest.in_(bindparam("digests", expanding=True)))
        )
        for part in portions(digests):
            for row in connection.execute(query, {"digests": part}):
                key = AESGCM(self._unseal(self._master, row.wrapped, row.subject))
                about = f"{row.subject}\n{row.kind}"
                opened[row.digest] = self._unseal(key, row.sealed, about)
        return opened

    def erase(self, connection: Connection, subject: str) -> int:
        """Destroy a subject's key and what it opened; return how many things that were."""
        connection.execute(keys.delete().where(keys.c.subject == subject))
        gone = connection.execute(confidences.delete().where(confidences.c.subject == subject))
        return gone.rowcount

    def _key(self, connection: Connection, subject: str) -> bytes | None:
        query = select(keys.c.wrapped).where(keys.c.subject == subject)
        wrapped = connection.execute(query).scalar_one_or_none()
        return None if wrapped is None else self._unseal(self._master, wrapped, subject)

    def _new_key(self, connection: Connection, subject: str) -> bytes:
        key, row = self.make_key(subject)
        connection.execute(keys.insert(), [row])
        return key

    def make_key(self, subject: str) -> tuple[bytes, dict[str, Any]]:
        """Make a key for a subject; return it, and the row that keeps it."""
        key = self._randomness(_KEY_BYTES)
        return key, {"subject": subject, "wrapped": self._seal(self._master, key, subject)}

    def mark(self, content: bytes) -> str:
        """Return a keyed hash, equal for equal content; without the master key it tells nothing."""
        return hmac.new(self._key_of_marks, b"content\n" + content, hashlib.sha256).hexdigest()

    def wrap(self, content: bytes, about: str) -> bytes:
        """Encrypt something that is nobody's confidence, such as a secret of ours."""
        return self._seal(self._master, content, about)

    def unwrap(self, sealed: bytes, about: str) -> bytes:
        """Decrypt what :meth:`wrap` gave.

        Raises
        ------
        StoreError
            If it was altered, or is about something else.
        """
        return self._unseal(self._master, sealed, about)

    def seal(self, key: AESGCM, subject: str, kind: str, content: bytes) -> dict[str, Any]:
        """Encrypt something of a subject; return the row that keeps it."""
        sealed = self._seal(key, content, f"{subject}\n{kind}")
        return {"digest": digest_of(sealed), "subject": subject, "kind": kind, "sealed": sealed}

    def _seal(self, cipher: AESGCM, content: bytes, about: str) -> bytes:
        nonce = self._randomness(_NONCE_BYTES)
        return nonce + cipher.encrypt(nonce, content, about.encode("utf-8"))

    @staticmethod
    def _unseal(cipher: AESGCM, sealed: bytes, about: str) -> bytes:
        try:
            return cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about.encode("utf-8")
            )
        except InvalidTag as error:
            raise StoreError(
                Text(
                    "what was kept in confidence cannot be decrypted: it was altered, "
                    "or the master key is another one",
                    "保密内容无法解密：内容被改动，或主密钥不符",
                )
            ) from error


class Deposit:
    """Confidences of subjects that are new: encrypted at once, written together.

    Many reports that come at once so need two statements, not several each.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._ciphers: dict[str, AESGCM] = {}
        self._keys: list[dict[str, Any]] = []
        self._rows: list[dict[str, Any]] = []

    def keep(self, subject: str, kind: str, content: bytes) -> str:
        """Encrypt something of a new subject; return its digest."""
        if subject not in self._ciphers:
            key, row = self._vault.make_key(subject)
            self._ciphers[subject] = AESGCM(key)
            self._keys.append(row)
        row = self._vault.seal(self._ciphers[subject], subject, kind, content)
        self._rows.append(row)
        return str(row["digest"])

    def write(self, connection: Connection) -> None:
        """Write all that was kept."""
        if self._rows:
            insert_rows(connection, keys, [_KEY_ROW(one) for one in self._keys])
            insert_rows(connection, confidences, [_CONFIDENCE_ROW(one) for one in self._rows])
