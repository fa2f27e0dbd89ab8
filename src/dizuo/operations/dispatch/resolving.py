"""Send cases: the first rule that matches, else owner ▸ grid duty ▸ catch-all, and why."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.dispatch.domain import Ground
from dizuo.operations.dispatch.publishing import PublishedTable
from dizuo.operations.dispatch.rules import (
    CATCH_ALL,
    GRID_DUTY,
    NOTHING,
    OWNER,
    DispatchRule,
    names_match,
)

__all__ = ["DispatchCase", "Dispatcher", "Duty", "Step"]
__systems__ = ("S21.3", "S22.6")  # whose case it is

Step = Literal["rule", "owner", "grid_duty", "catch_all"]
"""Which step of the resolver decided."""


_MOST_KEPT: Final = 4096
"""More pairs of case type and category than a city has."""


@dataclass(frozen=True, slots=True)
class DispatchCase:
    """What of a case decides where it is sent.

    Attributes
    ----------
    case_type, category
        Id of the case type, and code of what the case is about.
    reported
        Moment of the report, with its time zone.
    place
        Where it is, best a cell of the unit grid; None if not known.
    asset
        Id of the component that it is about; None if there is none.
    nature, channel
        What the caller wants, and how the report came; ``""`` if there is none.
    severity
        Its grade.
    """

    case_type: str
    category: str
    reported: datetime
    place: str | None = None
    asset: str | None = None
    nature: str = NOTHING
    severity: int = 0
    channel: str = NOTHING


@dataclass(frozen=True, slots=True)
class Duty:
    """Who must settle a case, and why.

    Attributes
    ----------
    responsible, supervising
        Ids of the units; no supervisor is ``""``.
    limit
        Id of the limit of time; ``""`` leaves it to the case type.
    step
        Which step decided.
    rule
        Id of the rule that did; ``""`` for the other steps.
    table
        Stamp of the published table: id, version and hash.
    """

    responsible: str
    supervising: str
    limit: str
    step: Step
    rule: str
    table: str

    @property
    def reason(self) -> Text:
        """Why, as a sentence."""
        match self.step:
            case "rule":
                return Text(
                    f"Rule {self.rule} of table {self.table}.",
                    f"依据规则表 {self.table} 的规则“{self.rule}”。",
                )
            case "owner":
                return Text("It owns the component.", "该单位为部件权属单位。")
            case "grid_duty":
                return Text("It is on duty for the grid cell.", "该单位为网格责任单位。")
            case "catch_all":
                return Text(
                    "No rule, owner or grid duty applies.",
                    "无适用规则、权属或网格责任，转兜底单位。",
                )


@dataclass(frozen=True)
class Dispatcher:
    """Sends cases by one published table.

    Attributes
    ----------
    published
        The table.
    ground
        The places and who is on duty there.
    owners
        Component → id of the unit that owns it.
    catch_all
        Id of the unit that takes what nobody else does.
    zone
        Time zone in which hours, weekdays and days are meant.
    """

    published: PublishedTable
    ground: Ground
    owners: Mapping[str, str]
    catch_all: str
    zone: ZoneInfo

    def resolve(self, case: DispatchCase) -> Duty:
        """Return who must settle a case, and why; the same for the same case.

        Raises
        ------
        InputError
            If the moment of the report has no time zone.
        """
        owner = self.owners.get(case.asset) if case.asset is not None else None
        on_duty = self.ground.on_duty(case.place or NOTHING)
        units = {OWNER: owner, GRID_DUTY: on_duty, CATCH_ALL: self.catch_all}
        for rule in self._matching(case, owner is not None):
            responsible = units.get(rule.then.responsible, rule.then.responsible)
            if responsible is not None:
                return Duty(
                    responsible,
                    rule.then.supervising,
                    rule.then.limit,
                    "rule",
                    rule.id,
                    self.published.stamp,
                )
        if owner is not None:
            return self._step(owner, "owner")
        if on_duty is not None:
            return self._step(on_duty, "grid_duty")
        return self._step(self.catch_all, "catch_all")

    def _step(self, unit: str, step: Step) -> Duty:
        return Duty(unit, "", "", step, "", self.published.stamp)

    @cached_property
    def _rules_about(self) -> Callable[[str, str], tuple[DispatchRule, ...]]:
        """The rules for a case type and category; asked again for every case, so kept."""

        @lru_cache(maxsize=_MOST_KEPT)
        def rules_about(case_type: str, category: str) -> tuple[DispatchRule, ...]:
            return tuple(
                rule
                for rule in self.published.table
                if (not rule.when.case_types or case_type in rule.when.case_types)
                and (not rule.when.categories or names_match(rule.when.categories, category))
            )

        return rules_about

    def _matching(self, case: DispatchCase, owned: bool) -> Iterator[DispatchRule]:
        """Yield the rules whose conditions a case meets, in order."""
        if case.reported.tzinfo is None:
            raise InputError(
                Text(
                    f"the moment {case.reported.isoformat()} has no time zone",
                    f"时刻 {case.reported.isoformat()} 没有时区",
                ),
                field="reported",
                cure=Text("Give it in UTC.", "请以 UTC 给出。"),
            )
        local = case.reported.astimezone(self.zone)
        around = self.ground.lineage(case.place or NOTHING) or (NOTHING,)
        for rule in self._rules_about(case.case_type, case.category):
            when = rule.when
            if (
                (when.owner is None or when.owner is owned)
                and (not when.hours or local.hour in when.hours)
                and (not when.weekdays or local.isoweekday() in when.weekdays)
                and when.holds_at_severity(case.severity)
                and (not when.natures or names_match(when.natures, case.nature))
                and (not when.channels or names_match(when.channels, case.channel))
                and when.holds_on((local.month, local.day))
                and (not when.places or any(names_match(when.places, place) for place in around))
            ):
                yield rule
