"""Where operations take the time from: it is always handed in, so that a day can be replayed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from dizuo.model.errors import DizuoError, InputError
from dizuo.model.text import Text

__all__ = ["Clock", "SetClock", "SystemClock", "from_microseconds", "to_microseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = datetime(2, 1, 1, tzinfo=UTC)
_LAST = datetime(9998, 12, 31, tzinfo=UTC)
"""What every time zone can still show: a time beyond could be kept, but never be told again."""


class Clock(Protocol):
    """Tells what time it is."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        ...


class SystemClock:
    """The time of the machine."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)


@dataclass
class SetClock:
    """A clock that shows what it was set to: for replays, simulations and tests."""

    time: datetime

    def now(self) -> datetime:
        """Return the time that was set."""
        return self.time

    def move(self, by: timedelta) -> None:
        """Move on, or back."""
        self.time += by

    def set(self, time: datetime) -> None:
        """Show another time."""
        self.time = time


def to_microseconds(time: datetime) -> int:
    """Return whole microseconds since 1970, as times are kept.

    Raises
    ------
    DizuoError
        If the time has no zone.
    InputError
        If it lies beyond the years that every time zone can show.
    """
    if time.tzinfo is None:
        raise DizuoError(
            Text(
                f"{time.isoformat()} has no time zone: times must have one",
                f"{time.isoformat()} 没有时区：时间须带时区",
            )
        )
    if not _FIRST <= time <= _LAST:
        raise InputError(
            Text(
                f"{time.isoformat()} lies outside of the years 2 to 9998",
                f"{time.isoformat()} 不在公元 2 年至 9998 年之间",
            )
        )
    return (time - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(microseconds: int) -> datetime:
    """Return the time of whole microseconds since 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)
