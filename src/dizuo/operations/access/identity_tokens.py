"""Check what an identity provider says of somebody (OpenID Connect Core, 3.1.3.7)."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dizuo.model.errors import AccessError
from dizuo.model.text import Text
from dizuo.operations.time import Clock

__all__ = ["IdentityTokens", "refused"]

_SIGNED_BY: Final = ("RS256", "PS256", "ES256", "ES384", "Ed25519", "EdDSA")
"""Signatures by a key that only the provider has: never none, never a shared secret."""
_LEEWAY: Final = 60
"""Seconds that clocks of two machines may differ."""
_LOOK_AGAIN: Final = timedelta(minutes=1)


@dataclass
class IdentityTokens:
    """Checks tokens with the provider's keys, which it may change at any time.

    Parameters
    ----------
    fetch_keys
        Gets the provider's key set.
    """

    issuer: str
    client_id: str
    clock: Clock
    fetch_keys: Callable[[], Mapping[str, Any]]
    _keys: KeySet | None = None
    _fetched: datetime | None = field(default=None)

    def claims(self, token: str, nonce: str) -> dict[str, Any]:
        """Return what a token says, if it was made by the provider, for us, now, for this login.

        Raises
        ------
        AccessError
            If it was not.
        """
        try:
            told = jwt.decode(token, self._keys_for(token), algorithms=list(_SIGNED_BY)).claims
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise refused(Text(f"its signature: {error}", f"签名无效：{error}")) from None
        now = self.clock.now().timestamp()
        audience = told.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if told.get("iss") != self.issuer:
            raise refused(Text("another issuer", "签发方不符"))
        if self.client_id not in audiences or told.get("azp", self.client_id) != self.client_id:
            raise refused(Text("another audience", "受众不符"))
        if not _is_time(told.get("exp")) or told["exp"] + _LEEWAY <= now:
            raise refused(Text("it has expired", "令牌已过期"))
        if not _is_time(told.get("iat")) or max(told["iat"], told.get("nbf", 0)) - _LEEWAY > now:
            raise refused(Text("it is of the future", "令牌时间在未来"))
        if not hmac.compare_digest(str(told.get("nonce", "")).encode(), nonce.encode()):
            raise refused(Text("another nonce", "随机数不符"))
        if not isinstance(told.get("sub"), str) or not told["sub"]:
            raise refused(Text("nobody", "未指明用户"))
        return dict(told)

    def _keys_for(self, token: str) -> KeySet:
        """Return the provider's keys; ask again, not too often, where one is not known."""
        header = jws.extract_compact(token.encode()).headers()
        if header.get("alg") not in _SIGNED_BY:
            raise refused(Text(f"signed by {header.get('alg')}", f"签名算法为 {header.get('alg')}"))
        if self._keys is None or not self._knows(self._keys, header.get("kid")):
            now = self.clock.now()
            if self._keys is None or self._fetched is None or now - self._fetched >= _LOOK_AGAIN:
                self._keys, self._fetched = _key_set(self.fetch_keys()), now
            if not self._knows(self._keys, header.get("kid")):
                raise refused(Text("a key that the provider does not have", "提供方没有此密钥"))
        return self._keys

    @staticmethod
    def _knows(keys: KeySet, kid: Any) -> bool:
        if kid is None:
            return len(keys.keys) == 1
        return any(key.kid == kid for key in keys.keys)


def refused(why: Text) -> AccessError:
    """Return the error of a login that the provider's answer does not prove."""
    return AccessError(Text(f"the login was not accepted: {why.en}", f"登录未被接受：{why.zh}"))


def _key_set(told: Mapping[str, Any]) -> KeySet:
    return KeySet.import_key_set(
        {"keys": [one for one in told.get("keys", []) if one.get("kty") in {"RSA", "EC", "OKP"}
                  and one.get("use", "sig") == "sig"]}
    )  # fmt: skip


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
