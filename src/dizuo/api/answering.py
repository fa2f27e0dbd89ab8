"""How the application's own doors answer: JSON, and problem details (RFC 9457) for refusals."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dizuo.api.declared import Declared, MalformedError, require_headers
from dizuo.model.errors import AccessError, DizuoError, InputError, StoreError
from dizuo.model.text import Language, Text
from dizuo.operations.access.visitor import Visitor

__all__ = [
    "AbsentError",
    "answered",
    "language_of",
    "problem",
    "problem_of",
    "refuse_http",
    "refuse_without_database",
]

_AWAY: Final = Text("the database cannot be used just now", "数据库暂时无法使用")
_SEND_AGAIN: Final = Text(
    "Send it again with the same Idempotency-Key: it is then done once.",
    "请使用相同的 Idempotency-Key 重新发送，不会重复办理。",
)

Work = Callable[[Request, Visitor], Awaitable[Any]]


class AbsentError(InputError):
    """What a path names is not there."""


_STATUS: Final[tuple[tuple[type[DizuoError], int], ...]] = (
    (MalformedError, 400),
    (AbsentError, 404),
    (InputError, 422),
    (AccessError, 403),
    (StoreError, 503),
)


def answered(work: Work) -> Callable[[Request, Visitor], Awaitable[Response]]:
    """Make what stands behind a guard of what a route does (:func:`.guard.guarded`)."""

    @wraps(work)
    async def answer(request: Request, visitor: Visitor) -> Response:
        try:
            require_headers(request, work)
            refuse_content(request, work)
            told = await work(request, visitor)
        except DizuoError as error:
            return problem_of(request, error)
        return told if isinstance(told, Response) else JSONResponse(told)

    return answer


def refuse_content(request: Request, work: Any) -> None:
    """Refuse what is sent as another type of content than JSON, where JSON is declared.

    Raises
    ------
    HTTPException
        Of status 415.
    """
    one = Declared.of(work)
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if one is not None and one.body is not None and kind.lower() != "application/json":
        raise HTTPException(415, "the content must be application/json")


def problem_of(request: Request, error: DizuoError) -> Response:
    """Return the answer that tells an error, in the language that the request asks for."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 503)
    return problem(request, status, error.text, getattr(error, "cure_text", None))


def problem(request: Request, status: int, title: Text, cure: Text | None = None) -> Response:
    """Return a refusal as problem details."""
    spoken = language_of(request)
    told: dict[str, Any] = {"type": "about:blank", "status": status, "title": title.in_(spoken)}
    told |= {"detail": cure.in_(spoken)} if cure else {}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(
        told, status_code=status, media_type="application/problem+json", headers=headers
    )


def language_of(request: Request) -> Language:
    """Return the language that a request asks for."""
    wanted = request.headers.get("accept-language", "").lower()
    return "zh" if wanted.startswith("zh") else "en"


async def refuse_http(request: Request, error: Exception) -> Response:
    """Tell what the framework refuses (no such path, no such method) as the doors tell theirs."""
    if not isinstance(error, HTTPException):
        raise error
    answer = problem(request, error.status_code, Text(error.detail, error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def refuse_without_database(request: Request, _: Exception) -> Response:
    """Tell that the database is away or its disk full: what was sent is not acknowledged."""
    answer = problem(request, 503, _AWAY, _SEND_AGAIN)
    answer.headers["Retry-After"] = "1"
    return answer
