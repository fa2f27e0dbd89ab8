"""Texts whose class a person has given: what a classifier learns from, and is measured on."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, or_, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.case_type import CaseType
from dizuo.operations.cases.table import cases
from dizuo.operations.event_log.tables import events
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.taxonomy.code_list import CodeList
from dizuo.operations.texts.identifiers import Stripped, strip_identifiers
from dizuo.operations.texts.told import told_texts

__all__ = [
    "LANGUAGES",
    "LabelledTexts",
    "Language",
    "class_column",
    "labelled_cases",
    "language_of",
    "read_labelled",
]

Language = Literal["zh", "latin"]
LANGUAGES: Final[Mapping[Language, Text]] = {
    "zh": Text("Chinese", "中文"),
    "latin": Text("Latin script (English)", "拉丁文字（英文）"),
}
"""Languages are told by their script: a city measures what its own residents write in it."""
_NATURES: Final = "hotline_nature"
_HAN: Final = re.compile("[一-鿿㐀-䶿]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_COLUMNS: Final = ("text", "category")


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """Texts without identifiers and their classes, one entry a text; no wording stands twice."""

    texts: tuple[str, ...]
    codes: NDArray[np.str_]
    languages: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def of(cls, pairs: Iterable[tuple[Stripped, str]]) -> "LabelledTexts":
        """Take texts with their classes; of the same wording the first counts.

        A text that is learnt must not be measured on again.
        """
        kept: dict[str, str] = {}
        for told, code in pairs:
            text = " ".join(told.text.split())
            if text:
                kept.setdefault(text, code)
        return cls(
            tuple(kept),
            np.array(list(kept.values()), dtype=np.str_),
            np.array([language_of(text) for text in kept], dtype=np.str_),
        )

    def and_also(self, others: "LabelledTexts") -> "LabelledTexts":
        """Return these texts and others; of the same wording these count."""
        known = set(self.texts)
        fresh = np.array([text not in known for text in others.texts], dtype=np.bool_)
        texts = tuple(text for text, one in zip(others.texts, fresh, strict=True) if one)
        return LabelledTexts(
            self.texts + texts,
            np.concatenate((self.codes, others.codes[fresh])),
            np.concatenate((self.languages, others.languages[fresh])),
        )


def language_of(text: str) -> Language:
    """Tell the script that most of a text is written in; a Chinese character counts for a word."""
    han = len(_HAN.findall(text))
    return "zh" if 4 * han >= len(_LETTER.findall(text)) and han else "latin"


def class_column(kind: CaseType) -> str:
    """Return the column of a case that holds its class; "" where the type has no classes."""
    if not kind.taxonomy:
        return ""
    return "nature" if kind.taxonomy == _NATURES else "category"


def labelled_cases(
    connection: Connection, vault: Vault, kind: CaseType, *, simulated: bool = False
) -> LabelledTexts:
    """Read the texts of cases whose class stands: closed ones, and those that a person corrected.

    Texts are decrypted in memory only. Cases that were erased, merged or not accepted are not in
    it; made-up ones only where they are asked for.
    """
    column = cases.c[class_column(kind)]
    corrected = select(events.c.subject).where(events.c.kind == "case.classify")
    query = (
        select(cases.c.case, column)
        .where(cases.c.case_type == kind.id, column.is_not(None), cases.c.simulated.is_(simulated))
        .where(cases.c.state.not_in(("void", "merged")))
        .where(or_(cases.c.open.is_(False), cases.c.case.in_(corrected)))
        .order_by(cases.c.opened, cases.c.case)
    )
    found: Sequence[tuple[str, str]] = [(row[0], row[1]) for row in connection.execute(query)]
    told = told_texts(connection, vault, [case for case, _ in found])
    return LabelledTexts.of((told[case], code) for case, code in found if case in told)


def read_labelled(file: Path, codes: CodeList) -> LabelledTexts:
    """Read a table with the columns ``text`` and ``category`` (UTF-8).

    Raises
    ------
    InputError
        With the row, if a column is missing or a class is not one of the list.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines)
            if not set(_COLUMNS) <= set(table.fieldnames or ()):
                raise InputError(
                    Text("a column is missing", "缺少列"), file=file, field=", ".join(_COLUMNS)
                )
            pairs = [
                (strip_identifiers(row["text"] or ""), _code(row["category"], codes, file, number))
                for number, row in enumerate(table, start=2)
            ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            Text(f"the table cannot be read: {error}", f"无法读取该表：{error}"), file=file
        ) from error
    return LabelledTexts.of(pairs)


def _code(name: str | None, codes: CodeList, file: Path, row: int) -> str:
    found = codes.find(name or "")
    if found is None:
        raise InputError(
            Text(
                f"{name!r} is no class of the list {codes.id}",
                f"代码表 {codes.id} 中没有类别“{name}”",
            ),
            file=file, row=row, field="category",
            cure=Text("Write its code or its name.", "请填写编码或名称。"),
        )  # fmt: skip
    return found.code
