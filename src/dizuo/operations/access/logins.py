"""Log in with a name and a password, and make guessing slow.

An attempt is counted before the password is looked at, so that many at once get no further than
many one after the other. A name that is no account's is answered as slowly, and in the same words.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection, Engine, select

from dizuo.model.errors import AccessError, InputError
from dizuo.model.text import Text
from dizuo.operations.access.accounts import Accounts, attempt_of, digest
from dizuo.operations.access.login_settings import LoginSettings
from dizuo.operations.access.sessions import Session, Sessions
from dizuo.operations.access.tables import attempts, credentials
from dizuo.operations.time import Clock, from_microseconds, to_microseconds

__all__ = ["Logins", "TooManyError", "WrongLoginError"]

_LONGEST: Final = 1024
_AT_ONCE: Final = 1
"""Hashing takes 64 MiB: logins wait for each other rather than for memory."""


class WrongLoginError(AccessError):
    """The name and the password do not belong together."""


class TooManyError(AccessError):
    """Too many logins failed.

    Parameters
    ----------
    seconds
        How long to wait.
    """

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(
            Text(
                f"too many logins failed: wait {seconds} s, or ask for the account to be enabled",
                f"登录失败次数过多：请等待 {seconds} 秒，或请管理员重新启用账号",
            )
        )


@dataclass
class Logins:
    """Checks passwords, and opens sessions.

    Parameters
    ----------
    hasher
        Argon2id with the second parameters that RFC 9106 recommends, as the library has them.
    """

    engine: Engine
    accounts: Accounts
    sessions: Sessions
    clock: Clock
    settings: LoginSettings
    hasher: PasswordHasher = field(default_factory=PasswordHasher)

    def __post_init__(self) -> None:
        self._one_at_a_time = threading.Semaphore(_AT_ONCE)
        self._hash_of_nobody = ""

    def log_in(self, name: str, password: str, address: str = "") -> Session:
        """Open a session.

        Parameters
        ----------
        address
            Where the attempt came from; only its keyed digest is kept, and for a while.

        Raises
        ------
        WrongLoginError
            If the name or the password is wrong, or the account is disabled: it is not told which.
        TooManyError
            If too many attempts with this name, or from this address, have failed.
        """
        with self.engine.begin() as connection:
            wait, hashed = self._take_an_attempt(connection, name, address)
        if wait:
            raise TooManyError(wait)
        if not self._matches(hashed, password):
            raise _wrong()
        with self.engine.begin() as connection:
            account = self.accounts.find(connection, name)
            if account is None or not account.enabled:
                raise _wrong()
            self._forgive(connection, name, address)
            return self.sessions.open(connection, account)

    def set_password(self, connection: Connection, name: str, password: str, by: str) -> None:
        """Give an account a new password; its sessions end.

        Raises
        ------
        InputError
            If the password is too short, too long, or holds the name.
        """
        least = self.settings.least_password_length
        if not least <= len(password) <= _LONGEST or name.lower() in password.lower():
            raise InputError(
                Text(
                    f"a password has {least} to {_LONGEST} characters and does not hold the name",
                    f"密码须为 {least} 至 {_LONGEST} 个字符，且不含账号名称",
                ),
                field="password",
                cure=Text("Take several words that do not belong together.",
                          "可用几个互不相关的词组成。"),
            )  # fmt: skip
        self.accounts.keep_password(connection, name, self.hasher.hash(password), by)

    def _matches(self, hashed: str | None, password: str) -> bool:
        with self._one_at_a_time:
            if not self._hash_of_nobody:
                self._hash_of_nobody = self.hasher.hash("nobody has this password")
            try:
                self.hasher.verify(hashed or self._hash_of_nobody, password[: _LONGEST + 1])
            except (VerifyMismatchError, InvalidHashError):
                return False
            return hashed is not None

    def _take_an_attempt(
        self, connection: Connection, name: str, address: str
    ) -> tuple[int, str | None]:
        """Count an attempt; return how many seconds to wait, or 0 and the hash to compare."""
        self.accounts.log.take_the_end(connection)  # attempts are counted one after the other
        now = self.clock.now()
        ended = to_microseconds(now - self.settings.lock)
        connection.execute(attempts.delete().where(attempts.c.last < ended))
        counted = [(attempt_of(name), self.settings.failures_before_lock)]
        counted += (
            [(self._of_address(address), self.settings.failures_of_an_address)] if address else []
        )
        wait = max(self._waits(connection, subject, now) for subject, _ in counted)
        if wait:
            return wait, None
        for subject, most in counted:
            locked = self._count(connection, subject, most, now)
            if locked and subject == attempt_of(name) and self.accounts.find(connection, name):
                self.accounts.note(connection, "locked", name, "rule:logins")
        query = select(credentials.c.secret).where(
            credentials.c.kind == "password", credentials.c.account == name
        )
        return 0, connection.execute(query).scalar_one_or_none()

    def _forgive(self, connection: Connection, name: str, address: str) -> None:
        """Count an attempt no longer: it has succeeded."""
        connection.execute(attempts.delete().where(attempts.c.subject == attempt_of(name)))
        of_address = attempts.update().where(attempts.c.subject == self._of_address(address))
        connection.execute(of_address.values(failures=attempts.c.failures - 1, locked_until=None))

    def _of_address(self, address: str) -> str:
        return digest(f"address:{address}:{self.sessions.key.hex()}")

    @staticmethod
    def _waits(connection: Connection, subject: str, now: datetime) -> int:
        query = select(attempts.c.locked_until).where(attempts.c.subject == subject)
        until = connection.execute(query).scalar_one_or_none()
        left = (from_microseconds(until) - now).total_seconds() if until else 0.0
        return max(0, -int(-left // 1))

    def _count(self, connection: Connection, subject: str, most: int, now: datetime) -> bool:
        """Count an attempt as failed until it has succeeded; tell whether it was the last."""
        query = select(attempts.c.failures).where(attempts.c.subject == subject)
        known = connection.execute(query).scalar_one_or_none()
        failures = (known or 0) + 1
        locked = failures >= most
        row = {
            "failures": failures,
            "last": to_microseconds(now),
            "locked_until": to_microseconds(now + self.settings.lock) if locked else None,
        }
        if known is None:
            connection.execute(attempts.insert().values(subject=subject, **row))
        else:
            connection.execute(attempts.update().where(attempts.c.subject == subject).values(row))
        return locked


def _wrong() -> WrongLoginError:
    return WrongLoginError(Text("the name or the password is wrong", "账号名称或密码错误"))
