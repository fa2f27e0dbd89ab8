"""What a step does to the time by which a case must be handled: it starts, pauses, ends."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dizuo.model.errors import DizuoError, InputError
from dizuo.model.text import Text
from dizuo.operations.cases.case_type import Action, CaseType
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.clocks.deadlines import (
    Deadline,
    PauseReason,
    extended,
    give_deadline,
    paused,
    restarted,
)
from dizuo.operations.clocks.limits import parse_limit
from dizuo.operations.time import to_microseconds

__all__ = ["HandlingClock"]

_GIVEN: Final = "given"
_PAUSES: Final[Mapping[str, PauseReason]] = {"begin_special": "special_procedure"}


@dataclass(frozen=True)
class HandlingClock:
    """Counts handling deadlines.

    Parameters
    ----------
    calendar
        Id of the calendar that counts where an action names none.
    """

    calendars: CalendarBook
    calendar: str

    def changes(
        self,
        kind: CaseType,
        step: Action,
        row: Mapping[str, Any],
        told: Mapping[str, Any],
        time: datetime,
    ) -> dict[str, Any]:
        """Return what a step changes of a case's ``deadline`` and ``due``.

        Raises
        ------
        InputError
            If a limit or a date is none, or no clock runs that could be changed so.
        """
        if _stands_still(kind, step, row):
            return self._clock(step, row, told, time) | {"due": None}
        return self._clock(step, row, told, time)

    def _clock(
        self, step: Action, row: Mapping[str, Any], told: Mapping[str, Any], time: datetime
    ) -> dict[str, Any]:
        """Work out what a step does to the handling deadline."""
        if step.clock == "start" and "due" in told:
            return _given(told["due"], time)
        record = json.loads(row["deadline"]) if row["deadline"] else {}
        deadline = Deadline.from_dict(record) if record and _GIVEN not in record else None
        match step.clock:
            case "start" if "limit" in told:
                name = str(told.get("calendar", self.calendar))
                calendar = self.calendars.current(name, time.date())
                deadline = give_deadline(time, parse_limit(str(told["limit"])), calendar)
            case "start":
                deadline = None
            case "pause" if deadline:
                deadline = paused(
                    deadline, time, _PAUSES.get(step.id, "suspension"), self.calendars
                )
            case "resume" if deadline:
                deadline = restarted(deadline, time, self.calendars)
            case "extend" if deadline:
                added = parse_limit(str(told["added"]))
                deadline = extended(deadline, added, time, "approved", self.calendars)
            case "extend":
                raise InputError(
                    Text("no clock runs that could be extended", "没有可延长的时限"),
                    field="action",
                    cure=Text(
                        "Dispatch the case with a limit; a date that was set is not extended.",
                        "请在派单时给出时限；直接指定的期限不能延期。",
                    ),
                )
            case _:
                return {}
        due = deadline.due if deadline else None
        return {
            "deadline": json.dumps(deadline.as_dict(), sort_keys=True) if deadline else None,
            "due": to_microseconds(due) if due else None,
        }


def _stands_still(kind: CaseType, step: Action, row: Mapping[str, Any]) -> bool:
    """Tell whether nothing is due after a step, though the case is open.

    What was returned or reopened waits to be given to somebody, who then has a time of their own. A
    closed case keeps the time it was due by.
    """
    if not step.target or kind.states[step.target].final:
        return False
    return step.clock == "stop" or (step.clock == "" and not row["open"])


def _given(due: Any, begun: datetime) -> dict[str, Any]:
    """Take a date that somebody set, in place of one that a limit and a calendar give."""
    try:
        time = datetime.fromisoformat(str(due))
        instant = to_microseconds(time)
    except (ValueError, DizuoError) as error:
        raise InputError(
            Text(f"{due!r} is no time with a zone", f"{due!r} 不是带时区的时间"),
            field="due",
            cure=Text("Write 2026-03-01T09:00:00Z.", "请写成 2026-03-01T09:00:00Z。"),
        ) from error
    if time < begun:
        raise InputError(
            Text(
                f"{due} was over when the clock started, at {begun.isoformat()}",
                f"{due} 早于计时开始时间 {begun.isoformat()}",
            ),
            field="due",
            cure=Text("Give a time that is still to come.", "请填写之后的时间。"),
        )
    return {"deadline": json.dumps({_GIVEN: time.isoformat()}), "due": instant}
