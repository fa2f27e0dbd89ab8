"""The policy as data: which role may do what with which rows. What nobody is granted is denied."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from dizuo.base.toml_files import parse_toml, toml_text
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["EVERYBODY", "Grant", "Permission", "Policy", "Role", "Rows", "Scope"]

Scope = Literal["all", "own_unit", "own_grids", "unassigned", "listed"]
"""Which rows a grant reaches; the head of ``policy.toml`` says what each means."""

Rows = Literal["", "cases", "alarms", "incidents", "observations"]
"""Whose rows a permission is about, or "" if it is about none."""

EVERYBODY: Final = "everybody"
"""The role of whoever comes, with a key or without."""

_SCOPES: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({"all"}),
    "cases": frozenset(get_args(Scope)),
    "alarms": frozenset({"all", "own_unit"}),
    "incidents": frozenset({"all", "own_unit"}),
    "observations": frozenset({"all", "own_unit"}),
}
"""Scopes that can be told apart among rows of a kind."""
_KEPT: Final = 1024
"""Answers that are kept: permissions times sets of roles, of which a city has few."""
_KEYS: Final = frozenset({"source", "certainty", "permissions", "roles", "replace"})


@dataclass(frozen=True, slots=True)
class Permission:
    """Something a door can ask for."""

    id: str
    title: Text
    rows: Rows


@dataclass(frozen=True, slots=True)
class Grant:
    """The rows that a role reaches with a permission.

    Attributes
    ----------
    case_types
        Only cases of these types; of every type if there are none.
    """

    scope: Scope
    case_types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Role:
    """What accounts of a role may do: grants by permission."""

    id: str
    title: Text
    may: Mapping[str, tuple[Grant, ...]]


@dataclass(frozen=True)
class Policy:
    """Permissions and roles by id."""

    permissions: Mapping[str, Permission]
    roles: Mapping[str, Role]

    @classmethod
    def load(cls, own: Path | None = None) -> "Policy":
        """Read the policy that dizuo ships, and the roles of a city's own file in their place.

        Raises
        ------
        InputError
            With the file and the field, if a permission or a scope is not known.
        """
        shipped = _shipped()
        if own is None or not own.exists():
            return shipped
        read = _Reader(str(own))
        table = read.table(toml_text(own))
        if "permissions" in table:
            raise read.refuse(
                "permissions",
                Text("doors ask for permissions; a city grants them",
                     "权限由系统定义，城市只能授予权限"),
                Text("Write roles only.", "请只填写 roles。"),
            )  # fmt: skip
        roles = read.roles(table, shipped.permissions)
        kept = {} if table.get("replace") is True else shipped.roles
        return cls(shipped.permissions, {**kept, **roles})

    def grants(self, permission: str, roles: Iterable[str]) -> frozenset[Grant]:
        """Return what roles are granted of a permission; nothing where none is."""
        known = [self.roles[role] for role in roles if role in self.roles]
        return frozenset(grant for role in known for grant in role.may.get(permission, ()))

    def allows(self, permission: str, roles: Iterable[str]) -> bool:
        """Tell whether roles, or everybody, may come in with a permission at all."""
        return self._allows(permission, frozenset(roles))

    @cached_property
    def _allows(self) -> Callable[[str, frozenset[str]], bool]:
        """What :meth:`allows` tells; visitors with the same roles come all the time."""

        @lru_cache(maxsize=_KEPT)
        def allows(permission: str, roles: frozenset[str]) -> bool:
            return bool(self.grants(permission, roles | {EVERYBODY}))

        return allows


@cache
def _shipped() -> Policy:
    read = _Reader("policy.toml")
    table = read.table(files("dizuo.operations.access").joinpath("policy.toml").read_text("utf-8"))
    permissions = {
        key: Permission(key, read.title(one, f"permissions.{key}"), one.get("rows", ""))
        for key, one in table["permissions"].items()
    }
    return Policy(permissions, read.roles(table, permissions))


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file

    def refuse(self, field: str, problem: Text, cure: Text) -> InputError:
        return InputError(problem, file=self.file, field=field, cure=cure)

    def table(self, text: str) -> dict[str, Any]:
        table = parse_toml(text, self.file)
        for key in table.keys() - _KEYS:
            known = sorted(_KEYS)
            raise self.refuse(
                key,
                Text("this field is not known", "未知字段"),
                Text(f"Write one of: {', '.join(known)}.", f"可用字段：{'、'.join(known)}。"),
            )
        return table

    def title(self, table: Any, where: str) -> Text:
        if not isinstance(table, dict) or not all(
            isinstance(table.get(part), str) for part in ("en", "zh")
        ):
            raise self.refuse(
                where,
                Text("a name in both languages is needed here", "此处需要中英文名称"),
                Text(
                    'Write: en = "Desk" and zh = "受理员".', '请填写 en = "Desk"、zh = "受理员"。'
                ),
            )
        return Text(table["en"], table["zh"])

    def roles(
        self, table: Mapping[str, Any], permissions: Mapping[str, Permission]
    ) -> dict[str, Role]:
        made = {}
        for key, one in table.get("roles", {}).items():
            where = f"roles.{key}"
            title = self.title(one, where)
            grants = {
                name: self.grants(given, permissions.get(name), f"{where}.may.{name}", permissions)
                for name, given in one.get("may", {}).items()
            }
            made[key] = Role(key, title, grants)
        return made

    def grants(
        self,
        given: Any,
        permission: Permission | None,
        where: str,
        permissions: Mapping[str, Permission],
    ) -> tuple[Grant, ...]:
        if permission is None:
            known = sorted(permissions)
            raise self.refuse(
                where,
                Text("no door asks for this permission", "没有接口使用该权限"),
                Text(f"Write one of: {', '.join(known)}.", f"可用权限：{'、'.join(known)}。"),
            )
        scopes = sorted(_SCOPES[permission.rows])
        made = []
        for one in given if isinstance(given, list) else [given]:
            told = {"scope": one} if isinstance(one, str) else one
            types = told.get("case_types", []) if isinstance(told, dict) else None
            narrowed = permission.rows == "cases" or not types
            if types is None or told.get("scope") not in scopes or not narrowed:
                raise self.refuse(
                    where,
                    Text(f"{one!r} is no scope of this permission", f"{one!r} 不是该权限的范围"),
                    Text(f"Write one of: {', '.join(scopes)}.", f"可用范围：{'、'.join(scopes)}。"),
                )
            made.append(Grant(cast("Scope", told["scope"]), frozenset(types)))
        return tuple(made)
