"""What residents can report: the classes of the public case types, as Open311 names services."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.access.accounts import PUBLIC
from dizuo.operations.cases.case_type import CaseType, CaseTypes
from dizuo.operations.cases.codes import NATURES
from dizuo.operations.taxonomy.reading import Taxonomy

__all__ = ["Service", "list_services"]


@dataclass(frozen=True, slots=True)
class Service:
    """One thing that can be reported.

    ``code`` is the case type and the class: ``urban_event.0501``.
    """

    code: str
    title: Text
    group: Text
    description: Text
    case_type: str
    category: str | None
    nature: str | None


def list_services(types: CaseTypes, taxonomy: Taxonomy, day: date) -> Mapping[str, Service]:
    """Return the services of a day, by code: case types that residents may open, class by class."""
    found = [one for kind in types if _is_for_residents(kind) for one in _of(kind, taxonomy, day)]
    return {one.code: one for one in found}


def _is_for_residents(kind: CaseType) -> bool:
    return bool(kind.opened_by & PUBLIC.roles)


def _of(kind: CaseType, taxonomy: Taxonomy, day: date) -> Iterable[Service]:
    if not kind.taxonomy:
        yield Service(kind.id, kind.title, kind.title, kind.title, kind.id, None, None)
        return
    try:
        codes = taxonomy.code_list(kind.taxonomy, day)
    except InputError:  # no edition is in force yet, so there is no class to report
        return
    for code in codes.leaves(day):
        entry = codes.lookup(code)
        group = codes.lookup(entry.parent).title if entry.parent else kind.title
        is_nature = kind.taxonomy == NATURES
        yield Service(
            code=f"{kind.id}.{code}",
            title=entry.title,
            group=group,
            description=Text(f"{group.en}: {entry.title.en}", f"{group.zh}：{entry.title.zh}"),
            case_type=kind.id,
            category=None if is_nature else code,
            nature=code if is_nature else None,
        )
