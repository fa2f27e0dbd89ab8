"""Check digits of numbers that name persons and accounts."""

import re
from datetime import date
from typing import Final

__all__ = [
    "is_abroad",
    "is_bank_card",
    "is_citizen_id",
    "is_iban",
    "is_mobile",
    "is_spanish_id",
]

_CITIZEN_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOBILE_GROUPS: Final = frozenset(
    {(11,), (3, 4, 4), (3, 3, 5), (3, 3, 3, 2), (3, 2, 2, 2, 2), (3, 2, 3, 3), (1,) * 11}
)
"""How the digits of a number to call are put together; house numbers in a row are not."""
_MOBILE_GROUPS_PARTED: Final = {
    "-": frozenset({(3, 8)}),
    " ": frozenset({(3, 8), (7, 4), (4, 4, 3), (4, 3, 4), (4, 7), (5, 6), (6, 5)}),
}
"""Further ones by what stands between; with a dot they would be coordinates, with a dash prices."""
_COUNTRY: Final = re.compile(r"[(（]?(?:\+|00)?86[)）]?[- ]?(?=(?:\D?\d){11}$)")
_SPANISH_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"


def is_abroad(text: str) -> bool:
    """Whether this has as many digits as a number to dial abroad (ITU-T E.164)."""
    digits = "".join(one for one in text if one.isdecimal())
    return 9 <= len(digits.removeprefix("00")) <= 15


def is_citizen_id(text: str) -> bool:
    """Whether this is a Chinese identity number (GB 11643-1999): real birthday, true check."""
    text = text.replace(" ", "").replace("-", "")
    if len(text) != 18 or not text[:17].isdecimal():
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(w * int(digit) for w, digit in zip(_CITIZEN_WEIGHTS, text, strict=False))
    return "10X98765432"[total % 11] == text[-1].upper()


def is_mobile(text: str) -> bool:
    """Whether eleven digits, perhaps behind the country's, stand in groups as people write them."""
    own = _COUNTRY.sub("", text, count=1)
    groups = tuple(len(group) for group in re.findall(r"\d+", own))
    between = "".join(set(re.sub(r"\s", " ", re.sub(r"\d", "", own))))
    return groups in _MOBILE_GROUPS or groups in _MOBILE_GROUPS_PARTED.get(between, ())


def is_bank_card(text: str) -> bool:
    """Whether the digits of a text pass Luhn's check (ISO/IEC 7812-1)."""
    digits = [int(one) for one in reversed(text) if one.isdecimal()]
    doubled = [2 * one - 9 * (one > 4) for one in digits[1::2]]
    return 13 <= len(digits) <= 19 and (sum(digits[0::2]) + sum(doubled)) % 10 == 0


def is_iban(text: str) -> bool:
    """Whether this is an account number by ISO 13616: remainder 1 by 97."""
    plain = "".join(text.split()).upper()
    if not 15 <= len(plain) <= 34:
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(one, 36)) for one in turned)) % 97 == 1


def is_spanish_id(text: str) -> bool:
    """Whether this is a DNI or NIE: the letter follows from the number."""
    plain = text.upper()
    number = int(plain[:-1].translate(str.maketrans("XYZ", "012")))
    return _SPANISH_LETTERS[number % 23] == plain[-1]
