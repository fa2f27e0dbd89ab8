"""Which encoding a text file is in, found without guessing wrong in silence."""

import codecs
from pathlib import Path
from typing import Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["decode", "detect_encoding"]

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SHARE_OF_COMMON_CHARACTERS: Final = 0.9
_CURE: Final = Text(
    'State the encoding in city.toml, for instance encoding = "gb18030" or "cp1252"; of a table of '
    "cases, as --encoding gb18030.",
    '请在 city.toml 中声明编码，例如 encoding = "gb18030" 或 "cp1252"；'
    "案件表格用 --encoding gb18030。",
)


def decode(content: bytes, encoding: str, file: Path) -> str:
    """Return the text of a file.

    Parameters
    ----------
    content
        The file's bytes.
    encoding
        ``auto`` or the name of an encoding.

    Raises
    ------
    InputError
        If the bytes are not in the stated encoding, or none fits.
    """
    return _strict(
        content, detect_encoding(content, file) if encoding == "auto" else encoding, file
    )


def detect_encoding(content: bytes, file: Path) -> str:
    """Return the encoding of a file's text.

    A byte order mark is taken at its word; then UTF-8; then GB18030 if what comes out is Chinese. A
    file whose lines are in different encodings is refused: either reading would be wrong somewhere.

    Raises
    ------
    InputError
        If no encoding fits.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        _refuse_mixture(content, file)
    else:
        return "utf-8"
    if not _is_chinese(_strict(content, "gb18030", file)):
        raise InputError(
            Text(
                "the text is neither UTF-8 nor Chinese in GB18030",
                "文本既不是 UTF-8，也不是 GB18030 中文",
            ),
            file=file,
            cure=_CURE,
        )
    return "gb18030"


def _strict(content: bytes, encoding: str, file: Path) -> str:
    try:
        return content.decode(encoding)
    except LookupError:
        raise InputError(
            Text(f"the encoding {encoding!r} is unknown", f"未知的编码“{encoding}”"),
            file=file,
            field="encoding",
            cure=_CURE,
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(
            Text(
                f"byte {error.start} cannot be read as {encoding}",
                f"第 {error.start} 字节无法按 {encoding} 读取",
            ),
            file=file,
            row=content.count(b"\n", 0, error.start) + 1,
            cure=_CURE,
        ) from error


def _refuse_mixture(content: bytes, file: Path) -> None:
    """Refuse a file that is UTF-8 Chinese in some lines and something else in others."""
    others: list[int] = []
    utf8: list[int] = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.isascii():
            continue
        try:
            (utf8 if _is_chinese(line.decode("utf-8")) else others).append(number)
        except UnicodeDecodeError:
            others.append(number)
    if utf8 and others:
        raise InputError(
            Text(
                f"row {others[0]} is in another encoding than row {utf8[0]}",
                f"第 {others[0]} 行与第 {utf8[0]} 行的编码不同",
            ),
            file=file,
            row=others[0],
            cure=Text(
                "Save the whole file as UTF-8; or state the encoding in city.toml.",
                "请将整个文件另存为 UTF-8，或在 city.toml 中声明编码。",
            ),
        )


def _is_chinese(text: str) -> bool:
    """Whether the characters beyond ASCII are mostly those of everyday Chinese (GB 2312)."""
    foreign = [character for character in text if not character.isascii()]
    common = sum(_in_gb2312(character) for character in foreign)
    return bool(foreign) and common >= _SHARE_OF_COMMON_CHARACTERS * len(foreign)


def _in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
