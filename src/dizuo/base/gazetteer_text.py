"""How names and addresses are written: folding, tokens, and the word lists behind them.

The word lists (abbreviations, kinds of streets, words for flats, for "near") are data, by language,
in ``gazetteer_words.toml``.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

__all__ = ["Words", "fold", "has_chinese", "load_words", "squeezed", "tokens"]

_SPACES: Final = re.compile(r"\s+")
_CJK: Final = re.compile(r"[\u3400-\u9fff]")
_PIECES: Final = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_DIGITS_ZH: Final = "零一二三四五六七八九"
_NUMBER_ZH: Final = re.compile(r"[零〇一二三四五六七八九十百]+(?=号|弄|栋|幢)")


@dataclass(frozen=True, eq=False)
class Words:
    """The word lists, folded.

    Attributes
    ----------
    long_forms
        From each abbreviation to the words it may stand for.
    street_words
        Words that say what kind of street it is, in any form.
    dwelling_patterns
        Patterns of flats, floors, staircases and rooms, over folded text.
    near, both
        Patterns of "near, opposite, behind ..." and of "A and B" between two streets.
    number_marks
        Words before a house number: ``nº``, ``no.``.
    countries
        Names of countries.
    simplified
        From traditional to simplified characters that place names use.
    divisions_zh, streets_zh, nearby_zh, crossing_zh
        Endings of Chinese divisions and streets; words for nearby and for a crossing.
    """

    long_forms: Mapping[str, tuple[str, ...]]
    street_words: frozenset[str]
    dwelling_patterns: tuple[re.Pattern[str], ...]
    near: re.Pattern[str]
    both: re.Pattern[str]
    number_marks: re.Pattern[str]
    countries: tuple[str, ...]
    simplified: Mapping[int, str]
    divisions_zh: tuple[str, ...]
    streets_zh: tuple[str, ...]
    nearby_zh: re.Pattern[str]
    crossing_zh: re.Pattern[str]


@cache
def load_words() -> Words:
    """Read the packaged word lists."""
    text = files("dizuo.base").joinpath("gazetteer_words.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    simplified = _character_pairs(table["chinese"]["traditional"])
    long_forms: dict[str, list[str]] = {}
    street_words: set[str] = set()
    near: list[str] = []
    both: list[str] = []
    for language in table["language"].values():
        for word, short_forms in language["abbreviations"].items():
            for short in short_forms:
                long_forms.setdefault(_plain(short), []).append(_plain(word))
        street_words.update(_plain(word) for word in language["streets"])
        near += [_plain(phrase) for phrase in language["near"]]
        both += [_plain(word) for word in language["and"]]
    street_words |= {
        short for short, words in long_forms.items() if any(word in street_words for word in words)
    }
    chinese = table["chinese"]
    patterns = [*table["dwellings"]["latin"], *table["dwellings"]["chinese"]]
    return Words(
        long_forms={short: tuple(words) for short, words in long_forms.items()},
        street_words=frozenset(street_words),
        dwelling_patterns=tuple(re.compile(pattern) for pattern in patterns),
        near=re.compile(rf"(?:^|[\s,(])(?:{_either(near)})\s+"),
        both=re.compile(rf"\s*[&/@]\s*|\s+(?:{_either(both)})\s+"),
        number_marks=re.compile(table["number_marks"]["pattern"]),
        countries=tuple(_plain(name) for name in table["countries"]["names"]),
        simplified=simplified,
        divisions_zh=tuple(chinese["divisions"]),
        streets_zh=tuple(chinese["streets"]),
        nearby_zh=re.compile(_either(chinese["nearby"])),
        crossing_zh=re.compile(_either(chinese["crossing"])),
    )


def _either(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


@cache
def _character_pairs(text: str) -> Mapping[int, str]:
    return {ord(pair[0]): pair[1] for pair in text.split()}


def _plain(text: str) -> str:
    """Fold case, width and accents; leave punctuation."""
    wide = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    bare = "".join(letter for letter in wide if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", bare)


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Return a text in one case, width and script form, without accents; punctuation stays.

    Traditional characters that place names use become simplified; Chinese numerals before 号,
    弄, 栋 and 幢 become digits.
    """
    plain = _SPACES.sub(" ", _plain(text.replace("º", "o ").replace("ª", "a "))).strip()
    plain = plain.replace("’", "'").replace("`", "'").replace("´", "'")
    plain = plain.replace("–", "-").replace("—", "-").replace("、", ",").replace("。", ".")
    if not _CJK.search(plain):
        return plain
    simple = plain.translate(dict(load_words().simplified))
    return _NUMBER_ZH.sub(lambda match: str(_number_zh(match[0])), simple)


def _number_zh(text: str) -> int:
    """Return the value of a Chinese numeral: 二百零五 and 二零五 are both 205."""
    text = text.replace("〇", "零")
    if not set(text) & {"十", "百"}:
        return int("".join(str(_DIGITS_ZH.index(letter)) for letter in text))
    total, digit = 0, 0
    for letter in text:
        if letter == "百":
            total, digit = total + max(digit, 1) * 100, 0
        elif letter == "十":
            total, digit = total + max(digit, 1) * 10, 0
        else:
            digit = _DIGITS_ZH.index(letter)
    return total + digit


def has_chinese(text: str) -> bool:
    """Whether a text holds a Chinese character."""
    return _CJK.search(text) is not None


def tokens(text: str) -> list[str]:
    """Return the words of a folded text; of Chinese, its characters and the pairs of neighbours."""
    pieces = _PIECES.findall(text)
    pairs = [
        one + other for one, other in pairwise(pieces) if _CJK.match(one) and _CJK.match(other)
    ]
    return pieces + pairs


def squeezed(text: str) -> str:
    """Return the letters and digits of a folded text, without anything between them."""
    return "".join(_PIECES.findall(text))
