"""The Opinions on high-quality urban development: articles, and the systems that they name.

The source text names 217 systems, platforms, mechanisms and institutions: 205 in its twenty-three
articles, 7 in its part nine, and 5 in the letter to Tianjin's citizens. ``systems.toml`` lists
them with their ids; `load_systems` refuses a list that lost one. The weights of the articles in a
score are open, in ``article_weights.toml``.
"""

import math
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, cast, get_args

from dizuo.model.errors import RuleError
from dizuo.model.text import Text

__all__ = [
    "Article",
    "Part",
    "System",
    "load_article_weights",
    "load_articles",
    "load_systems",
    "parse_opinions",
]

Part = Literal["articles", "organisation", "letter"]
"""Part of the source text that names a system."""

_FILE = "systems.toml"
_WEIGHTS_FILE = "article_weights.toml"
_ARTICLES = 23
_SYSTEMS: Mapping[Part, int] = {"articles": 205, "organisation": 7, "letter": 5}


@dataclass(frozen=True, slots=True)
class Article:
    """One article of the Opinions, by its number (1 to 23)."""

    number: int
    title: Text


@dataclass(frozen=True, slots=True)
class System:
    """One thing that the Opinions want a city to have.

    Attributes
    ----------
    id
        ``S8.11``; ``S9x.2`` in part nine; ``L1`` in the letter.
    article
        Number of the article that names it; 0 outside the articles.
    part
        Part of the text.
    title
        Its name.
    privacy
        Whether its software must keep the rules for civil liberties: places and services,
        never persons.
    """

    id: str
    article: int
    part: Part
    title: Text
    privacy: bool = False


def load_articles() -> dict[int, Article]:
    """Return the twenty-three articles by number."""
    return dict(_packaged()[0])


def load_systems() -> dict[str, System]:
    """Return the 217 systems by id, in the order of the text."""
    return dict(_packaged()[1])


