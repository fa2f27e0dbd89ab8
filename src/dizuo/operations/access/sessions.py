"""Sessions of people who logged in: a signed cookie, a row that ends it, a token against forgery.

The cookie holds a random token and its signature, so a made-up one costs no look-up. The database
holds the token's digest: whoever reads it can log in as nobody.
"""

import hmac
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from dizuo.operations.access.accounts import Account, Accounts, digest
from dizuo.operations.access.remembering import Remembered
from dizuo.operations.access.tables import session_uses, sessions
from dizuo.operations.time import Clock, from_microseconds, to_microseconds

__all__ = ["Session", "Sessions", "derived_key"]

_TOKEN_BYTES: Final = 32
_NOTED: Final = 10
"""A use is noted when a tenth of the time without one has passed: not every request writes."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in.

    Attributes
    ----------
    cookie
        What the browser keeps.
    forgery_token
        What a page sends with every change, and a page of somebody else cannot know.
    """

    account: Account
    cookie: str = field(repr=False)
    forgery_token: str = field(repr=False)
    expires: datetime


@dataclass(frozen=True, slots=True)
class _Found:
    account: Account
    expires: datetime
    used: datetime


def derived_key(master: bytes, purpose: str) -> bytes:
    """Return a key for one purpose, made of the master key (HKDF-SHA256)."""
    return HKDF(SHA256(), 32, None, f"dizuo {purpose}".encode()).derive(master)


@dataclass
class Sessions:
    """Opens, finds and ends sessions.

    Parameters
    ----------
    key
        32 bytes that sign.
    lasting
        How long a session lasts.
    idle
        How long one lasts that nobody uses.
    """

    engine: Engine
    accounts: Accounts
    clock: Clock
    key: bytes
    lasting: timedelta
    idle: timedelta
    make_token: Callable[[], str] = field(default=lambda: secrets.token_urlsafe(_TOKEN_BYTES))
    remembered: Remembered[_Found] = field(default_factory=Remembered)

    def open(self, connection: Connection, account: Account) -> Session:
        """Open a session for an account; sessions that have expired are forgotten."""
        now, token = self.clock.now(), self.make_token()
        expires, moment = now + self.lasting, to_microseconds(now)
        connection.execute(sessions.delete().where(sessions.c.expires <= moment))
        there = select(sessions.c.session)
        connection.execute(session_uses.delete().where(session_uses.c.session.not_in(there)))
        connection.execute(
            sessions.insert().values(
                session=digest(token), account=account.name, opened=moment,
                expires=to_microseconds(expires),
            )
        )  # fmt: skip
        connection.execute(session_uses.insert().values(session=digest(token), used=moment))
        return self._session(account, token, expires)

    def find(self, cookie: str) -> Session | None:
        """Return the session of a cookie; None if it is forged, has expired or was ended.

        One that nobody used for too long has expired, and this is a use.
        """
        token, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign("session", token).encode()):
            return None
        found, now = self.remembered.of(digest(token), self._find), self.clock.now()
        if found is None or min(found.expires, found.used + self.idle) <= now:
            return None
        if now - found.used >= self.idle / _NOTED:
            self._note_use(digest(token), now)
        return self._session(found.account, token, found.expires)

    def _note_use(self, session: str, now: datetime) -> None:
        """Write down that a session is used, unless another process wrote something later."""
        moment = to_microseconds(now)
        this = (session_uses.c.session == session) & (session_uses.c.used < moment)
        # A disk that is full, or a database that is only read, is no reason to shut somebody out.
        with suppress(DBAPIError), self.engine.begin() as connection:
            connection.execute(session_uses.update().where(this).values(used=moment))
        self.remembered.forget()

    def close(self, connection: Connection, session: Session) -> None:
        """End a session."""
        token = session.cookie.partition(".")[0]
        connection.execute(sessions.delete().where(sessions.c.session == digest(token)))
        self.remembered.forget()

    def _find(self, session: str) -> _Found | None:
        both = sessions.join(session_uses, sessions.c.session == session_uses.c.session)
        query = select(sessions, session_uses.c.used).select_from(both)
        query = query.where(sessions.c.session == session)
        with self.engine.connect().execution_options(reads_only=True) as connection:
            row = connection.execute(query).one_or_none()
            account = self.accounts.find(connection, row.account) if row is not None else None
        if row is None or account is None or not account.enabled:
            return None
        return _Found(account, from_microseconds(row.expires), from_microseconds(row.used))

    def _session(self, account: Account, token: str, expires: datetime) -> Session:
        cookie = f"{token}.{self._sign('session', token)}"
        return Session(account, cookie, self._sign("forgery", token), expires)

    def _sign(self, purpose: str, token: str) -> str:
        return hmac.digest(self.key, f"{purpose}:{token}".encode(), "sha256").hex()
