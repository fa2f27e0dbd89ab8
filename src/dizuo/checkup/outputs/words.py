"""The words of the checkup's reports, and the template environment that writes them."""

import jinja2

from dizuo.model.text import Language, Text
from dizuo.pages import writing

__all__ = ["asset", "environment", "labels"]

_PACKAGE = "dizuo.checkup.outputs"


def labels() -> dict[str, Text]:
    """Return every label by its key."""
    return writing.labels(_PACKAGE)


def asset(name: str) -> str:
    """Read a text file of this package."""
    return writing.asset(name, _PACKAGE)


def environment(language: Language) -> jinja2.Environment:
    """Make the environment of :func:`dizuo.pages.writing.environment` for the checkup's pages."""
    made = writing.environment(_PACKAGE, language)
    made.tests["search_odbl"] = lambda licence: "odbl" in str(licence).lower()
    return made
