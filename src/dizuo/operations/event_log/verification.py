"""Verify a log offline: any byte that was altered, taken away or put in is found.

Needs the database (or a copy), the public key of the heads, and the exported heads; nothing of the
running system.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Engine, Table, create_engine, func, select

from dizuo.base.locking import writing_turn
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.event_log import tables
from dizuo.operations.event_log.database import at_one_moment
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.log import Projection, read_events
from dizuo.operations.event_log.sealing import FIRST_CHAIN, Batch, chain_of, read_heads
from dizuo.operations.event_log.vault import digest_of

__all__ = [
    "CONFIDENCES",
    "ERASED",
    "DerivedProjection",
    "Problem",
    "as_far_as_it_reads",
    "count_unsealed",
    "public_key",
    "verify",
]

CONFIDENCES = "confidences"
"""The fact of an event that names what was told in confidence: a list of kinds and digests."""
ERASED = ".erased"
"""How the kind of an event ends that erased its subject's confidences."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was written."""

    where: str
    what: Text


class DerivedProjection(Projection, Protocol):
    """A projection that tells which tables it fills."""

    @property
    def tables(self) -> Sequence[Table]:
        """The tables, each with a primary key."""
        ...


def public_key(file: Path) -> Ed25519PublicKey:
    """Read the key that the heads of a log are checked with.

    Raises
    ------
    InputError
        If the file holds no such key.
    """
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(file.read_text("ascii").strip()))
    except (OSError, ValueError) as error:
        raise InputError(
            Text("this is no public key of a log", "这不是日志的公钥"),
            file=file,
            cure=Text(
                "It stands beside the database as seal.public: 64 hexadecimal digits.",
                "公钥是数据库旁的 seal.public：64 位十六进制数字。",
            ),
        ) from error


def verify(
    engine: Engine,
    key: Ed25519PublicKey,
    heads: Path,
    projections: Sequence[DerivedProjection] = (),
    further: Mapping[str, Callable[[Connection], Iterator[Problem]]] | None = None,
) -> list[Problem]:
    """Check every event, batch, head, confidence and derived row, as they are at one moment.

    A server may run meanwhile: what it writes and seals is not looked at.

    Parameters
    ----------
    further
        Other checks, by the name of what they look at.

    Returns
    -------
    list of Problem
        Empty if everything is as it was written. Events that no batch holds yet are checked by
        their own hash only.
    """
    with at_one_moment(engine) as connection:
        exported = _heads_of_that_moment(connection, heads)
        return [
            *as_far_as_it_reads("events", _events(connection)),
            *as_far_as_it_reads("batches", _chain(connection, key)),
            *as_far_as_it_reads(heads.name, _heads(connection, key, heads, exported)),
            *as_far_as_it_reads("confidences", _confidences(connection)),
            *as_far_as_it_reads("derived tables", _derived(connection, projections)),
            *(
                problem
                for name, check in (further or {}).items()
                for problem in as_far_as_it_reads(name, check(connection))
            ),
        ]


def _heads_of_that_moment(connection: Connection, heads: Path) -> list[Batch] | InputError:
    """Read the file of heads while no batch is sealed, with the first look at the database.

    A batch is sealed and exported in one turn, so file and database then agree. Where the folder
    cannot be written nobody seals.
    """
    with contextlib.ExitStack() as turn:
        with contextlib.suppress(OSError):
            turn.enter_context(writing_turn(heads))
        connection.execute(select(func.max(tables.batches.c.batch)))
        try:
            return read_heads(heads)
        except InputError as error:
            return error


def as_far_as_it_reads(where: str, found: Iterator[Problem]) -> Iterator[Problem]:
    """Tell what a check finds; what was put in and cannot even be read is a problem as well."""
    try:
        yield from found
    except Exception as error:  # noqa: BLE001 - whoever tampers chooses what goes wrong here
        kind = type(error).__name__
        yield Problem(where, Text(f"the rest cannot be read: {kind}", f"其余无法读取：{kind}"))


def _events(connection: Connection) -> Iterator[Problem]:
    expected, versions = 1, dict[str, int]()
    for page in read_events(connection):
        for one in page:
            where = f"event {one.number}"
            if one.number != expected:
                yield Problem(where, Text(
                    f"events {expected} to {one.number - 1} are missing",
                    f"缺少第 {expected} 至 {one.number - 1} 条事件",
                ))  # fmt: skip
            expected = one.number + 1
            if not one.proves():
                yield Problem(where, Text("it was altered", "内容被改动"))
            if one.version != versions.get(one.subject, 0) + 1:
                yield Problem(where, Text(
                    f"an earlier event of {one.subject} is missing",
                    f"{one.subject} 的前一事件缺失",
                ))  # fmt: skip
            versions[one.subject] = one.version
    end = connection.execute(select(tables.log_end.c.number)).scalar_one_or_none()
    if end != expected - 1:
        yield Problem("log_end", Text(
            f"the log ends with event {expected - 1}, not {end}",
            f"日志止于第 {expected - 1} 条事件，而非第 {end} 条",
        ))  # fmt: skip


