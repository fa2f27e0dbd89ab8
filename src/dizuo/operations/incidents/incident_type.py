"""Types and grades of incidents, and who may do what with them, as data."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from dizuo.model.errors import AccessError, InputError
from dizuo.model.text import Text

__all__ = ["DEEDS", "GRADES", "Grade", "IncidentType", "IncidentTypes", "parse_types"]

GRADES: Final = ("I", "II", "III", "IV")
"""The four grades, the worst first."""
DEEDS: Final = (
    "declare", "regrade", "activate", "task", "resource", "note", "message", "close", "erase",
)  # fmt: skip
"""What can be done with an incident; the data says which roles may."""
_COLOURS: Final = frozenset({"red", "orange", "yellow", "blue"})
_CAP_SEVERITIES: Final = frozenset({"Extreme", "Severe", "Moderate", "Minor", "Unknown"})
_CLASSES: Final = frozenset({"natural", "accident", "public_health", "social_security"})
_PACKAGE: Final = "dizuo.operations.incidents"
_FILE: Final = "incident_types.toml"


@dataclass(frozen=True, slots=True)
class Grade:
    """How grave an incident is.

    Attributes
    ----------
    severity
        3 (worst) to 0: what programs compare, apart from every label.
    number, title, colour, colour_title
        Labels: Ⅰ, 特别重大, red, 红色.
    cap_severity
        The word for it in CAP.
    """

    id: str
    severity: int
    number: str
    title: Text
    colour: str
    colour_title: Text
    cap_severity: str


@dataclass(frozen=True, slots=True)
class IncidentType:
    """One kind of incident; ``categories`` are those of CAP."""

    id: str
    title: Text
    kind: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncidentTypes:
    """All types and grades, and the roles that may do each deed."""

    source: str
    certainty: str
    types: Mapping[str, IncidentType] = field(hash=False)
    grades: Mapping[str, Grade] = field(hash=False)
    roles: Mapping[str, frozenset[str]] = field(hash=False)

    @classmethod
    def load(cls, file: Path | None = None) -> "IncidentTypes":
        """Read the types that dizuo ships, or a city's own in their place.

        Raises
        ------
        InputError
            If something is missing or not known.
        """
        if file is not None and file.is_file():
            return parse_types(file.read_text(encoding="utf-8"), str(file))
        return parse_types(files(_PACKAGE).joinpath(_FILE).read_text("utf-8"), _FILE)

    def get(self, incident_type: str) -> IncidentType:
        """Return one type.

        Raises
        ------
        InputError
            If there is none of that id.
        """
        if incident_type not in self.types:
            raise InputError(
                f"there is no incident type {incident_type!r}",
                field="incident_type",
                cure=f"Known are: {', '.join(sorted(self.types))}.",
            )
        return self.types[incident_type]

    def grade(self, grade: str) -> Grade:
        """Return one grade.

        Raises
        ------
        InputError
            If there is none of that id.
        """
        if grade not in self.grades:
            raise InputError(
                f"there is no grade {grade!r}",
                field="grade",
                cure=f"Write one of: {', '.join(GRADES)}.",
            )
        return self.grades[grade]

    def require(self, deed: str, actor: str, roles: Iterable[str], also: str = "") -> None:
        """Refuse what an actor has no role for; ``also`` is a role that may do it besides.

        Raises
        ------
        AccessError
            If the actor has none of the roles.
        """
        allowed = self.roles[deed] | ({also} if also else set())
        if not allowed & set(roles):
            names = ", ".join(sorted(allowed))
            raise AccessError(
                Text(
                    f"{actor} may not do this ({deed}): that takes one of {names}",
                    f"{actor} 无权进行 {deed}：须有角色 {names} 之一",
                )
            )


def parse_types(text: str, file: str = "") -> IncidentTypes:
    """Read types and grades.

    Raises
    ------
    InputError
        With the file and the field.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"this is no TOML: {error}", file=file) from error
    try:
        return IncidentTypes(
            source=str(table["source"]),
            certainty=str(table["certainty"]),
            types={key: _type(key, one, file) for key, one in table["types"].items()},
            grades=_grades(table["grades"], file),
            roles={deed: frozenset(table["roles"][deed]) for deed in DEEDS},
        )
    except KeyError as error:
        raise InputError("this field is needed", file=file, field=str(error.args[0])) from error


def _type(key: str, table: Mapping[str, Any], file: str) -> IncidentType:
    if table["class"] not in _CLASSES:
        raise InputError(
            f"{table['class']!r} is no class of incidents",
            file=file,
            field=f"types.{key}.class",
            cure=f"Write one of: {', '.join(sorted(_CLASSES))}.",
        )
    title = Text(table["en"], table["zh"])
    return IncidentType(key, title, table["class"], tuple(table["cap_category"]))


def _grades(table: Mapping[str, Mapping[str, Any]], file: str) -> dict[str, Grade]:
    if set(table) != set(GRADES):
        raise InputError(f"there must be the grades {', '.join(GRADES)}", file=file, field="grades")
    grades = {}
    for expected, key in enumerate(reversed(GRADES)):
        one = table[key]
        if one["severity"] != expected:
            raise InputError(
                f"grade {key} has the severity {expected}", file=file, field=f"grades.{key}"
            )
        if one["colour"] not in _COLOURS or one["cap_severity"] not in _CAP_SEVERITIES:
            raise InputError(
                "this colour or severity is not known", file=file, field=f"grades.{key}"
            )
        grades[key] = Grade(
            key, expected, one["number"], Text(one["en"], one["zh"]), one["colour"],
            Text(one["colour"], one["colour_zh"]), one["cap_severity"],
        )  # fmt: skip
    return grades
