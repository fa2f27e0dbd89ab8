"""The tasks of one incident: which can begin, by when each is due, and what ends."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.clocks.deadlines import give_deadline
from dizuo.operations.clocks.limits import parse_limit
from dizuo.operations.incidents.plan import Plan
from dizuo.operations.incidents.tables import incident_tasks
from dizuo.operations.time import to_microseconds

__all__ = [
    "ENDED",
    "Rows",
    "TaskClock",
    "added_tasks",
    "joined_after",
    "made_ready",
    "step",
    "tasks_of",
]

Rows = dict[str, dict[str, Any]]
"""Tasks of an incident by id, or the columns of them that change."""

ENDED: Final = frozenset({"finished", "skipped"})
_FROM: Final[Mapping[str, frozenset[str]]] = {
    "started": frozenset({"ready"}),
    "finished": frozenset({"started"}),
    "skipped": frozenset({"waiting", "ready", "started"}),
}


@dataclass(frozen=True)
class TaskClock:
    """Gives deadlines, by the calendars of a city."""

    calendars: CalendarBook
    usual: str

    def due(self, limit: str, calendar: str, start: datetime) -> dict[str, Any]:
        """Return when a limit runs out, with its record; nothing if there is no limit."""
        if not limit:
            return {}
        counting = self.calendars.current(calendar or self.usual, start.date())
        deadline = give_deadline(start, parse_limit(limit), counting)
        record = json.dumps(deadline.as_dict(), sort_keys=True)
        due = to_microseconds(deadline.due) if deadline.due else None
        return {"due": due, "deadline": record}


def tasks_of(connection: Connection, incident: str) -> Rows:
    """Return the tasks of an incident, in the order of its plan."""
    query = (
        select(incident_tasks)
        .where(incident_tasks.c.incident == incident)
        .order_by(incident_tasks.c.position)
    )
    return {row["task"]: dict(row) for row in connection.execute(query).mappings()}


def added_tasks(plan: Plan, grade: str, have: Rows) -> Rows:
    """Return the tasks that a grade needs and the incident has not yet, all waiting."""
    added: Rows = {}
    for task in plan.tasks_for(grade):
        if task.id in have:
            continue
        owner = plan.owners[task.owner]
        added[task.id] = {
            "position": len(have) + len(added),
            "part_of": "/".join(plan.within(task.id)),
            "en": task.title.en,
            "zh": task.title.zh,
            "role": owner.role,
            "unit": owner.unit or None,
            "owner_en": owner.title.en,
            "owner_zh": owner.title.zh,
            "after": json.dumps(task.after),
            "limit": task.limit,
            "calendar": task.calendar,
            "state": "waiting",
        }
    return added


def made_ready(tasks: Rows, clock: TaskClock, time: datetime) -> Rows:
    """Return what changes in the tasks that can begin now: their limit runs from this moment."""
    changes: Rows = {}
    for task, row in tasks.items():
        if row["state"] != "waiting":
            continue
        before: Sequence[str] = json.loads(row["after"])
        if all(tasks[one]["state"] in ENDED for one in before):
            changes[task] = {
                "state": "ready",
                "ready": to_microseconds(time),
                **clock.due(row["limit"], row["calendar"], time),
            }
    return changes


def step(tasks: Rows, task: str, state: str, actor: str, clock: TaskClock, time: datetime) -> Rows:
    """Return what changes in the tasks when one goes on to a state.

    Raises
    ------
    InputError
        If there is no such task, or it cannot go there from where it is.
    """
    if task not in tasks:
        raise InputError(
            Text(f"the incident has no task {task!r}", f"事件没有任务 {task!r}"),
            field="task",
            cure=Text(
                f"It has: {', '.join(tasks) or 'none; activate a plan first'}.",
                f"现有任务：{'、'.join(tasks) or '无，请先启动预案'}。",
            ),
        )
    found = tasks[task]["state"]
    if found not in _FROM[state]:
        missing = [
            one for one in json.loads(tasks[task]["after"]) if tasks[one]["state"] not in ENDED
        ]
        why = Text(f"it is {found}", f"当前为 {found}")
        if missing:
            why = Text(f"it waits for {', '.join(missing)}", f"须先结束 {'、'.join(missing)}")
        problem = Text(
            f"{task} cannot be {state}: {why.en}", f"任务 {task} 不能变为 {state}：{why.zh}"
        )
        raise InputError(problem, field="task")
    column = "started" if state == "started" else "ended"
    changes: Rows = {task: {"state": state, column: to_microseconds(time), "done_by": actor}}
    after = {one: row | changes.get(one, {}) for one, row in tasks.items()}
    return changes | made_ready(after, clock, time)


def joined_after(plan: Plan, grade: str, have: Rows) -> Rows:
    """Return what waiting tasks must wait for besides, under another grade of the same plan."""
    changes: Rows = {}
    for task in plan.tasks_for(grade):
        row = have.get(task.id)
        if row is None or row["state"] != "waiting":
            continue
        joined = sorted({*json.loads(row["after"]), *task.after})
        if joined != json.loads(row["after"]):
            changes[task.id] = {"after": json.dumps(joined)}
    return changes
