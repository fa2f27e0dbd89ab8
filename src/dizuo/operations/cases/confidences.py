"""Read what was told in confidence of a case: every reading is an event, written before the answer.

Who may read is asked before (:meth:`.Visitor.rows`); here is made sure that it shows.
"""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.office import Actor, CaseOffice
from dizuo.operations.event_log.event import Event
from dizuo.operations.event_log.tables import confidences

__all__ = ["READ", "Confidence", "read_all_but_photos", "read_one"]

READ: Final = "confidence.read"
"""The kind of the event; its fact ``read`` names what was read, by digest."""
_PHOTO: Final = "photo"


@dataclass(frozen=True, slots=True)
class Confidence:
    """Something that was told in confidence."""

    kind: str
    digest: str
    content: bytes


def read_all_but_photos(
    connection: Connection, office: CaseOffice, case: str, actor: Actor
) -> list[Confidence]:
    """Return the words and contacts of a case, within a transaction of the caller."""
    wanted = confidences.c.kind != _PHOTO
    query = select(confidences.c.kind, confidences.c.digest).where(
        confidences.c.subject == case, wanted
    )
    named = [(row.kind, row.digest) for row in connection.execute(query.order_by("kind", "digest"))]
    return _read(connection, office, case, actor, named)


def read_one(
    connection: Connection, office: CaseOffice, case: str, digest: str, actor: Actor
) -> Confidence:
    """Return one thing that was told of a case, within a transaction of the caller.

    Raises
    ------
    InputError
        If the case has none of that digest, or it was erased.
    """
    query = select(confidences.c.kind).where(
        confidences.c.subject == case, confidences.c.digest == digest
    )
    kind = connection.execute(query).scalar_one_or_none()
    if kind is None:
        raise InputError(
            Text("nothing of this digest is kept of the case", "该案件没有此摘要对应的保密内容"),
            field="digest",
            cure=Text("The history of the case names them.", "请查看案件办理过程。"),
        )
    return _read(connection, office, case, actor, [(kind, digest)])[0]


def _read(
    connection: Connection,
    office: CaseOffice,
    case: str,
    actor: Actor,
    named: list[tuple[str, str]],
) -> list[Confidence]:
    if not named:
        return []
    facts = {"read": [{"kind": kind, "digest": digest} for kind, digest in named]}
    now = office.log.clock.now()
    event = Event(uuid.uuid4().hex, READ, case, now, actor.id, "desk", facts)
    office.log.append(connection, [event])
    vault = office.vault
    return [Confidence(kind, one, vault.read(connection, one)) for kind, one in named]
