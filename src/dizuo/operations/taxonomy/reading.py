"""Read code lists: those that ship, and the files in which a city adds codes of its own.

A file holds one table ``[code_list]`` and any number of ``[[code]]``. Every entry inherits source,
edition, dates and certainty from the list, and may state its own. A city's file names the list that
it ``extends`` instead of titles; its codes join every edition that is in force when they are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dizuo.base.toml_files import parse_toml, toml_text
from dizuo.model.errors import InputError
from dizuo.model.rule import Certainty
from dizuo.model.text import Text
from dizuo.operations.taxonomy.code_list import Code, CodeList

__all__ = ["Taxonomy", "load_taxonomy"]

_LIST_FIELDS = {
    "id", "extends", "en", "zh", "source", "edition", "valid_from", "valid_to", "certainty", "note",
}  # fmt: skip
_CODE_FIELDS = {
    "code", "en", "zh", "parent", "source", "edition", "valid_from", "valid_to", "certainty",
    "note",
}  # fmt: skip
_MAJOR = 2
"""Digits of a major class in GB/T 30428.2; what follows them is the minor."""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Every code list, in all its editions."""

    lists: tuple[CodeList, ...]

    def ids(self) -> tuple[str, ...]:
        """Return the names of the lists."""
        return tuple(dict.fromkeys(item.id for item in self.lists))

    def code_list(self, list_id: str, day: date) -> CodeList:
        """Return the edition of a list that is in force on a day.

        Raises
        ------
        InputError
            If there is no such list, or no edition of it on that day.
        """
        editions = [item for item in self.lists if item.id == list_id]
        for item in editions:
            if item.in_force(day):
                return item
        if not editions:
            raise InputError(
                Text(f"there is no code list {list_id!r}", f"没有代码表 {list_id!r}"),
                field="code_list",
                cure=Text(
                    f"The lists are: {', '.join(self.ids())}.",
                    f"已有代码表：{'、'.join(self.ids())}。",
                ),
            )
        raise InputError(
            Text(
                f"no edition of the code list {list_id} is in force on {day}",
                f"代码表 {list_id} 在 {day} 没有生效的版本",
            ),
            field="code_list",
            cure=Text(
                f"The first edition here begins on {min(item.valid_from for item in editions)}.",
                f"此处最早的版本自 {min(item.valid_from for item in editions)} 起生效。",
            ),
        )

    def lookup(self, list_id: str, code: str, day: date) -> Code:
        """Return the entry of a code in the edition of a day; ``InputError`` if there is none."""
        return self.code_list(list_id, day).lookup(code)


def load_taxonomy(files_of_city: Iterable[Path] = ()) -> Taxonomy:
    """Return the code lists that ship, with a city's own lists, editions and codes.

    Parameters
    ----------
    files_of_city
        TOML files that extend a list, bring another edition of one, or a list of the city's own.

    Raises
    ------
    InputError
        If a file cannot be read or an entry is not well formed, if a code is given twice, or names
        a parent that the list does not have. The message names the file, the field and the cure.
    """
    own = [_parse(toml_text(file), str(file)) for file in files_of_city]
    return Taxonomy(_assembled([*_packaged(), *own]))


@dataclass(frozen=True, slots=True)
class _Draft:
    """One file, before extensions have joined the lists that they extend."""

    file: str
    extends: str
    list: CodeList
    entries: tuple[Code, ...]


@cache
def _packaged() -> tuple[_Draft, ...]:
    folder = files("dizuo.operations.taxonomy")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".toml"))
    return tuple(_parse((folder / name).read_text(encoding="utf-8"), name) for name in names)


def _assembled(drafts: list[_Draft]) -> tuple[CodeList, ...]:
    whole = [draft for draft in drafts if not draft.extends]
    _refuse_two_editions_at_once(whole)
    known = {draft.list.id for draft in whole}
    for draft in drafts:
        if draft.extends and draft.extends not in known:
            raise InputError(
                Text(
                    f"it extends the unknown list {draft.extends!r}",
                    f"它扩展的代码表 {draft.extends!r} 不存在",
                ),
                file=draft.file,
                field="extends",
                cure=Text(
                    f"The lists are: {', '.join(sorted(known))}.",
                    f"已有代码表：{'、'.join(sorted(known))}。",
                ),
            )
        if draft.extends and not any(
            other.list.id == draft.extends and _meet(other.list, draft.list) for other in whole
        ):
            raise InputError(
                Text(
                    f"no edition of {draft.extends} is in force while this file is",
                    f"该文件生效期间 {draft.extends} 没有生效的版本",
                ),
                file=draft.file,
                field="valid_from",
                cure=Text(
                    "Correct the days, or add the edition that the file extends.",
                    "请更正日期，或补充被扩展的版本。",
                ),
            )
    return tuple(
        _with_codes(draft, [other for other in drafts if other.extends == draft.list.id])
        for draft in whole
    )


