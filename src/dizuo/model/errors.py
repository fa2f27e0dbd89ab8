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
    """Base class of every error that dizuo raises on purpose."""

    exit_code = 1


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
        problem: str,
        *,
        file: str | Path | None = None,
        layer: str | None = None,
        row: int | str | None = None,
        field: str | None = None,
        cure: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = str(file) if file is not None else None
        self.layer = layer
        self.row = row
        self.field = field
        self.cure = cure
        super().__init__(str(self))

    def __str__(self) -> str:
        where = [
            f"{label} {value}"
            for label, value in (
                ("file", self.file),
                ("layer", self.layer),
                ("row", self.row),
                ("field", self.field),
            )
            if value is not None
        ]
        sentence = f"{', '.join(where)}: {self.problem}." if where else f"{self.problem}."
        return f"{sentence} {self.cure}" if self.cure else sentence

    def as_dict(self) -> dict[str, str | int | None]:
        """Return the parts of the message, for ``--json`` and the API."""
        return {
            "problem": self.problem,
            "file": self.file,
            "layer": self.layer,
            "row": self.row,
            "field": self.field,
            "cure": self.cure,
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
