"""Whoever comes through a door: what the policy lets them see and do, as conditions in SQL.

One query holds the question and the condition together, so a row out of reach never leaves the
database, and a page of a list is as long as it should be.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import ColumnElement, Connection, True_, and_, exists, false, or_, select, true

from dizuo.operations.access.accounts import PUBLIC
from dizuo.operations.access.membership import is_one_of
from dizuo.operations.access.policy import EVERYBODY, Grant, Policy
from dizuo.operations.access.sessions import Session
from dizuo.operations.cases.office import Actor
from dizuo.operations.cases.reach import parts_of
from dizuo.operations.cases.table import cases
from dizuo.operations.incidents.tables import incident_tasks, incidents
from dizuo.operations.signals.alarm_table import alarms

__all__ = ["Visitor", "assets_by_unit"]

_FEW = 25
"""Cells that are compared one by one."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who was let in with a permission.

    Attributes
    ----------
    owned
        Unit → the assets it owns.
    session
        What the visitor logged in to; None for whoever brings a key, or nothing.
    """

    actor: Actor
    permission: str
    policy: Policy
    owned: Mapping[str, frozenset[str]] = field(default_factory=dict)
    session: Session | None = None

    @classmethod
    def public(cls, policy: Policy, permission: str = "") -> "Visitor":
        """Return whoever comes without a key or a session."""
        return cls(PUBLIC, permission, policy)

    @property
    def is_known(self) -> bool:
        """Whether it is an account."""
        return self.actor != PUBLIC

    def may(self, permission: str) -> bool:
        """Tell whether the visitor may do something else too, with some rows at least."""
        return self.policy.allows(permission, self.actor.roles)

    def rows(self, permission: str | None = None) -> ColumnElement[bool]:
        """Return which rows the visitor reaches, as a condition on the permission's table.

        Parameters
        ----------
        permission
            The one the visitor was let in with, unless another is named.
        """
        asked = permission or self.permission
        return self._within(asked, self.policy.grants(asked, {*self.actor.roles, EVERYBODY}))

    def rows_as(self, roles: Iterable[str]) -> ColumnElement[bool]:
        """Return which rows the visitor reaches in some of the own roles alone.

        What an account may do with a case in one role it may not do where only another reaches.
        """
        own = self.actor.roles & frozenset(roles)
        return self._within(self.permission, self.policy.grants(self.permission, own))

    def roles_reaching(self, connection: Connection, case: str) -> frozenset[str]:
        """Return the own roles in which the visitor may act on a case."""
        acting = replace(self, permission="cases.act")
        reached = [acting.rows_as({role}).label(role) for role in sorted(self.actor.roles)]
        row = connection.execute(select(*reached).where(cases.c.case == case)).mappings().one()
        return frozenset(role for role, reaches in row.items() if reaches)

    def assets(self, permission: str | None = None) -> frozenset[str] | None:
        """Return the assets whose observations and alarms the visitor reaches; None for all."""
        grants = self.policy.grants(permission or self.permission, {*self.actor.roles, EVERYBODY})
        if any(grant.scope == "all" for grant in grants):
            return None
        own = any(grant.scope == "own_unit" for grant in grants)
        return self.owned.get(self.actor.unit or "", frozenset()) if own else frozenset()

    def _within(self, permission: str, grants: frozenset[Grant]) -> ColumnElement[bool]:
        match self.policy.permissions[permission].rows:
            case "cases":
                return _any_of(_of_cases(grant, self.actor) for grant in sorted(grants, key=str))
            case "alarms":
                assets = self.assets(permission)
                return true() if assets is None else is_one_of(alarms.c.asset, assets)
            case "incidents":
                return _any_of(self._of_incidents(grant) for grant in sorted(grants, key=str))
            case _:
                return true() if grants else false()

    def _of_incidents(self, grant: Grant) -> ColumnElement[bool]:
        """Incidents of the unit: it has a task in them, or they began with its alarm or case."""
        unit = self.actor.unit
        if grant.scope == "all":
            return true()
        if grant.scope != "own_unit" or unit is None:
            return false()
        assets = self.owned.get(unit, frozenset())
        task = incident_tasks.c
        return or_(
            exists().where(task.incident == incidents.c.incident, task.unit == unit),
            exists().where(cases.c.case == incidents.c.case, _of_unit(unit)),
            exists().where(alarms.c.alarm == incidents.c.alarm, is_one_of(alarms.c.asset, assets)),
        )


def assets_by_unit(owners: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Return unit → the assets it owns, from asset → unit."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for asset, unit in owners.items():
        found[unit].add(asset)
    return {unit: frozenset(assets) for unit, assets in found.items()}


def _any_of(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return that one of them holds: plainly all or nothing where it is so, to be seen as such."""
    told = [part for one in conditions for part in parts_of(one)]
    if any(isinstance(one, True_) for one in told):
        return true()
    return or_(*told) if told else false()


def _of_cases(grant: Grant, actor: Actor) -> ColumnElement[bool]:
    scoped = _scoped(grant, actor)
    if not grant.case_types:
        return scoped
    return _any_of(and_(cases.c.case_type == one, scoped) for one in sorted(grant.case_types))


def _scoped(grant: Grant, actor: Actor) -> ColumnElement[bool]:
    match grant.scope:
        case "all":
            return true()
        case "own_unit" if actor.unit is not None:
            return _of_unit(actor.unit)
        case "own_grids":
            return _of_grids(actor.grids)
        case "unassigned":
            return cases.c.unit.is_(None)
        case "listed":
            return cases.c.listed.is_(True)
        case _:
            return false()


def _of_unit(unit: str) -> ColumnElement[bool]:
    return or_(cases.c.unit == unit, cases.c.supervisor == unit)


def _of_grids(grids: frozenset[str]) -> ColumnElement[bool]:
    whole = sorted(one for one in grids if not one.endswith("*"))
    begun = [one.removesuffix("*") for one in sorted(grids) if one.endswith("*")]
    named = [_is_any(column, whole) for column in (cases.c.grid, cases.c.place)] if whole else []
    return _any_of([*named, *(_begins(one) for one in begun)])


def _is_any(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Compare with each of a few, whose newest cases an index tells; many are one parameter."""
    if len(values) > _FEW:
        return is_one_of(column, values)
    return _any_of(column == one for one in values)


def _begins(prefix: str) -> ColumnElement[bool]:
    """Cells whose code begins so; a range too, for codes of digits, because an index has ranges."""
    begins = cases.c.grid.startswith(prefix, autoescape=True)
    if not (prefix.isascii() and prefix.isdigit()):
        return begins
    following = str(int(prefix) + 1).zfill(len(prefix))
    if len(following) > len(prefix):
        return begins
    return and_(cases.c.grid >= prefix, cases.c.grid < following, begins)
