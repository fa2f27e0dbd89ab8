"""Take out of a text what points at persons, before anything else looks at it.

Numbers and names go, and doors down to the estate or the road; places stay. What was taken out
leaves its kind in brackets, so a text may be stripped again without change. Legal bases: Personal
Information Protection Law (2021-11-01), GB/T 37964-2019.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from dizuo.operations.texts.identifier_checks import (
    is_abroad,
    is_bank_card,
    is_citizen_id,
    is_iban,
    is_mobile,
    is_spanish_id,
)
from dizuo.operations.texts.identifier_names import DOORS, NAMES
from dizuo.operations.texts.plain_writing import plainly

__all__ = ["KINDS", "Stripped", "strip_identifiers"]

_Check = Callable[[str], bool]
_LEFT: Final = r"(?<![A-Za-z0-9])"
_RIGHT: Final = r"(?![A-Za-z0-9])"
_NO_CODE: Final = (
    r"(?<!编码)(?<!编号)(?<!代码)(?<!单号)(?<!案件)"
    r"(?<![Aa]sset )(?<![Cc]ode )(?<!Case )"
)
_ID_SAID: Final = (
    r"(?:身份证|公民身份|证件|[Ii]dentity|[Cc]itizen [Ii][Dd]|\bID\b|\bSSN\b)"
    r"[^\d。；;]{0,8}"
)
_CARD_SAID: Final = (
    r"(?:卡号|银行卡|账号|账户|帐号|帐户|\b[Cc]ard\b|\b[Aa]ccount\b)"
    r"[^\d。；;]{0,12}"
)
_PASSPORT_SAID: Final = (
    r"(?:护照|通行证|台胞证|军官证|\b[Pp]assport\b)"
    r"(?:\s*(?:号码?|[Nn]umber|[Nn]o\.?|is))*[:：]?\s*"
)
_PHONE_SAID: Final = (
    r"(?:电话|固话|座机|手机|致电|拨打|回电|再打|联系方式|"
    r"(?i:\b(?:phone|tel|telephone|call|mobile|cell|ring|whatsapp|my number)\b\.?))"
    r"(?:号码?|[:：=是为]|\s|(?i:\b(?:at|on|me|us|is|no|number|my|back|or)\b\.?))*"
)
_PLATE_SAID: Final = (
    r"(?i:\b(?:licen[cs]e plate|number plate|plate|registration)\b)"
    r"(?:\s*(?i:\b(?:number|no|is)\b\.?))*[:\s]*"
)
_WECHAT_NAMED: Final = (
    r"(?:[微威薇]\s?信|(?i:we\s?chat|weixin|(?<![a-z])[vw]x(?!id_))|[Vv]信|加[Vv])"
)
_WECHAT_SAID: Final = rf"{_WECHAT_NAMED}(?:号|账号|\s*ID|\s*id)?\s*[:：是为]?\s*"
_WECHAT_IS: Final = rf"{_WECHAT_NAMED}(?:\s*(?:号|账号|ID|id)\s*[:：是为]?|\s*[:：是为])\s*"
_PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使"


def _rule(
    kind: str, *parts: str, check: _Check | None = None
) -> tuple[str, re.Pattern[str], _Check | None]:
    return kind, re.compile("".join(parts), re.MULTILINE), check


_NO_EMAIL: Final = r"(?<![A-Za-z0-9._%+-])"
"""Where none begins: without it a long word is looked through once for each of its letters."""
_EMAIL: Final = (
    r"(?P<of>[A-Za-z0-9._%+-]+\s?(?:@|[\[({（]at[\])}）])\s?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
)
_EMAIL_IN_WORDS: Final = (
    r"(?P<of>[A-Za-z0-9._%+-]+(?:\s?@\s?| at |艾特|圈a|#)[A-Za-z0-9-]+"
    r"(?:(?:[.。]|点| dot )[A-Za-z0-9-]+)*(?:[.。]|点| dot )(?:com|cn|net|org|edu|gov|mc|es|fr|uk))"
    r"(?![A-Za-z0-9])"
)
"""Where the sign or the dot is in words, only before a domain that is known."""
_IBAN: Final = r"(?P<of>[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)"
_UK_INSURANCE: Final = r"(?P<of>[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D])"
_CARD: Final = (
    r"(?<!\d)(?P<of>(?:62\d{4}[ -]?\d{10,13}"
    r"|[2-6]\d{3}([ -])\d{4}\2\d{4}\2\d{4}(?:\2\d{1,3})?))(?!\d)"
)
_CN_PLATE: Final = (
    rf"(?P<of>(?:[{_PROVINCES}]\s?[A-Za-z]|WJ\s?[{_PROVINCES}]?)\s?[·•●.-]?\s?"
    r"(?=(?:[A-HJ-NP-Z]\s?){0,4}\d|(?:[a-hj-np-z]\s?)?\d)(?:\s?[A-HJ-NP-Za-hj-np-z0-9]){4,6}[学警挂港澳领]?)"
)
_ANY_PLATE: Final = r"(?P<of>(?=[A-Z -]*\d)(?=[\d -]*[A-Z])[A-Z0-9](?:[ -]?[A-Z0-9]){3,8})"
_WECHAT: Final = r"(?P<of>(?=[A-Za-z_-]*[\d_-])[A-Za-z][A-Za-z0-9_-]{5,19})"
_CN_MOBILE: Final = (
    r"(?P<of>(?:[(（]?(?:\+|00)?86[)）]?[- ]?)?1[\s._/·*-]?[3-9](?:[\s._/·*-]?\d){9})"
)
_CN_LANDLINE: Final = r"(?P<of>[(（]?0\d{2,3}[)）]?[- ]?[2-9]\d{6,7}(?:-\d{1,6})?)"
_ABROAD: Final = r"(?P<of>(?:\+|00)[1-9]\d{0,2}(?:[ .-]?\(?\d+\)?){2,6})(?!\d)"
_US_PHONE: Final = (
    r"(?P<of>\(\d{3}\) ?\d{3}[ .-]\d{4}|(?![48]00-)[2-9]\d{2}[-.][2-9]\d{2}[-.]\d{4})"
)

_RULES: Final = (
    _rule("email", _NO_EMAIL, _EMAIL),
    _rule("email", _NO_EMAIL, _EMAIL_IN_WORDS),
    _rule("iban", _LEFT, _IBAN, _RIGHT, check=is_iban),
    _rule(
        "identity_number", r"(?<!\d)(?P<of>[1-8](?:[ -]?\d){16}[ -]?[\dXx])", _RIGHT,
        check=is_citizen_id,
    ),
    _rule(
        "identity_number",
        _ID_SAID, r"(?P<of>\d(?:[ -]?\d){14}(?:(?:[ -]?\d){2}[ -]?[\dXx])?)", _RIGHT,
    ),
    _rule(
        "identity_number",
        _LEFT, r"(?P<of>\d{8}[A-Za-z]|[XYZ]\d{7}[A-Za-z])", _RIGHT,
        check=is_spanish_id,
    ),
    _rule("identity_number", r"(?<![\d-])(?P<of>\d{3}-\d{2}-\d{4})(?![\d-])"),
    _rule("identity_number", _LEFT, _UK_INSURANCE, _RIGHT),
    _rule("bank_card", _CARD_SAID, r"(?P<of>\d(?:[ -]?\d){12,18})(?!\d)"),
    _rule("bank_card", _NO_CODE, _CARD, check=is_bank_card),
    _rule("passport", _LEFT, r"(?P<of>[EG]\d{8}|E[A-HJ-NP-Z]\d{7})", _RIGHT),
    _rule("passport", _PASSPORT_SAID, r"(?P<of>(?=[A-Z0-9]*\d{5})[A-Z0-9]{7,10})", _RIGHT),
    _rule("plate", _CN_PLATE, _RIGHT),
    _rule("plate", _LEFT, r"(?P<of>[A-Z]{2}\d{2} ?[A-Z]{3})", _RIGHT),
    _rule("plate", _PLATE_SAID, _ANY_PLATE, _RIGHT),
    _rule("wechat", _WECHAT_SAID, _WECHAT),
    _rule("wechat", _WECHAT_IS, r"(?P<of>[A-Za-z][A-Za-z0-9_-]{5,19})(?![A-Za-z0-9_-])"),
    _rule("wechat", _LEFT, r"(?P<of>wxid_[A-Za-z0-9]{6,})"),
    _rule(
        "wechat", _LEFT, r"(?:(?i:q\s?q)|扣扣)(?:号码?)?\s*[:：是为]?\s*(?P<of>\d{5,12})(?!\d)"
    ),
    _rule("phone", r"(?<![\d.])", _CN_MOBILE, r"(?!\d)", check=is_mobile),
    _rule("phone", r"(?<![\d-])", _CN_LANDLINE, r"(?![\d-])"),
    _rule("phone", r"(?<![\dA-Za-z])", _NO_CODE, _ABROAD, check=is_abroad),
    _rule("phone", r"(?<![\d-])(?P<of>0\d{2,4}[ -]\d{3,4}[ -]?\d{3,4})(?![\d-])"),
    _rule("phone", r"(?<![\d-])", _US_PHONE, r"(?![\d-])"),
    _rule("phone", _PHONE_SAID, r"(?P<of>(?![48]00-)\(?\d(?:[ -]?\d){6,14})(?!\d)"),
    *(_rule("door", one) for one in DOORS),
    *(_rule("name", one) for one in NAMES),
)  # fmt: skip
KINDS: Final = tuple(dict.fromkeys(kind for kind, _, _ in _RULES))
"""The kinds of identifiers, in the order in which they are looked for."""

_MOST_ROUNDS: Final = 8


@dataclass(frozen=True, slots=True)
class Stripped:
    """A text without identifiers.

    Attributes
    ----------
    text
        With ``[phone]`` where a phone number stood, and otherwise in plain writing.
    found
        The kind of each identifier that was taken out, in the order of ``KINDS``.
    """

    text: str
    found: tuple[str, ...]


def strip_identifiers(text: str) -> Stripped:
    """Take phone numbers, names, doors and the like out of a Chinese or English text.

    A name or an account that nothing in the text announces is not found.
    """
    plain = plainly(text)
    found: list[str] = []
    # What is taken out may lay bare what stood beside it, so until nothing more is found.
    for _ in range(_MOST_ROUNDS):
        before = len(found)
        for kind, rule, check in _RULES:
            plain = rule.sub(partial(_taken, kind=kind, check=check, found=found), plain)
        if len(found) == before:
            break
    return Stripped(plain, tuple(sorted(found, key=KINDS.index)))


def _taken(match: re.Match[str], *, kind: str, check: _Check | None, found: list[str]) -> str:
    value = match.group("of")
    whole = match.group()
    if check is not None and not check(value):
        return whole
    found.append(kind)
    start = match.start("of") - match.start()
    return f"{whole[:start]}[{kind}]{whole[start + len(value) :]}"
