"""The one way into a door: it names a permission, and nobody passes whom the policy does not let.

A route without a permission is refused when the application is built.
"""

import hmac
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from dizuo.api.answering import problem
from dizuo.api.door import Door
from dizuo.model.errors import AccessError
from dizuo.model.text import Text
from dizuo.operations.access.sessions import Session
from dizuo.operations.access.visitor import Visitor

__all__ = ["Guarded", "Work", "guarded", "require_guards"]

Work = Callable[[Request, Visitor], Awaitable[Response]]
"""What a route does for a visitor who was let in."""

_KEY_NEEDED: Final = Text("an account's key is needed", "需要账号密钥")
_SEND_KEY: Final = Text(
    "Send Authorization: Bearer KEY.", "请在请求头中发送 Authorization: Bearer KEY。"
)
_NOT_THERE: Final = Text("there is nothing of this name", "没有此名称的内容")
_FORGED: Final = Text("this may come from another site's page", "该请求可能来自其他网站的页面")
_SEND_TOKEN: Final = Text(
    "Send the forgery_token of GET /api/session as X-Forgery-Token.",
    "请将 GET /api/session 返回的 forgery_token 放入 X-Forgery-Token 请求头。",
)
_CHANGES_NOTHING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Guarded:
    """A route's work behind its permission.

    Parameters
    ----------
    permission
        Id in ``policy.toml``.
    work
        Called with the request and the visitor, only if the policy lets them in.
    """

    def __init__(self, door: Door, permission: str, work: Work) -> None:
        self.permission = permission
        self.__wrapped__ = work
        self._door = door
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        visitor = await self._door.visitor(request, self.permission)
        if visitor is None:
            return problem(request, 401, _KEY_NEEDED, _SEND_KEY)
        if not visitor.may(self.permission):
            if not visitor.is_known:
                return problem(request, 401, _KEY_NEEDED, _SEND_KEY)
            asked = self._door.policy.permissions[self.permission]
            told = Text(
                f"{visitor.actor.id} has no role that may do this: {asked.title.en}",
                f"{visitor.actor.id} 没有可执行此操作的角色：{asked.title.zh}",
            )
            return problem(request, 403, told)
        if visitor.session is not None and not _is_own(request, visitor.session):
            return problem(request, 403, _FORGED, _SEND_TOKEN)
        if any("\0" in str(one) for one in request.path_params.values()):
            return problem(request, 404, _NOT_THERE)  # PostgreSQL cannot even be asked for it
        return await self._work(request, visitor)


def guarded(door: Door, path: str, permission: str, work: Work, method: str = "GET") -> Route:
    """Return a route that only those pass whom the policy grants a permission.

    Raises
    ------
    AccessError
        If the policy knows no such permission.
    """
    if permission not in door.policy.permissions:
        raise AccessError(
            Text(
                f"the route {path} asks for a permission that is not in the policy: {permission!r}",
                f"路由 {path} 要求的权限 {permission!r} 不在权限策略中",
            )
        )
    return Route(path, Guarded(door, permission, work), methods=[method])


def _is_own(request: Request, session: Session) -> bool:
    """Tell whether a request with a cookie changes nothing, or was made by a page of ours."""
    given = request.headers.get("x-forgery-token", "")
    return request.method in _CHANGES_NOTHING or hmac.compare_digest(
        given.encode(), session.forgery_token.encode()
    )


def require_guards(routes: Iterable[BaseRoute]) -> None:
    """Refuse routes that anybody could pass.

    Raises
    ------
    AccessError
        Naming the first route without a permission.
    """
    for route in routes:
        if isinstance(route, Mount) and route.routes:
            require_guards(route.routes)
        elif not isinstance(route, Route) or not isinstance(route.endpoint, Guarded):
            path = getattr(route, "path", repr(route))
            raise AccessError(
                Text(f"the route {path} names no permission", f"路由 {path} 没有指定权限")
            )
