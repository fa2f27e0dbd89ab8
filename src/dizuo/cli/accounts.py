"""``dizuo operations CITY account``: who may come in, from the command line."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from dizuo.cli.session import Session
from dizuo.cli.telling import tell, tell_table
from dizuo.model.errors import InputError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.operations.access.accounts import Account
    from dizuo.operations.opening import Operations

__all__ = ["administer"]

_STEPS: Final = (
    "list", "add", "key", "password", "roles", "unit", "grids", "disable", "enable",
)  # fmt: skip
_BY: Final = "operator"


def administer(
    session: Session,
    opened: "Operations",
    step: str,
    name: str,
    roles: Sequence[str],
    unit: str | None,
    grids: Sequence[str],
) -> None:
    """Do one thing with the accounts of a city, and tell how they stand."""
    if step == "list":
        with opened.engine.connect() as connection:
            everybody = [_told(one) for one in opened.entrance.accounts.all(connection)]
        tell_table(session, everybody)
        return
    if step not in _STEPS:
        raise InputError(
            Text(f"{step!r} cannot be done with accounts", f"账号没有“{step}”操作"),
            field="account",
            cure=Text(f"Choose one of: {', '.join(_STEPS)}.", f"请选择：{'、'.join(_STEPS)}。"),
        )
    if not name:
        raise InputError(
            Text("an account needs a name", "账户需要名称"),
            field="account",
            cure=Text("Write: account add NAME.", "请写成 account add NAME 的形式。"),
        )
    accounts = opened.entrance.accounts
    password = _asked_password(session) if step == "password" else ""
    with opened.engine.begin() as connection:
        extra: dict[str, Any] = {}
        if step == "add":
            accounts.add(connection, name, roles, _BY, unit=unit, grids=grids)
        elif step == "key":
            extra["key"] = accounts.new_key(connection, name, _BY)
        elif step == "password":
            opened.entrance.logins.set_password(connection, name, password, _BY)
        elif step in {"disable", "enable"}:
            accounts.enable(connection, name, _BY, enabled=step == "enable")
        else:
            given = {"roles": roles, "unit": unit, "grids": grids}
            accounts.change(connection, name, _BY, **{step: given[step]})
        told = _told(accounts.require(connection, name)) | extra
    tell(session, told)


def _told(one: "Account") -> dict[str, Any]:
    return {
        "account": one.name,
        "roles": sorted(one.roles),
        "unit": one.unit,
        "grids": sorted(one.grids),
        "enabled": one.enabled,
    }


def _asked_password(session: Session) -> str:
    """Ask for a password where somebody sits; otherwise read the first line that is sent."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    asked = session.text(Text("New password", "新密码"))
    return str(click.prompt(asked, hide_input=True, confirmation_prompt=True, err=True))
