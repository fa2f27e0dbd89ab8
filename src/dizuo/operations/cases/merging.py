"""Reports that were merged into another case: whoever made one follows the case that leads.

A merged report keeps its own tracking number. What becomes of the leading case is its outcome, and
each who reported tells for themselves how satisfied they are: so an answer stands with the own
report, while a supplement, an urging or a reopening goes to the case that is worked on. Which of
the two a step does is a matter of the case type (``when_merged``).
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select, true

from dizuo.operations.cases.case_type import Action, CaseType, CaseTypes
from dizuo.operations.cases.register import one_case
from dizuo.operations.cases.table import cases

__all__ = [
    "case_to_act_on",
    "leading_case",
    "merged_reports",
    "possible_steps",
    "state_as_told",
    "steps_with_own",
]

_REFUSED: Final = "void"
"""What was not accepted has no outcome that could be rated."""


def leading_case(connection: Connection, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the case that leads one, its times in UTC; the very case if it was not merged."""
    while row["merged_into"]:
        row = one_case(connection, row["merged_into"])
    return row


def merged_reports(
    connection: Connection, case: str, *, within: ColumnElement[bool] | None = None
) -> list[str]:
    """Return the reports that were merged into a case, directly or by others, oldest first.

    Parameters
    ----------
    within
        Which cases whoever asks may reach; all of them if it is None.
    """
    merged = select(cases.c.case).where(cases.c.merged_into == case).cte(recursive=True)
    further = select(cases.c.case).where(cases.c.merged_into == merged.c.case)
    every = merged.union(further)
    reached = true() if within is None else within
    query = select(cases.c.case).where(cases.c.case.in_(select(every.c.case)), reached)
    return list(connection.execute(query.order_by(cases.c.opened, cases.c.case)).scalars())


def state_as_told(
    kind: CaseType, step: Action, row: Mapping[str, Any], lead: Mapping[str, Any]
) -> str:
    """Return the state in which a case counts for a step: that of the leading case for an answer.

    Types name their ends differently: what was finished elsewhere counts as finished here.
    """
    if row["case"] == lead["case"] or step.when_merged != "own":
        return str(row["state"])
    if lead["state"] in step.sources:
        return str(lead["state"])
    ends = sorted(one for one in step.sources if kind.states[one].final)
    same_words = lead["state"] in kind.states
    if lead["open"] or lead["state"] == _REFUSED or same_words or not ends:
        return str(row["state"])
    return ends[0]


def steps_with_own(
    kind: CaseType,
    row: Mapping[str, Any],
    lead: Mapping[str, Any],
    roles: frozenset[str] | None = None,
) -> list[str]:
    """Return what can be done with a case itself, by whoever has these roles or by anybody.

    With a merged one that is what its state allows, and the answers that its leading case allows.
    """
    return [
        one.id
        for one in kind.actions.values()
        if (roles is None or roles & one.roles)
        and kind.applies(one, state_as_told(kind, one, row, lead))
    ]


def possible_steps(
    types: CaseTypes, row: Mapping[str, Any], lead: Mapping[str, Any], roles: frozenset[str]
) -> list[str]:
    """Return what whoever made a report may do about it, with its own case or the leading one."""
    steps = steps_with_own(types.of_case(row["case_type"]), row, lead, roles)
    if row["case"] == lead["case"]:
        return steps
    led = types.of_case(lead["case_type"]).allowed(lead["state"], roles)
    return [*(one.id for one in led if one.when_merged == "leading"), *steps]


def case_to_act_on(
    types: CaseTypes, row: Mapping[str, Any], lead: Mapping[str, Any], action: str
) -> str:
    """Return the case that a step of whoever made a report is done with."""
    step = types.of_case(lead["case_type"]).actions.get(action)
    leads = step is not None and step.when_merged == "leading"
    return str((lead if leads else row)["case"])