def _refuse_two_editions_at_once(drafts: list[_Draft]) -> None:
    for position, later in enumerate(drafts):
        for earlier in drafts[:position]:
            one, other = earlier.list, later.list
            if one.id == other.id and (
                one.in_force(other.valid_from) or other.in_force(one.valid_from)
            ):
                raise InputError(
                    Text(
                        f"editions {one.edition} and {other.edition} of {one.id} are in force on "
                        "the same day",
                        f"{one.id} 的版本 {one.edition} 与 {other.edition} 在同一天生效",
                    ),
                    file=later.file,
                    field="valid_from",
                    cure=Text(
                        "Give the earlier edition the day on which it ends as valid_to.",
                        "请为较早的版本给出截止日 valid_to。",
                    ),
                )


def _with_codes(draft: _Draft, extensions: list[_Draft]) -> CodeList:
    codes: dict[str, Code] = {}
    parts = [
        draft,
        *(part for part in extensions if _meet(draft.list, part.list)),
    ]
    for part in parts:
        for entry in part.entries:
            if entry.code in codes:
                raise InputError(
                    Text(
                        f"the code {entry.code} of the list {draft.list.id} is given twice",
                        f"代码表 {draft.list.id} 的代码 {entry.code} 出现两次",
                    ),
                    file=part.file,
                    row=entry.code,
                    field="code",
                    cure=Text(
                        "Give each entry a code of its own; retired codes are never used again.",
                        "请为每个条目给出各自的代码；停用的代码不再使用。",
                    ),
                )
            codes[entry.code] = replace(entry, local=part is not draft)
    for part in parts:
        for entry in part.entries:
            _require_parent(entry, codes, part.file)
    return replace(draft.list, codes=MappingProxyType(codes))


def _meet(one: CodeList, other: CodeList) -> bool:
    """Whether two spans of days have a day in common."""
    starts_in_time = other.valid_to is None or one.valid_from < other.valid_to
    return starts_in_time and (one.valid_to is None or other.valid_from < one.valid_to)


def _require_parent(entry: Code, codes: Mapping[str, Code], file: str) -> None:
    if not entry.parent:
        return
    if entry.parent not in codes:
        raise InputError(
            Text(
                f"the code {entry.code} belongs to {entry.parent!r}, which the list does not have",
                f"代码 {entry.code} 所属的 {entry.parent!r} 不在表中",
            ),
            file=file,
            row=entry.code,
            field="parent",
            cure=Text("Add the class, or correct the code.", "请补充该大类，或更正代码。"),
        )
    if not entry.code.startswith(entry.parent) or entry.code == entry.parent:
        raise InputError(
            Text(
                f"the code {entry.code} does not begin with that of its class, {entry.parent}",
                f"代码 {entry.code} 不以其大类代码 {entry.parent} 开头",
            ),
            file=file,
            row=entry.code,
            field="parent",
            cure=Text(
                "Codes of a class begin with its code, so that rules can name it as a prefix.",
                "同一大类的代码须以大类代码开头，以便规则按前缀引用。",
            ),
        )


