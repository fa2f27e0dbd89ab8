"""Which shared services fit what somebody declares: answered, and nothing kept.

Facts come in the body, never in the address, which others on the way write down.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.routing import Route

from dizuo.api.answering import answered
from dizuo.api.declared import Declared, Name, body_of, declared
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.shared_services.catalogue import Catalogue, Fit
from dizuo.operations.shared_services.conditions import FactValue

__all__ = ["FactsOf", "refuse_who_may_not", "shared_service_routes"]

_Number = Annotated[float, Meta(ge=0, le=1_000_000)]
FactsOf = dict[Name, bool | _Number | Name]
"""What somebody declares, by the names of the catalogue."""


class FactsDeclared(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody says of themselves, by the names of the catalogue."""

    facts: FactsOf


class FactTold(Struct):
    """A fact that may be declared."""

    fact: str
    en: str
    zh: str
    kind: str
    choices: list[str]


class PartnerTold(Struct):
    """A city that recognises an item."""

    city: str
    en: str
    zh: str


class ItemTold(Struct):
    """Whether a service fits, why, where it is had and which other cities recognise it.

    ``city`` is the partner city whose item it is, or empty.
    """

    item: str
    en: str
    zh: str
    fits: str
    reasons: list[str]
    channels: list[str]
    recognised_by: list[PartnerTold]
    city: str
    source: str
    certainty: str


def shared_service_routes(door: Door) -> list[Route]:
    """Return the routes below ``/api/shared_services``."""
    desk = _SharedServices(door)
    base = "/api/shared_services"
    return [
        guarded(door, f"{base}/facts", "services.read", answered(desk.facts)),
        guarded(door, f"{base}/eligibility", "services.read", answered(desk.fitting), "POST"),
    ]


class _SharedServices:
    def __init__(self, door: Door) -> None:
        self.door = door

    def catalogue(self) -> Catalogue:
        return Catalogue.load(self.door.operations.folder / "shared_services.toml")

    @declared(
        Declared(
            "List the facts that shared services depend on.", "shared services",
            answer=list[FactTold], public=True,
        )
    )  # fmt: skip
    async def facts(self, *_: Any) -> Any:
        """Tell what may be declared."""
        return [
            {"fact": one.id, **_titles(one.title), "kind": one.kind, "choices": list(one.choices)}
            for one in self.catalogue().facts.values()
        ]

    @declared(
        Declared(
            "Tell which shared services fit declared facts; nothing is kept.", "shared services",
            body=FactsDeclared, answer=list[ItemTold], public=True,
        )
    )  # fmt: skip
    async def fitting(self, request: Request, _: Visitor) -> Any:
        """Answer from the facts of this request alone."""
        given = await body_of(request, FactsDeclared)
        catalogue = self.catalogue()
        return [_told(one, catalogue) for one in catalogue.fitting(given.facts)]


def refuse_who_may_not(file: Path, service: str, facts: Mapping[str, FactValue]) -> None:
    """Refuse whoever declares what a condition of a service rules out.

    What was not declared is looked at where the service is had.

    Raises
    ------
    InputError
        With the conditions that fail, or if a fact is not known.
    """
    for fit in Catalogue.load(file).fitting(facts):
        if fit.item.id == service and fit.fits == "no":
            why = "; ".join(fit.reasons)
            raise InputError(
                Text(f"the service is for whom this holds: {why}", f"该服务的条件为：{why}"),
                field="facts",
            )


def _told(fit: Fit, catalogue: Catalogue) -> dict[str, Any]:
    item = fit.item
    return {
        "item": item.id,
        **_titles(item.title),
        "fits": fit.fits,
        "reasons": list(fit.reasons),
        "channels": list(item.channels),
        "recognised_by": [
            {"city": name, **_titles(catalogue.cities[name])} for name in item.recognised_by
        ],
        "city": item.city,
        "source": item.source,
        "certainty": item.certainty,
    }


def _titles(title: Text) -> dict[str, str]:
    return {"en": title.en, "zh": title.zh}
