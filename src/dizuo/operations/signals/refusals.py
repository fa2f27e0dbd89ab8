"""Keep what was published and could not be taken in, so that nothing that was sent is lost.

The content goes to the vault; an event says why it was refused, and a table what still waits. Once
the stream is registered, it can be taken in after all.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, select

from dizuo.model.errors import InputError
from dizuo.operations.event_log.event import Event, LoggedEvent
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.tables import WHOLE
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.event_log.verification import CONFIDENCES
from dizuo.operations.signals.office import SignalOffice
from dizuo.operations.signals.payloads import read_payload

__all__ = ["RefusalProjection", "Refusals", "signal_refusals"]

_REFUSED: Final = "observations.refused"
_ACCEPTED: Final = "observations.accepted"

signal_refusals = Table(
    "signal_refusals",
    MetaData(),
    Column("refusal", String, primary_key=True),
    Column("topic", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("problem_en", Text, nullable=False),
    Column("problem_zh", Text, nullable=False),
    Column("digest", String, nullable=False),
    Column("refused", WHOLE, nullable=False),
    Column("accepted", WHOLE),
)
"""What was refused, where its content is in the vault, and when it was taken in after all."""


@dataclass(frozen=True)
class RefusalProjection:
    """Keeps the table of refusals up with the events."""

    tables: Sequence[Table] = (signal_refusals,)

    def apply(self, connection: Connection, added: Sequence[LoggedEvent]) -> None:
        """Note what was refused, and what was accepted later."""
        for one in added:
            if one.kind == _REFUSED:
                facts: dict[str, Any] = json.loads(one.facts)
                row = {name: facts[name] for name in ("topic", "problem_en", "problem_zh")}
                connection.execute(
                    signal_refusals.insert().values(
                        **row,
                        refusal=one.subject,
                        channel=one.channel,
                        digest=facts[CONFIDENCES][0]["digest"],
                        refused=one.happened,
                    )
                )
            elif one.kind == _ACCEPTED:
                row_of = signal_refusals.update().where(signal_refusals.c.refusal == one.subject)
                connection.execute(row_of.values(accepted=one.happened))

    def clear(self, connection: Connection) -> None:
        """Forget every refusal."""
        connection.execute(signal_refusals.delete())


def _storable(problem: str) -> str:
    """Return a text without the one character that PostgreSQL cannot keep: senders choose it."""
    return problem.replace("\0", "\N{REPLACEMENT CHARACTER}")


@dataclass(frozen=True)
class Refusals:
    """Keeps refused messages, and takes them in later."""

    log: Log
    vault: Vault

    def keep(self, topic: str, content: bytes, why: InputError, *, channel: str) -> None:
        """Keep a message that was refused, once however often it comes."""
        digest_of_both = hashlib.sha256(b"\n".join((topic.encode(), content))).hexdigest()
        name = f"refused:{digest_of_both}"
        with self.log.engine.begin() as connection:
            self.log.take_the_end(connection)
            known = select(signal_refusals.c.refusal).where(signal_refusals.c.refusal == name)
            if connection.execute(known).first() is not None:
                return
            digest = self.vault.keep(connection, name, "observations", content)
            facts = {
                "topic": topic,
                "problem_en": _storable(why.in_("en")),
                "problem_zh": _storable(why.in_("zh")),
                CONFIDENCES: [{"kind": "observations", "digest": digest}],
            }
            self._tell(connection, _REFUSED, name, channel, facts)

    @staticmethod
    def waiting(connection: Connection) -> list[dict[str, Any]]:
        """Return what was refused and not taken in since, the oldest first."""
        query = select(signal_refusals).where(signal_refusals.c.accepted.is_(None))
        rows = connection.execute(query.order_by(signal_refusals.c.refused)).mappings()
        return [dict(row) for row in rows]

    def try_again(self, office: SignalOffice) -> tuple[int, int]:
        """Take in what can be taken in now; return how many messages that were, and are left."""
        with self.log.engine.connect().execution_options(reads_only=True) as connection:
            waiting = self.waiting(connection)
            contents = [self.vault.read(connection, one["digest"]) for one in waiting]
        register, _ = office.newest()
        done = 0
        for one, content in zip(waiting, contents, strict=True):
            try:
                batch = read_payload(content, register)
                office.take_in(batch, "operator", channel=one["channel"], delivery=one["refusal"])
            except InputError:
                continue
            with self.log.engine.begin() as connection:
                self._tell(connection, _ACCEPTED, one["refusal"], one["channel"], {})
            done += 1
        return done, len(waiting) - done

    def _tell(
        self, connection: Connection, kind: str, name: str, channel: str, facts: dict[str, Any]
    ) -> None:
        now = self.log.clock.now()
        event = Event(f"{name}#{kind}", kind, name, now, channel, channel, facts)
        self.log.append(connection, [event])
