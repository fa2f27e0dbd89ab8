"""Accounts: who may come in, with roles, a unit and places; every change is an event.

A key is kept as its SHA-256: it has 32 random bytes, so nothing slower is needed. Whoever brings
nothing is the public, which may report and look at what is listed.
"""

import json
import re
import secrets
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from dizuo.base.toml_files import read_toml
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.access.account_table import ADDED, CHANGED, SUBJECT
from dizuo.operations.access.policy import EVERYBODY, Policy
from dizuo.operations.access.remembering import Remembered
from dizuo.operations.access.tables import accounts, attempts, credentials, sessions
from dizuo.operations.cases.office import Actor
from dizuo.operations.event_log.event import Event
from dizuo.operations.event_log.log import Log
from dizuo.operations.time import to_microseconds

__all__ = ["PUBLIC", "Account", "Accounts", "attempt_of", "digest"]

PUBLIC: Final = Actor("public", frozenset({"resident"}))
"""Somebody without a key: reports, and acts on the case whose tracking number they hold."""

_CHANNEL: Final = "accounts"
_NAME: Final = re.compile(r"[\w.@-]{1,64}")
_CELL: Final = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Account:
    """Who may come in."""

    name: str
    roles: frozenset[str]
    unit: str | None
    grids: frozenset[str]
    enabled: bool

    @property
    def actor(self) -> Actor:
        """The account as one who acts."""
        return Actor(f"{SUBJECT}{self.name}", self.roles, self.unit, self.grids)


