"""Names in rules that the city does not have: units, limits, categories, places and the rest."""

import difflib
from collections.abc import Collection, Iterator

from dizuo.operations.dispatch.domain import CaseKind, Domain
from dizuo.operations.dispatch.report import UnknownName
from dizuo.operations.dispatch.rules import (
    CATCH_ALL,
    GRID_DUTY,
    NOTHING,
    OWNER,
    DispatchRule,
    RuleTable,
    names_match,
)

__all__ = ["find_unknown_names"]

_STEPS = frozenset({OWNER, GRID_DUTY, CATCH_ALL})


def find_unknown_names(table: RuleTable, domain: Domain) -> tuple[UnknownName, ...]:
    """Return every name in a table that the domain does not have, in the order of the table.

    A category, nature or channel must be one of a case type that the rule is for. A prefix is
    unknown if nothing begins with it.
    """
    return tuple(
        UnknownName(
            rule.id,
            rule.row,
            field,
            name or "none",
            tuple(difflib.get_close_matches(name, sorted(map(str, known)), n=3)),
        )
        for rule in table
        for field, names, known in _names(rule, domain)
        for name in sorted(names)
        if not _is_known(name, known)
    )


def _is_known(name: str, known: Collection[str]) -> bool:
    return name in known or (
        name.endswith("*") and any(names_match(frozenset({name}), other) for other in known)
    )


def _names(
    rule: DispatchRule, domain: Domain
) -> Iterator[tuple[str, Collection[str], Collection[str]]]:
    """Yield for each field of a rule the names that it uses and those that there are."""
    when, then = rule.when, rule.then
    types = {kind.case_type for kind in domain.kinds}
    kinds = [
        kind for kind in domain.kinds if not when.case_types or kind.case_type in when.case_types
    ]
    yield "case_type", when.case_types, types
    if kinds:
        yield "category", when.categories, {name for kind in kinds for name in kind.categories}
        yield "nature", when.natures, {name for kind in kinds for name in kind.natures}
        yield "place", when.places, domain.ground.places | _no_place(kinds)
        yield "channel", when.channels, {name for kind in kinds for name in kind.channels}
    if domain.units is not None:
        yield "responsible", {then.responsible}, domain.units | _STEPS
        yield "supervising", {then.supervising}, domain.units | {NOTHING}
    if domain.limits is not None:
        yield "limit", {then.limit}, domain.limits | {NOTHING}


def _no_place(kinds: Collection[CaseKind]) -> set[str]:
    return {NOTHING} if any(kind.without_place for kind in kinds) else set()
