"""A path has the methods that it is declared with, whatever wider paths match it too.

``/api/incidents/{incident}/report`` is read; that ``{incident}/{deed}`` takes steps must not make
it take any. Where a method is not declared, 405 names those that are.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dizuo.api.answering import problem
from dizuo.model.text import Text

__all__ = ["DeclaredMethods", "routes_by_path"]

_NOT_HERE: Final = Text("Method Not Allowed", "该路径不支持此方法")
_WHATEVER_FOLLOWS: Final = ":path}"


def routes_by_path(routes: Iterable[Route]) -> Mapping[str, Mapping[str, Route]]:
    """Return the route of each method of each path.

    A path that takes whatever follows (``{path:path}``) serves the narrower ones with the methods
    that they do not declare themselves.
    """
    given = list(routes)
    found: dict[str, dict[str, Route]] = {}
    for route in given:
        of_path = found.setdefault(route.path, {})
        for method in route.methods or ():
            of_path.setdefault(method, route)
    for path, of_path in found.items():
        for route in given:
            wider = _WHATEVER_FOLLOWS in route.path and route.path != path
            if wider and route.path_regex.match(path):
                for method in route.methods or ():
                    of_path.setdefault(method, route)
    return found


class DeclaredMethods:
    """Refuses with 405 what the most literal matching path is not declared with.

    Parameters
    ----------
    routes
        Those of the application, each with one path and its methods.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[Route]) -> None:
        self.app = app
        given = list(routes)
        methods = {path: set(of_path) for path, of_path in routes_by_path(given).items()}
        one_each = {route.path: route for route in reversed(given)}
        # The path with the fewest and narrowest names is the one that is meant.
        order = sorted(
            methods,
            key=lambda path: (
                _WHATEVER_FOLLOWS in path, path.endswith(_WHATEVER_FOLLOWS), path.count("{")
            ),
        )  # fmt: skip
        self._paths = [(one_each[path], methods[path]) for path in order]
        # Found at once, where no proxy has put something before them.
        self._literal = {path: methods[path] for path in order if "{" not in path}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] == "http":
            methods = self._literal.get(scope["path"]) or next(
                (methods for route, methods in self._paths
                 if route.matches(scope)[0] != Match.NONE), None,
            )  # fmt: skip
            if methods is not None and scope["method"] not in methods:
                answer = problem(Request(scope), 405, _NOT_HERE)
                answer.headers["Allow"] = ", ".join(sorted(methods))
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)
