"""An OpenID provider on loopback that signs what a test wants it to sign."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

CLIENT, SECRET = "dizuo", "s3cret of the client"


class IdentityProvider:
    """Knows one person; ``changes`` bends the claims, ``sign`` how they are signed."""

    def __init__(self, clock):
        self.clock = clock
        self.person = {"sub": "u-17", "preferred_username": "wang", "groups": ["road crew"]}
        self.changes, self.sign = {}, self.signed
        self.key = self.new_key("one")
        self.codes, self.times_asked_for_keys = {}, 0
        routes = [
            Route("/.well-known/openid-configuration", self.discover),
            Route("/authorize", self.authorize),
            Route("/token", self.token, methods=["POST"]),
            Route("/keys", self.keys),
        ]
        place = socket.socket()
        place.bind(("127.0.0.1", 0))
        self.issuer = f"http://127.0.0.1:{place.getsockname()[1]}"
        config = uvicorn.Config(Starlette(routes=routes), log_level="error", ws="none")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [place]})
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def stop(self):
        self.server.should_exit = True
        self.thread.join()

    @staticmethod
    def new_key(name):
        return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})

    def discover(self, _: Request):
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token",
                  "jwks_uri": "keys"}  # fmt: skip
        told = {name: f"{self.issuer}/{path}" for name, path in places.items()}
        return JSONResponse({"issuer": self.issuer, **told})

    def authorize(self, request: Request):
        """Whoever comes is the one person; a code is given at once."""
        asked = dict(request.query_params)
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}")

    async def token(self, request: Request):
        given = first_values((await request.body()).decode())
        asked = self.codes.pop(given["code"], None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(given["code_verifier"].encode()).digest())
        if (
            asked is None
            or request.headers.get("authorization") != f"Basic {basic}"
            or proof.rstrip(b"=").decode() != asked["code_challenge"]
            or given["redirect_uri"] != asked["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(self.clock.now().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300,
                  "nonce": asked["nonce"], **self.person}  # fmt: skip
        token = self.sign({**claims, **self.changes})
        return JSONResponse({"id_token": token, "access_token": "x", "token_type": "Bearer"})

    def keys(self, _: Request):
        self.times_asked_for_keys += 1
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def signed(self, claims, key=None, kid=None):
        key = key or self.key
        return jwt.encode({"alg": "RS256", "kid": kid or key.kid}, claims, key)

    def unsigned(self, claims):
        return written({"alg": "none", "kid": self.key.kid}, claims) + "."

    def signed_with_the_public_key(self, claims):
        """The old trick: what everybody knows, taken for a shared secret."""
        text = written({"alg": "HS256", "kid": self.key.kid}, claims)
        digest = hmac.digest(self.key.as_pem(private=False), text.encode(), "sha256")
        return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def written(*parts):
    """Parts of a token as it is sent."""
    raw = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in parts]
    return b".".join(raw).decode()


def first_values(text):
    return {name: values[0] for name, values in parse_qs(text).items()}


def where(url):
    """The address without its question, and the question."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}", first_values(parts.query)
