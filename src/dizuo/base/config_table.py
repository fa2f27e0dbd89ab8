"""One table of a TOML file, read key by key, so that what nobody asked for can be refused."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["ConfigTable"]

_REQUIRED: Final = object()
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")


def nearest(name: str, known: Iterable[str]) -> Text | None:
    """Return a cure that names the nearest known words, or all of them when none is near."""
    words = sorted(known)
    close = difflib.get_close_matches(name, words, n=1, cutoff=0.6)
    if close:
        return Text(f"Did you mean {close[0]!r}?", f"您是否要写“{close[0]}”？")
    if not words:
        return None
    return Text(f"Known here: {', '.join(words)}.", f"可用：{'、'.join(words)}。")


class ConfigTable:
    """A TOML table that remembers which keys were asked for.

    Parameters
    ----------
    content
        The parsed table.
    file
        The file, for messages and as the root of relative paths.
    name
        Dotted name of the table, for messages.
    """

    def __init__(self, content: Any, file: Path, name: str) -> None:
        self._file = file
        self._name = name
        self._asked: set[str] = set()
        if not isinstance(content, Mapping):
            raise InputError(
                Text("this must be a table", "此处应为表"),
                file=file,
                field=name,
                cure=Text(f"Write it as [{name}].", f"请写成 [{name}]。"),
            )
        self._content: Mapping[str, Any] = content

    def error(self, key: str, problem: Text, cure: Text | None) -> InputError:
        """Make the error for one key."""
        return InputError(problem, file=self._file, field=self._dotted(key), cure=cure)

    def finish(self) -> None:
        """Refuse keys that nobody asked for.

        Raises
        ------
        InputError
            Names the first unknown key and the nearest known one.
        """
        for key in self._content:
            if key not in self._asked:
                raise self.error(
                    key,
                    Text(f"the key {key!r} is unknown", f"未知的键“{key}”"),
                    nearest(key, self._asked),
                )

    def numbers(self, *, at_least: float) -> dict[str, float]:
        """Return every key of the table as a number: the keys are the user's own names."""
        return {key: self.number(key, at_least=at_least) for key in self._content}

    def optional_mapping(self, key: str) -> dict[str, Any]:
        """Return a table as it stands, to be checked by whoever knows its keys."""
        self._asked.add(key)
        content = self._content.get(key, {})
        if not isinstance(content, Mapping):
            raise self.error(
                key,
                Text("this must be a table", "此处应为表"),
                Text(f"Write it as [{key}].", f"请写成 [{key}]。"),
            )
        return dict(content)

    def text(self, key: str, *, default: Any = _REQUIRED, choices: Sequence[str] = ()) -> str:
        """Return a text, one of ``choices`` if there are any."""
        value = self._typed(key, default, str, Text("a text in quotes", "加引号的文本"))
        if choices and value not in choices:
            raise self.error(
                key,
                Text(f"{value!r} is not possible", f"“{value}”不是可用的取值"),
                nearest(value, choices),
            )
        return str(value)

    def slug(self, key: str) -> str:
        """Return a lower-case id: letters, digits, ``_`` and ``-``."""
        value = self.text(key)
        if not _SLUG.fullmatch(value):
            raise self.error(
                key,
                Text(f"{value!r} cannot be an id", f"“{value}”不能用作 id"),
                Text(
                    "Use lower-case letters a-z, digits, _ and -.",
                    "请只用小写字母 a-z、数字、_ 和 -。",
                ),
            )
        return value

    def texts(
        self, key: str, *, default: tuple[str, ...], choices: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._typed(key, list(default), list, Text("a list of texts", "文本列表"))
        for entry in value:
            if not isinstance(entry, str):
                raise self.error(
                    key,
                    Text(f"{entry!r} is not a text", f"{entry!r} 不是文本"),
                    Text("Put each entry in quotes.", "请为每一项加引号。"),
                )
            if choices and entry not in choices:
                raise self.error(
                    key,
                    Text(f"{entry!r} is not possible", f"“{entry}”不是可用的取值"),
                    nearest(entry, choices),
                )
        return tuple(value)

    def number(
        self, key: str, *, at_least: float = float("-inf"), at_most: float = float("inf")
    ) -> float:
        """Return a finite number between two ends."""
        value = self._typed(key, _REQUIRED, (int, float), Text("a number", "数字"))
        if (
            isinstance(value, bool)
            or not at_least <= value <= at_most
            or abs(value) == float("inf")
        ):
            least, most = f"{at_least:,.12g}", f"{at_most:,.12g}"
            span = Text(
                f"a finite number, {least} or more"
                if most == "inf"
                else f"a number from {least} to {most}",
                f"不小于 {least} 的数" if most == "inf" else f" {least} 至 {most} 之间的数",
            )
            problem = Text(f"{value!r} is not {span.en}", f"应为{span.zh}，而不是 {value!r}")
            raise self.error(key, problem, Text("Correct it.", "请更正。"))
        return float(value)

    def truth(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        return bool(self._typed(key, default, bool, Text("true or false", " true 或 false")))

    def optional_whole(self, key: str) -> int | None:
        """Return a whole number, or None when the key is absent."""
        if key not in self._content:
            self._asked.add(key)
            return None
        return int(self._typed(key, _REQUIRED, int, Text("a whole number", "整数")))

    def day(self, key: str) -> date:
        """Return a day."""
        expected = Text("a day such as 2025-12-31, without quotes", "日期，如 2025-12-31，不加引号")
        value = self._typed(key, _REQUIRED, (date, str), expected)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.error(
                key,
                Text(f"{value!r} is not a day", f"“{value}”不是日期"),
                Text("Write it as 2025-12-31.", "请写成 2025-12-31 的形式。"),
            ) from None

    def path(self, key: str) -> Path:
        """Return a path, made absolute from the city's folder; the file must be there."""
        path = self._file.parent / Path(self.text(key)).expanduser()
        try:
            path = path.resolve()
            there = path.exists()
        except (OSError, RuntimeError):  # links that lead to each other
            there = False
        if not there:
            raise self.error(
                key,
                Text(f"there is no file {path}", f"没有文件 {path}"),
                Text("Correct the path or fetch the file.", "请更正路径，或先取得该文件。"),
            )
        return path

    def optional_path(self, key: str) -> Path | None:
        """Return a path, or None when the key is absent."""
        self._asked.add(key)
        return self.path(key) if key in self._content else None

    def mapping(self, key: str) -> Mapping[str, Any]:
        """Return a table as it stands; empty when absent."""
        value = self._typed(key, {}, Mapping, Text("a table", "表"))
        return dict(value)

    def text_mapping(self, key: str) -> dict[str, str]:
        """Return a table of texts; empty when absent."""
        mapping = self.mapping(key)
        for name, value in mapping.items():
            if not isinstance(value, str):
                raise self.error(
                    f"{key}.{name}",
                    Text(f"{value!r} is not a column name", f"{value!r} 不是列名"),
                    Text("Put it in quotes.", "请加引号。"),
                )
        return dict(mapping)

    def table(self, key: str) -> "ConfigTable":
        """Return a table that must be there."""
        table = self.optional_table(key)
        if table is None:
            raise self.error(
                key,
                Text("this table is missing", "缺少该表"),
                Text(f"Add a [{self._dotted(key)}] table.", f"请添加 [{self._dotted(key)}] 表。"),
            )
        return table

    def optional_table(self, key: str) -> "ConfigTable | None":
        """Return a table, or None when absent."""
        self._asked.add(key)
        if key not in self._content:
            return None
        return ConfigTable(self._content[key], self._file, self._dotted(key))

    def optional_subtables(self, key: str) -> list[tuple[str, "ConfigTable"]]:
        """Return the tables inside a table, with their names."""
        table = self.optional_table(key)
        if table is None:
            return []
        return [
            (name, ConfigTable(content, self._file, f"{self._dotted(key)}.{name}"))
            for name, content in self._content[key].items()
        ]

    def tables(self, key: str) -> list["ConfigTable"]:
        """Return a list of tables, written ``[[key]]``."""
        expected = Text(f"a list of tables, written [[{key}]]", f"表的列表，写作 [[{key}]]")
        value = self._typed(key, [], list, expected)
        return [
            ConfigTable(content, self._file, f"{self._dotted(key)}[{number}]")
            for number, content in enumerate(value, start=1)
        ]

    def _typed(self, key: str, default: Any, kinds: Any, expected: Text) -> Any:
        self._asked.add(key)
        if key not in self._content:
            if default is _REQUIRED:
                unread = self._content.keys() - self._asked
                close = difflib.get_close_matches(key, unread, n=1, cutoff=0.7)
                cure = (
                    Text(f"Did you write {close[0]!r} for it?", f"是否误写成了“{close[0]}”？")
                    if close
                    else Text(f"Add {key}: {expected.en}.", f"请添加 {key}：{expected.zh}。")
                )
                raise self.error(key, Text("this key is missing", "缺少该键"), cure)
            return default
        value = self._content[key]
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is int):
            raise self.error(
                key,
                Text(f"{value!r} is not {expected.en}", f"{value!r} 不是{expected.zh}"),
                Text(f"Write {expected.en}.", f"请写成{expected.zh}。"),
            )
        return value

    def _dotted(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key
