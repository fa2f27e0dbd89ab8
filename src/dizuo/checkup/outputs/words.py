"""The words of reports in both languages, and the template environment that writes them."""

import re
import tomllib
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup, escape

from dizuo.checkup.outputs.contents import format_number
from dizuo.model.text import Language, Text
from dizuo.standards.units import unit_text

__all__ = ["asset", "both", "environment", "labels"]

_PACKAGE = "dizuo.checkup.outputs"
_CODE = re.compile("`([^`]+)`")


@cache
def labels() -> dict[str, Text]:
    """Return every label by its key."""
    table = tomllib.loads(asset("templates/labels.toml"))
    return {key: Text(texts["en"], texts["zh"]) for key, texts in table.items()}


def asset(name: str) -> str:
    """Read a text file of this package."""
    return files(_PACKAGE).joinpath(name).read_text(encoding="utf-8")


def both(english: object, chinese: object) -> Markup:
    """Write a text in both languages; the style sheet shows the one that is chosen."""
    if str(english) == str(chinese):
        return escape(english)
    return Markup(
        '<span class="en" lang="en">{}</span><span class="zh" lang="zh-Hans">{}</span>'
    ).format(english, chinese)


def _with_code(text: str) -> Markup:
    """Write a label, of which what stands in backticks is code."""
    parts = _CODE.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def _breakable(identity: str) -> Markup:
    """Write an id so that it may go on in the next line after a dot or an underscore."""
    parts = re.split(r"(?<=[._])", identity)
    return Markup("<wbr>").join(parts)


def environment(language: Language) -> jinja2.Environment:
    """Make the environment in which the HTML templates are written.

    ``label(key)`` writes a label in both languages, ``both(en, zh)`` a pair of texts,
    ``attribute(key)`` an attribute's text in the default language that the script can switch.
    """
    made = jinja2.Environment(
        loader=jinja2.PackageLoader(_PACKAGE, "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )

    def label(key: str) -> Markup:
        text = labels()[key]
        return both(_with_code(text.en), _with_code(text.zh))

    def attribute(name: str, key: str) -> Markup:
        text = labels()[key]
        return Markup('{}="{}" data-{}-en="{}" data-{}-zh="{}"').format(
            name, text.in_(language), name, text.en, name, text.zh
        )

    def unit(name: str) -> Markup:
        text = unit_text(name)
        return both(text.en, text.zh)

    made.globals.update(
        label=label, both=both, unit_name=unit, attribute=attribute, language=language
    )
    made.tests["search_odbl"] = lambda licence: "odbl" in str(licence).lower()
    made.filters["number"] = format_number
    made.filters["breakable"] = _breakable
    made.filters["percent"] = lambda share: f"{format_number(round(100 * share))} %"
    return made