@dataclass
class Accounts:
    """The accounts of a city.

    Parameters
    ----------
    roles
        Roles that an account can have.
    units
        Units that an account can belong to; None where the city keeps no list.
    make_key
        Makes a key that cannot be guessed.
    """

    log: Log
    policy: Policy
    units: frozenset[str] | None = None
    make_key: Callable[[], str] = field(default=lambda: secrets.token_urlsafe(32))
    remembered: Remembered[Account] = field(default_factory=Remembered)

    def of_key(self, key: str) -> Account | None:
        """Return the account of a key; None if there is none, or it is disabled."""
        return self.remembered.of(digest(key), self._of_key)

    def _of_key(self, credential: str) -> Account | None:
        with self.log.engine.connect().execution_options(reads_only=True) as connection:
            return self.of_credential(connection, "key", credential)

    def of_credential(self, connection: Connection, kind: str, credential: str) -> Account | None:
        """Return the enabled account of a credential, or None."""
        query = (
            select(accounts)
            .join(credentials, credentials.c.account == accounts.c.account)
            .where(credentials.c.kind == kind, credentials.c.credential == credential)
            .where(accounts.c.enabled.is_(True))
        )
        row = connection.execute(query).one_or_none()
        return None if row is None else _account(row)

    def find(self, connection: Connection, name: str) -> Account | None:
        """Return an account by its name, or None."""
        row = connection.execute(select(accounts).where(accounts.c.account == name)).one_or_none()
        return None if row is None else _account(row)

    def all(self, connection: Connection) -> list[Account]:
        """Return every account, by name."""
        query = select(accounts).order_by(accounts.c.account)
        return [_account(row) for row in connection.execute(query)]

    def add(
        self,
        connection: Connection,
        name: str,
        roles: Iterable[str],
        by: str,
        *,
        unit: str | None = None,
        grids: Iterable[str] = (),
    ) -> Account:
        """Add an account, without anything yet to come in with.

        Parameters
        ----------
        by
            Id of whoever adds it.
        grids
            Cells of the unit grid and places; ``440305*`` for all that begin so.

        Raises
        ------
        InputError
            If the name is taken or is none, or a role or the unit is not known.
        """
        if not _NAME.fullmatch(name):
            raise InputError(
                Text(f"{name!r} is no name of an account", f"{name!r} 不能作为账号名称"),
                field="name",
                cure=Text("Write up to 64 letters, digits, dots or dashes.",
                          "请使用不超过 64 个字母、数字、点或短横。"),
            )  # fmt: skip
        self.log.take_the_end(connection)
        if self.find(connection, name) is not None:
            raise InputError(
                Text(f"there is an account {name!r}", f"账号 {name!r} 已存在"),
                field="name",
                cure=Text("Choose another name.", "请换一个名称。"),
            )
        facts = self._checked(roles=roles, unit=unit, grids=grids)
        self._write(connection, ADDED, name, by, facts)
        return Account(name, frozenset(facts["roles"]), unit, frozenset(facts["grids"]), True)

    def change(self, connection: Connection, name: str, by: str, **given: Any) -> Account:
        """Change the ``roles``, the ``unit`` or the ``grids`` of an account.

        Raises
        ------
        InputError
            If there is no such account, role or unit.
        """
        self.require(connection, name)
        self._write(connection, CHANGED, name, by, self._checked(**given))
        return self.require(connection, name)

    def enable(self, connection: Connection, name: str, by: str, *, enabled: bool) -> Account:
        """Disable an account, which ends its sessions, or enable it, which ends its waiting.

        Raises
        ------
        InputError
            If there is no such account.
        """
        self.require(connection, name)
        self._write(connection, CHANGED, name, by, {"enabled": enabled})
        if enabled:
            connection.execute(attempts.delete().where(attempts.c.subject == attempt_of(name)))
        else:
            connection.execute(sessions.delete().where(sessions.c.account == name))
        return self.require(connection, name)

    def new_key(self, connection: Connection, name: str, by: str) -> str:
        """Make a key for an account and return it, which is told this once; older ones end.

        Raises
        ------
        InputError
            If there is no such account.
        """
        self.require(connection, name)
        key = self.make_key()
        self._replace(connection, name, "key", digest(key), None)
        self._write(connection, "account.key_made", name, by, {})
        return key

    def keep_password(self, connection: Connection, name: str, hashed: str, by: str) -> None:
        """Keep the hash of an account's new password; its sessions end.

        Raises
        ------
        InputError
            If there is no such account.
        """
        self.require(connection, name)
        self._replace(connection, name, "password", f"password:{name}", hashed)
        connection.execute(sessions.delete().where(sessions.c.account == name))
        connection.execute(attempts.delete().where(attempts.c.subject == attempt_of(name)))
        self._write(connection, "account.password_set", name, by, {})

    def keep_identity(self, connection: Connection, name: str, identity: str, by: str) -> None:
        """Bind an account to a person at an identity provider, by digest."""
        self._replace(connection, name, "identity", identity, None)
        self._write(connection, "account.identity_bound", name, by, {})

    def note(self, connection: Connection, kind: str, name: str, by: str) -> None:
        """Log something that happened to an account and changes nothing of it."""
        self._write(connection, f"account.{kind}", name, by, {})

    def require(self, connection: Connection, name: str) -> Account:
        """Return an account.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        found = self.find(connection, name)
        if found is None:
            raise InputError(
                Text(f"there is no account {name!r}", f"没有账号 {name!r}"),
                field="name",
                cure=Text("See: dizuo operations CITY account list.",
                          "请查看：dizuo operations CITY account list。"),
            )  # fmt: skip
        return found

    def bring_in(self, file: Path) -> None:
        """Take over the accounts of a file that older versions kept, and set the file aside.

        Raises
        ------
        InputError
            If the file cannot be read.
        """
        table = read_toml(file)
        try:
            told = [
                (name, one["key_sha256"], one["roles"])
                for name, one in table.get("account", {}).items()
            ]
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                Text(f"the accounts cannot be read: {error}", f"无法读取账号：{error}"), file=file
            ) from error
        with self.log.engine.begin() as connection:
            for name, key, roles in told:
                if self.find(connection, name) is None:
                    self.add(connection, name, roles, "operator")
                    self._replace(connection, name, "key", key, None)
        file.replace(file.with_suffix(".toml.taken_over"))

    def _checked(self, **given: Any) -> dict[str, Any]:
        facts = dict(given)
        if "roles" in given:
            facts["roles"] = sorted(frozenset(given["roles"]))
            known = sorted(self.policy.roles.keys() - {EVERYBODY})
            unknown = [role for role in facts["roles"] if role not in known]
            if unknown or not facts["roles"]:
                named = ", ".join(unknown)
                raise InputError(
                    Text(f"{named} is no role", f"没有角色 {named}")
                    if unknown
                    else Text("an account needs a role", "账号需要角色"),
                    field="role",
                    cure=Text(
                        f"Roles are: {', '.join(known)}.", f"可用的角色：{'、'.join(known)}。"
                    ),
                )
        if "grids" in given:
            facts["grids"] = sorted(frozenset(given["grids"]))
            if not all(_CELL.fullmatch(one) for one in facts["grids"]):
                raise InputError(
                    Text("a place has no spaces", "网格或地点不能含空格"), field="grid"
                )
        unit = given.get("unit")
        if unit is not None and self.units is not None and unit not in self.units:
            raise InputError(
                Text(f"there is no unit {unit!r}", f"没有单位 {unit!r}"),
                field="unit",
                cure=Text("Add it to operations/dispatch/units.csv.",
                          "请将其加入 operations/dispatch/units.csv。"),
            )  # fmt: skip
        return facts

    def _replace(
        self, connection: Connection, name: str, kind: str, credential: str, secret: str | None
    ) -> None:
        own = (credentials.c.account == name, credentials.c.kind == kind)
        connection.execute(credentials.delete().where(*own))
        connection.execute(
            credentials.insert().values(
                credential=credential, account=name, kind=kind, secret=secret,
                made=to_microseconds(self.log.clock.now()),
            )
        )  # fmt: skip

    def _write(
        self, connection: Connection, kind: str, name: str, by: str, facts: dict[str, Any]
    ) -> None:
        now, subject = self.log.clock.now(), f"{SUBJECT}{name}"
        event = Event(uuid.uuid4().hex, kind, subject, now, by, _CHANNEL, facts)
        self.log.append(connection, [event])
        self.remembered.forget()


def digest(text: str) -> str:
    """Return the SHA-256 of a key, in hexadecimal digits."""
    return sha256(text.encode("utf-8")).hexdigest()


def attempt_of(name: str) -> str:
    """Return under what the failed logins of a name are counted."""
    return digest(f"name:{name}")


def _account(row: Row[Any]) -> Account:
    roles, grids = json.loads(row.roles), json.loads(row.grids)
    return Account(row.account, frozenset(roles), row.unit, frozenset(grids), bool(row.enabled))
