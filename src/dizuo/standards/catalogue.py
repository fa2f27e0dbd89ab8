"""The facility catalogue: what a category is called and how OpenStreetMap tags it.

The catalogue is ``facilities.toml`` beside this module; its head explains the format. A category
that OpenStreetMap only suggests is a *proxy*: values that rest on it are ``estimated``.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, cast, get_args

from dizuo.model.errors import RuleError
from dizuo.model.text import Text

__all__ = [
    "Access",
    "FacilityCategory",
    "Mapped",
    "TagCondition",
    "classify",
    "load_facility_catalogue",
]

Mapped = Literal["direct", "proxy", "none"]
"""How well OpenStreetMap knows a category."""

Access = Literal["point", "area"]
"""Whether a facility is reached where it stands or at the edge of its area."""

TagSet = tuple["TagCondition", ...]

_EVERY_CATEGORY = "every_category"
_FIELDS = {"en", "zh", "code", "osm", "not_osm", "mapped", "access", "note"}


@dataclass(frozen=True, slots=True)
class TagCondition:
    """What the value of one key must be.

    Attributes
    ----------
    key
        The key of the tag.
    values
        The allowed values; empty means any value.
    pattern
        A regular expression to be found in the whole value, instead of ``values``.
    """

    key: str
    values: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None

    def holds(self, tags: Mapping[str, str]) -> bool:
        """Whether the tags fulfil the condition; one of several values ("a;b") suffices."""
        value = tags.get(self.key)
        if value is None:
            return False
        if self.pattern is not None:
            return self.pattern.search(value) is not None
        return not self.values or any(part in self.values for part in _parts(value))


@dataclass(frozen=True, slots=True)
class FacilityCategory:
    """One kind of facility.

    Attributes
    ----------
    id
        The name used in city.toml, in the layer ``facilities`` and in code.
    title
        Its names.
    mapped
        Whether the tags mean it (``direct``), suggest it (``proxy``) or do not exist (``none``).
    code
        Its code in the facility list of GB 50180-2018, or ``""``.
    osm, not_osm
        Tag sets of which one must hold, and of which none may hold.
    access
        ``area`` if it is reached at the edge of its area.
    note
        Why it is mapped so.
    """

    id: str
    title: Text
    mapped: Mapped
    code: str = ""
    osm: tuple[TagSet, ...] = ()
    not_osm: tuple[TagSet, ...] = ()
    access: Access = "point"
    note: str = ""

    def matches(self, tags: Mapping[str, str]) -> bool:
        """Whether a feature with these OpenStreetMap tags belongs to the category."""
        return any(_holds(tag_set, tags) for tag_set in self.osm) and not any(
            _holds(tag_set, tags) for tag_set in self.not_osm
        )


def load_facility_catalogue(file: Path | None = None) -> dict[str, FacilityCategory]:
    """Return every facility category by its id, in the order of the catalogue.

    Parameters
    ----------
    file
        A catalogue of the same format, instead of the packaged one.

    Raises
    ------
    RuleError
        If the file cannot be read or a category is not well formed; the message names both.
    """
    if file is None:
        return dict(_packaged_catalogue())
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(
            Text(
                f"{file}: the facility catalogue cannot be read ({error}).",
                f"{file}：无法读取设施目录（{error}）。",
            )
        ) from error
    return _parse(text, str(file))


def classify(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids of all categories that a feature belongs to, in catalogue order.

    The same as asking :meth:`FacilityCategory.matches` of every category, but a feature is only
    held against the categories that its tags can belong to.
    """
    index = _index()
    candidates: set[int] = set()
    for key, value in tags.items():
        by_value = index.get(key)
        if by_value is None:
            continue
        candidates.update(by_value.get("*", ()))
        for part in _parts(value):
            candidates.update(by_value.get(part, ()))
    categories = _in_order()
    return tuple(
        categories[number].id for number in sorted(candidates) if categories[number].matches(tags)
    )


@cache
def _packaged_catalogue() -> dict[str, FacilityCategory]:
    resource = files("dizuo.standards") / "facilities.toml"
    return _parse(resource.read_text(encoding="utf-8"), "facilities.toml")


@cache
def _in_order() -> tuple[FacilityCategory, ...]:
    return tuple(_packaged_catalogue().values())


@cache
def _index() -> dict[str, dict[str, tuple[int, ...]]]:
    """Key and value → numbers of the categories that one tag set of which asks for them."""
    index: dict[str, dict[str, tuple[int, ...]]] = {}
    for number, category in enumerate(_in_order()):
        for tag_set in category.osm:
            condition = _most_selective(tag_set)
            by_value = index.setdefault(condition.key, {})
            for value in condition.values or {"*"}:
                by_value[value] = (*by_value.get(value, ()), number)
    return index


