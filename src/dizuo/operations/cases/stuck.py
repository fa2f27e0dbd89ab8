"""Cases that are stuck, for the leader who coordinates units: overdue, returned, suspended, raised.

A decision names who answers for the case and why; whoever answers tells what came of it. For some
days the case then leaves the queue, and comes back if it is still stuck or is raised anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from dizuo.base.toml_files import parse_toml, toml_text
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.register import readable
from dizuo.operations.cases.squares import SQUARES
from dizuo.operations.cases.table import cases
from dizuo.operations.event_log.tables import events
from dizuo.operations.time import to_microseconds

__all__ = ["DECIDED", "REASONS", "StuckLimits", "stuck_cases"]
__systems__ = ("S21.2",)

DECIDED: Final = "case.decide_escalation"
_RAISED: Final = ("case.escalate_to_leader", "case.escalate")
REASONS: Final = ("overdue", "returned", "suspended", "raised")
"""Why a case is in the queue."""
_FILE: Final = "stuck.toml"
_NOTES: Final = frozenset({"source", "certainty"})


@dataclass(frozen=True, slots=True)
class StuckLimits:
    """From when on a case is stuck; ``stuck.toml`` says what each number means."""

    overdue_hours: float
    returned_times: float
    suspended_days: float
    rest_days: float

    @classmethod
    def load(cls, file: Path | None = None) -> "StuckLimits":
        """Read the packaged limits, and lay a city's own over them.

        Raises
        ------
        InputError
            If a limit is not known, or is no number above 0.
        """
        shipped = files("dizuo.operations.cases").joinpath(_FILE).read_text("utf-8")
        told: dict[str, Any] = dict(parse_toml(shipped, _FILE))
        if file is not None and file.exists():
            told |= parse_toml(toml_text(file), str(file))
        known = [field.name for field in fields(cls)]
        for name, value in told.items():
            if name in _NOTES:
                continue
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if name not in known or not number or value <= 0:
                raise InputError(
                    Text(
                        f"{name} = {value!r} is no limit of stuck cases",
                        f"{name} = {value!r} 不是卡滞案件的判定标准",
                    ),
                    file=file,
                    field=name,
                    cure=Text(
                        f"Known are, as numbers above 0: {', '.join(known)}.",
                        f"可设（大于 0 的数）：{'、'.join(known)}。",
                    ),
                )
        return cls(**{name: float(told[name]) for name in known})


def stuck_cases(
    connection: Connection,
    limits: StuckLimits,
    now: datetime,
    *,
    most: int = 100,
    within: ColumnElement[bool] | None = None,
) -> list[dict[str, Any]]:
    """Return the cases that are stuck, those opened first before the others; times are in UTC.

    Parameters
    ----------
    within
        Which cases whoever asks may reach; all of them if it is None.

    Returns
    -------
    list
        Cases with ``why``, some of `REASONS`, and ``decided``, when it was last decided or None.
    """
    raised, decided = _last(*_RAISED), _last(DECIDED)
    rested = to_microseconds(now - timedelta(days=limits.rest_days))
    marks = _marks(limits, now, raised, decided)
    columns = [column for column in cases.c if column.name not in SQUARES]
    query = (
        select(*columns, *(mark.label(f"is_{name}") for name, mark in marks.items()),
               decided.label("decided"))
        .where(cases.c.open.is_(True), or_(*marks.values()))
        .where(or_(decided.is_(None), decided < rested, raised > decided))
        .order_by(cases.c.opened, cases.c.case)
        .limit(most)
    )  # fmt: skip
    if within is not None:
        query = query.where(within)
    return [_told(dict(row)) for row in connection.execute(query).mappings()]


def _marks(
    limits: StuckLimits, now: datetime, raised: Any, decided: Any
) -> Mapping[str, ColumnElement[bool]]:
    """Return the condition of each reason."""
    overdue = to_microseconds(now - timedelta(hours=limits.overdue_hours))
    suspended = to_microseconds(now - timedelta(days=limits.suspended_days))
    column = cases.c
    return {
        "overdue": and_(column.due.is_not(None), column.due < overdue),
        "returned": column.returns >= limits.returned_times,
        "suspended": and_(column.state == "suspended", column.entered < suspended),
        "raised": and_(column.escalations > 0, or_(decided.is_(None), raised > decided)),
    }


def _last(*kinds: str) -> Any:
    """Return when one of some things was last done with a case."""
    return (
        select(func.max(events.c.happened))
        .where(events.c.subject == cases.c.case, events.c.kind.in_(kinds))
        .scalar_subquery()
    )


def _told(row: dict[str, Any]) -> dict[str, Any]:
    why = [name for name in REASONS if row.pop(f"is_{name}")]
    return readable(row) | {"why": why}
