"""The version of the layers' columns, apart from them so that opening a base loads no library."""

from typing import Final

__all__ = ["SCHEMA_VERSION"]

SCHEMA_VERSION: Final = 1
"""Grows whenever a layer's columns change names, types or meaning; older bases are rebuilt."""
