"""Numbers that an operator may set: those that dizuo ships, or a city's own file in their place."""

from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import msgspec

from dizuo.base.toml_files import parse_toml, toml_text
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["read_settings"]

Wanted = TypeVar("Wanted")


def read_settings(
    wanted: type[Wanted], package: str, name: str, own: Path | None, what: Text
) -> Wanted:
    """Read a file of settings, which says itself what each number means.

    Parameters
    ----------
    wanted
        What the file holds, as a type that msgspec knows.
    package, name
        Where the file stands that dizuo ships.
    own
        A city's own; it is read in place of the other where it is there.
    what
        What is set, to be named in a refusal.

    Raises
    ------
    InputError
        If something is missing, not known or of another kind.
    """
    given = own if own is not None and own.is_file() else None
    text = toml_text(given) if given else files(package).joinpath(name).read_text(encoding="utf-8")
    try:
        return msgspec.convert(parse_toml(text, given or name), wanted)
    except msgspec.ValidationError as error:
        raise InputError(
            Text(f"{what.en} cannot be read: {error}", f"{what.zh}无法读取：{error}"), file=given
        ) from error
