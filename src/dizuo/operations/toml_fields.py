"""Take the fields of a table that a city wrote, and refuse what they cannot be."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["TomlFields"]

_KINDS: Final[Mapping[type, Text]] = {
    str: Text("a text", "文本"),
    dict: Text("a table", "表"),
    list: Text("a list of texts", "文本列表"),
    bool: Text("true or false", "true 或 false"),
    int: Text("a whole number", "整数"),
}


class TomlFields:
    """Reads fields of the tables of one file.

    Parameters
    ----------
    file
        Where they come from, for the messages.
    """

    def __init__(self, file: str) -> None:
        self.file = file

    def refuse(self, name: str, problem: Text, choices: Iterable[str] = ()) -> InputError:
        """Return the error of a field, with what it may be."""
        known = sorted(choices)
        cure = Text(f"Write one of: {', '.join(known)}.", f"请写以下之一：{'、'.join(known)}。")
        return InputError(problem, file=self.file, field=name, cure=cure if known else None)

    def keys(self, table: Any, known: Collection[str], where: str) -> None:
        """Refuse what is no table, and a field that is not known."""
        if not isinstance(table, dict):
            raise self.refuse(where.removesuffix("."), _needed(dict))
        for key in table:
            if key not in known:
                raise self.refuse(
                    f"{where}{key}", Text("this field is not known", "未知字段"), known
                )

    def need(self, table: Mapping[str, Any], key: str, kind: type, where: str = "") -> Any:
        """Return a field that must be there."""
        value: Any = table.get(key)
        wrong = not isinstance(value, kind) or (kind is int and isinstance(value, bool))
        if wrong or (kind is list and not all(isinstance(one, str) for one in value)):
            raise self.refuse(f"{where}{key}", _needed(kind))
        return value

    def may(self, table: Mapping[str, Any], key: str, default: Any, where: str = "") -> Any:
        """Return a field that may be there, of the kind of its default."""
        return self.need(table, key, type(default), where) if key in table else default

    def names(self, table: Mapping[str, Any], key: str, where: str = "") -> frozenset[str]:
        """Return a list of names that may be there."""
        return frozenset(self.may(table, key, [], where))

    def some_of(
        self, table: Mapping[str, Any], key: str, known: Collection[str], where: str = ""
    ) -> frozenset[str]:
        """Return a list of names that may be there, each of them known."""
        found = self.names(table, key, where)
        for name in sorted(found - set(known)):
            problem = Text(f"{name!r} is not known here", f"此处不能使用 {name!r}")
            raise self.refuse(f"{where}{key}", problem, known)
        return found

    def title(self, table: Mapping[str, Any], where: str) -> Text:
        """Return a title in both languages."""
        return Text(self.need(table, "en", str, where), self.need(table, "zh", str, where))

    def checked(
        self, table: Mapping[str, Any], key: str, parse: Callable[[str], Any], where: str = ""
    ) -> str:
        """Return a text that may be there, and that can be parsed if it is."""
        text: str = self.may(table, key, "", where)
        if text:
            try:
                parse(text)
            except InputError as error:
                raise InputError(
                    error.problem_text, file=self.file, field=f"{where}{key}", cure=error.cure_text
                ) from error
        return text


def _needed(kind: type) -> Text:
    what = _KINDS[kind]
    return Text(f"{what.en} is needed here", f"此处须为{what.zh}")
