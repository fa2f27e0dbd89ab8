"""Declare incidents and act on them: every step checked, and written as one event."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.office import Actor
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.event_log.changed_rows import CHANGES
from dizuo.operations.event_log.event import Event, LoggedEvent
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.tables import events
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.event_log.verification import CONFIDENCES
from dizuo.operations.incidents.declaring import (
    Confidences,
    Declared,
    Lineage,
    NewIncident,
    require_origin,
)
from dizuo.operations.incidents.incident_type import IncidentTypes
from dizuo.operations.incidents.plan import Plan, Plans
from dizuo.operations.incidents.resources import Resource, assigned, held, registered, released
from dizuo.operations.incidents.tables import incidents
from dizuo.operations.incidents.tasks import (
    ENDED,
    Rows,
    TaskClock,
    added_tasks,
    joined_after,
    made_ready,
    step,
    tasks_of,
)
from dizuo.operations.time import from_microseconds, to_microseconds

__all__ = ["By", "Declared", "IncidentDesk", "Lineage", "NewIncident"]
__systems__ = ("S17.9",)

_TASKS: Final = "incident_tasks"


@dataclass(frozen=True, slots=True)
class By:
    """Who does a step, and how it came.

    Attributes
    ----------
    delivery
        Names the step at whoever sends it: delivered twice it is done once.
    happened
        When, if not now; never later than now, and not before the incident's last change.
    """

    actor: Actor
    delivery: str | None = None
    happened: datetime | None = None
    channel: str = "desk"


@dataclass
class IncidentDesk:
    """Does what can be done with incidents, each step within a transaction of the caller.

    Every step returns the event that was written, or None if its delivery was done before. It
    raises InputError if there is no such incident, task or resource, or if the step cannot be done
    now, and AccessError if the actor has no role for it.

    Parameters
    ----------
    calendar
        Id of the calendar that counts the limits of tasks that name none.
    simulated
        Whether every incident declared here is made up, whatever is told.
    identify
        Makes ids of incidents and events: unique hexadecimal digits.
    """

    log: Log
    vault: Vault
    types: IncidentTypes
    plans: Plans
    calendars: CalendarBook
    calendar: str = "always"
    simulated: bool = False
    identify: Callable[[], str] = field(default=lambda: uuid.uuid4().hex)

    def declare(self, connection: Connection, new: NewIncident, by: By) -> Declared:
        """Declare an incident. The same delivery, declared again, is the same incident."""
        self.log.take_the_end(connection)
        known = _subject_of(connection, by.delivery)
        if known is not None:
            return Declared(known, new=False)
        self.types.require("declare", by.actor.id, by.actor.roles)
        kind, grade = self.types.get(new.incident_type), self.types.grade(new.grade)
        require_origin(connection, new)
        time = self._time(by, 0)
        incident = f"incident:{self.identify()}"
        columns = {
            "incident_type": kind.id,
            "grade": grade.id,
            "severity": grade.severity,
            "worst": grade.severity,
            "state": "declared",
            "channel": by.channel,
            "alarm": new.alarm,
            "case": new.case,
            "x": new.x,
            "y": new.y,
            "declared": to_microseconds(time),
            "messages": "[]",
            "simulated": new.simulated or self.simulated,
        }
        self._write(
            connection, "incident.declared", incident, time, by,
            {incidents.name: {incident: columns}}, new.confidences,
        )  # fmt: skip
        return Declared(incident, new=True)

    def regrade(
        self, connection: Connection, incident: str, grade: str, by: By, *, reason: str
    ) -> LoggedEvent | None:
        """Raise or lower the grade; an active plan gains the tasks that the new grade needs.

        No task goes by itself when the grade is lowered: skip it, with a reason.
        """
        row = self._begin(connection, incident, "regrade", by)
        if row is None:
            return None
        wanted = self.types.grade(grade)
        if wanted.severity == row["severity"]:
            raise InputError(
                Text(f"the incident has the grade {grade} already", f"事件已是 {grade} 级"),
                field="grade",
            )
        time = self._time(by, row["changed"])
        columns = {
            "grade": wanted.id,
            "severity": wanted.severity,
            "worst": max(row["worst"], wanted.severity),
        }
        changes: dict[str, Rows] = {incidents.name: {incident: columns}}
        if row["plan"]:
            have = tasks_of(connection, incident)
            plan = self.plans.get(row["plan"])
            changes[_TASKS] = self._tasks_for(plan, grade, have, row["plan_version"], time)
        kind = "incident.raised" if wanted.severity > row["severity"] else "incident.lowered"
        told = {"before": row["grade"], "after": wanted.id}
        return self._write(connection, kind, incident, time, by, changes, _reason(reason), told)

    def activate(
        self, connection: Connection, incident: str, plan: str, by: By
    ) -> LoggedEvent | None:
        """Take up a plan: its tasks for the grade, those that nothing precedes with a deadline."""
        row = self._begin(connection, incident, "activate", by)
        if row is None:
            return None
        chosen = self.plans.get(plan)
        if row["incident_type"] not in chosen.types:
            fitting = sorted(one.id for one in self.plans if row["incident_type"] in one.types)
            raise InputError(
                Text(
                    f"{plan} is no plan for {row['incident_type']}",
                    f"预案 {plan} 不适用于 {row['incident_type']}",
                ),
                field="plan",
                cure=Text(
                    f"Plans for it: {', '.join(fitting) or 'none'}.",
                    f"适用的预案：{'、'.join(fitting) or '无'}。",
                ),
            )
        if row["plan"]:
            raise InputError(
                Text(f"the plan {row['plan']} is active already", f"预案 {row['plan']} 已启动"),
                field="plan",
            )
        time = self._time(by, row["changed"])
        columns = {
            "state": "active",
            "plan": chosen.id,
            "plan_version": chosen.version,
            "activated": to_microseconds(time),
        }
        tasks = self._tasks_for(chosen, row["grade"], {}, chosen.version, time)
        changes = {incidents.name: {incident: columns}, _TASKS: tasks}
        told = {"plan": chosen.id, "plan_version": chosen.version}
        return self._write(
            connection, "incident.plan_activated", incident, time, by, changes, (), told
        )

    def start(self, connection: Connection, incident: str, task: str, by: By) -> LoggedEvent | None:
        """Begin a task whose predecessors have ended."""
        return self._task(connection, incident, task, "started", by, ())

    def finish(
        self, connection: Connection, incident: str, task: str, by: By, *, note: str = ""
    ) -> LoggedEvent | None:
        """End a task that was begun; what waited for it gets its deadlines."""
        said = [("note", note.encode())] if note else []
        return self._task(connection, incident, task, "finished", by, said)

    def skip(
        self, connection: Connection, incident: str, task: str, by: By, *, reason: str
    ) -> LoggedEvent | None:
        """Leave a task out, with a reason; what waited for it gets its deadlines."""
        return self._task(connection, incident, task, "skipped", by, _reason(reason))

    def register(self, connection: Connection, resource: Resource, by: By) -> LoggedEvent | None:
        """Make a unit, stock or shelter known, or tell anew how much of it there is."""
        self.log.take_the_end(connection)
        if _subject_of(connection, by.delivery) is not None:
            return None
        self.types.require("resource", by.actor.id, by.actor.roles)
        time = self._time(by, 0)
        changes = registered(connection, resource, time)
        return self._write(connection, "resource.registered", resource.id, time, by, changes)

    def assign(
        self, connection: Connection, incident: str, resource: str, by: By, *, amount: int = 1
    ) -> LoggedEvent | None:
        """Give an incident so much of a resource, never more than is free."""
        row = self._begin(connection, incident, "resource", by)
        if row is None:
            return None
        time = self._time(by, row["changed"])
        changes = assigned(connection, incident, resource, amount, time)
        told = {"resource": resource, "amount": amount}
        return self._write(
            connection, "incident.resource_assigned", incident, time, by, changes, (), told
        )

    def release(
        self,
        connection: Connection,
        incident: str,
        resource: str,
        by: By,
        *,
        amount: int | None = None,
        used: int = 0,
    ) -> LoggedEvent | None:
        """Take back so much of a resource (all, if not told), of which some may be used up."""
        row = self._begin(connection, incident, "resource", by)
        if row is None:
            return None
        time = self._time(by, row["changed"])
        changes, back = released(connection, incident, resource, amount, used, time)
        told = {"resource": resource, "amount": back, "used": used}
        return self._write(
            connection, "incident.resource_released", incident, time, by, changes, (), told
        )

    def note(
        self,
        connection: Connection,
        incident: str,
        by: By,
        *,
        text: str,
        confidences: Confidences = (),
    ) -> LoggedEvent | None:
        """Write into the incident's log: words and photos, kept in confidence."""
        row = self._begin(connection, incident, "note", by)
        if row is None:
            return None
        if not text.strip():
            raise InputError(Text("a note needs text", "记录须有文字"), field="text")
        time = self._time(by, row["changed"])
        said = [("text", text.encode()), *confidences]
        return self._write(connection, "incident.noted", incident, time, by, {}, said)

    def close(
        self, connection: Connection, incident: str, by: By, *, reason: str
    ) -> LoggedEvent | None:
        """End an incident all of whose tasks have ended and that holds no resource."""
        row = self._begin(connection, incident, "close", by)
        if row is None:
            return None
        tasks = tasks_of(connection, incident)
        undone = [task for task, one in tasks.items() if one["state"] not in ENDED]
        if undone:
            raise InputError(
                Text(
                    f"these tasks have not ended: {', '.join(undone)}",
                    f"以下任务尚未结束：{'、'.join(undone)}",
                ),
                field="incident",
                cure=Text("Finish them, or skip them with a reason.", "请完成，或说明理由后跳过。"),
            )
        keeps = held(connection, incident)
        if keeps:
            raise InputError(
                Text(f"it holds {', '.join(sorted(keeps))}", f"仍占用 {'、'.join(sorted(keeps))}"),
                field="incident",
                cure=Text("Release them first.", "请先归还。"),
            )
        time = self._time(by, row["changed"])
        columns = {"state": "closed", "closed": to_microseconds(time)}
        changes = {incidents.name: {incident: columns}}
        return self._write(
            connection, "incident.closed", incident, time, by, changes, _reason(reason)
        )

    def record_message(
        self,
        connection: Connection,
        incident: str,
        by: By,
        xml: bytes,
        facts: Mapping[str, Any],
        in_force: Sequence[Mapping[str, str]],
    ) -> LoggedEvent | None:
        """Keep a message that goes out; see :func:`.warning.send_warning`, which makes it."""
        row = self._begin(connection, incident, "message", by)
        if row is None:
            return None
        time = self._time(by, row["changed"])
        messages = json.dumps([dict(one) for one in in_force], sort_keys=True)
        changes = {incidents.name: {incident: {"messages": messages}}}
        return self._write(
            connection, "incident.message_sent", incident, time, by, changes, [("cap", xml)], facts
        )

    def erase(self, connection: Connection, incident: str, by: By) -> int:
        """Destroy what was told in confidence of an incident; return how many things that were."""
        self.log.take_the_end(connection)
        self.types.require("erase", by.actor.id, by.actor.roles)
        self.row(connection, incident)
        count = self.vault.erase(connection, incident)
        now = self.log.clock.now()
        self._write(connection, "incident.erased", incident, now, by, {}, (), {"count": count})
        return count

    def lineage(self, connection: Connection, incident: str) -> Lineage:
        """Return the alarm and the case that an incident came from."""
        row = self.row(connection, incident)
        return Lineage(row["alarm"], row["case"], incident)

    @staticmethod
    def row(connection: Connection, incident: str) -> dict[str, Any]:
        """Return an incident as it stands."""
        query = select(incidents).where(incidents.c.incident == incident)
        row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise InputError(
                Text(f"there is no incident {incident!r}", f"没有事件 {incident!r}"),
                field="incident",
            )
        return dict(row)

    def _task(
        self,
        connection: Connection,
        incident: str,
        task: str,
        state: str,
        by: By,
        said: Confidences,
    ) -> LoggedEvent | None:
        self.log.take_the_end(connection)
        tasks = tasks_of(connection, incident)
        role = tasks[task]["role"] if task in tasks else ""
        row = self._begin(connection, incident, "task", by, also=role)
        if row is None:
            return None
        time = self._time(by, row["changed"])
        changes = step(tasks, task, state, by.actor.id, self._clock, time)
        told = {"task": task}
        kind = f"incident.task_{state}"
        return self._write(connection, kind, incident, time, by, {_TASKS: changes}, said, told)

    def _tasks_for(self, plan: Plan, grade: str, have: Rows, version: str, time: datetime) -> Rows:
        """Return what changes in the tasks when a grade of a plan begins to count."""
        changes = added_tasks(plan, grade, have)
        if plan.version == version:
            changes |= joined_after(plan, grade, have)
        after = {one: have.get(one, {}) | changes.get(one, {}) for one in {**have, **changes}}
        ready = made_ready(after, self._clock, time)
        return {one: changes.get(one, {}) | ready.get(one, {}) for one in {**changes, **ready}}

    @property
    def _clock(self) -> TaskClock:
        return TaskClock(self.calendars, self.calendar)

    def _begin(
        self, connection: Connection, incident: str, deed: str, by: By, also: str = ""
    ) -> dict[str, Any] | None:
        """Take the log's end and check the step; None if it was done before."""
        self.log.take_the_end(connection)
        if _subject_of(connection, by.delivery) is not None:
            return None
        row = self.row(connection, incident)
        self.types.require(deed, by.actor.id, by.actor.roles, also)
        if row["closed"] is not None:
            raise InputError(Text("the incident is closed", "事件已结束"), field="incident")
        return row

    def _time(self, by: By, changed: int) -> datetime:
        now = self.log.clock.now()
        time = by.happened or now
        if time > now:
            raise InputError(Text("this lies in the future", "时间在将来"), field="happened")
        if by.happened is not None and to_microseconds(time) < changed:
            last = from_microseconds(changed).isoformat()
            raise InputError(
                Text(f"the incident changed after that, at {last}", f"此后事件已有变化，在 {last}"),
                field="happened",
            )
        return time

    def _write(
        self,
        connection: Connection,
        kind: str,
        subject: str,
        time: datetime,
        by: By,
        changes: Mapping[str, Rows],
        said: Confidences = (),
        told: Mapping[str, Any] | None = None,
    ) -> LoggedEvent:
        digests = [
            {"kind": what, "digest": self.vault.keep(connection, subject, what, content)}
            for what, content in said
        ]
        facts: dict[str, Any] = {**(told or {}), CHANGES: changes}
        if digests:
            facts[CONFIDENCES] = digests
        event = Event(
            _event_id(by.delivery) or self.identify(), kind, subject, time, by.actor.id,
            by.channel, facts,
        )  # fmt: skip
        return self.log.append(connection, [event])[0]


def _reason(reason: str) -> Confidences:
    if not reason.strip():
        raise InputError(Text("this needs a reason", "须说明理由"), field="reason")
    return [("reason", reason.encode())]


def _event_id(delivery: str | None) -> str | None:
    """Name the event of a delivery: apart from the case that the same report opened."""
    return None if delivery is None else f"incident-step:{delivery}"


def _subject_of(connection: Connection, delivery: str | None) -> str | None:
    if delivery is None:
        return None
    query = select(events.c.subject).where(events.c.id == _event_id(delivery))
    return connection.execute(query).scalar_one_or_none()
