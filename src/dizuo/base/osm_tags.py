"""Read what OpenStreetMap tags say: numbers with units, years, columns of one key."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["column", "metres", "names_zh", "number", "speed", "texts", "year"]

FOOT: Final = 0.3048
MILE: Final = 1.609344
KNOT: Final = 1.852

_NUMBER: Final = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
_FEET: Final = re.compile(r"^(\d+(?:\.\d+)?)\s*(?:'|ft|feet)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|in))?$")
_METRES: Final = re.compile(r"^([-+]?\d+(?:[.,]\d+)?)\s*(?:m|metre|metres|meter|meters)?$")
_YEAR: Final = re.compile(r"(?<!\d)(-?\d{4})(?!\d)")
_CENTURY: Final = re.compile(
    r"(?:^|\b)c?(\d{1,2})(?:th|st|nd|rd)? century|^C(\d{1,2})$", re.IGNORECASE
)


def column(tags: Iterable[Mapping[str, str]], key: str) -> NDArray[np.object_]:
    """Return the value of one key for each feature, None where it has none."""
    return np.array([each.get(key) for each in tags] or [], dtype=object)


def texts(tags: Iterable[Mapping[str, str]], key: str) -> NDArray[np.object_]:
    """Return the value of one key for each feature, ``""`` where it has none."""
    return np.array([each.get(key, "") for each in tags] or [], dtype=object)


def names_zh(tags: Iterable[Mapping[str, str]]) -> NDArray[np.object_]:
    """Return the Chinese name of each feature, simplified before any, ``""`` where it has none."""
    return np.array(
        [each.get("name:zh-Hans") or each.get("name:zh", "") for each in tags] or [], dtype=object
    )


def number(text: str | None) -> float:
    """Return a plain number, the largest of a list ("3;4"), NaN where there is none."""
    if text is None:
        return math.nan
    parts = [_plain(part) for part in text.split(";")]
    known = [value for value in parts if not math.isnan(value)]
    return max(known) if known else math.nan


def _plain(text: str) -> float:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def metres(text: str | None) -> float:
    """Return a length in metres from "12", "12.5 m", "40'", "40 ft" or ``40'6"``; NaN otherwise."""
    if text is None:
        return math.nan
    text = text.strip().lower()
    if (match := _METRES.match(text)) is not None:
        return float(match[1].replace(",", "."))
    if (match := _FEET.match(text)) is not None:
        return (float(match[1]) + float(match[2] or 0) / 12) * FOOT
    return math.nan


def speed(text: str | None) -> float:
    """Return a speed in km/h from "50", "30 mph" or "walk"-less text; NaN otherwise."""
    if text is None:
        return math.nan
    value = _NUMBER.match(text.strip())
    if value is None:
        return math.nan
    factor = MILE if "mph" in text else KNOT if "knots" in text else 1.0
    return float(value[0].replace(",", ".")) * factor


def year(text: str | None) -> float:
    """Return the year of a date, the middle of a century ("18th century" is 1750), else NaN."""
    if text is None:
        return math.nan
    if (match := _YEAR.search(text)) is not None:
        return float(match[1])
    if (match := _CENTURY.search(text)) is not None:
        return (int(match[1] or match[2]) - 1) * 100 + 50.0
    return math.nan
