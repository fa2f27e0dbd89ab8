"""Answers that may be used again for a moment, so that not every request asks the database."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

__all__ = ["Remembered"]

Found = TypeVar("Found")
_SECONDS: Final = 1.0
"""How long an account that another process disables may still come in."""
_MOST: Final = 10_000


@dataclass
class Remembered(Generic[Found]):
    """What was found, for a second; what was not found is asked for again.

    Parameters
    ----------
    tick
        Seconds of a clock that never goes back.
    """

    tick: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[float, Found]] = field(default_factory=dict)

    def at_hand(self, name: str) -> Found | None:
        """Return what is remembered, or None."""
        known = self._kept.get(name)
        return known[1] if known is not None and known[0] > self.tick() else None

    def of(self, name: str, find: Callable[[str], Found | None]) -> Found | None:
        """Return what is remembered, or what is found."""
        known = self.at_hand(name)
        if known is not None:
            return known
        found = find(name)
        if found is not None:
            if len(self._kept) >= _MOST:
                self.forget()
            self._kept[name] = (self.tick() + _SECONDS, found)
        return found

    def forget(self) -> None:
        """Forget everything."""
        self._kept.clear()