def _parse(text: str, file: str) -> _Draft:
    tables = parse_toml(text, file)
    unknown = sorted(set(tables) - {"code_list", "code"})
    head = tables.get("code_list")
    if unknown or not isinstance(head, dict):
        what = (
            Text(f"unknown tables {', '.join(unknown)}", f"未知的表 {'、'.join(unknown)}")
            if unknown
            else Text("there is no [code_list]", "没有 [code_list]")
        )
        raise InputError(
            what,
            file=file,
            cure=Text(
                "Give one [code_list], and [[code]] entries.",
                "请给出一个 [code_list] 和若干 [[code]] 条目。",
            ),
        )
    _refuse_unknown(head, _LIST_FIELDS, file, None)
    entries = tables.get("code", [])
    if not isinstance(entries, list):
        raise InputError(
            Text("codes are not a list", "代码不是列表"),
            file=file,
            cure=Text("Write [[code]], twice bracketed.", "请写成 [[code]]，双层方括号。"),
        )
    extends = str(head.get("extends", ""))
    if extends:
        head = {"id": extends, "en": extends, "zh": extends} | head
    code_list = CodeList(
        id=_text(head, "id", file),
        title=Text(en=_text(head, "en", file), zh=_text(head, "zh", file)),
        source=_text(head, "source", file),
        edition=_text(head, "edition", file),
        valid_from=_day(head, "valid_from", file),
        valid_to=_day(head, "valid_to", file) if "valid_to" in head else None,
        codes=MappingProxyType({}),
    )
    inherited = {
        field: head[field]
        for field in ("source", "edition", "valid_from", "valid_to", "certainty")
        if field in head
    }
    return _Draft(file, extends, code_list, tuple(_code(item, inherited, file) for item in entries))


def _code(entry: Any, inherited: dict[str, Any], file: str) -> Code:
    code = entry.get("code") if isinstance(entry, dict) else None
    if not isinstance(code, str) or not code.strip():
        raise InputError(
            Text("an entry has no code that is text", "有条目缺少文本形式的 code"),
            file=file,
            field="code",
            cure=Text('Write code = "01".', '请写 code = "01"。'),
        )
    _refuse_unknown(entry, _CODE_FIELDS, file, code)
    fields = inherited | entry
    certainty = _text(fields, "certainty", file, code)
    if certainty not in tuple(Certainty):
        raise InputError(
            Text(f"the certainty is {certainty!r}", f"certainty 为 {certainty!r}"),
            file=file,
            row=code,
            field="certainty",
            cure=Text(
                f"Give one of {', '.join(Certainty)}.", f"请给出以下之一：{'、'.join(Certainty)}。"
            ),
        )
    valid_from = _day(fields, "valid_from", file, code)
    valid_to = _day(fields, "valid_to", file, code) if "valid_to" in fields else None
    if valid_to is not None and valid_to <= valid_from:
        raise InputError(
            Text(
                f"the last day ({valid_to}) is not after the first ({valid_from})",
                f"截止日（{valid_to}）不晚于起始日（{valid_from}）",
            ),
            file=file,
            row=code,
            field="valid_to",
            cure=Text(
                "Give the first day on which the code is no longer used.",
                "请给出不再使用该代码的第一天。",
            ),
        )
    numbered = code.isdigit() and len(code) > _MAJOR
    return Code(
        code=code,
        title=Text(en=_text(fields, "en", file, code), zh=_text(fields, "zh", file, code)),
        parent=str(entry.get("parent", code[:_MAJOR] if numbered else "")),
        certainty=Certainty(certainty),
        source=_text(fields, "source", file, code),
        edition=_text(fields, "edition", file, code),
        valid_from=valid_from,
        valid_to=valid_to,
        note=str(fields.get("note", "")),
    )


def _refuse_unknown(table: Mapping[str, Any], known: set[str], file: str, row: str | None) -> None:
    for field in table:
        if field not in known:
            raise InputError(
                Text("the field is unknown", "未知字段"),
                file=file,
                row=row,
                field=field,
                cure=Text(
                    f"Known are: {', '.join(sorted(known))}.", f"已有：{'、'.join(sorted(known))}。"
                ),
            )


def _text(table: Mapping[str, Any], field: str, file: str, row: str | None = None) -> str:
    value = table.get(field)
    if not isinstance(value, str) or not value.strip():
        raise InputError(
            Text("the text is missing", "缺少文本"),
            file=file,
            row=row,
            field=field,
            cure=Text(f'Write {field} = "…".', f'请写 {field} = "…"。'),
        )
    return value


def _day(table: Mapping[str, Any], field: str, file: str, row: str | None = None) -> date:
    value = table.get(field)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InputError(
            Text("the day is missing", "缺少日期"),
            file=file,
            row=row,
            field=field,
            cure=Text(
                f"Write {field} = 2014-08-15, without quotes.",
                f"请写 {field} = 2014-08-15，不加引号。",
            ),
        )
    return value
