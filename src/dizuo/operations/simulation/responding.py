"""What people do about made-up alarms: they report, judge, merge, handle and declare incidents."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, select

from dizuo.operations.incidents.desk import By
from dizuo.operations.incidents.tasks import ENDED, tasks_of
from dizuo.operations.signals.alarm_events import Verdict
from dizuo.operations.signals.alarm_table import alarms
from dizuo.operations.simulation.places import near
from dizuo.operations.simulation.sensors import OF_THE_DEVICE, Installed
from dizuo.operations.simulation.stage import CHANNEL, Stage, somebody
from dizuo.operations.simulation.walking import Reporting, walk_on
from dizuo.operations.time import from_microseconds

__all__ = ["Responders"]

_ANALYST: Final = somebody("analyst")
_CENTRE: Final = somebody("centre", "desk")
_WHY: Final = "simulated"


@dataclass
class Responders:
    """Look at the alarms after each batch, and do about new ones what people would."""

    stage: Stage
    installed: Mapping[str, Installed]
    reporting: Reporting
    known: set[str] = field(default_factory=set)
    to_declare: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Begin what is done about alarms that became cases, or grew, since the last look."""
        query = select(alarms).where(alarms.c.case.is_not(None)).order_by(alarms.c.raised)
        with self.stage.operations.engine.connect() as connection:
            found = connection.execute(query.order_by(alarms.c.alarm)).mappings().all()
        for row in found:
            if row["alarm"] not in self.known:
                self.known.add(row["alarm"])
                self._meet(dict(row))
            self._declare_if_severe(dict(row))

    def _meet(self, row: Mapping[str, Any]) -> None:
        doing, stage, alarm = self.stage.parameters.responding, self.stage, row["alarm"]
        one = self.installed[row["asset"]]
        real = one.is_real(row["raised"], row["measure"])
        verdict: Verdict = "true" if real else "false"
        stage.after(doing.acknowledge, partial(self._acknowledge, alarm))
        stage.after(doing.judge, partial(self._judge, row, verdict))
        if real and one.sensor.category and row["measure"] not in OF_THE_DEVICE:
            for _ in range(int(stage.dice.choice(doing.reports))):
                stage.after(doing.report, partial(self._report, one))

    def _acknowledge(self, alarm: str) -> Iterator[tuple[str, str]]:
        with self.stage.operations.engine.begin() as connection:
            self.stage.operations.alarms.acknowledge(connection, alarm, _ANALYST)
        yield alarm, "acknowledge"

    def _report(self, one: Installed) -> Iterator[tuple[str, str]]:
        doing, dice = self.stage.parameters.responding, self.stage.dice
        named = one.device.asset if dice.random() < doing.name_the_asset else None
        place = near(one.place, doing.within_metres, dice)
        yield from self.reporting.report_about(place, one.sensor.category, named)

    def _judge(self, row: Mapping[str, Any], verdict: Verdict) -> Iterator[tuple[str, str]]:
        stage, doing, alarm = self.stage, self.stage.parameters.responding, row["alarm"]
        with stage.operations.engine.begin() as connection:
            stage.operations.alarms.judge(connection, alarm, verdict, _ANALYST, reason=_WHY)
            judged = stage.operations.alarms.one(connection, alarm)
        yield alarm, f"judge_{verdict}"
        if verdict == "true":
            walk_on(stage, row["case"], doing.walk, partial(self._is_over, alarm))
            stage.after(doing.merge, partial(self._merge, alarm))
            if row["measure"] not in OF_THE_DEVICE:
                self.to_declare.add(alarm)
                self._declare_if_severe(judged)

    def _declare_if_severe(self, row: Mapping[str, Any]) -> None:
        """Declare an incident of a true alarm as soon as it is severe enough."""
        doing, kind = self.stage.parameters.responding, self.installed[row["asset"]].sensor.incident
        if row["alarm"] in self.to_declare and kind and row["worst"] >= doing.least_severity:
            self.to_declare.remove(row["alarm"])
            self.stage.after(doing.declare, partial(self._declare, row["alarm"], kind))

    def _is_over(self, alarm: str, connection: Connection) -> bool:
        """Whether an alarm has ended, or can end no more because the day is over."""
        row = self.stage.operations.alarms.one(connection, alarm)
        newest = select(alarms.c.changed).order_by(alarms.c.changed.desc()).limit(1)
        quiet = self.stage.agenda.clock.now() - from_microseconds(
            connection.execute(newest).scalar_one()
        )
        return row["cleared"] is not None or quiet.days > 0

    def _merge(self, alarm: str) -> Iterator[tuple[str, str]]:
        with self.stage.operations.engine.begin() as connection:
            merged = self.stage.operations.alarms.merge(connection, alarm, _CENTRE, reason=_WHY)
        for case in merged:
            yield case, "merge"

    def _declare(self, alarm: str, kind: str) -> Iterator[tuple[str, str]]:
        stage, desk = self.stage, self.stage.operations.incidents
        by = By(_CENTRE, channel=CHANNEL)
        with stage.operations.engine.begin() as connection:
            worst = stage.operations.alarms.one(connection, alarm)["worst"]
            grade = next(one.id for one in desk.types.grades.values() if one.severity == worst)
            declared = stage.operations.alarms.declare(connection, alarm, kind, grade, by)
            plans = [one.id for one in desk.plans if kind in one.types]
            if plans:
                desk.activate(connection, declared.incident, plans[0], by)
        yield declared.incident, "declare"
        _Course(stage, declared.incident).go_on()


@dataclass
class _Course:
    """How an incident goes: its tasks begin when they can, and end; then it ends."""

    stage: Stage
    incident: str
    begun: set[str] = field(default_factory=set)

    def go_on(self) -> None:
        doing = self.stage.parameters.responding
        with self.stage.operations.engine.connect() as connection:
            tasks = tasks_of(connection, self.incident)
        for task, row in tasks.items():
            if row["state"] == "ready" and task not in self.begun:
                self.begun.add(task)
                actor = somebody(row["role"], unit=row["unit"])
                self.stage.after(doing.begin_task, partial(self._begin, task, By(actor)))
        if all(row["state"] in ENDED for row in tasks.values()):
            self.stage.after(doing.close_incident, self._close)

    def _begin(self, task: str, by: By) -> Iterator[tuple[str, str]]:
        with self.stage.operations.engine.begin() as connection:
            self.stage.operations.incidents.start(connection, self.incident, task, by)
        yield self.incident, "begin_task"
        self.stage.after(self.stage.parameters.responding.end_task, partial(self._end, task, by))

    def _end(self, task: str, by: By) -> Iterator[tuple[str, str]]:
        with self.stage.operations.engine.begin() as connection:
            self.stage.operations.incidents.finish(connection, self.incident, task, by)
        yield self.incident, "end_task"
        self.go_on()

    def _close(self) -> Iterator[tuple[str, str]]:
        by = By(_CENTRE)
        with self.stage.operations.engine.begin() as connection:
            self.stage.operations.incidents.close(connection, self.incident, by, reason=_WHY)
        yield self.incident, "close_incident"
