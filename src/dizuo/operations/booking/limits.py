"""How far ahead is booked, how late is cancelled, when somebody counts as absent: as data."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.settings_file import read_settings

__all__ = ["BookingLimits"]

_FILE: Final = "limits.toml"
_WHAT: Final = Text("the limits of bookings", "预约限制")
_MOST: Final = 36_500
"""Beyond a hundred years of days a time could not be told any more."""


@dataclass(frozen=True, slots=True)
class BookingLimits:
    """How bookings are taken; ``limits.toml`` says what each number means."""

    source: str
    edition: str
    certainty: str
    days_ahead: float
    cancel_until_hours: float
    attendance_from_minutes: float
    missed_after_minutes: float
    record_until_days: float
    longest_waiting: int
    least_key_characters: int

    @classmethod
    def load(cls, file: Path | None = None) -> "BookingLimits":
        """Read the limits that dizuo ships, or a city's own in their place.

        Raises
        ------
        InputError
            If something is missing, not known, of another kind, or below 0.
        """
        found = read_settings(cls, __package__, _FILE, file, _WHAT)
        for one in fields(cls):
            value = getattr(found, one.name)
            if isinstance(value, int | float) and not 0 <= value <= _MOST:
                raise InputError(
                    Text(
                        f"{value} does not lie between 0 and {_MOST}",
                        f"{value} 不在 0 至 {_MOST} 之间",
                    ),
                    file=file,
                    field=one.name,
                )
        return found
