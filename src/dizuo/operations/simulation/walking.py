"""Made-up cases: reported, and walked through their states after plausible times."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from dizuo.operations.cases.case_type import Action
from dizuo.operations.cases.office import NewCase
from dizuo.operations.cases.register import one_case
from dizuo.operations.simulation.parameters import Walk
from dizuo.operations.simulation.stage import CHANNEL, Stage, somebody

__all__ = ["Reporting", "walk_on"]

_TOLD: Final = "simulated"
"""What stands wherever words or a photo are needed."""
_REPORTER: Final = somebody("resident")


@dataclass
class Reporting:
    """Makes reports up, in the classes of the city's own lists."""

    stage: Stage
    day: date
    _count: int = 0
    _walks: list[Walk] = field(init=False)
    _shares: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self._walks = [one for one in self.stage.parameters.walks if one.share]
        whole = sum(one.share for one in self._walks)
        self._shares = [one.share / whole for one in self._walks]

    def report(self, place: tuple[float, float]) -> Iterable[tuple[str, str]]:
        """Report something at a place."""
        walk = self._walks[int(self.stage.dice.choice(len(self._walks), p=self._shares))]
        return self._reported(walk, place, self._classes(walk), None)

    def report_about(
        self, place: tuple[float, float], category: str, asset: str | None
    ) -> Iterable[tuple[str, str]]:
        """Report what an alarm saw, from nearby; in any class where the city has not this one."""
        walk = self._walks[0]
        known = self._classes(walk)
        return self._reported(walk, place, [category] if category in known else known, asset)

    def _classes(self, walk: Walk) -> list[str]:
        operations = self.stage.operations
        name = operations.office.types.get(walk.case_type).taxonomy
        return list(operations.taxonomy.code_list(name, self.day).leaves(self.day))

    def _reported(
        self, walk: Walk, place: tuple[float, float], classes: list[str], asset: str | None
    ) -> Iterator[tuple[str, str]]:
        stage, weights = self.stage, self.stage.parameters.severities
        self._count += 1
        chosen = classes[int(stage.dice.integers(len(classes)))]
        appeal = "nature" in stage.operations.office.types.get(walk.case_type).actions["file"].needs
        chances = [one / sum(weights) for one in weights]
        new = NewCase(
            walk.case_type,
            f"simulated-{self._count}",
            CHANNEL,
            category=None if appeal else chosen,
            nature=chosen if appeal else None,
            severity=int(stage.dice.choice(len(weights), p=chances)),
            x=place[0],
            y=place[1],
            asset=asset,
        )
        with stage.operations.engine.begin() as connection:
            case = stage.operations.office.open(connection, [new], _REPORTER)[0].case
        walk_on(stage, case, walk)
        yield case, "report"


def _always(_: Connection) -> bool:
    return True


def walk_on(
    stage: Stage, case: str, walk: Walk, may_close: Callable[[Connection], bool] = _always
) -> None:
    """Walk a case from where it is: the first step of the walk comes after its time.

    Parameters
    ----------
    may_close
        Whether what ends the case may be done now; else it is looked at again later.
    """
    units = stage.parameters.units
    unit = units[int(stage.dice.integers(len(units)))]
    _Walker(stage, case, walk, unit, may_close).go_to(0)


@dataclass
class _Walker:
    stage: Stage
    case: str
    walk: Walk
    unit: str
    may_close: Callable[[Connection], bool]
    done: set[str] = field(default_factory=set)

    def go_to(self, place: int) -> None:
        if place < len(self.walk.steps):
            self.stage.after(self.walk.steps[place].delay, partial(self._step, place))

    def _step(self, place: int) -> Iterator[tuple[str, str]]:
        step, dice = self.walk.steps[place], self.stage.dice
        wanted, instead = dice.random(2)
        if wanted >= step.chance or (step.only_after and step.only_after not in self.done):
            self.go_to(place + 1)
            return
        other = step.instead if step.instead and instead < step.instead.chance else None
        action = other.do if other else step.do
        given = {} if other else {n: str(dice.choice(told)) for n, told in step.given.items()}
        with self.stage.operations.engine.begin() as connection:
            found = self._applies(connection, action)
            waits = found is not None and found.clock == "stop" and not self.may_close(connection)
            if found is not None and not waits:
                self._do(connection, found, step.by, given)
        if waits:
            again = self.stage.parameters.responding.look_again_minutes
            self.stage.in_minutes(again, partial(self._step, place))
            return
        if found is not None:
            yield self.case, action
        self._follow(place, step.then if other is None else other.then, stays=other is None,
                     done=found is not None)  # fmt: skip

    def _follow(self, place: int, then: str, *, stays: bool, done: bool) -> None:
        """Go on: to the step that is named, to the next one, or, after something else, nowhere."""
        if done and then:
            self.go_to(self.walk.place(then))
        elif stays or not done:
            self.go_to(place + 1)

    def _applies(self, connection: Connection, action: str) -> Action | None:
        row = one_case(connection, self.case)
        kind = self.stage.operations.office.types.get(row["case_type"])
        found = kind.actions[action]
        spent = found.at_most and action in self.done
        return None if spent or not kind.applies(found, row["state"]) else found

    def _do(self, connection: Connection, action: Action, by: str, given: dict[str, str]) -> None:
        row = one_case(connection, self.case)
        told: dict[str, Any] = dict(given)
        for name in sorted(action.needs - told.keys()):
            known = self.unit if name == "unit" else row.get(name)
            told[name] = _TOLD if known is None else known
        actor = somebody(by, *sorted(action.roles - {by}), unit=self.unit)
        # Another photo in every step, or the day would look like one in which photos are copied.
        shown = f"{_TOLD} {self.case} {len(self.done)} {action.id}".encode()
        photos = [(kind, shown) for kind in sorted(action.evidence)]
        self.stage.operations.act(
            connection, self.case, action.id, actor, given=told, confidences=photos
        )
        self.done.add(action.id)
