"""Times as requests tell them (ISO 8601)."""

from datetime import datetime, tzinfo
from typing import Final

from dizuo.api.declared import MalformedError
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.time import to_microseconds

__all__ = ["read_time"]

_CURE: Final = Text("Write 2026-03-01T09:00:00Z.", "请写作 2026-03-01T09:00:00Z。")


def read_time(text: str, zone: tzinfo | None = None) -> datetime:
    """Read a time.

    Parameters
    ----------
    zone
        That of a time which names none; without it such a time is refused.

    Raises
    ------
    MalformedError
        If it is no time, names no zone where it has to, or is one that no other zone can show.
    """
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise MalformedError(
            Text(f"{text!r} is no time", f"{text!r} 不是时间"), cure=_CURE
        ) from None
    if time.tzinfo is None and zone is None:
        raise MalformedError(Text(f"{text!r} has no time zone", f"{text!r} 没有时区"), cure=_CURE)
    time = time if time.tzinfo else time.replace(tzinfo=zone)
    try:
        to_microseconds(time)
    except InputError as error:
        raise MalformedError(error.problem_text, cure=_CURE) from None
    return time
