"""Parameters as data: each value with its source and how sure it is, and a city's own over ours."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from dizuo.base.toml_files import read_toml
from dizuo.model.errors import InputError
from dizuo.model.rule import Certainty
from dizuo.model.text import Text

__all__ = ["Origin", "origins_of", "own_parameters", "packaged_parameters"]

_NEEDED: Final = frozenset({"value", "source", "certainty"})
_FIELDS: Final = _NEEDED | {"en", "zh", "valid_from"}

Tables = Mapping[str, Mapping[str, Any]]
"""The table of each parameter, by its name: value, source, certainty, en, zh, valid_from."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a parameter is, and where its value is from."""

    title: Text
    source: str
    certainty: Certainty
    valid_from: date


def packaged_parameters(package: str) -> Tables:
    """Read the ``parameters.toml`` of a package."""
    return tomllib.loads(files(package).joinpath("parameters.toml").read_text("utf-8"))


def own_parameters(own: Path, packaged: Tables) -> Tables:
    """Lay a city's own parameters over the packaged ones.

    Raises
    ------
    InputError
        With the file and the field, if a parameter is not known, or lacks its value, source or
        certainty.
    """
    known, fields = ", ".join(packaged), ", ".join(sorted(_FIELDS))
    tables = read_toml(own)
    for name, table in tables.items():
        if name not in packaged:
            raise InputError(
                Text("this parameter is not known", "没有这个参数"), file=own, field=name,
                cure=Text(f"Known are: {known}.", f"已有参数：{known}。"),
            )  # fmt: skip
        if not isinstance(table, dict) or not _NEEDED <= set(table) <= _FIELDS:
            raise InputError(
                Text(
                    "a parameter has a value, a source and a certainty",
                    "参数须有 value、source 和 certainty",
                ),
                file=own, field=name,
                cure=Text(f"Its fields are: {fields}.", f"字段有：{fields}。"),
            )  # fmt: skip
    return {name: {**one, **tables.get(name, {})} for name, one in packaged.items()}


def origins_of(tables: Tables, file: Path | str) -> dict[str, Origin]:
    """Return where the values of parameters are from, by their names.

    Raises
    ------
    InputError
        If a certainty is neither sure nor check, a day is none, or another field is no text.
    """
    return {name: _origin(name, table, file) for name, table in tables.items()}


def _origin(name: str, table: Mapping[str, Any], file: Path | str) -> Origin:
    for key in ("en", "zh", "source"):
        if not isinstance(table[key], str):
            raise InputError(Text("must be a text", "须为文本"), file=file, field=f"{name}.{key}")
    day = table["valid_from"]
    if not isinstance(day, date) or isinstance(day, datetime):
        raise InputError(
            Text("must be a day", "须为日期"), file=file, field=f"{name}.valid_from",
            cure=Text("Write it without quotes: 2026-03-01.", "请不加引号，如 2026-03-01。"),
        )  # fmt: skip
    try:
        certainty = Certainty(table["certainty"])
    except ValueError as error:
        raise InputError(
            Text("a certainty is sure or check", "certainty 须为 sure 或 check"),
            file=file, field=f"{name}.certainty",
        ) from error  # fmt: skip
    return Origin(Text(table["en"], table["zh"]), table["source"], certainty, day)
