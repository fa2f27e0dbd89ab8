"""Tables of the event log, for SQLite and PostgreSQL alike.

Events, batches, observations and what is kept in confidence are the truth; everything else is
derived from them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "WHOLE",
    "batches",
    "confidences",
    "events",
    "keys",
    "log_end",
    "metadata",
    "observations",
    "schema_version",
]

metadata = MetaData()

WHOLE = BigInteger().with_variant(Integer, "sqlite")
"""Whole numbers of 64 bits, as both databases count rows and keep times."""

events = Table(
    "events",
    metadata,
    Column("number", WHOLE, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("happened", WHOLE, nullable=False),
    Column("recorded", WHOLE, nullable=False),
    Column("actor", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("facts", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    UniqueConstraint("subject", "version"),
)
"""What happened. Rows are only ever added."""

log_end = Table(
    "log_end",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("number", WHOLE, nullable=False),
)
"""One row: the last number given. Whoever writes holds it, so numbers follow the commits."""

batches = Table(
    "batches",
    metadata,
    Column("batch", WHOLE, primary_key=True, autoincrement=False),
    Column("first", WHOLE, nullable=False),
    Column("last", WHOLE, nullable=False),
    Column("sealed", WHOLE, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
"""Events first to last, chained to the batch before, and signed."""

keys = Table(
    "keys",
    metadata,
    Column("subject", String, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)
"""The key of each subject's confidences, itself encrypted; erasing destroys it."""

confidences = Table(
    "confidences",
    metadata,
    Column("digest", String, primary_key=True),
    Column("subject", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""Contacts, free text and photos, encrypted; an event names them by the digest."""

observations = Table(
    "observations",
    metadata,
    Column("stream", Integer, primary_key=True, autoincrement=False),
    Column("phenomenon", WHOLE, primary_key=True, autoincrement=False),
    Column("result", WHOLE, nullable=False),
    Column("value", Float(53)),
    Column("raw", Float(53)),
    Column("quality", SmallInteger, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("received", WHOLE, nullable=False, index=True),
    sqlite_with_rowid=False,
)
"""What sensors sent: too much for an event each, so each batch has one that holds its digest.

See :mod:`dizuo.operations.signals.observation_store`, which says what the columns mean."""

schema_version = Table(
    "schema_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
)
