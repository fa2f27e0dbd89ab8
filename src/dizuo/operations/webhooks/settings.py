"""How deliveries are tried: pauses, attempts and limits, as data."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.settings_file import read_settings

__all__ = ["DeliverySettings"]

_FILE: Final = "delivering.toml"
_WHAT: Final = Text("the settings of deliveries", "投递设置")


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How deliveries are tried; the file says what each number means, and whose advice it is."""

    source: str
    edition: str
    certainty: str
    answer_within_seconds: float
    held_seconds: float
    first_pause_seconds: float
    growth: float
    longest_pause_seconds: float
    jitter: float
    attempts: int
    overlap_seconds: float
    at_once: int
    at_once_to_one: int

    @classmethod
    def load(cls, file: Path | None = None) -> "DeliverySettings":
        """Read the settings that dizuo ships, or a city's own in their place.

        Raises
        ------
        InputError
            If something is missing, not known or of another kind.
        """
        found = read_settings(cls, __package__, _FILE, file, _WHAT)
        if found.held_seconds < 2 * found.answer_within_seconds:
            raise InputError(
                Text(
                    "a delivery must be held for twice as long as an attempt may last",
                    "投递占用时间须至少为单次尝试时限的两倍",
                ),
                file=file,
                field="held_seconds",
            )
        return found

    def pause(self, attempts: int, dice: Callable[[], float]) -> timedelta:
        """Return how long to wait after so many attempts that failed.

        Parameters
        ----------
        dice
            Gives a number from 0 (the whole pause) to 1 (the shortest).
        """
        grown = self.first_pause_seconds * self.growth ** min(attempts - 1, 40)
        whole = min(grown, self.longest_pause_seconds)
        return timedelta(seconds=whole * (1 - self.jitter * dice()))