def load_article_weights(file: Path | None = None) -> dict[int, float]:
    """Return the weight of each article in the score.

    Parameters
    ----------
    file
        A city's own weights, in the format of the packaged file.

    Raises
    ------
    RuleError
        If the file is not well formed, an article is not given, or a weight is below 0.
    """
    try:
        if file is None:
            text = (files("dizuo.standards") / _WEIGHTS_FILE).read_text(encoding="utf-8")
        else:
            text = file.read_text(encoding="utf-8")
        table = tomllib.loads(text).get("weights", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleError(
            Text(
                f"{file or _WEIGHTS_FILE}: cannot be read ({error}).",
                f"{file or _WEIGHTS_FILE}：无法读取（{error}）。",
            )
        ) from error
    return _weights(table, str(file or _WEIGHTS_FILE))


def parse_opinions(text: str, file: str) -> tuple[dict[int, Article], dict[str, System]]:
    """Read articles and systems from TOML text.

    Raises
    ------
    RuleError
        If the text is not TOML, an entry is not well formed or given twice, or the numbers of
        articles and systems are not those of the source text.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(
            Text(f"{file}: not valid TOML ({error}).", f"{file}：不符合 TOML 语法（{error}）。")
        ) from error
    articles: dict[int, Article] = {}
    for entry in tables.get("article", []):
        number = _number(entry, "number", f"{file} [[article]]", lowest=1)
        articles[number] = Article(number, _title(entry, f"{file} [[article]] {number}"))
    systems: dict[str, System] = {}
    for entry in tables.get("system", []):
        system = _system(entry, file)
        if system.id in systems:
            raise RuleError(
                Text(
                    f"{file}: the system {system.id} is given twice.",
                    f"{file}：体系 {system.id} 重复给出。",
                )
            )
        systems[system.id] = system
    _check_counts(articles, systems, file)
    return articles, systems


@cache
def _packaged() -> tuple[dict[int, Article], dict[str, System]]:
    resource = files("dizuo.standards") / _FILE
    return parse_opinions(resource.read_text(encoding="utf-8"), _FILE)


def _check_counts(
    articles: Mapping[int, Article], systems: Mapping[str, System], file: str
) -> None:
    if sorted(articles) != list(range(1, _ARTICLES + 1)):
        raise RuleError(
            Text(
                f"{file}: the articles must be numbered 1 to {_ARTICLES}.",
                f"{file}：条目须按 1 至 {_ARTICLES} 编号。",
            )
        )
    counted = Counter(system.part for system in systems.values())
    if counted != Counter(_SYSTEMS):
        raise RuleError(
            Text(
                f"{file}: systems by part are {dict(counted)}, not {dict(_SYSTEMS)}.",
                f"{file}：各部分的体系数为 {dict(counted)}，应为 {dict(_SYSTEMS)}。",
            )
        )


def _system(entry: Mapping[str, Any], file: str) -> System:
    id_ = entry.get("id")
    where = f"{file} [[system]] {id_}"
    if not isinstance(id_, str) or not id_:
        raise RuleError(
            Text(f"{where}: 'id' must be given as text.", f"{where}：“id”须以文本给出。")
        )
    if entry.get("part") not in get_args(Part):
        raise RuleError(
            Text(
                f"{where}: 'part' must be one of {', '.join(get_args(Part))}.",
                f"{where}：“part”应为以下之一：{'、'.join(get_args(Part))}。",
            )
        )
    article = _number(entry, "article", where, lowest=0)
    part = cast("Part", entry["part"])
    named = id_.removeprefix("S").partition(".")[0]
    if (part == "articles") != (named == str(article)):
        raise RuleError(
            Text(
                f"{where}: the id does not fit article {article} of part {part!r}.",
                f"{where}：编号与“{part}”部分的第 {article} 条不符。",
            )
        )
    return System(id_, article, part, _title(entry, where), privacy=entry.get("privacy") is True)


def _number(entry: Mapping[str, Any], key: str, where: str, *, lowest: int) -> int:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= _ARTICLES:
        raise RuleError(
            Text(
                f"{where}: '{key}' must be a number from {lowest} to {_ARTICLES}.",
                f"{where}：“{key}”应为 {lowest} 至 {_ARTICLES} 之间的数。",
            )
        )
    return value


def _title(entry: Mapping[str, Any], where: str) -> Text:
    en, zh = entry.get("en"), entry.get("zh")
    if not isinstance(en, str) or not isinstance(zh, str) or not en or not zh:
        raise RuleError(
            Text(
                f"{where}: 'en' and 'zh' must be given as text.",
                f"{where}：“en”和“zh”须以文本给出。",
            )
        )
    return Text(en=en, zh=zh)


def _weights(table: Mapping[str, Any], where: str) -> dict[int, float]:
    expected = {f"{number:02d}": number for number in range(1, _ARTICLES + 1)}
    if set(table) != set(expected):
        wrong = ", ".join(sorted(set(table) ^ set(expected)))
        raise RuleError(
            Text(
                f"{where}: [weights] must name articles 01 to {_ARTICLES} once ({wrong}).",
                f"{where}：[weights] 须将条目 01 至 {_ARTICLES} 各列一次（{wrong}）。",
            )
        )
    for key, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RuleError(
                Text(
                    f"{where}: the weight of article {key} must be a number.",
                    f"{where}：条目 {key} 的权重应为数字。",
                )
            )
        if not math.isfinite(value) or value < 0:
            raise RuleError(
                Text(
                    f"{where}: the weight of article {key} must not be below 0.",
                    f"{where}：条目 {key} 的权重不得小于 0。",
                )
            )
    weights = {expected[key]: float(value) for key, value in table.items()}
    if not sum(weights.values()) > 0:
        raise RuleError(
            Text(
                f"{where}: at least one weight must be above 0.",
                f"{where}：至少须有一个权重大于 0。",
            )
        )
    return dict(sorted(weights.items()))
