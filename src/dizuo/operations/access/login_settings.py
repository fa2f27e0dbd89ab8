"""What logins are held to: numbers as data with their source, and what a city sets in their place.

A city writes the table ``[login]`` into ``operations/settings.toml``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Any, Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.access.oidc_settings import OidcSettings, read_oidc

__all__ = ["LoginSettings", "read_login_settings"]

_WORDS: Final = frozenset({"public_url", "oidc"})


@dataclass(frozen=True, slots=True)
class LoginSettings:
    """How somebody logs in.

    Attributes
    ----------
    public_url
        Where browsers find the doors; "" for wherever a request went. Cookies are sent over TLS
        only if it begins with https.
    oidc
        The identity provider, if the city has one.
    """

    least_password_length: int
    failures_before_lock: int
    failures_of_an_address: int
    lock_minutes: int
    session_hours: int
    session_idle_minutes: int
    login_minutes: int
    public_url: str = ""
    oidc: OidcSettings | None = None

    @property
    def lock(self) -> timedelta:
        """How long a name or an address waits after too many failures."""
        return timedelta(minutes=self.lock_minutes)

    @property
    def session(self) -> timedelta:
        """How long a session lasts."""
        return timedelta(hours=self.session_hours)

    @property
    def idle(self) -> timedelta:
        """How long a session that nobody uses lasts."""
        return timedelta(minutes=self.session_idle_minutes)

    @property
    def login(self) -> timedelta:
        """How long a login at an identity provider may take."""
        return timedelta(minutes=self.login_minutes)


def read_login_settings(own: Mapping[str, Any], file: str = "settings.toml") -> LoginSettings:
    """Return the numbers that dizuo ships, and a city's in their place.

    Raises
    ------
    InputError
        With the file and the field, if a setting is not known or of another kind.
    """
    text = files("dizuo.operations.access").joinpath("login.toml").read_text("utf-8")
    numbers = {name: one["value"] for name, one in tomllib.loads(text).items()}
    for name, value in own.items():
        wanted = int if name in numbers else {"public_url": str, "oidc": dict}.get(name)
        if wanted is None or type(value) is not wanted or (wanted is int and value < 1):
            known = ", ".join(sorted({*numbers, *_WORDS}))
            raise InputError(
                Text(
                    f"{name} = {value!r} is no setting of logins",
                    f"{name} = {value!r} 不是登录设置",
                ),
                file=file,
                field=f"login.{name}",
                cure=Text(f"Known are: {known}.", f"可用设置：{known}。"),
            )
    url = str(own.get("public_url", "")).rstrip("/")
    oidc = read_oidc(own["oidc"], url, file) if "oidc" in own else None
    given = {name: value for name, value in own.items() if name not in _WORDS}
    return LoginSettings(**(numbers | given), public_url=url, oidc=oidc)
