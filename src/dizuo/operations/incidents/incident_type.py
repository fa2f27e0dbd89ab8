"""Types and grades of incidents, and who may do what with them, as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from dizuo.base.toml_files import parse_toml, toml_text
from dizuo.model.errors import AccessError, InputError
from dizuo.model.text import Text
from dizuo.operations.toml_fields import TomlFields

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
_TYPE_KEYS: Final = frozenset({"en", "zh", "class", "cap_category"})
_GRADE_KEYS: Final = frozenset(
    {"severity", "number", "en", "zh", "colour", "colour_zh", "cap_severity"}
)
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
            return parse_types(toml_text(file), str(file))
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
                Text(
                    f"there is no incident type {incident_type!r}",
                    f"没有突发事件类型 {incident_type!r}",
                ),
                field="incident_type",
                cure=Text(
                    f"Known are: {', '.join(sorted(self.types))}.",
                    f"已有类型：{'、'.join(sorted(self.types))}。",
                ),
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
                Text(f"there is no grade {grade!r}", f"没有等级 {grade!r}"),
                field="grade",
                cure=Text(
                    f"Write one of: {', '.join(GRADES)}.", f"请写以下之一：{'、'.join(GRADES)}。"
                ),
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
    table = parse_toml(text, file)
    read = TomlFields(file)
    roles = read.need(table, "roles", dict)
    for deed in DEEDS:
        read.need(roles, deed, list, "roles.")
    types = read.need(table, "types", dict)
    return IncidentTypes(
        source=read.need(table, "source", str),
        certainty=read.need(table, "certainty", str),
        types={key: _type(key, one, read) for key, one in types.items()},
        grades=_grades(read.need(table, "grades", dict), read),
        roles={deed: read.names(roles, deed, "roles.") for deed in DEEDS},
    )


def _type(key: str, table: Any, read: TomlFields) -> IncidentType:
    where = f"types.{key}."
    read.keys(table, _TYPE_KEYS, where)
    kind = read.need(table, "class", str, where)
    if kind not in _CLASSES:
        problem = Text(f"{kind!r} is no class of incidents", f"{kind!r} 不是突发事件类别")
        raise read.refuse(f"{where}class", problem, _CLASSES)
    categories = tuple(read.need(table, "cap_category", list, where))
    return IncidentType(key, read.title(table, where), kind, categories)


def _grades(table: Mapping[str, Any], read: TomlFields) -> dict[str, Grade]:
    if set(table) != set(GRADES):
        names = Text(", ".join(GRADES), "、".join(GRADES))
        raise read.refuse(
            "grades", Text(f"there must be the grades {names.en}", f"等级必须为 {names.zh}")
        )
    grades = {}
    for severity, key in enumerate(reversed(GRADES)):
        where, one = f"grades.{key}.", table[key]
        read.keys(one, _GRADE_KEYS, where)
        if read.need(one, "severity", int, where) != severity:
            raise read.refuse(
                f"grades.{key}",
                Text(
                    f"grade {key} has the severity {severity}", f"{key} 级的严重度应为 {severity}"
                ),
            )
        colour, cap = (read.need(one, name, str, where) for name in ("colour", "cap_severity"))
        if colour not in _COLOURS or cap not in _CAP_SEVERITIES:
            raise read.refuse(
                f"grades.{key}",
                Text("this colour or severity is not known", "未知的颜色或 CAP 严重度"),
                [*_COLOURS, *_CAP_SEVERITIES],
            )
        grades[key] = Grade(
            key, severity, read.need(one, "number", str, where), read.title(one, where), colour,
            Text(colour, read.need(one, "colour_zh", str, where)), cap,
        )  # fmt: skip
    return grades
