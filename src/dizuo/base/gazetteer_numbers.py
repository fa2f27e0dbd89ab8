"""House numbers as they are written, read down to the building and no further.

Flats, floors, staircases and rooms are never part of a number: an address here is a building's.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dizuo.base.gazetteer_text import fold, load_words

__all__ = ["HouseNumber", "building_level", "read_house_numbers"]
__systems__ = ("S22.2", "S22.4")  # addresses of buildings, never of dwellings

_HEAVENLY: Final = {"甲": "a", "乙": "b", "丙": "c", "丁": "d", "戊": "e"}
_CHINESE: Final = re.compile(
    r"第?(?P<before>[甲乙丙丁戊])?(?P<number>\d{1,5})(?P<after>[甲乙丙丁戊a-z])?"
    r"(?:[-之](?P<part>\d{1,3}))?(?:号院|号(?!楼)(?:之(?P<later>\d{1,3}))?|弄|巷|院|$)(?P<rest>.*)"
)
_BUILDING: Final = re.compile(
    r"(?P<building>\d{1,4}|[a-z]|[甲乙丙丁戊])(?:号楼|栋|幢|座|号(?!门|室|房))"
)
_BARE_BUILDING: Final = re.compile(r"第?(?P<building>\d{1,4}|[a-z甲乙丙丁戊])(?:号楼|栋|幢|座)")
_LATIN: Final = re.compile(r"(?P<number>\d{1,5})[ -]?(?P<suffix>bis|ter|quater|[a-z](?![a-z]))?")
_RANGE: Final = re.compile(r"(\d{1,5}) ?- ?(\d{1,5})")
_CJK: Final = re.compile(r"[\u4e00-\u9fff]")
_WIDEST_RANGE: Final = 30
"""More numbers than this between two are no row of houses but a misread text."""


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """A house number: ``12 bis`` is 12 and ``bis``; 12号院3号楼 is 12 and the building ``3``."""

    number: int
    suffix: str = ""
    building: str = ""

    def __str__(self) -> str:
        building = f"/{self.building}" if self.building else ""
        return f"{self.number}{self.suffix}{building}"


def building_level(text: str) -> str:
    """Return an address or a house number without flat, staircase, floor and room."""
    kept = fold(text)
    for pattern in load_words().dwelling_patterns:
        kept = pattern.sub(" ", kept)
    return re.sub(r"\s+", " ", kept).strip(" ,;-#")


@lru_cache(maxsize=50_000)
def read_house_numbers(text: str) -> tuple[HouseNumber, ...]:
    """Read what stands where a house number should stand; ranges and lists are several numbers.

    Parameters
    ----------
    text
        For instance ``12 bis``, ``17-19``, ``5;7``, 甲12号, 12号院3号楼2单元.

    Returns
    -------
    tuple
        Empty if the text is no number (``s/n``).
    """
    level = building_level(text)
    if _CJK.search(level):
        found = _chinese(level)
        return () if found is None else (found,)
    numbers: list[HouseNumber] = []
    for part in re.split(r"[;,/&+]| y | et | and ", level):
        numbers += _range(part.strip())
    return tuple(dict.fromkeys(numbers))


def _chinese(text: str) -> HouseNumber | None:
    match = _CHINESE.match(text.replace(" ", ""))
    if match is None:
        bare = _BARE_BUILDING.match(text.replace(" ", ""))
        return None if bare is None else HouseNumber(0, "", _letter(bare["building"]))
    suffix = _letter(match["before"] or match["after"] or "")
    part = match["part"] or match["later"]
    if part:
        suffix += f"-{int(part)}"
    building = _BUILDING.search(match["rest"])
    return HouseNumber(
        int(match["number"]), suffix, "" if building is None else _letter(building["building"])
    )


def _letter(text: str) -> str:
    return _HEAVENLY.get(text, text).lstrip("0")


def _range(text: str) -> list[HouseNumber]:
    both = _RANGE.fullmatch(text)
    if both is not None:
        low, high = int(both[1]), int(both[2])
        if low < high <= low + _WIDEST_RANGE:
            # Houses of one side of the street: every second number.
            step = 2 if (high - low) % 2 == 0 else 1
            return [HouseNumber(number) for number in range(low, high + 1, step)]
        return [HouseNumber(low)]
    match = _LATIN.match(text)
    if match is None:
        return []
    return [HouseNumber(int(match["number"]), match["suffix"] or "")]
