"""Tables of who may come in: accounts follow from events; what proves who somebody is does not.

A password's hash, the digest of a key and the sign of a session stand in no event, so that they can
be changed and forgotten.
"""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table, Text

from dizuo.operations.event_log.tables import WHOLE

__all__ = [
    "SECRETS", "accounts", "attempts", "credentials", "session_uses", "sessions", "spent_logins",
]  # fmt: skip

_METADATA: Final = MetaData()

accounts = Table(
    "accounts",
    _METADATA,
    Column("account", String, primary_key=True),
    Column("roles", Text, nullable=False),
    Column("unit", String),
    Column("grids", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("changed", WHOLE, nullable=False),
    Column("version", Integer, nullable=False),
)
"""Derived from the events. ``roles`` and ``grids`` are JSON; the name is all that is personal."""

credentials = Table(
    "credentials",
    MetaData(),
    Column("credential", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("secret", String),
    Column("made", WHOLE, nullable=False),
    Index("credentials_by_account", "account", "kind"),
)
"""``kind`` is ``key`` (its SHA-256), ``password`` (``secret`` is the Argon2 hash) or ``identity``
(the SHA-256 of an identity provider and its name of the person)."""

sessions = Table(
    "sessions",
    MetaData(),
    Column("session", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("opened", WHOLE, nullable=False),
    Column("expires", WHOLE, nullable=False, index=True),
    Index("sessions_by_account", "account"),
)
"""By the SHA-256 of what the cookie holds. A row that is gone is a session that has ended."""

session_uses = Table(
    "session_uses",
    MetaData(),
    Column("session", String, primary_key=True),
    Column("used", WHOLE, nullable=False, index=True),
)
"""When a session was last used, as closely as that is noted."""

attempts = Table(
    "login_attempts",
    MetaData(),
    Column("subject", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", WHOLE, nullable=False, index=True),
    Column("locked_until", WHOLE),
)
"""Failed logins by digest of a name or an address; forgotten when they no longer count."""

spent_logins = Table(
    "spent_logins",
    MetaData(),
    Column("state", String, primary_key=True),
    Column("expires", WHOLE, nullable=False, index=True),
)
"""Logins at an identity provider that came back, so that none comes back twice."""

SECRETS: Final = (credentials, sessions, session_uses, attempts, spent_logins)
"""What is not derived from events."""
