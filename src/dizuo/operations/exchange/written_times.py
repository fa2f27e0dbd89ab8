"""Times as people and spreadsheets write them: ISO 8601, 2026/3/1 9:00, 2026年3月1日 9时5分."""

import re
from datetime import datetime, tzinfo
from typing import Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["read_written_time"]

_BY_HAND: Final = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[\sT]*(\d{1,2})\s*[:：时点]\s*(\d{1,2})\s*分?(?:\s*[:：]?\s*(\d{1,2})\s*秒?)?)?",
    re.ASCII,
)


def read_written_time(text: str, zone: tzinfo) -> datetime:
    """Read a time, the year first; one without a zone is that of the city.

    Days that begin with the day or the month are refused: nobody can tell which comes first.

    Raises
    ------
    InputError
        If it is no time.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        found = _BY_HAND.fullmatch(text)
        try:
            parts = [int(one) for one in found.groups() if one is not None] if found else []
            time = datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001 - the zone comes below
        except (TypeError, ValueError):
            raise InputError(
                Text(f"{text!r} is no time: write 2026-03-01 09:00",
                     f"{text!r} 不是时间，请写成 2026-03-01 09:00")
            ) from None  # fmt: skip
    return time if time.tzinfo else time.replace(tzinfo=zone)
