"""One event: what happened to what, when, and by whom; with the hash that proves it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.time import to_microseconds

__all__ = ["Event", "LoggedEvent", "as_text", "hash_of"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, ready to be written to the log.

    Attributes
    ----------
    id
        Chosen by whoever reports it, and unique: the same event delivered twice is kept once.
    kind
        What happened: ``case.reported``.
    subject
        What it happened to: ``case:0192...``.
    happened
        When, with a time zone.
    actor
        The account, device or rule that acted. Never a resident.
    channel
        The way it came: ``open311``, ``hotline``, ``signal``.
    facts
        What is known of it, as JSON knows it. Contacts, free text and photos stand apart
        (:mod:`dizuo.operations.event_log.vault`); here are only their digests.
    """

    id: str
    kind: str
    subject: str
    happened: datetime
    actor: str
    channel: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as the log keeps it: numbered, and hashed over all that it says.

    ``number`` counts all events without a gap, ``version`` those of the subject. Times are whole
    microseconds since 1970. ``facts`` is the very text that was hashed.
    """

    number: int
    id: str
    kind: str
    subject: str
    version: int
    happened: int
    recorded: int
    actor: str
    channel: str
    facts: str
    hash: bytes

    @classmethod
    def of(cls, event: Event, number: int, version: int, recorded: datetime) -> "LoggedEvent":
        """Return an event as the log keeps it."""
        happened, noted = to_microseconds(event.happened), to_microseconds(recorded)
        parts = (
            number, event.id, event.kind, event.subject, version, happened, noted, event.actor,
            event.channel, as_text(event.facts),
        )  # fmt: skip
        return cls(*parts, hash_of(*parts))

    def proves(self) -> bool:
        """Tell whether the event still says what was hashed."""
        return self.hash == hash_of(
            self.number, self.id, self.kind, self.subject, self.version, self.happened,
            self.recorded, self.actor, self.channel, self.facts,
        )  # fmt: skip

    def known(self) -> dict[str, Any]:
        """Return the facts."""
        facts: dict[str, Any] = json.loads(self.facts)
        return facts


def as_text(facts: Mapping[str, Any]) -> str:
    """Write facts in the one form that is hashed: keys sorted, no spaces, no NaN.

    Raises
    ------
    InputError
        If a fact is nothing that JSON knows.
    """
    try:
        return json.dumps(
            facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        )
    except (TypeError, ValueError) as error:
        raise InputError(
            Text(
                f"the facts of an event cannot be written as JSON: {error}",
                f"事件内容无法写成 JSON：{error}",
            )
        ) from error


def hash_of(*parts: str | int) -> bytes:
    """Return the SHA-256 of parts, each with its length before it, so that none can be shifted."""
    digest = hashlib.sha256()
    for part in parts:
        written = str(part).encode("utf-8")
        digest.update(len(written).to_bytes(8, "big"))
        digest.update(written)
    return digest.digest()
