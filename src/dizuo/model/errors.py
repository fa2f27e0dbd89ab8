"""What can go wrong, as one tree.

::

    DizuoError
    ├── InputError     a file, layer, row or field that cannot be used
    │   └── SchemaError    a table whose shape is not the layer's
    ├── RuleError      a rule that is absent, ambiguous or not in force
    ├── EngineError    arrays that a kernel cannot work on
    ├── StoreError     a base that is absent, damaged or of another version
    └── AccessError    something that an account may not do
"""

from pathlib import Path

from dizuo.model.text import Language, Text

__all__ = [
    "AccessError",
    "DizuoError",
    "EngineError",
    "InputError",
    "RuleError",
    "SchemaError",
    "StoreError",
]


class DizuoError(Exception):
    """Base class of every error that dizuo raises on purpose.

    ``str(error)`` is the English sentence, for logs; a person is told ``error.in_(language)``.

    Parameters
    ----------
    message
        What is wrong and what to do about it, as sentences. A plain string reads the same in both
        languages: that is for programmers, who alone cause such errors.
    """

    exit_code = 1

    def __init__(self, message: str | Text = "") -> None:
        self._message = _text(message)
        super().__init__(self._message.en)

    def in_(self, language: Language) -> str:
        """Return the message in a language."""
        return self._message.in_(language)

    @property
    def text(self) -> Text:
        """The message in both languages, to be told inside another text."""
        return Text(self.in_("en"), self.in_("zh"))

    def __str__(self) -> str:
        return self.in_("en")


class InputError(DizuoError):
    """Something the user gave cannot be used.

    Parameters
    ----------
    problem
        What is wrong, as a sentence without a full stop.
    file, layer, row, field
        Where it is wrong, as far as known. ``row`` counts as the user sees it (header = row 1).
    cure
        What the user can do about it, as a sentence.
    """

    exit_code = 2

    def __init__(
        self,
        problem: str | Text,
        *,
        file: str | Path | None = None,
        layer: str | None = None,
        row: int | str | None = None,
        field: str | None = None,
        cure: str | Text | None = None,
    ) -> None:
        self.problem_text = _text(problem)
        self.cure_text = _text(cure) if cure else None
        self.file = str(file) if file is not None else None
        self.layer = layer
        self.row = row
        self.field = field
        super().__init__(self.problem_text)

    @property
    def problem(self) -> str:
        """What is wrong, in English."""
        return self.problem_text.en

    @property
    def cure(self) -> str | None:
        """What the user can do about it, in English."""
        return self.cure_text.en if self.cure_text else None

    def in_(self, language: Language) -> str:
        """Return where it is wrong, what is wrong and the cure, in a language."""
        places = (
            (Text("file", "文件"), self.file),
            (Text("layer", "图层"), self.layer),
            (Text("row", "行"), self.row),
            (Text("field", "字段"), self.field),
        )
        spoken = self.problem_text.in_(language)
        chinese = spoken != self.problem_text.en
        comma, colon, stop, gap = ("，", "：", "。", "") if chinese else (", ", ": ", ".", " ")
        where = [f"{label.in_(language)} {value}" for label, value in places if value is not None]
        sentence = f"{comma.join(where)}{colon if where else ''}{spoken}{stop}"
        return f"{sentence}{gap}{self.cure_text.in_(language)}" if self.cure_text else sentence

    def as_dict(self, language: Language = "en") -> dict[str, str | int | None]:
        """Return the parts of the message, for ``--json`` and the API."""
        return {
            "problem": self.problem_text.in_(language),
            "file": self.file,
            "layer": self.layer,
            "row": self.row,
            "field": self.field,
            "cure": self.cure_text.in_(language) if self.cure_text else None,
        }


class SchemaError(InputError):
    """A table does not have the columns, types or values of its layer."""


class RuleError(DizuoError):
    """A rule is absent, ambiguous, or not in force on the reference date."""

    exit_code = 3


class EngineError(DizuoError):
    """Arrays given to an engine do not fit together."""

    exit_code = 4


class StoreError(DizuoError):
    """A base on disk is absent, damaged, or of another version."""

    exit_code = 5


class AccessError(DizuoError):
    """Whoever asks may not do this."""

    exit_code = 6


def _text(message: str | Text) -> Text:
    return message if isinstance(message, Text) else Text(message, message)
