"""What must hold before a step is done: it is possible, allowed, and told as its type has it."""

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

from dizuo.model.errors import AccessError, InputError
from dizuo.model.text import Text
from dizuo.operations.cases.case_type import CONFIDENT, Action, CaseType
from dizuo.operations.cases.table import cases
from dizuo.operations.event_log.tables import events

if TYPE_CHECKING:
    from dizuo.operations.cases.office import Actor

__all__ = [
    "SUGGESTED",
    "allowed_step",
    "require_not_done",
    "require_reach",
    "require_told",
]

SUGGESTED: Final = "suggested"
"""The class that a classifier suggested when a person gave one."""

_OPEN_TO_ALL: Final = frozenset({"reason_code", "clause", SUGGESTED})
"""What may be told with every step, and stands in its event."""
_PARTICIPANTS: Final = "participants"
_RULE: Final = "rule"
_OWN_UNIT_ONLY: Final = frozenset({"unit", "volunteer"})
"""Roles that take a case for the unit they belong to, and for no other."""


def allowed_step(kind: CaseType, state: str, action: str, actor: "Actor") -> Action:
    """Return the step of an action.

    Raises
    ------
    InputError
        If a case of this type and state knows no such action.
    AccessError
        If the actor has none of the roles that may do it.
    """
    step = kind.actions.get(action)
    if step is None or not kind.applies(step, state):
        can = sorted(one.id for one in kind.actions.values() if kind.applies(one, state))
        raise InputError(
            Text(
                f"{action!r} cannot be done with a case that is {state!r}",
                f"案件处于“{kind.title_of(state).zh}”（{state}），不能办理 {action}",
            ),
            field="action",
            cure=Text(
                f"Possible now: {', '.join(can) or 'nothing'}.",
                f"目前可办理：{'、'.join(can) or '无'}。",
            ),
        )
    if not step.roles & actor.roles:
        roles = sorted(step.roles)
        raise AccessError(
            Text(
                f"{actor.id} may not {action}: that takes one of {', '.join(roles)}",
                f"{actor.id} 无权办理 {action}：需要以下角色之一：{'、'.join(roles)}",
            )
        )
    return step


def require_told(
    step: Action, actor: "Actor", told: Mapping[str, Any], evidence: Collection[str]
) -> None:
    """Refuse a step with which too little is told, or more than it takes.

    A resident who urges changes neither the unit nor the class of the case; a unit that accepts
    takes the case for itself alone.

    Parameters
    ----------
    evidence
        Kinds of what is given in confidence: ``photo``.

    Raises
    ------
    InputError
        If something is missing, unknown, or not told with this step.
    AccessError
        If somebody of a unit takes a case for another one.
    """
    for name in sorted(step.needs):
        if told.get(name) in (None, ""):
            raise InputError(Text(f"{step.id} needs {name}", f"{step.id} 需要 {name}"), field=name)
    _require_count(told)
    for kind in sorted(step.evidence - set(evidence)):
        raise InputError(
            Text(f"{step.id} needs a {kind} as evidence", f"{step.id} 需要 {kind} 作为证据"),
            field=kind,
        )
    by_rule = {_RULE} if _RULE in step.roles & actor.roles else set()
    takes = step.needs | step.takes | _OPEN_TO_ALL | CONFIDENT | by_rule
    for name in sorted(set(told) - takes):
        can = sorted(takes - {SUGGESTED})
        raise InputError(
            Text(f"{name} cannot be told with {step.id}", f"办理 {step.id} 时不能给出 {name}"),
            field=name,
            cure=Text(f"Known are: {', '.join(can)}.", f"可给出：{'、'.join(can)}。"),
        )
    own_only = step.roles & actor.roles <= _OWN_UNIT_ONLY
    if own_only and actor.unit and "unit" in told and told["unit"] != actor.unit:
        raise AccessError(
            Text(
                f"{actor.id} may not {step.id} for {told['unit']}, only for {actor.unit}",
                f"{actor.id} 不能代 {told['unit']} 办理 {step.id}，只能代表 {actor.unit}",
            )
        )


def _require_count(told: Mapping[str, Any]) -> None:
    """Refuse participants that are no whole number: they are counted, and never named."""
    given = told.get(_PARTICIPANTS)
    if given is not None and not re.fullmatch("[0-9]{1,9}", str(given)):
        raise InputError(
            Text(f"{given!r} is no number of people", f"{given!r} 不是人数"),
            field=_PARTICIPANTS,
            cure=Text("Tell how many took part, and never who.", "只填人数，不填姓名。"),
        )


def require_not_done(connection: Connection, step: Action, case: str) -> None:
    """Refuse what was done as often as it may be done in one case.

    Raises
    ------
    InputError
        If it was.
    """
    if not step.at_most:
        return
    done = select(func.count()).where(events.c.subject == case, events.c.kind == f"case.{step.id}")
    if connection.execute(done).scalar_one() >= step.at_most:
        most = step.at_most
        times = Text("once" if most == 1 else f"{most} times", f"{most} 次")
        raise InputError(
            Text(
                f"{step.id} can be done only {times.en} in one case",
                f"同一案件中 {step.id} 最多办理 {times.zh}",
            ),
            field="action",
        )


def require_reach(
    connection: Connection, case: str, action: str, actor: "Actor", reached: ColumnElement[bool]
) -> None:
    """Refuse a step on a case that the actor does not reach.

    Raises
    ------
    AccessError
        If the case is that of another unit or place.
    """
    query = select(cases.c.case).where(cases.c.case == case, reached)
    if connection.execute(query).first() is None:
        raise AccessError(
            Text(
                f"{actor.id} may not {action} here: the case is that of another unit or place",
                f"{actor.id} 不能在此执行 {action}：该案件属于其他单位或区域",
            )
        )
