"""Plans as data: a tree of tasks with owners, what must come before, limits, and grades.

A task that others are part of is a group: it is done when they are, and nobody acts on it itself.
``after`` may name a group, and then means all that is in it; a group's own ``after`` holds for all
in it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from dizuo.base.toml_files import parse_toml, toml_text
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.clocks.limits import parse_limit
from dizuo.operations.incidents.incident_type import GRADES
from dizuo.operations.toml_fields import TomlFields

__all__ = ["Owner", "Plan", "Plans", "Task", "parse_plan"]

_PACKAGE: Final = "dizuo.operations.incidents"
_PLAN_KEYS: Final = {
    "id", "version", "en", "zh", "source", "certainty", "types", "owners", "tasks",
}  # fmt: skip
_TASK_KEYS: Final = {"en", "zh", "owner", "part_of", "after", "limit", "calendar", "grades"}
_OWNER_KEYS: Final = {"en", "zh", "role", "unit"}


@dataclass(frozen=True, slots=True)
class Owner:
    """Who does a task: the role that an account needs, and the unit if one is named."""

    id: str
    title: Text
    role: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of a plan.

    Attributes
    ----------
    owner
        Id of the owner; empty for a group.
    part_of
        The group that it belongs to, or "".
    after
        Tasks that must have ended before. As read: ids of tasks or groups. From
        :meth:`Plan.tasks_for`: of tasks only, with all that the groups mean.
    limit
        In the words of the clocks, from when the task can begin; or "".
    calendar
        Id of the calendar that counts the limit, or "" for the desk's own.
    grades
        Grades of the incident that need the task.
    """

    id: str
    title: Text
    owner: str
    part_of: str
    after: tuple[str, ...]
    limit: str
    calendar: str
    grades: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan for some types of incident."""

    id: str
    version: str
    title: Text
    source: str
    certainty: str
    types: frozenset[str]
    owners: Mapping[str, Owner] = field(hash=False)
    tasks: Mapping[str, Task] = field(hash=False)

    def groups(self) -> frozenset[str]:
        """Return the ids of the tasks that others are part of."""
        return frozenset(one.part_of for one in self.tasks.values() if one.part_of)

    def within(self, task: str) -> tuple[str, ...]:
        """Return a task's groups, from the outermost."""
        above = self.tasks[task].part_of
        return (*self.within(above), above) if above else ()

    def tasks_for(self, grade: str) -> list[Task]:
        """Return the tasks that a grade needs, groups resolved, in an order that can be done.

        What came before a task that is left out comes before those that followed it.
        """
        groups = self.groups()
        before = self._before()
        needed = {
            task
            for task in self.tasks
            if task not in groups
            and all(grade in self.tasks[one].grades for one in (*self.within(task), task))
        }

        def nearest(task: str) -> frozenset[str]:
            found = frozenset[str]()
            for one in before[task]:
                found |= frozenset({one}) if one in needed else nearest(one)
            return found

        # Sorted, because the order of a set is another one in every process.
        graph = {task: sorted(some) for task, some in before.items()}
        order = [one for one in TopologicalSorter(graph).static_order() if one in needed]
        return [
            Task(one.id, one.title, one.owner, one.part_of, tuple(sorted(nearest(one.id))),
                 one.limit, one.calendar, one.grades)
            for one in (self.tasks[task] for task in order)
        ]  # fmt: skip

    def _before(self) -> dict[str, frozenset[str]]:
        """Return what must come before each task that is no group, both resolved to tasks."""
        groups = self.groups()
        inside: dict[str, set[str]] = {one: set() for one in self.tasks}
        for task in self.tasks:
            if task not in groups:
                for one in (*self.within(task), task):
                    inside[one].add(task)
        return {
            task: frozenset(
                leaf
                for one in (*self.within(task), task)
                for named in self.tasks[one].after
                for leaf in inside[named]
            )
            for task in sorted(self.tasks)
            if task not in groups
        }


