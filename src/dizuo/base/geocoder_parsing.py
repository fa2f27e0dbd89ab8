"""Read an address or a place as people write it: what may be the street, the number, the name.

A text can often be read in several ways (in "29 de Abril 12" either number may be the house's).
All sensible readings are returned; the names of the city decide between them.
"""

import re
from dataclasses import dataclass
from typing import Final

from dizuo.base.gazetteer_numbers import HouseNumber, building_level, read_house_numbers
from dizuo.base.gazetteer_text import fold, has_chinese, load_words

__all__ = ["Reading", "readings"]
__systems__ = ("S22.2",)

_POSTCODE: Final = re.compile(r"(?<!\d)\d{5,6}(?!\d)")
_NUMBER: Final = re.compile(
    r"(?<![a-z0-9])(?P<first>\d{1,4})(?:[ -]?(?P<suffix>bis|ter|quater|[a-z]))?"
    r"(?: ?[-/] ?\d{1,4})?(?![a-z0-9])"
)
_ORDER: Final = re.compile(r"(?:^|[ ,])(?:calle|c)/")
_MARKS: Final = " ,;:()/-"
NEARBY: Final = 0.92
"""How sure the place of "opposite the hotel" is, against the hotel's own."""
IN_PART: Final = 0.93
"""How sure a reading is that leaves out a part between commas."""
_NUMBER_ZH: Final = re.compile(
    r"第?[甲乙丙丁戊]?\d{1,5}[甲乙丙丁戊a-z]?(?:[-之]\d{1,3})?"
    r"(?:(?:号院|号(?!楼)(?:之\d{1,3})?|弄|巷|院)[^\d]{0,1}(?:(?:\d{1,4}|[a-z])(?:号楼|栋|幢|座|号))?"
    r"|(?:号楼|栋|幢|座)|(?=[^\d路街道]|$))"
)
_ADMIN_ZH: Final = (
    "省|自治区|特别行政区|自治州|自治县|市|区|县|旗|镇|乡|街道办事处|街道|社区|居委会"
)
_PEEL_ZH: Final = re.compile(rf"^[\u4e00-\u9fff]{{2,8}}?(?:{_ADMIN_ZH})(?=[\u4e00-\u9fff]{{2}})")
_FILLER_ZH: Final = re.compile(r"^(?:我在|位于|地址|在|于|:)+|(?:的|这里|那里)+$")
_JOIN_ZH: Final = re.compile(r"与|和|及|跟|&|/|,")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a text.

    Attributes
    ----------
    phrase
        Folded text that names a street or a place.
    number
        The house number, None if the reading has none.
    other
        The other street of a crossing, else ``""``.
    certainty
        0 to 1, below 1 if something was left out or the place is only near.
    """

    phrase: str
    number: HouseNumber | None = None
    other: str = ""
    certainty: float = 1.0


def readings(text: str, known: tuple[str, ...] = ()) -> list[Reading]:
    """Return the ways to read a text, the most literal first.

    Parameters
    ----------
    text
        As written.
    known
        Folded names of the city and its divisions, which a Chinese address begins with.
    """
    level = building_level(fold(text))
    found = _chinese(level, known) if has_chinese(level) else _latin(level)
    return list({(r.phrase, r.number, r.other): r for r in reversed(found)}.values())[::-1]


def _latin(text: str) -> list[Reading]:
    words = load_words()
    near = words.near.search(text)
    if near is None:
        return _latin_part(text, 1.0)
    before, after = text[: near.start()].strip(_MARKS), text[near.end() :].strip(_MARKS)
    found = _latin_part(before, 1.0) if sum(map(str.isalpha, before)) >= 3 else []
    return [*_latin_part(text, 1.0)[-1:], *found, *_latin_part(after, NEARBY)]


def _latin_part(text: str, certainty: float) -> list[Reading]:
    words = load_words()
    text = _ORDER.sub(" calle ", text)
    marked = words.number_marks.sub(" ", text)
    bare = _POSTCODE.sub(" ", marked)
    found: list[Reading] = []
    for match in list(_NUMBER.finditer(bare))[:3]:
        rest = f"{bare[: match.start()]} , {bare[match.end() :]}"
        numbers = read_house_numbers(match[0])
        if numbers:
            found.append(_reading(rest, numbers[0], certainty))
        if match["suffix"] and bare[match.end() :].strip(_MARKS + "."):
            # In "24 C León" the letter is no part of the number.
            later = f"{bare[: match.start()]} {bare[match.end('first') :]}"
            found.append(_reading(later, HouseNumber(int(match["first"])), certainty))
    found = [reading for reading in found if reading.phrase]
    crossings = [
        Reading(left, None, right, certainty)
        for match in list(words.both.finditer(bare))[:3]
        if (left := bare[: match.start()].strip(_MARKS))
        and (right := bare[match.end() :].strip(_MARKS))
    ]
    segments = [part.strip(_MARKS) for part in bare.split(",")]
    parts = [
        Reading(part, None, "", certainty * IN_PART)
        for part in segments[:2]
        if len(segments) > 1 and sum(map(str.isalpha, part)) >= 3
    ]
    whole = Reading(text.strip(_MARKS), None, "", certainty)
    return [*found, *crossings, *parts, whole]


def _reading(rest: str, number: HouseNumber, certainty: float) -> Reading:
    return Reading(re.sub(r"\s+", " ", rest).strip(_MARKS), number, "", certainty)


def _chinese(text: str, known: tuple[str, ...]) -> list[Reading]:
    words = load_words()
    bare = _FILLER_ZH.sub("", re.sub(r"[\s;:()]+", "", text))
    near = 1.0
    cut = words.nearby_zh.search(bare)
    if cut is not None and cut.start() >= 2:
        bare, near = bare[: cut.start()], NEARBY
    bare = bare.strip(",.")
    found: list[Reading] = []
    for start in _beginnings(bare, known):
        found += _crossing_zh(start, near)
        for match in list(_NUMBER_ZH.finditer(start))[:3]:
            before = start[: match.start()].strip(",的第")
            numbers = read_house_numbers(match[0])
            if len(before) >= 2 and numbers:
                found.append(Reading(before, numbers[0], "", near))
            after = re.sub(r"^[,的内里]+", "", start[match.end() :])
            if len(after) >= 3:
                found.append(Reading(after, None, "", near * IN_PART))
        found.append(Reading(start.replace(",", ""), None, "", near))
    return found


def _beginnings(text: str, known: tuple[str, ...]) -> list[str]:
    """Return the text without the divisions it begins with, then as it stands."""
    rest = text
    names = sorted(known, key=len, reverse=True)
    for _ in range(6):
        name = next((n for n in names if rest.startswith(n) and len(rest) >= len(n) + 2), "")
        if not name:
            break
        rest = rest[len(name) :].lstrip(",")
    peeled = rest
    for _ in range(5):
        match = _PEEL_ZH.match(peeled)
        if match is None:
            break
        peeled = peeled[match.end() :].lstrip(",")
    return list(dict.fromkeys((peeled, rest, text)))


def _crossing_zh(text: str, certainty: float) -> list[Reading]:
    words = load_words()
    corner = words.crossing_zh.search(text)
    body = text[: corner.start()] if corner is not None else text
    found = []
    for match in _JOIN_ZH.finditer(body):
        left, right = body[: match.start()].strip(","), body[match.end() :].strip(",的")
        if len(left) >= 2 and len(right) >= 2:
            found.append(Reading(left, None, right, certainty))
    if corner is not None and not found:
        for end in words.streets_zh:
            at = body.find(end)
            if at > 0 and len(body) - at - len(end) >= 2:
                split = at + len(end)
                found.append(Reading(body[:split], None, body[split:].rstrip("的"), certainty))
    return found
