"""What reports tell: to the desk about one case, to the centre about all together.

A class, a merger, a recurrence are offered here; whoever decides does so with an action on the
case.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection, bindparam, select
from starlette.requests import Request
from starlette.routing import Route

from dizuo.api.answering import AbsentError, answered
from dizuo.api.declared import Declared, declared
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.model.errors import InputError
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.cases.register import one_case
from dizuo.operations.cases.table import cases
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.event_log.portions import portions
from dizuo.operations.texts.duplicates import MergeProposal
from dizuo.operations.texts.overview import city_duplicates, city_hot_spots, city_topics

__all__ = ["text_routes"]

_SEED: Final = 2026
"""Whoever asks twice is told the same hot spots."""


class SuggestionTold(Struct):
    """A class, how sure that is, and what suggests it."""

    code: str
    confidence: float
    by: str


class MergerTold(Struct):
    """An earlier case that one may be merged into, and why."""

    case: str
    into: str
    confidence: float
    metres: float
    days: float
    alike: float | None
    reason: str
    reason_zh: str


class ReadingTold(Struct):
    """What is offered about one case."""

    suggestion: SuggestionTold | None
    unread: str | None
    mergers: list[MergerTold]
    before: list[str]


class TopicTold(Struct):
    """A class at a place, now and before."""

    kind: str
    place: str
    count: int
    expected: float
    p: float
    rate: float
    hot: bool
    periods: int
    of: int
    recurring: bool
    reason: str
    reason_zh: str


class HotSpotTold(Struct):
    """A cell of the unit grid around which reports of a class gather."""

    kind: str
    cell: str
    x: float
    y: float
    count: int | None
    false_discovery_rate: float


def text_routes(door: Door) -> list[Route]:
    """Return the routes of what reports tell."""
    texts = _Texts(door)
    return [
        guarded(door, "/api/cases/{case}/reading", "texts.read", answered(texts.reading)),
        guarded(door, "/api/texts/duplicates", "texts.read", answered(texts.duplicates)),
        guarded(door, "/api/texts/topics", "topics.read", answered(texts.topics)),
        guarded(door, "/api/texts/hotspots", "topics.read", answered(texts.hot_spots)),
    ]


class _Texts:
    def __init__(self, door: Door) -> None:
        self.door = door

    @declared(
        Declared(
            "Suggest the class of a case, and tell what it may repeat.", "texts", answer=ReadingTold
        )
    )
    async def reading(self, request: Request, visitor: Visitor) -> Any:
        """Read the text of a case; other cases are told of only where the visitor may see them."""
        name = request.path_params["case"]

        def read(connection: Connection) -> dict[str, Any]:
            try:
                case = one_case(connection, name, within=visitor.rows())["case"]
            except InputError as error:
                raise AbsentError(error.problem_text, field="case") from None
            told = self.door.operations.texts.read(connection, case).as_dict()
            others = [one["into"] for one in told["mergers"]] + told["before"]
            seen = _seen(connection, others, visitor)
            told["mergers"] = [one for one in told["mergers"] if one["into"] in seen]
            told["before"] = [one for one in told["before"] if one in seen]
            return told

        return await self.door.read(read)

    @declared(Declared("Tell which open cases may be the same.", "texts", answer=list[MergerTold]))
    async def duplicates(self, _: Request, visitor: Visitor) -> Any:
        """Propose mergers of the cases that the visitor may see."""
        operations = self.door.operations

        def read(connection: Connection) -> list[MergeProposal]:
            found = city_duplicates(
                connection, operations.office.vault, self.door.now(), operations.texts.parameters,
                simulated=operations.office.simulated,
            )  # fmt: skip
            seen = _seen(connection, [name for one in found for name in (one.case, one.into)],
                         visitor)  # fmt: skip
            return [one for one in found if {one.case, one.into} <= seen]

        return [one.as_dict() for one in await self.door.read(read)]

    @declared(
        Declared("Tell what comes up more often than before.", "texts", answer=list[TopicTold])
    )
    async def topics(self, *_: Any) -> Any:
        """Tell hot and recurring topics; few cases about people are not told of."""
        operations, grid = self.door.operations, self.door.ground.grid
        found = await self.door.read(
            lambda c: city_topics(
                c, self.door.now(), operations.texts.parameters, self._evaluation(),
                grid.communities if grid else {}, simulated=operations.office.simulated,
            )
        )  # fmt: skip
        return [one.as_dict() for one in found]

    @declared(Declared("Tell where reports gather.", "texts", answer=list[HotSpotTold]))
    async def hot_spots(self, *_: Any) -> Any:
        """Tell the hot spots of the last period; few cases about people are not told of."""
        operations = self.door.operations
        return await self.door.read(
            lambda c: city_hot_spots(
                c, self.door.now(), operations.texts.parameters, self._evaluation(),
                self.door.ground.grid, np.random.default_rng(_SEED),
                simulated=operations.office.simulated,
            )
        )  # fmt: skip

    def _evaluation(self) -> EvaluationParameters:
        own = self.door.operations.folder / "evaluation.toml"
        return EvaluationParameters.load(own if own.exists() else None)


def _seen(connection: Connection, names: Iterable[str], visitor: Visitor) -> frozenset[str]:
    """Return those of the cases that the visitor may see."""
    asked, found = sorted(set(names)), set[str]()
    query = select(cases.c.case).where(
        cases.c.case.in_(bindparam("names", expanding=True)), visitor.rows()
    )
    for part in portions(asked):
        found.update(connection.execute(query, {"names": part}).scalars())
    return frozenset(found)
