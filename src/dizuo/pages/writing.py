"""The environment in which pages are written: words in both languages, one style, no network."""

import re
import tomllib
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup, escape

from dizuo.model.text import Language, Text
from dizuo.pages.numbers import format_number
from dizuo.standards.units import unit_text

__all__ = ["asset", "both", "environment", "labels"]

_OWN = "dizuo.pages"
_CODE = re.compile("`([^`]+)`")


@cache
def labels(package: str) -> dict[str, Text]:
    """Return the labels of a package's pages by their keys, with those that all pages use."""
    table = _labels(_OWN, "labels.toml") | _labels(package, "templates/labels.toml")
    return {key: Text(texts["en"], texts["zh"]) for key, texts in table.items()}


def _labels(package: str, name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(asset(name, package))


def asset(name: str, package: str = _OWN) -> str:
    """Read a text file of a package: of this one ``page.css`` and ``language_switch.js``."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


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


def environment(package: str, language: Language) -> jinja2.Environment:
    """Make the environment in which a package's own ``templates`` are written.

    ``label(key)`` writes a label in both languages, ``both(en, zh)`` a pair of texts,
    ``attribute(key)`` an attribute's text in the default language that the script can switch.

    Parameters
    ----------
    package
        Its folder ``templates`` holds the templates and ``labels.toml``.
    language
        Shown until the reader switches.
    """
    words = labels(package)
    made = jinja2.Environment(
        loader=jinja2.PackageLoader(package, "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )

    def label(key: str) -> Markup:
        text = words[key]
        return both(_with_code(text.en), _with_code(text.zh))

    def attribute(name: str, key: str) -> Markup:
        text = words[key]
        return Markup('{}="{}" data-{}-en="{}" data-{}-zh="{}"').format(
            name, text.in_(language), name, text.en, name, text.zh
        )

    def unit(name: str) -> Markup:
        text = unit_text(name)
        return both(text.en, text.zh)

    made.globals.update(
        label=label, both=both, unit_name=unit, attribute=attribute, language=language
    )
    made.filters["number"] = format_number
    made.filters["breakable"] = _breakable
    made.filters["percent"] = lambda share: f"{format_number(round(100 * share))} %"
    return made
