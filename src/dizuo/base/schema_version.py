"""The version of the layers' columns, apart from them so that opening a base loads no library."""

from functools import cache
from importlib.metadata import version
from typing import Final

__all__ = ["SCHEMA_VERSION", "dizuo_version"]

SCHEMA_VERSION: Final = 3
"""Grows whenever a layer's columns change names, types or meaning; older bases are rebuilt."""


@cache
def dizuo_version() -> str:
    """Return the version of the installed dizuo."""
    return version("dizuo")
