"""Seal events into a chain of signed batches, and export its heads.

An event's own hash shows that the event was altered. The chain shows that one is missing or was put
in later, and a head that lies somewhere else shows that the whole history was written anew.
"""

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from dizuo.base.locking import writing_turn
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.event_log.event import hash_of
from dizuo.operations.event_log.tables import batches, events, log_end
from dizuo.operations.time import Clock, to_microseconds

__all__ = ["FIRST_CHAIN", "Batch", "Sequencer", "chain_of", "read_heads", "signing_key"]

FIRST_CHAIN = bytes(32)
"""What the first batch is chained to."""
_SECONDS_UNSEALED = 0.5
"""How long events may wait for their batch at most: well within the second that is promised."""
_LONGEST_LINE = 1 << 16
"""Bytes, far more than a head has."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events ``first`` to ``last``, sealed at a time (microseconds) and signed."""

    batch: int
    first: int
    last: int
    sealed: int
    chain: bytes
    signature: bytes

    def signed(self) -> bytes:
        """Return what the signature is of."""
        return hash_of(self.batch, self.first, self.last, self.sealed, self.chain.hex())

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Tell whether the owner of a key signed this."""
        try:
            key.verify(self.signature, self.signed())
        except InvalidSignature:
            return False
        return True

    def as_line(self) -> str:
        """Write the head of the chain as one line of JSON."""
        told: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        told |= {"chain": self.chain.hex(), "signature": self.signature.hex()}
        return json.dumps(told, sort_keys=True)

    @classmethod
    def from_line(cls, line: str) -> "Batch":
        """Read a head that was exported."""
        told = json.loads(line)
        told |= {name: bytes.fromhex(told[name]) for name in ("chain", "signature")}
        return cls(**told)


def chain_of(before: bytes, batch: int, first: int, sealed: int, hashes: Sequence[bytes]) -> bytes:
    """Return the chain's value after a batch."""
    digest = hashlib.sha256(before)
    for number in (batch, first, sealed, len(hashes)):
        digest.update(number.to_bytes(8, "big"))
    for one in hashes:
        digest.update(len(one).to_bytes(8, "big"))
        digest.update(one)
    return digest.digest()


def signing_key(file: Path) -> Ed25519PrivateKey:
    """Read the key that signs the heads; where there is none, make it and the public one.

    Raises
    ------
    InputError
        If the file holds no such key.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        new = Ed25519PrivateKey.generate()
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as private:
            private.write(new.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
        public = new.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        file.with_suffix(".public").write_text(public.hex() + "\n", encoding="ascii")
    try:
        return Ed25519PrivateKey.from_private_bytes(file.read_bytes())
    except ValueError as error:
        raise InputError(
            Text("this is no key that signs heads of the log", "这不是签署日志链头的密钥"),
            file=file,
            cure=Text("Put back the key from your backup.", "请从备份中放回密钥。"),
        ) from error


class Sequencer:
    """Seals what was written since the last batch. Several may run: they wait for each other.

    Parameters
    ----------
    heads
        File that heads are exported to; keep copies of it where the database's keepers cannot
        write.
    """

    def __init__(self, engine: Engine, clock: Clock, key: Ed25519PrivateKey, heads: Path) -> None:
        self.engine = engine
        self.clock = clock
        self.key = key
        self.heads = heads
        self._exported = (0, -1)  # the last batch, and the bytes of the file, as they were left
        self._is_behind = True

    def seal(self) -> Batch | None:
        """Seal the events that no batch holds yet, and export the head; None if there are none.

        Nobody who writes events waits for it: they give numbers in the order of their commits, so
        all up to an end that was read stand there.
        """
        with writing_turn(self.heads):
            new = self._sealed()
            if new is not None:
                try:
                    with self.engine.begin() as connection:
                        connection.execute(batches.insert().values(asdict(new)))
                except IntegrityError:  # another machine has sealed them meanwhile
                    new = None
                self._is_behind = True
            if self._is_behind:
                self._export()
        return new

    def run(self, stop: threading.Event) -> None:
        """Seal again and again until told to stop, and once more then."""
        while True:
            # Without a database, or without room on the disk, nothing is lost: the next turn seals.
            with contextlib.suppress(DBAPIError, OSError):
                self.seal()
            if stop.wait(_SECONDS_UNSEALED):
                break
        self.seal()

    def _sealed(self) -> Batch | None:
        with self.engine.connect().execution_options(reads_only=True) as connection:
            end = connection.execute(select(log_end.c.number)).scalar_one()
            before = _last_batch(connection)
            start, number = (before.last, before.batch + 1) if before else (0, 1)
            query = select(events.c.hash).where(events.c.number.between(start + 1, end))
            hashes = connection.execute(query.order_by(events.c.number)).scalars().all()
        if not hashes:
            return None
        sealed = to_microseconds(self.clock.now())
        chain = before.chain if before else FIRST_CHAIN
        chain = chain_of(chain, number, start + 1, sealed, hashes)
        unsigned = Batch(number, start + 1, end, sealed, chain, b"")
        return replace(unsigned, signature=self.key.sign(unsigned.signed()))

    def export(self) -> None:
        """Append to the file the heads that it does not have yet, and force it to disk."""
        with writing_turn(self.heads):
            self._export()

    def _export(self) -> None:
        last, size = self._exported
        if not self.heads.exists() or self.heads.stat().st_size != size:
            known = read_heads(self.heads)
            last = known[-1].batch if known else 0
        with self.engine.connect().execution_options(reads_only=True) as connection:
            query = select(batches).where(batches.c.batch > last).order_by(batches.c.batch)
            new = [Batch(*row) for row in connection.execute(query)]
        if new:
            self._append(new)
        self._is_behind = False

    def _append(self, new: Sequence[Batch]) -> None:
        self.heads.parent.mkdir(parents=True, exist_ok=True)
        with self.heads.open("ab") as file:
            file.truncate(_whole_lines(self.heads))
            file.writelines(f"{one.as_line()}\n".encode("ascii") for one in new)
            file.flush()
            os.fsync(file.fileno())
            self._exported = (new[-1].batch, file.tell())


def _last_batch(connection: Connection) -> Batch | None:
    row = connection.execute(
        select(batches).order_by(batches.c.batch.desc()).limit(1)
    ).one_or_none()
    return None if row is None else Batch(*row)


def _whole_lines(file: Path) -> int:
    """Return how many bytes of a file are whole lines: a crash may have cut the last one."""
    size = file.stat().st_size
    with file.open("rb") as read:
        read.seek(max(0, size - _LONGEST_LINE))
        end = read.read()
    return size - len(end) + end.rfind(b"\n") + 1 if b"\n" in end else 0


def read_heads(file: Path) -> list[Batch]:
    """Read exported heads; a last line that a crash cut short is left out.

    Raises
    ------
    InputError
        If any other line is no head.
    """
    if not file.exists():
        return []
    lines = file.read_text(encoding="ascii", errors="replace").splitlines(keepends=True)
    heads = []
    for row, line in enumerate(lines, start=1):
        try:
            heads.append(Batch.from_line(line))
        except (ValueError, KeyError, TypeError) as error:
            if row == len(lines) and not line.endswith("\n"):
                break
            raise InputError(
                Text("this line is no head of the log", "该行不是日志链头"),
                file=file,
                row=row,
                cure=Text("Put back the file from a copy.", "请从副本中放回该文件。"),
            ) from error
    return heads