def _chain(connection: Connection, key: Ed25519PublicKey) -> Iterator[Problem]:
    chain, last, number = FIRST_CHAIN, 0, 1
    for row in connection.execute(select(tables.batches).order_by(tables.batches.c.batch)).all():
        batch = Batch(*row)
        where = f"batch {batch.batch}"
        if (batch.batch, batch.first) != (number, last + 1) or batch.last < batch.first:
            yield Problem(where, Text("batches are missing before it", "此前缺少批次"))
        query = (
            select(tables.events.c.hash)
            .where(tables.events.c.number.between(batch.first, batch.last))
            .order_by(tables.events.c.number)
        )
        hashes = list(connection.execute(query).scalars())
        chain = chain_of(chain, batch.batch, batch.first, batch.sealed, hashes)
        if chain != batch.chain or len(hashes) != batch.last - batch.first + 1:
            yield Problem(where, Text(
                "its events are not those that were sealed", "批次中的事件与封存时不一致"
            ))  # fmt: skip
        if not batch.is_signed_by(key):
            yield Problem(where, Text("its signature is not valid", "签名无效"))
        chain, last, number = batch.chain, batch.last, batch.batch + 1


def _heads(
    connection: Connection,
    key: Ed25519PublicKey,
    heads: Path,
    exported: list[Batch] | InputError,
) -> Iterator[Problem]:
    if isinstance(exported, InputError):
        yield Problem(f"{heads.name}, row {exported.row}", Text("this is no head", "不是链头"))
        return
    kept = {row.batch: Batch(*row) for row in connection.execute(select(tables.batches))}
    for row_number, head in enumerate(exported, start=1):
        where = f"{heads.name}, row {row_number}"
        if head.batch != row_number:
            yield Problem(where, Text("heads are missing before it", "此前缺少链头"))
        if not head.is_signed_by(key):
            yield Problem(where, Text("its signature is not valid", "签名无效"))
        elif kept.get(head.batch) != head:
            yield Problem(where, Text(
                f"the database has another batch {head.batch}, or none: history was rewritten",
                f"数据库中的第 {head.batch} 批与之不符或不存在：历史被改写",
            ))  # fmt: skip
    missing = len(kept) - len(exported)
    if missing > 0:
        yield Problem(heads.name, Text(
            f"{missing} heads of the database were never exported, or were taken away",
            f"数据库中有 {missing} 个链头未导出或被移除",
        ))  # fmt: skip


def _confidences(connection: Connection) -> Iterator[Problem]:
    named = dict[str, tuple[str, str]]()
    erased = set[str]()
    for page in read_events(connection):
        for one in page:
            if one.kind.endswith(ERASED):
                erased.add(one.subject)
            if CONFIDENCES in one.facts:
                named |= {told["digest"]: (one.subject, told["kind"]) for told in _told(one)}
    have = set(connection.execute(select(tables.keys.c.subject)).scalars())
    for row in connection.execute(select(tables.confidences)):
        where = f"confidence {row.digest}"
        told = named.pop(row.digest, None)
        if digest_of(row.sealed) != row.digest or told != (row.subject, row.kind):
            yield Problem(where, Text("it was altered or put in", "内容被改动或后加"))
        elif row.subject not in have:
            yield Problem(where, Text("its key is missing", "密钥缺失"))
    for digest, (subject, _) in named.items():
        if subject not in erased:
            yield Problem(f"confidence {digest}", Text(
                f"{subject} was not erased, but this is missing", f"{subject} 未经抹除，但内容缺失"
            ))  # fmt: skip


def _told(one: LoggedEvent) -> list[dict[str, str]]:
    try:
        told: list[dict[str, str]] = one.known().get(CONFIDENCES, [])
    except ValueError:
        return []  # altered: told of already
    return told


def _derived(connection: Connection, projections: Sequence[DerivedProjection]) -> Iterator[Problem]:
    """Derive the tables once more, in memory, and compare them row by row."""
    if not projections:
        return
    fresh = create_engine("sqlite://")
    tables.metadata.create_all(fresh)
    with fresh.begin() as other:
        for table in (table for projection in projections for table in projection.tables):
            table.create(other)
        for page in read_events(connection):
            for projection in projections:
                projection.apply(other, page)
        for table in (table for projection in projections for table in projection.tables):
            order = list(table.primary_key.columns)
            kept = connection.execute(select(table).order_by(*order)).all()
            expected = other.execute(select(table).order_by(*order)).all()
            wrong = set(map(tuple, kept)) ^ set(map(tuple, expected))
            if wrong or len(kept) != len(expected):
                keys = sorted({str(row[0]) for row in wrong})
                yield Problem(table.name, Text(
                    f"{len(keys)} rows do not follow from the events, the first: {keys[:1]}",
                    f"{len(keys)} 行与事件不符，首行：{keys[:1]}",
                ))  # fmt: skip


def count_unsealed(connection: Connection) -> int:
    """Return how many events no batch holds yet."""
    sealed = connection.execute(select(func.max(tables.batches.c.last))).scalar() or 0
    end = connection.execute(select(tables.log_end.c.number)).scalar() or 0
    return int(end) - int(sealed)
