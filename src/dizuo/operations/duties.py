"""Who is on duty: the tables that a city keeps, and cases sent by its published rules.

In ``operations/dispatch/`` of a city's folder stand ``units.csv`` (unit, name, catch_all),
``places.csv`` (place, parent, unit), ``owners.csv`` (asset, unit), all of them optional but the
first, and ``rules.csv``. Cells of the unit grid are places too, each in its community. Publishing
proves the rules on every case that can occur and keeps the version in ``published/``; only
published rules send cases.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dizuo.base.tables import read_table, refuse_torn_rows
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.case_type import CaseType, CaseTypes
from dizuo.operations.cases.codes import NATURES
from dizuo.operations.cases.office import Actor, CaseOffice
from dizuo.operations.cases.register import one_case
from dizuo.operations.clocks.limits import parse_limit
from dizuo.operations.dispatch.domain import CaseKind, Domain, Ground
from dizuo.operations.dispatch.publishing import PublishedTable, publish, table_in_force
from dizuo.operations.dispatch.reading import read_rules
from dizuo.operations.dispatch.report import Report
from dizuo.operations.dispatch.resolving import DispatchCase, Dispatcher, Duty
from dizuo.operations.dispatch.rules import NOTHING, DispatchRule
from dizuo.operations.taxonomy.reading import Taxonomy

__all__ = ["Duties", "domain_of", "publish_rules", "read_duties", "send"]
__systems__ = ("S21.3", "S22.6")

_TABLE: Final = "dispatch"
_SEVERITIES: Final = (0, 1, 2, 3)
_YES: Final = frozenset({"1", "yes", "true", "是"})


@dataclass(frozen=True)
class Duties:
    """Units, places and owners of a city, and the versions of its rules."""

    folder: Path
    units: frozenset[str]
    catch_all: str
    ground: Ground
    owners: dict[str, str]
    zone: ZoneInfo
    names: dict[str, str] = field(default_factory=dict)
    """Of units that have one."""

    @property
    def versions(self) -> tuple[PublishedTable, ...]:
        """The published versions, also those that somebody published since this was read."""
        return _published(tuple(sorted((self.folder / "published").glob("*.json"))))

    def require_known(self, given: Mapping[str, Any]) -> None:
        """Refuse to hand a case to a unit that the city does not have: nobody would see it.

        Raises
        ------
        InputError
            Naming the units that there are.
        """
        for name in ("unit", "supervisor"):
            unit = given.get(name)
            if unit is not None and unit not in self.units:
                known = sorted(self.units)
                raise InputError(
                    Text(f"there is no unit {unit!r}", f"没有单位 {unit!r}"),
                    field=name,
                    cure=Text(
                        f"Known are: {', '.join(known)}. A server reads units.csv when it begins.",
                        f"已有单位：{'、'.join(known)}。服务在启动时读取 units.csv。",
                    ),
                )

    def in_force(self, moment: datetime) -> bool:
        """Tell whether any version sends the cases of a moment."""
        return any(version.valid_from <= moment for version in self.versions)

    def dispatcher(self, moment: datetime) -> Dispatcher:
        """Return what sends the cases of a moment.

        Raises
        ------
        DizuoError
            If no table is valid yet.
        """
        table = table_in_force(self.versions, moment)
        return Dispatcher(table, self.ground, self.owners, self.catch_all, self.zone)


@lru_cache(maxsize=8)
def _published(files: tuple[Path, ...]) -> tuple[PublishedTable, ...]:
    """Read versions, which never change once they are published."""
    return tuple(PublishedTable.from_json(file.read_text(encoding="utf-8")) for file in files)


def read_duties(
    folder: Path, zone: ZoneInfo, communities: Mapping[str, str] | None = None
) -> Duties | None:
    """Read the tables of a city; None where it keeps none.

    Parameters
    ----------
    communities
        Cell of the unit grid → its community, if the city keeps a grid.

    Raises
    ------
    InputError
        If a table cannot be read, names a unit that is not there, or no unit takes what is left.
    """
    if not (folder / "units.csv").exists():
        return None
    units = _rows(folder / "units.csv", "unit")
    takes_rest = [row["unit"] for row in units if row.get("catch_all", "").lower() in _YES]
    if len(takes_rest) != 1:
        raise InputError(
            Text(
                f"{len(takes_rest)} units take what nobody else does",
                f"有 {len(takes_rest)} 个单位兜底",
            ),
            file=folder / "units.csv",
            field="catch_all",
            cure=Text("Write yes in the row of one unit.", "请只在一个单位的行中写 yes。"),
        )
    known = frozenset(row["unit"] for row in units)
    places = _rows(folder / "places.csv", "place", units=known)
    owners = _rows(folder / "owners.csv", "asset", units=known)
    parents = {cell: one for cell, one in (communities or {}).items() if one}
    parents |= {row["place"]: row["parent"] for row in places if row.get("parent")}
    larger = set(parents.values())
    named = [*(communities or {}), *(row["place"] for row in places)]
    cells = tuple(place for place in dict.fromkeys(named) if place not in larger)
    duties = {row["place"]: row["unit"] for row in places if row.get("unit")}
    try:
        ground = Ground(cells, parents, duties)
    except InputError as error:
        raise InputError(
            error.problem_text, file=folder / "places.csv", field="parent", cure=error.cure_text
        ) from error
    return Duties(
        folder,
        known,
        takes_rest[0],
        ground,
        {row["asset"]: row["unit"] for row in owners},
        zone,
        {row["unit"]: row["name"] for row in units if row.get("name")},
    )


def _rows(file: Path, key: str, units: frozenset[str] | None = None) -> list[dict[str, str]]:
    if not file.exists():
        return []
    table, torn = read_table(file)
    refuse_torn_rows(torn, file)
    told = table.fillna("").astype(str).to_dict("records")
    rows = [{str(name): str(value).strip() for name, value in row.items()} for row in told]
    seen: set[str] = set()
    for row in rows:
        where: dict[str, Any] = {"file": file, "row": row["row"]}
        if not row.get(key):
            raise InputError(Text(f"the {key} is missing", f"缺少 {key}"), field=key, **where)
        if row[key] in seen:
            raise InputError(
                Text(f"the {key} {row[key]!r} stands here twice", f"{key} {row[key]!r} 出现两次"),
                field=key,
                **where,
            )
        if units is not None and row.get("unit") and row["unit"] not in units:
            raise InputError(
                Text(f"there is no unit {row['unit']!r}", f"没有单位 {row['unit']!r}"),
                field="unit",
                cure=Text(
                    "Add it to units.csv, or correct the name.",
                    "请将其加入 units.csv，或更正名称。",
                ),
                **where,
            )  # fmt: skip
        seen.add(row[key])
    return rows


def domain_of(types: CaseTypes, taxonomy: Taxonomy, duties: Duties, moment: datetime) -> Domain:
    """Return every case that can occur in a city, on which its rules are proved."""
    kinds = tuple(
        _kind(one, taxonomy, duties, moment) for one in types if "dispatch" in one.actions
    )
    return Domain(kinds, duties.ground, duties.units)


def _kind(one: CaseType, taxonomy: Taxonomy, duties: Duties, moment: datetime) -> CaseKind:
    codes = (
        taxonomy.code_list(one.taxonomy, moment.date()).leaves(moment.date())
        if one.taxonomy
        else ()
    )
    is_nature = one.taxonomy == NATURES
    return CaseKind(
        one.id,
        categories=(NOTHING,) if is_nature or not codes else codes,
        natures=codes if is_nature else (NOTHING,),
        severities=_SEVERITIES,
        owners=(False, True) if duties.owners else (False,),
        without_place=True,
    )


def publish_rules(
    folder: Path, duties: Duties, domain: Domain, moment: datetime
) -> tuple[PublishedTable, Report]:
    """Prove ``rules.csv`` and keep it as the next version, valid from a moment.

    Raises
    ------
    TableRefusedError
        If it has holes, rules that can never fire, or unknown names.
    InputError
        If a limit cannot be read.
    """
    rules = read_rules(folder / "rules.csv")
    for rule in rules:
        _require_limit(rule, folder / "rules.csv")
    previous = duties.versions[-1] if duties.versions else None
    table, report = publish(rules, domain, id=_TABLE, valid_from=moment, previous=previous)
    file = folder / "published" / f"{table.version:05d}.json"
    file.parent.mkdir(exist_ok=True)
    partial = file.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as written:
        written.write(table.to_json())
        written.flush()
        os.fsync(written.fileno())
    partial.replace(file)
    return table, report


def _require_limit(rule: DispatchRule, file: Path) -> None:
    """Refuse a limit that no clock counts, where it stands."""
    if not rule.then.limit:
        return
    try:
        parse_limit(rule.then.limit)
    except InputError as error:
        raise InputError(
            error.problem_text, file=file, row=rule.row, field="limit", cure=error.cure_text
        ) from error


def send(connection: Connection, office: CaseOffice, duties: Duties, case: str) -> Duty:
    """Dispatch a case that was filed, by the rules in force now; return who got it, and why.

    Raises
    ------
    InputError
        If the case cannot be dispatched.
    DizuoError
        If no table is valid yet.
    """
    now = office.log.clock.now()
    row = one_case(connection, case)
    dispatcher = duties.dispatcher(now)
    duty = dispatcher.resolve(
        DispatchCase(
            row["case_type"], row["category"] or NOTHING, row["opened"], row["grid"],
            row["asset"], row["nature"] or NOTHING, row["severity"] or 0,
        )
    )  # fmt: skip
    given = {"unit": duty.responsible, "rule": f"{duty.table} {duty.rule or duty.step}"}
    given |= {"supervisor": duty.supervising} if duty.supervising else {}
    given |= {"limit": duty.limit} if duty.limit else {}
    by_rule = Actor(f"rule:{duty.table}", frozenset({"rule"}))
    office.act(connection, case, "dispatch", by_rule, given)
    return duty
