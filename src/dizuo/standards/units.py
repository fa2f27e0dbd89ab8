"""Units as people read them, in both languages."""

import tomllib
from functools import cache
from importlib.resources import files

from dizuo.model.text import Text

__all__ = ["chinese_units", "unit_text"]


@cache
def chinese_units() -> dict[str, str]:
    """Return every unit that is written otherwise in Chinese, with its Chinese."""
    text = files("dizuo.standards").joinpath("units.toml").read_text(encoding="utf-8")
    return {str(unit): str(chinese) for unit, chinese in tomllib.loads(text).items()}


def unit_text(unit: str) -> Text:
    """Return a unit as people read it."""
    return Text(unit, chinese_units().get(unit, unit))
