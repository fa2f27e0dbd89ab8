"""What people do about alarms: take note of them, judge them, and follow what came of them.

The alarm and its case are one story. To judge an alarm true confirms its case, and to judge it
false or a nuisance dismisses it; to confirm or dismiss the case judges the alarm.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.office import Actor
from dizuo.operations.cases.register import one_case
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.log import Log
from dizuo.operations.incidents.declaring import Declared, NewIncident
from dizuo.operations.incidents.desk import By, IncidentDesk
from dizuo.operations.incidents.tables import incidents
from dizuo.operations.signals.alarm_cases import ALARM_CASE
from dizuo.operations.signals.alarm_events import Verdict, acknowledge, judge
from dizuo.operations.signals.alarm_table import alarm_reports, alarms
from dizuo.operations.time import from_microseconds

__all__ = ["AlarmDesk", "Lineage"]

Act = Callable[..., LoggedEvent | None]
"""Does one thing with a case, and sends it on (:meth:`.Operations.act`)."""

_STEP: Final[Mapping[str, str]] = {"true": "confirm", "false": "dismiss", "nuisance": "dismiss"}
_TIMES: Final = ("raised", "changed", "acknowledged", "cleared")


@dataclass(frozen=True, slots=True)
class Lineage:
    """What came of an alarm: its case, the reports that met it, the incident."""

    alarm: str
    case: str | None
    reports: tuple[str, ...]
    incident: str | None


@dataclass(frozen=True)
class AlarmDesk:
    """Acts on alarms, each step within a transaction of the caller.

    Parameters
    ----------
    act
        Does one thing with a case.
    """

    log: Log
    act: Act
    incidents: IncidentDesk

    def listed(
        self, connection: Connection, *, open_only: bool = True, most: int = 100, within: Any = None
    ) -> list[dict[str, Any]]:
        """Return alarms, the newest first; times are in UTC.

        Parameters
        ----------
        within
            A condition of SQL that rows must meet; None: all may be seen.
        """
        query = select(alarms).order_by(alarms.c.raised.desc(), alarms.c.alarm).limit(most)
        if open_only:
            query = query.where(alarms.c.cleared.is_(None))
        if within is not None:
            query = query.where(within)
        return [_readable(dict(row)) for row in connection.execute(query).mappings()]

    def one(self, connection: Connection, alarm: str, *, within: Any = None) -> dict[str, Any]:
        """Return an alarm.

        Raises
        ------
        InputError
            If there is none.
        """
        query = select(alarms).where(alarms.c.alarm == alarm)
        if within is not None:
            query = query.where(within)
        row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise InputError(
                Text(f"there is no alarm {alarm!r}", f"没有报警 {alarm!r}"),
                field="alarm",
                cure=Text("See: dizuo signals CITY alarms.", "请运行：dizuo signals CITY alarms。"),
            )
        return _readable(dict(row))

    def acknowledge(self, connection: Connection, alarm: str, actor: Actor) -> LoggedEvent | None:
        """Take note of an alarm; None if somebody did before."""
        self.log.take_the_end(connection)
        self.one(connection, alarm)
        told = self.log.append(connection, [acknowledge(alarm, actor.id, self.log.clock.now())])
        return told[0] if told else None

    def judge(
        self,
        connection: Connection,
        alarm: str,
        verdict: Verdict,
        actor: Actor,
        *,
        reason: str = "",
    ) -> LoggedEvent | None:
        """Say what an alarm was; its case is confirmed or dismissed with it, if it still can be.

        Parameters
        ----------
        reason
            Why it was false or a nuisance; kept in confidence with the case.

        Raises
        ------
        InputError
            If there is no such alarm, or a reason is missing.
        AccessError
            If the actor may not do that with the case.
        """
        self.log.take_the_end(connection)
        row = self.one(connection, alarm)
        told = self.log.append(connection, [judge(alarm, verdict, actor.id, self.log.clock.now())])
        if row["case"] and one_case(connection, row["case"])["state"] == "raised":
            given = {"reason": reason} if reason else {}
            self.act(connection, row["case"], _STEP[verdict], actor, given=given)
        return told[0] if told else None

    def declare(
        self, connection: Connection, alarm: str, incident_type: str, grade: str, by: By
    ) -> Declared:
        """Declare an incident that comes from an alarm and its case.

        Raises
        ------
        InputError
            If there is no such alarm, or it has an open incident.
        AccessError
            If the actor may not declare.
        """
        row = self.one(connection, alarm)
        new = NewIncident(
            incident_type, grade, alarm=alarm, case=row["case"], simulated=row["simulated"]
        )
        return self.incidents.declare(connection, new, by)

    def merge(self, connection: Connection, alarm: str, actor: Actor, *, reason: str) -> list[str]:
        """Merge the open reports that met an alarm into its case; return those that were.

        Raises
        ------
        InputError
            If the alarm has no case.
        AccessError
            If the actor may not merge.
        """
        found = self.lineage(connection, alarm)
        if found.case is None:
            raise InputError(Text(f"{alarm} has no case", f"报警 {alarm} 没有案件"), field="alarm")
        merged = []
        for report in found.reports:
            if one_case(connection, report)["open"]:
                given = {"into": found.case, "reason": reason}
                self.act(connection, report, "merge", actor, given=given)
                merged.append(report)
        return merged

    def lineage(self, connection: Connection, alarm: str) -> Lineage:
        """Return what came of an alarm."""
        row = self.one(connection, alarm)
        reports = select(alarm_reports.c.case).where(alarm_reports.c.alarm == alarm)
        found = select(incidents.c.incident).where(incidents.c.alarm == alarm)
        newest = found.order_by(incidents.c.declared.desc()).limit(1)
        return Lineage(
            alarm,
            row["case"],
            tuple(connection.execute(reports.order_by(alarm_reports.c.case)).scalars()),
            connection.execute(newest).scalar(),
        )

    def judged_by_case(
        self, connection: Connection, case: Mapping[str, Any], action: str, actor: Actor
    ) -> None:
        """Judge the alarm of a case that was confirmed or dismissed."""
        if case["case_type"] != ALARM_CASE or action not in _STEP.values():
            return
        query = select(alarms.c.alarm, alarms.c.verdict).where(alarms.c.case == case["case"])
        for row in connection.execute(query).all():
            if row.verdict is None or _STEP[row.verdict] != action:
                verdict: Verdict = "true" if action == "confirm" else "false"
                now = self.log.clock.now()
                self.log.append(connection, [judge(row.alarm, verdict, actor.id, now)])


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: from_microseconds(row[name]) for name in _TIMES if row[name] is not None}
