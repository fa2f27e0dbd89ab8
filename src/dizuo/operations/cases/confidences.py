"""Read what was told in confidence of a case: every reading is an event, written before the answer.

Who may read is asked before (:meth:`.Visitor.rows`); here is made sure that it shows.
"""

import uuid
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, select

from dizuo.model.errors import AccessError, InputError
from dizuo.model.text import Text
from dizuo.operations.cases.office import Actor, CaseOffice
from dizuo.operations.cases.register import one_case
from dizuo.operations.event_log.event import Event
from dizuo.operations.event_log.tables import confidences
from dizuo.operations.texts.identifiers import strip_identifiers

__all__ = ["READ", "Confidence", "keeps_identity", "read_all_but_photos", "read_one"]

READ: Final = "confidence.read"
"""The kind of the event; its fact ``read`` names what was read, by digest."""
_PHOTO: Final = "photo"
_ANSWER: Final = "answer"
_WHO: Final = frozenset({"contact", "address", "media_url"})
"""Kinds that tell who reports: an address may be a home, and a link somebody's own page."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """Something that was told in confidence."""

    kind: str
    digest: str
    content: bytes


def read_all_but_photos(
    connection: Connection, office: CaseOffice, case: str, actor: Actor, *, identity: bool = True
) -> list[Confidence]:
    """Return the words and contacts of a case, within a transaction of the caller.

    Parameters
    ----------
    identity
        Whether the actor may know who reports, even where that is to be kept secret. Otherwise
        contacts and addresses are left out there, and words come without identifiers.
    """
    wanted = confidences.c.kind != _PHOTO
    query = select(confidences.c.kind, confidences.c.digest).where(
        confidences.c.subject == case, wanted
    )
    named = [(row.kind, row.digest) for row in connection.execute(query.order_by("kind", "digest"))]
    secret = not identity and keeps_identity(connection, office, case)
    if secret:
        named = [one for one in named if one[0] not in _WHO]
    return [_bare(one) if secret else one for one in _read(connection, office, case, actor, named)]


def read_one(
    connection: Connection,
    office: CaseOffice,
    case: str,
    digest: str,
    actor: Actor,
    *,
    identity: bool = True,
) -> Confidence:
    """Return one thing that was told of a case, within a transaction of the caller.

    Raises
    ------
    InputError
        If the case has none of that digest, or it was erased.
    AccessError
        If it tells who reports, and that is kept secret from the actor.
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
    secret = not identity and keeps_identity(connection, office, case)
    if secret and kind in _WHO:
        raise AccessError(
            Text(
                f"{actor.id} may not know who reports: that is kept secret here",
                f"{actor.id} 不得获知诉求人身份：该案件要求保密",
            )
        )
    found = _read(connection, office, case, actor, [(kind, digest)])[0]
    return _bare(found) if secret else found


def keeps_identity(connection: Connection, office: CaseOffice, case: str) -> bool:
    """Tell whether who reports is kept from who handles a case: they asked, or it is a 举报."""
    row = one_case(connection, case)
    kind = office.types.of_case(row["case_type"])
    if row["nature"] in kind.sealed_natures:
        return True
    secret = {
        f"{one.code}={answer}".encode() for one in kind.questions for answer in one.keeps_identity
    }
    if not secret:
        return False
    query = select(confidences.c.digest).where(
        confidences.c.subject == case, confidences.c.kind == _ANSWER
    )
    told = office.vault.read_many(connection, list(connection.execute(query).scalars()))
    return bool(secret & set(told.values()))


def _bare(one: Confidence) -> Confidence:
    """Return words without identifiers; a photo as it is."""
    if one.kind == _PHOTO:
        return one
    text = strip_identifiers(one.content.decode("utf-8", errors="replace")).text
    return replace(one, content=text.encode())


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
