"""Log in, see who one is, log out; with a name and a password, or at the city's identity provider.

A session is a cookie that scripts cannot read and other sites' forms do not send. Every change
made with it names its forgery token too (:mod:`dizuo.api.guard`).
"""

from typing import Any, Final

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from dizuo.api.answering import AbsentError, answered, problem, problem_of
from dizuo.api.declared import Declared, Words, body_of, declared
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.model.errors import DizuoError
from dizuo.model.text import Text
from dizuo.operations.access.logins import TooManyError, WrongLoginError
from dizuo.operations.access.oidc import OidcLogins
from dizuo.operations.access.sessions import Session
from dizuo.operations.access.visitor import Visitor

__all__ = ["session_routes"]

_LOGIN_COOKIE: Final = "dizuo_login"
_CALLBACK: Final = "/api/login/callback"


class LoginGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants to log in."""

    name: Words
    password: Words


class Whoever(Struct):
    """Who somebody is here, and what they may do with some rows at least."""

    account: str | None
    roles: list[str]
    unit: str | None
    permissions: list[str]
    forgery_token: str | None
    expires: str | None


def session_routes(door: Door) -> list[Route]:
    """Return the routes of sessions and logins."""
    desk = _Sessions(door)
    routes = (
        ("POST", "/api/session", "sessions.open", desk.log_in),
        ("GET", "/api/session", "sessions.open", desk.who),
        ("DELETE", "/api/session", "sessions.open", desk.log_out),
        ("GET", "/api/login", "sessions.open", desk.begin),
        ("GET", _CALLBACK, "sessions.open", desk.finish),
    )
    return [
        guarded(door, path, permission, answered(work), method)
        for method, path, permission, work in routes
    ]


class _Sessions:
    def __init__(self, door: Door) -> None:
        self.door = door
        self.entrance = door.operations.entrance

    @declared(
        Declared("Log in.", "sessions", body=LoginGiven, answer=Whoever, status=(200,), public=True)
    )
    async def log_in(self, request: Request, _: Visitor) -> Any:
        """Open a session; the answer sets its cookie."""
        given = await body_of(request, LoginGiven)
        address = request.client.host if request.client else ""
        try:
            session = await run_in_threadpool(
                self.entrance.logins.log_in, given.name, given.password, address
            )
        except WrongLoginError as error:
            return problem(request, 401, error.text)
        except TooManyError as error:
            refused = problem(request, 429, error.text)
            refused.headers["Retry-After"] = str(error.seconds)
            return refused
        told = self._told(Visitor(session.account.actor, "", self.door.policy, session=session))
        return self._with_cookie(JSONResponse(told), session)

    @declared(Declared("Tell who one is.", "sessions", answer=Whoever, public=True))
    async def who(self, _: Request, visitor: Visitor) -> Any:
        """Tell the account, its roles, and what they let one do."""
        return self._told(visitor)

    @declared(Declared("Log out.", "sessions", answer=Whoever, public=True))
    async def log_out(self, _: Request, visitor: Visitor) -> Any:
        """End the session."""
        session = visitor.session
        if session is not None:
            await self.door.write(lambda c: self.entrance.sessions.close(c, session))
        answer = JSONResponse(self._told(Visitor.public(self.door.policy)))
        answer.delete_cookie(self.door.cookie_name, path="/")
        return answer

    @declared(
        Declared("Go to the city's identity provider.", "sessions", status=(303,), public=True)
    )
    async def begin(self, request: Request, _: Visitor) -> Any:
        """Send a browser to the identity provider; ``after`` is the path to come back to."""
        begun = await run_in_threadpool(self._oidc().begin, request.query_params.get("after", ""))
        answer = RedirectResponse(begun.url, 303)
        self._set_cookie(
            answer, _LOGIN_COOKIE, begun.cookie, int(self.entrance.settings.login.total_seconds()),
            path=_CALLBACK,
        )  # fmt: skip
        return answer

    @declared(
        Declared("Come back from the identity provider.", "sessions", status=(303,), public=True)
    )
    async def finish(self, request: Request, _: Visitor) -> Any:
        """Let somebody in whom the identity provider knows."""
        told = dict(request.query_params)
        cookie = request.cookies.get(_LOGIN_COOKIE, "")
        try:
            session, after = await run_in_threadpool(self._oidc().finish, told, cookie)
        except DizuoError as error:
            answer = problem_of(request, error)
        else:
            answer = self._with_cookie(RedirectResponse(after, 303), session)
        answer.delete_cookie(_LOGIN_COOKIE, path=_CALLBACK)
        return answer

    def _oidc(self) -> OidcLogins:
        if self.entrance.oidc is None:
            raise AbsentError(
                Text("this city has no identity provider", "本城市未设置身份提供方"),
                cure=Text("Log in with a name and a password.", "请使用账号名称和密码登录。"),
            )
        return self.entrance.oidc

    def _told(self, visitor: Visitor) -> dict[str, Any]:
        known, session = visitor.is_known, visitor.session
        may = sorted(name for name in self.door.policy.permissions if visitor.may(name))
        return {
            "account": visitor.actor.id.partition(":")[2] if known else None,
            "roles": sorted(visitor.actor.roles) if known else [],
            "unit": visitor.actor.unit,
            "permissions": may,
            "forgery_token": session.forgery_token if session else None,
            "expires": session.expires.isoformat() if session else None,
        }

    def _with_cookie(self, answer: Response, session: Session) -> Response:
        left = session.expires - self.door.now()
        self._set_cookie(
            answer, self.door.cookie_name, session.cookie, int(left.total_seconds()), path="/"
        )
        return answer

    def _set_cookie(
        self, answer: Response, name: str, value: str, seconds: int, *, path: str
    ) -> None:
        answer.headers["Cache-Control"] = "no-store"
        answer.set_cookie(
            name, value, max_age=seconds, path=path, httponly=True, samesite="lax",
            secure=self.door.is_secure,
        )  # fmt: skip
