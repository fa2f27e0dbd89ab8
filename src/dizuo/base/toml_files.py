"""Read the TOML files that a city writes, and tell what is wrong with one."""

import tomllib
from pathlib import Path
from typing import Any

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["parse_toml", "read_toml", "toml_text"]


def read_toml(file: Path) -> dict[str, Any]:
    """Return the tables of a file, which may begin with a byte order mark.

    Raises
    ------
    InputError
        If the file cannot be read, is not UTF-8, or is not TOML.
    """
    return parse_toml(toml_text(file), file)


def toml_text(file: Path) -> str:
    """Return the text of a file, without a byte order mark.

    Raises
    ------
    InputError
        If the file cannot be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            Text(
                f"the file is not UTF-8 text (byte {error.start})",
                f"文件不是 UTF-8 文本（第 {error.start} 字节）",
            ),
            file=file,
            cure=Text("Save it as UTF-8.", "请另存为 UTF-8。"),
        ) from error
    except OSError as error:
        raise InputError(
            Text(f"the file cannot be read: {error.strerror}", f"无法读取文件：{error.strerror}"),
            file=file,
        ) from error


def parse_toml(text: str, file: str | Path) -> dict[str, Any]:
    """Return the tables of a text.

    Parameters
    ----------
    file
        Where it comes from, for the message.

    Raises
    ------
    InputError
        If it is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            Text(f"this is not TOML: {error}", f"文件不符合 TOML 语法：{error}"),
            file=file or None,
            cure=Text(
                "Correct the line; text values stand in quotes.", "请更正该行；文本值须加引号。"
            ),
        ) from error
