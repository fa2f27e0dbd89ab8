"""One way of writing for digits, letters, dashes and spaces, so that one rule finds them all.

Whoever wants a number to pass writes it in wide digits, in circles, in words, or with hidden
characters in it. Traditional characters become simplified where rules look for them.
"""

import re
from typing import Final

__all__ = ["plainly"]

_TENS: Final = (
    0x0660, 0x06F0, 0x0966, 0x2080, 0xFF10, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1FBF0,
)  # fmt: skip
"""Where digits from 0 to 9 stand in Unicode, beside the plain ones."""
_NINES: Final = (0x2460, 0x2474, 0x24F5, 0x2776, 0x2780, 0x278A)
"""Where those from 1 to 9 do, in circles and brackets."""
_HIDDEN: Final = (
    "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062"
    "\u2063\u2064\u20e3\ufe0e\ufe0f\ufeff"
)
_DASHES: Final = "‐‑‒–—―−﹣－⁃"
_SPACES: Final = (
    "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_TRADITIONAL: Final = (
    "棟栋幢幢單单號号樓楼層层座座電电話话機机證证碼码車车聯联繫系繋系絡络帳帐戶户護护銀银賬账莊庄區区門门"
    "陳陈張张劉刘趙赵黃黄吳吴鄭郑馮冯韓韩楊杨許许鄧邓蕭萧蔣蒋葉叶孫孙馬马羅罗謝谢呂吕蘇苏盧卢鍾钟譚谭陸陆賈贾"
    "鄒邹閻阎龍龙賀贺顧顾龔龚萬万錢钱嚴严湯汤溫温齊齐喬乔龐庞顏颜倪倪聶聂魯鲁嶽岳關关蘭兰焦焦莊庄竇窦"
    "師师學学護护醫医書书記记經经長长隊队園园組组處处練练業业訴诉報报當当請请稱称說说講讲問问諮咨詢询"
    "鄰邻職职員员媽妈親亲愛爱兒儿騎骑遞递賣卖潔洁獨独麼么兩两會会"
)  # fmt: skip
"""A traditional character and the simplified one, in turn."""
_PLAIN: Final = str.maketrans(
    {chr(first + digit): str(digit) for first in _TENS for digit in range(10)}
    | {chr(first + digit): str(digit + 1) for first in _NINES for digit in range(9)}
    | dict(zip("⓪⓿⁰¹²³⁴⁵⁶⁷⁸⁹", "000123456789", strict=True))
    | {chr(wide): chr(wide - 0xFEE0) for wide in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
    | {"＠": "@", "＋": "+", "＿": "_", "．": ".", "＃": "#", "／": "/"}
    | dict.fromkeys(_HIDDEN)
    | dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_SPACES, " ")
    | dict(zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True))
    | dict(zip("壹贰貳叁參肆伍陆柒捌玖○", "一二二三三四五六七八九〇", strict=True))
)
_IN_WORDS: Final = str.maketrans("零〇一二三四五六七八九幺", "001234567891")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,300}>")
_LONG_NUMBER: Final = re.compile(
    r"[零〇一二三四五六七八九幺\d](?:[ -]?[零〇一二三四五六七八九幺\d]){6,}"
)
"""Seven digits or more: no count is told in words that way, numbers of phones and persons are."""
_LETTER_FOR_NOUGHT: Final = re.compile(r"(?<=\d)[Oo]+(?=\d)|(?<=\d{4})[Oo]+(?![A-Za-z\d])")


def plainly(text: str) -> str:
    """Return a text in plain writing, without tags and hidden characters."""
    plain = _TAG.sub("", text.translate(_PLAIN)) if "<" in text else text.translate(_PLAIN)
    plain = _LETTER_FOR_NOUGHT.sub(lambda found: "0" * len(found.group()), plain)
    return _LONG_NUMBER.sub(lambda found: found.group().translate(_IN_WORDS), plain)
