"""Units as people read them, in both languages."""

import tomllib
from functools import cache
from importlib.resources import files

from dizuo.model.text import Text

__all__ = ["chinese_units", "measure_text", "unit_text"]


@cache
def chinese_units() -> dict[str, str]:
    """Return every unit that is written otherwise in Chinese, with its Chinese."""
    text = files("dizuo.standards").joinpath("units.toml").read_text(encoding="utf-8")
    return {str(unit): str(chinese) for unit, chinese in tomllib.loads(text).items()}


def unit_text(unit: str) -> Text:
    """Return a unit as people read it; a pure number has none."""
    chinese = chinese_units().get(unit, unit)
    return Text(unit if chinese else "", chinese)


def measure_text(value: float, unit: str) -> Text:
    """Return a value with its unit as people read it: whole from 1,000 on, else four digits."""
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    text = unit_text(unit)
    return Text(f"{number} {text.en}".rstrip(), f"{number} {text.zh}".rstrip())