class Plans:
    """All plans that a city uses, by id."""

    def __init__(self, plans: Iterable[Plan]) -> None:
        self._plans = {one.id: one for one in plans}

    @classmethod
    def load(cls, folder: Path | None = None) -> "Plans":
        """Read the plans that dizuo ships, and a city's own in their place.

        Raises
        ------
        InputError
            If a file cannot be read or its tasks do not hang together.
        """
        own = {}
        for file in sorted(folder.glob("*.toml")) if folder and folder.is_dir() else ():
            one = parse_plan(toml_text(file), str(file))
            own[one.id] = one
        return cls({**_shipped(), **own}.values())

    def __iter__(self) -> Iterator[Plan]:
        return iter(self._plans.values())

    def get(self, plan: str) -> Plan:
        """Return one plan.

        Raises
        ------
        InputError
            If there is none of that id.
        """
        if plan not in self._plans:
            raise InputError(
                Text(f"there is no plan {plan!r}", f"没有预案 {plan!r}"),
                field="plan",
                cure=Text(
                    f"Known are: {', '.join(sorted(self._plans))}.",
                    f"已有预案：{'、'.join(sorted(self._plans))}。",
                ),
            )
        return self._plans[plan]


@cache
def _shipped() -> Mapping[str, Plan]:
    folder = files(_PACKAGE).joinpath("plans")
    found = sorted((one.name, one.read_text("utf-8")) for one in folder.iterdir())
    parsed = [parse_plan(text, name) for name, text in found if name.endswith(".toml")]
    return {one.id: one for one in parsed}


def parse_plan(text: str, file: str = "") -> Plan:
    """Read one plan and check that its tasks hang together.

    Raises
    ------
    InputError
        With the file and the field, if something is missing, unknown, or goes in a circle.
    """
    table = parse_toml(text, file)
    read = _Reader(file)
    read.keys(table, _PLAN_KEYS, "")
    owners = read.need(table, "owners", dict)
    tasks = read.need(table, "tasks", dict)
    plan = Plan(
        id=read.need(table, "id", str, ""),
        version=read.need(table, "version", str, ""),
        title=read.title(table, ""),
        source=read.need(table, "source", str, ""),
        certainty=read.need(table, "certainty", str, ""),
        types=frozenset(read.need(table, "types", list)),
        owners={key: read.owner(key, one) for key, one in owners.items()},
        tasks={key: read.task(key, one) for key, one in tasks.items()},
    )
    read.hang_together(plan)
    return plan


class _Reader(TomlFields):
    def owner(self, key: str, table: Any) -> Owner:
        where = f"owners.{key}."
        self.keys(table, _OWNER_KEYS, where)
        role = self.need(table, "role", str, where)
        return Owner(key, self.title(table, where), role, self.may(table, "unit", "", where))

    def task(self, key: str, table: Any) -> Task:
        where = f"tasks.{key}."
        self.keys(table, _TASK_KEYS, where)
        grades = self.some_of(table, "grades", GRADES, where) if "grades" in table else {*GRADES}
        return Task(
            key, self.title(table, where), self.may(table, "owner", "", where),
            self.may(table, "part_of", "", where), tuple(self.may(table, "after", [], where)),
            self.checked(table, "limit", parse_limit, where),
            self.may(table, "calendar", "", where), frozenset(grades),
        )  # fmt: skip

    def hang_together(self, plan: Plan) -> None:
        groups = plan.groups()
        for task in plan.tasks.values():
            where = f"tasks.{task.id}"
            for named in {*task.after, task.part_of} - {""}:
                if named not in plan.tasks:
                    field_name = "part_of" if named == task.part_of else "after"
                    problem = Text(f"there is no task {named!r}", f"没有任务 {named!r}")
                    raise self.refuse(f"{where}.{field_name}", problem, plan.tasks)
            if task.id in groups and (task.owner or task.limit):
                raise self.refuse(
                    where,
                    Text(
                        "others are part of it: it has no owner or limit itself",
                        "它含有下级任务，自身不能有责任方或时限",
                    ),
                )
            if task.id not in groups and task.owner not in plan.owners:
                problem = Text(f"there is no owner {task.owner!r}", f"没有责任方 {task.owner!r}")
                raise self.refuse(f"{where}.owner", problem, plan.owners)
        self._circle({one.id: {one.part_of} - {""} for one in plan.tasks.values()}, "part_of")
        self._circle(plan._before(), "after")  # noqa: SLF001 - the same module

    def _circle(self, before: Mapping[str, Iterable[str]], name: str) -> None:
        try:
            TopologicalSorter(before).prepare()
        except CycleError as error:
            circle = " → ".join(error.args[1])
            problem = Text(
                f"these tasks wait for each other: {circle}", f"这些任务互相等待：{circle}"
            )
            raise self.refuse(name, problem) from error