def _most_selective(tag_set: TagSet) -> TagCondition:
    """Return a condition that must hold and that an index can look up: listed values first."""
    return min(tag_set, key=lambda condition: (not condition.values, condition.key))


def _parts(value: str) -> tuple[str, ...]:
    if ";" not in value:
        return (value,)
    return tuple(part.strip() for part in value.split(";"))


def _holds(tag_set: TagSet, tags: Mapping[str, str]) -> bool:
    return all(condition.holds(tags) for condition in tag_set)


def _parse(text: str, file: str) -> dict[str, FacilityCategory]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(
            Text(f"{file}: not valid TOML ({error}).", f"{file}：不符合 TOML 语法（{error}）。")
        ) from error
    every = tables.pop(_EVERY_CATEGORY, {})
    never = _tag_sets(every.get("not_osm", []), f"{file} [{_EVERY_CATEGORY}] not_osm")
    return {
        name: _category(name, table, never, f"{file} [{name}]") for name, table in tables.items()
    }


def _category(
    name: str, table: dict[str, Any], never: tuple[TagSet, ...], where: str
) -> FacilityCategory:
    unknown = sorted(set(table) - _FIELDS)
    if unknown:
        raise RuleError(
            Text(
                f"{where}: unknown fields {', '.join(unknown)}. Known: {sorted(_FIELDS)}.",
                f"{where}：未知的字段 {'、'.join(unknown)}。可用：{sorted(_FIELDS)}。",
            )
        )
    for required in ("en", "zh", "mapped"):
        if not isinstance(table.get(required), str) or not table[required].strip():
            raise RuleError(
                Text(
                    f"{where}: '{required}' must be given as text.",
                    f"{where}：“{required}”须以文本给出。",
                )
            )
    mapped, access = table["mapped"], table.get("access", "point")
    for field, value, allowed in (
        ("mapped", mapped, get_args(Mapped)),
        ("access", access, get_args(Access)),
    ):
        if value not in allowed:
            raise RuleError(
                Text(
                    f"{where}: '{field}' is {value!r}; give one of {', '.join(allowed)}.",
                    f"{where}：“{field}”为 {value!r}；应为以下之一：{'、'.join(allowed)}。",
                )
            )
    osm = _tag_sets(table.get("osm", []), f"{where} osm")
    if (mapped == "none") == bool(osm):
        raise RuleError(
            Text(
                f"{where}: give 'osm' tag sets unless mapped is \"none\".",
                f'{where}：须给出 osm 标签组；仅当 mapped 为 "none" 时不给。',
            )
        )
    return FacilityCategory(
        id=name,
        title=Text(en=table["en"], zh=table["zh"]),
        mapped=cast("Mapped", mapped),
        code=str(table.get("code", "")),
        osm=osm,
        not_osm=never + _tag_sets(table.get("not_osm", []), f"{where} not_osm"),
        access=cast("Access", access),
        note=str(table.get("note", "")),
    )


def _tag_sets(tables: object, where: str) -> tuple[TagSet, ...]:
    if not isinstance(tables, list):
        raise RuleError(
            Text(f"{where}: must be a list of tag sets.", f"{where}：应为标签组的列表。")
        )
    return tuple(_tag_set(table, where) for table in tables)


def _tag_set(table: object, where: str) -> TagSet:
    if not isinstance(table, dict) or not table:
        raise RuleError(
            Text(
                f"{where}: a tag set must name at least one key.",
                f"{where}：标签组至少须有一个键。",
            )
        )
    return tuple(_condition(key, value, where) for key, value in table.items())


def _condition(key: str, value: object, where: str) -> TagCondition:
    match value:
        case "*":
            return TagCondition(key)
        case str() if value.startswith("~"):
            try:
                return TagCondition(key, pattern=re.compile(value[1:], re.IGNORECASE))
            except re.error as error:
                raise RuleError(
                    Text(
                        f"{where}: {key} has no valid pattern ({error}).",
                        f"{where}：{key} 的匹配模式无效（{error}）。",
                    )
                ) from error
        case str() if value:
            return TagCondition(key, frozenset({value}))
        case list() if value and all(isinstance(item, str) and item for item in value):
            return TagCondition(key, frozenset(cast("list[str]", value)))
        case _:
            raise RuleError(
                Text(
                    f"{where}: {key} must be a text or a list of texts, not {value!r}.",
                    f"{where}：{key} 应为文本或文本列表，而不是 {value!r}。",
                )
            )
