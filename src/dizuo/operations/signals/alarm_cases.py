"""Alarms become cases, and meet what residents report about the same asset.

A case of the type ``alarm`` is opened once for an alarm, in the transaction that raises it, as soon
as the alarm is severe enough. Open cases about the same asset that came another way are linked to
the alarm: those that are there, and those that come while it is open. Each link is an event of that
case (``case.linked``); whether two are one is for people to say, by merging.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, or_, select

from dizuo.operations.cases.office import Actor, CaseOffice, NewCase
from dizuo.operations.cases.table import CHANGES, OPENED, cases
from dizuo.operations.event_log.event import Event, LoggedEvent
from dizuo.operations.event_log.log import Log
from dizuo.operations.signals.alarm_events import ESCALATED, RAISED
from dizuo.operations.signals.alarm_table import LINKED, alarms
from dizuo.operations.signals.register import Register

__all__ = ["ALARM_CASE", "AlarmCases", "link_new_reports"]

ALARM_CASE: Final = "alarm"
_CHANNEL: Final = "signal"
_BY_RULE: Final = Actor("rule:alarm", frozenset({"rule"}))


@dataclass(frozen=True)
class AlarmCases:
    """Opens the cases of alarms.

    Parameters
    ----------
    least_severity
        Alarms below it open no case.
    cell_of
        The cell of the city's unit grid that a place lies in, or None.
    """

    office: CaseOffice
    least_severity: int = 1
    cell_of: Callable[[float, float], str | None] = lambda *_: None

    def open(
        self, connection: Connection, told: Sequence[LoggedEvent], register: Register
    ) -> list[str]:
        """Open the cases of alarms that were raised or grew; return those that are new.

        Parameters
        ----------
        told
            Events that the log took in: those of alarms are looked at.
        """
        grown = [one for one in told if one.kind in {RAISED, ESCALATED}]
        severe = [one for one in grown if one.known()["severity"] >= self.least_severity]
        rows = {row.alarm: row for one in severe if (row := _alarm_of(connection, one))}
        new = [row for row in rows.values() if row.case is None]
        if not new:
            return []
        reported = [self._new_case(row, register) for row in new]
        opened = self.office.open(connection, reported, _BY_RULE)
        for row, one in zip(new, opened, strict=True):
            reports = _reports(connection, row.asset)
            _link(connection, self.office.log, row.alarm, one.case, reports)
        return [one.case for one in opened if one.new]

    def _new_case(self, row: Row[Any], register: Register) -> NewCase:
        device = register.device(register.streams[register.number(row.stream)].device)
        x, y = (None, None) if device is None else (device.x, device.y)
        return NewCase(
            ALARM_CASE,
            row.alarm,
            _CHANNEL,
            severity=row.worst,
            grid=None if x is None or y is None else self.cell_of(x, y),
            asset=row.asset,
            x=x,
            y=y,
            simulated=row.simulated,
        )


def link_new_reports(log: Log, connection: Connection, told: Sequence[LoggedEvent]) -> None:
    """Link cases that were just opened to the open alarms of their asset."""
    for one in told:
        facts: Mapping[str, Any] = one.known()[CHANGES] if one.kind == OPENED else {}
        if not facts.get("asset") or facts["case_type"] == ALARM_CASE:
            continue
        query = select(alarms).where(
            alarms.c.asset == facts["asset"], alarms.c.cleared.is_(None), alarms.c.case.is_not(None)
        )
        for row in connection.execute(query).all():
            _link(connection, log, row.alarm, row.case, [one.subject])


def _alarm_of(connection: Connection, one: LoggedEvent) -> Row[Any] | None:
    """Return the alarm of an event, even if it ended since; or the open one that it joined."""
    facts = one.known()
    joined = and_(
        alarms.c.asset == facts["asset"],
        alarms.c.rule == facts["rule"],
        alarms.c.cleared.is_(None),
    )
    itself = alarms.c.alarm == one.subject
    # One batch may tell an alarm that ended and the next one, which is open: each has its case.
    query = (
        select(alarms).where(or_(itself, joined)).order_by(itself.desc(), alarms.c.raised.desc())
    )
    return connection.execute(query.limit(1)).one_or_none()


def _reports(connection: Connection, asset: str) -> list[str]:
    query = select(cases.c.case).where(
        cases.c.asset == asset, cases.c.open.is_(True), cases.c.case_type != ALARM_CASE
    )
    return list(connection.execute(query.order_by(cases.c.opened)).scalars())


def _link(connection: Connection, log: Log, alarm: str, case: str, reports: Sequence[str]) -> None:
    facts = {"alarm": alarm, "with": case, CHANGES: {}}
    now = log.clock.now()
    log.append(
        connection,
        [
            Event(f"{one}#linked:{alarm}", LINKED, one, now, _CHANNEL, _CHANNEL, facts)
            for one in reports
        ],
    )
