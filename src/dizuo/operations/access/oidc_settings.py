"""The identity provider of a city, as its settings name it."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["GroupGrant", "OidcSettings", "carries_secrets", "read_oidc"]

_KEYS: Final = {
    "issuer": str, "client_id": str, "secret_file": str, "scopes": list, "groups_claim": str,
    "name_claim": str, "groups": dict,
}  # fmt: skip
_GROUP_KEYS: Final = {"roles": list, "unit": str, "grids": list}


@dataclass(frozen=True, slots=True)
class GroupGrant:
    """What members of a group at the provider are here."""

    roles: tuple[str, ...]
    unit: str | None = None
    grids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """Where people log in who have an account elsewhere.

    Attributes
    ----------
    secret_file
        File in ``operations/`` that holds the client's secret, if the environment does not.
    groups_claim, name_claim
        Claims of the token that hold the groups and the name of the account.
    groups
        Group at the provider → what its members are here. Others are not let in.
    """

    issuer: str
    client_id: str
    redirect_url: str
    secret_file: str = "oidc.secret"  # noqa: S105 - a name, no secret
    scopes: tuple[str, ...] = ("openid", "profile")
    groups_claim: str = "groups"
    name_claim: str = "preferred_username"
    groups: Mapping[str, GroupGrant] = field(default_factory=dict)


def read_oidc(table: Mapping[str, Any], public_url: str, file: str) -> OidcSettings:
    """Read the table ``[login.oidc]``.

    Raises
    ------
    InputError
        With the field, if something is missing, not known, or would go over a network in clear.
    """
    _check(table, _KEYS, "login.oidc", file)
    for name in ("issuer", "client_id"):
        if not table.get(name):
            raise _refuse(file, name, Text("this is needed", "此项必填"))
    if not public_url or not all(carries_secrets(url) for url in (table["issuer"], public_url)):
        raise _refuse(
            file,
            "issuer",
            Text("issuer and public_url must be addresses that begin with https",
                 "issuer 和 public_url 必须以 https 开头"),
        )  # fmt: skip
    groups = {}
    for name, one in table.get("groups", {}).items():
        _check(one, _GROUP_KEYS, f"login.oidc.groups.{name}", file)
        groups[name] = GroupGrant(
            tuple(one.get("roles", ())), one.get("unit"), tuple(one.get("grids", ()))
        )
    given = {name: table[name] for name in ("secret_file", "groups_claim", "name_claim")
             if name in table}  # fmt: skip
    scopes = tuple(table.get("scopes", ("openid", "profile")))
    return OidcSettings(
        issuer=table["issuer"],
        client_id=table["client_id"],
        redirect_url=f"{public_url}/api/login/callback",
        scopes=scopes if "openid" in scopes else ("openid", *scopes),
        groups=groups,
        **given,
    )


def _check(table: Any, keys: Mapping[str, type], where: str, file: str) -> None:
    for name, value in table.items():
        if name not in keys or not isinstance(value, keys[name]):
            known = ", ".join(sorted(keys))
            raise _refuse(
                file, f"{where}.{name}",
                Text(f"this is not known here, or of another kind; known are: {known}",
                     f"未知设置或类型不符；可用设置：{known}"),
            )  # fmt: skip


def carries_secrets(url: str) -> bool:
    """Tell whether a secret may be sent there: over TLS, or within this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and here))


def _refuse(file: str, name: str, problem: Text) -> InputError:
    return InputError(
        problem, file=file, field=name if "." in name else f"login.oidc.{name}",
        cure=Text("See the guide: accounts.", "请参阅指南：accounts。"),
    )  # fmt: skip
