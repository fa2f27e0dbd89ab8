"""Log in at an identity provider: OpenID Connect, authorization code with PKCE.

What belongs to one login (state, nonce, verifier, where to go after it) travels encrypted in a
cookie, so that a login that never comes back leaves nothing here; one that came back is spent.
"""

import hmac
import json
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Connection, select

from dizuo.model.errors import AccessError, StoreError
from dizuo.model.text import Text
from dizuo.operations.access.accounts import Account, Accounts, digest
from dizuo.operations.access.identity_tokens import IdentityTokens, refused
from dizuo.operations.access.oidc_settings import OidcSettings, carries_secrets
from dizuo.operations.access.sessions import Session, Sessions
from dizuo.operations.access.tables import accounts as account_table
from dizuo.operations.access.tables import credentials, spent_logins
from dizuo.operations.time import Clock, to_microseconds

__all__ = ["HOME", "Begun", "OidcLogins", "local_path"]

HOME: Final = "/api/session"
"""Where somebody goes after a login that names nothing else."""

_LOCAL: Final = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
_ACTOR: Final = "rule:oidc"
_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that was sent to the provider: where to, and the cookie that must come back."""

    url: str
    cookie: str


@dataclass
class OidcLogins:
    """Sends people to the identity provider, and lets them in when they come back.

    Parameters
    ----------
    secret
        Of the client; "" for a client that has none.
    seconds
        How long a login may take.
    """

    settings: OidcSettings
    secret: str
    accounts: Accounts
    sessions: Sessions
    clock: Clock
    key: bytes
    seconds: int
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=_SECONDS))
    make: Callable[[], str] = field(default=lambda: secrets.token_urlsafe(32))
    _provider: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        self._cipher = Fernet(urlsafe_b64encode(self.key))
        self._tokens = IdentityTokens(
            self.settings.issuer, self.settings.client_id, self.clock,
            lambda: self._get(self._endpoint("jwks_uri")),
        )  # fmt: skip

    def begin(self, after: str) -> Begun:
        """Begin a login.

        Parameters
        ----------
        after
            Path of ours to go to after it; anything else is not gone to.

        Raises
        ------
        StoreError
            If the provider does not answer.
        """
        state, nonce, verifier = self.make(), self.make(), self.make()
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_url,
            "scope": " ".join(self.settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        kept = json.dumps([state, nonce, verifier, local_path(after)])
        cookie = self._cipher.encrypt_at_time(kept.encode(), self._seconds_now()).decode()
        place = self._endpoint("authorization_endpoint")
        return Begun(f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}", cookie)

    def finish(self, told: Mapping[str, str], cookie: str) -> tuple[Session, str]:
        """Finish a login; return the session and the path to go to.

        Parameters
        ----------
        told
            What the provider sent back in the address.
        cookie
            What the login began with.

        Raises
        ------
        AccessError
            If it is not a login that this browser began, was finished before, or is not proved.
        StoreError
            If the provider does not answer.
        """
        state, nonce, verifier, after = self._begun(cookie)
        if not hmac.compare_digest(told.get("state", "").encode(), state.encode()):
            raise refused(Text("another login's answer", "不是本次登录的应答"))
        if told.get("iss", self.settings.issuer) != self.settings.issuer:
            raise refused(Text("another issuer", "签发方不符"))
        with self.accounts.log.engine.begin() as connection:
            self._spend(connection, state)
        if "code" not in told:
            error = told.get("error", "no code")
            raise refused(Text(error, error))
        claims = self._tokens.claims(self._exchange(told["code"], verifier), nonce)
        with self.accounts.log.engine.begin() as connection:
            account = self._account(connection, claims)
            return self.sessions.open(connection, account), after

    def _begun(self, cookie: str) -> list[str]:
        try:
            raw = self._cipher.decrypt_at_time(cookie.encode(), self.seconds, self._seconds_now())
        except InvalidToken:
            begun = Text("it was not begun here, or too long ago", "登录不是在此发起，或已超时")
            raise refused(begun) from None
        kept: list[str] = json.loads(raw)
        return kept

    def _spend(self, connection: Connection, state: str) -> None:
        self.accounts.log.take_the_end(connection)  # one after the other, so that one is the first
        now = self.clock.now()
        connection.execute(
            spent_logins.delete().where(spent_logins.c.expires < to_microseconds(now))
        )
        spent = select(spent_logins.c.state).where(spent_logins.c.state == digest(state))
        if connection.execute(spent).first() is not None:
            raise refused(Text("it was finished before", "该登录已完成过"))
        expires = to_microseconds(now) + 2_000_000 * self.seconds
        connection.execute(spent_logins.insert().values(state=digest(state), expires=expires))

    def _exchange(self, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.redirect_url,
            "code_verifier": verifier,
            "client_id": self.settings.client_id,
        }
        name = self.settings.client_id
        basic = httpx.BasicAuth(name, self.secret) if self.secret else httpx.Auth()
        try:
            answer = self.http.post(self._endpoint("token_endpoint"), data=form, auth=basic)
            told = answer.json() if answer.status_code == 200 else {}
        except (httpx.HTTPError, ValueError) as error:
            raise _silent(error) from None
        if not isinstance(told, dict) or not isinstance(told.get("id_token"), str):
            raise refused(
                Text("the provider gave no token for the code", "提供方未用授权码换发令牌")
            )
        return str(told["id_token"])

    def _account(self, connection: Connection, claims: Mapping[str, Any]) -> Account:
        """Return the account of a person, made or changed as their groups say."""
        told = claims.get(self.settings.groups_claim, [])
        names = told if isinstance(told, list) else [told]
        grants = [self.settings.groups[one] for one in names if one in self.settings.groups]
        roles = frozenset(role for grant in grants for role in grant.roles)
        if not roles:
            raise AccessError(
                Text("none of your groups is let in here", "您所在的用户组均未获准登录")
            )
        unit = next((grant.unit for grant in grants if grant.unit), None)
        grids = frozenset(grid for grant in grants for grid in grant.grids)
        identity = digest(f"{self.settings.issuer}\n{claims['sub']}")
        found = self._bound(connection, identity)
        if found is None:
            name = str(claims.get(self.settings.name_claim, ""))
            made = self.accounts.add(connection, name, roles, _ACTOR, unit=unit, grids=grids)
            self.accounts.keep_identity(connection, name, identity, _ACTOR)
            return made
        if not found.enabled:
            raise AccessError(Text("this account is disabled", "该账号已停用"))
        if (found.roles, found.unit, found.grids) == (roles, unit, grids):
            return found
        return self.accounts.change(
            connection, found.name, _ACTOR, roles=roles, unit=unit, grids=grids
        )

    def _bound(self, connection: Connection, identity: str) -> Account | None:
        query = select(account_table.c.account).join(
            credentials, credentials.c.account == account_table.c.account
        )
        bound = query.where(credentials.c.kind == "identity", credentials.c.credential == identity)
        name = connection.execute(bound).scalar_one_or_none()
        return None if name is None else self.accounts.require(connection, name)

    def _endpoint(self, name: str) -> str:
        if self._provider is None:
            place = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            told = self._get(place)
            if told.get("issuer") != self.settings.issuer:
                raise StoreError(
                    Text("the identity provider calls itself by another name",
                         "身份提供方的 issuer 与设置不符")
                )  # fmt: skip
            self._provider = told
        place = str(self._provider.get(name, ""))
        if not carries_secrets(place):
            raise StoreError(
                Text(f"the identity provider names no safe {name}",
                     f"身份提供方没有给出安全的 {name}")
            )  # fmt: skip
        return place

    def _get(self, url: str) -> Mapping[str, Any]:
        try:
            told = self.http.get(url).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise _silent(error) from None
        return told if isinstance(told, dict) else {}

    def _seconds_now(self) -> int:
        return int(self.clock.now().timestamp())


def local_path(after: str) -> str:
    """Return a path of ours, or the one that everybody goes to where it is none."""
    return after if _LOCAL.fullmatch(after) else HOME


def _silent(error: Exception) -> StoreError:
    return StoreError(
        Text(f"the identity provider does not answer: {error}", f"身份提供方没有响应：{error}")
    )
