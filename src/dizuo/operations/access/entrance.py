"""All that decides who comes in, opened by one call: policy, accounts, sessions, logins."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from dizuo.operations.access.accounts import Accounts
from dizuo.operations.access.login_settings import LoginSettings, read_login_settings
from dizuo.operations.access.logins import Logins
from dizuo.operations.access.oidc import OidcLogins
from dizuo.operations.access.policy import Policy
from dizuo.operations.access.sessions import Sessions, derived_key
from dizuo.operations.access.tables import SECRETS
from dizuo.operations.event_log.log import Log

__all__ = ["Entrance", "open_entrance"]

_FILE: Final = "accounts.toml"
_SECRET: Final = "DIZUO_OIDC_SECRET"  # noqa: S105 - a name, no secret


@dataclass(frozen=True)
class Entrance:
    """Who comes in, and what they may do.

    Attributes
    ----------
    oidc
        Logins at the city's identity provider, if it has one.
    """

    policy: Policy
    accounts: Accounts
    sessions: Sessions
    logins: Logins
    settings: LoginSettings
    oidc: OidcLogins | None


def open_entrance(
    log: Log,
    master: bytes,
    folder: Path,
    kept: Path,
    settings: Mapping[str, Any],
    units: frozenset[str] | None,
) -> Entrance:
    """Open the entrance of a city.

    Parameters
    ----------
    master
        The key from which those for cookies are made.
    folder
        ``operations/`` of the city: its policy, and the secret of its identity provider.
    kept
        Where the database stands; accounts that an older version kept there in a file are taken
        over.
    settings
        The table ``[login]`` of the city's settings.
    units
        Units that accounts can belong to; None for any.

    Raises
    ------
    InputError
        If a policy, a setting or a file of accounts cannot be used.
    """
    with log.engine.begin() as connection:
        _make_tables(connection)
    login = read_login_settings(settings, str(folder / "settings.toml"))
    policy = Policy.load(folder / "policy.toml")
    accounts = Accounts(log, policy, units)
    sessions = Sessions(
        log.engine, accounts, log.clock, derived_key(master, "sessions"), login.session, login.idle
    )
    if (kept / _FILE).exists():
        accounts.bring_in(kept / _FILE)
    oidc = None
    if login.oidc is not None:
        secret = os.environ.get(_SECRET) or _read(folder / login.oidc.secret_file)
        oidc = OidcLogins(
            login.oidc, secret, accounts, sessions, log.clock, derived_key(master, "oidc"),
            int(login.login.total_seconds()),
        )  # fmt: skip
    logins = Logins(log.engine, accounts, sessions, log.clock, login)
    return Entrance(policy, accounts, sessions, logins, login, oidc)


def _make_tables(connection: Connection) -> None:
    for table in SECRETS:
        table.create(connection, checkfirst=True)


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip() if file.exists() else ""
