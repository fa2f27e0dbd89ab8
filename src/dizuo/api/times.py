"""Times as requests tell them (ISO 8601)."""

from datetime import datetime, tzinfo
from typing import Final

from dizuo.api.declared import MalformedError
from dizuo.model.text import Text

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
        If it is no time, or names no zone where it has to.
    """
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise MalformedError(
            Text(f"{text!r} is no time", f"{text!r} 不是时间"), cure=_CURE
        ) from None
    if time.tzinfo is None and zone is None:
        raise MalformedError(Text(f"{text!r} has no time zone", f"{text!r} 没有时区"), cure=_CURE)
    return time if time.tzinfo else time.replace(tzinfo=zone)
