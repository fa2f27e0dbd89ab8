"""Run every indicator on a base, each once, and reduce it to the places."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.articles.user_tables import UserTables
from dizuo.checkup.aggregate import PlaceResult, order_of, reduce_to_places
from dizuo.checkup.judge import passes, score
from dizuo.model.errors import DizuoError, RuleError
from dizuo.model.evidence import Evidence
from dizuo.model.indicator import Indicator
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import Missing, PlaceValues, Result, Values
from dizuo.resources.land import PlaceAmounts
from dizuo.resources.places import Places
from dizuo.resources.privacy import HiddenPlaces
from dizuo.resources.wiring import Workshop, parameters_of
from dizuo.standards.rule_book import RuleBook

__all__ = ["Computed", "compute", "tabulate"]

Floats = NDArray[np.float64]
Progress = Callable[[str, float], None]


@dataclass(frozen=True, eq=False)
class Computed:
    """What one indicator gave: its variants and the rules that it used."""

    indicator: Indicator
    results: Mapping[str, Result]
    rules: Mapping[str, Rule]
    scaled: Rule | None = None
    """The judging rule with the scale that turns values into scores."""

    @property
    def judge(self) -> Rule | None:
        """The rule that judges the value, if there is one."""
        return self.rules.get("judge")

    @property
    def leading(self) -> tuple[str, Result]:
        """The variant that is judged and scored."""
        name = self.indicator.variants[0]
        return name, self.results[name]


def compute(
    indicators: Mapping[str, Indicator],
    workshop: Workshop,
    rules: RuleBook,
    day: date,
    jurisdictions: tuple[str, ...],
    progress: Progress | None = None,
) -> dict[str, Computed]:
    """Run indicators. What a rule book or a base lacks makes a value missing, with the reason.

    Parameters
    ----------
    progress
        Called with an indicator's id and the share of the work that is done.
    """
    done: dict[str, Computed] = {}
    for number, (name, indicator) in enumerate(indicators.items()):
        if progress is not None:
            progress(name, number / len(indicators))
        done[name] = _run(indicator, workshop, rules, day, jurisdictions)
    return done


def _run(
    indicator: Indicator,
    workshop: Workshop,
    rules: RuleBook,
    day: date,
    jurisdictions: tuple[str, ...],
) -> Computed:
    try:
        found = {
            parameter: rules.rule(rule_id, day, jurisdictions)
            for parameter, rule_id in indicator.rules.items()
            if parameter != "judge"
        }
        judge = _judge(indicator, rules, day, jurisdictions)
    except RuleError as error:
        reason = Missing(error.text)
        return Computed(indicator, dict.fromkeys(indicator.variants, reason), {})
    wanted = parameters_of(indicator.function)
    given = {name: rule for name, rule in found.items() if name in wanted}
    results = workshop.call(indicator.function, given=given, needs=indicator.needs)
    if not isinstance(results, Mapping):
        results = {indicator.variants[0]: results}
    if set(results) != set(indicator.variants):
        raise DizuoError(
            Text(
                f"{indicator.id} declares the variants {indicator.variants} "
                f"but returned {tuple(results)}",
                f"{indicator.id} 声明的变体为 {indicator.variants}，返回的却是 {tuple(results)}",
            )
        )
    results = _with_filled(indicator, results, workshop.get("user_tables"))
    results = {name: _or_missing(results[name]) for name in indicator.variants}
    if judge is not None:
        found["judge"] = judge
    scaled = rules.scale_for(judge, day, jurisdictions) if judge else None
    return Computed(indicator, results, found, scaled)


def _with_filled(
    indicator: Indicator, results: Mapping[str, Result], user_tables: UserTables
) -> Mapping[str, Result]:
    """Let what a city filled in take the place of the leading value."""
    for name in (indicator.id, indicator.row):
        if name and user_tables.has(name):
            return {**results, indicator.variants[0]: user_tables.values(name)}
    return results


def _or_missing(result: Result) -> Result:
    """Return no value where nothing that it rests on is known: a sum of unknowns is not zero."""
    if isinstance(result, Values) and result.evidence is Evidence.MISSING:
        return Missing(
            Text("Nothing that this rests on is known.", "所依据的数据均为未知，无法计算。")
        )
    return result


def _judge(
    indicator: Indicator, rules: RuleBook, day: date, jurisdictions: tuple[str, ...]
) -> Rule | None:
    """Return the judging rule; one that is not in force yet leaves a value unjudged."""
    name = indicator.rules.get("judge")
    return rules.rule_or_none(name, day, jurisdictions) if name else None


def place_results(
    result: Values, places: Places, amounts: PlaceAmounts
) -> dict[PlaceKind, PlaceResult]:
    """Reduce one result to every kind of place that it means something for."""
    return {
        kind: reduce_to_places(result, kind, len(table), amounts[kind])
        for kind, table in places.tables.items()
        if order_of(kind) >= max(order_of(result.resolution), order_of(PlaceKind.BLOCK))
        and kind in result.support.places
    }


def tabulate(
    computed: Mapping[str, Computed],
    places: Places,
    amounts: PlaceAmounts,
    hidden: HiddenPlaces,
) -> pd.DataFrame:
    """Lay all values out as one tidy table.

    Numbers of residents of hidden places are left out; shares of them are told.
    """
    parts: list[_Part] = []
    for one in computed.values():
        for variant, result in one.results.items():
            parts.extend(_parts(one, variant, result, places, amounts, hidden))
    sizes = np.array([len(part.places) for part in parts])

    def constant(values: list[str]) -> "pd.Categorical[str]":
        names, codes = np.unique(np.array(values, dtype=object), return_inverse=True)
        return pd.Categorical.from_codes(np.repeat(codes, sizes), pd.Index(names))

    def column(values: list[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate(values)

    known = column([np.isfinite(part.found.value) for part in parts])
    evidence = constant([part.evidence.value for part in parts])
    missing = Evidence.MISSING.value
    evidence = evidence.set_categories([mark.value for mark in Evidence])
    evidence[~known] = missing
    reasons = [part.reason or _NOTHING_HERE for part in parts]
    return pd.DataFrame(
        {
            "indicator": constant([part.one.indicator.id for part in parts]),
            "variant": constant([part.variant for part in parts]),
            "place": pd.Categorical(column([part.places for part in parts])),
            "place_kind": constant([part.kind.value for part in parts]),
            "value": column([part.found.value for part in parts]),
            "unit": constant([part.one.indicator.unit for part in parts]),
            "numerator": column([part.found.numerator for part in parts]),
            "denominator": column([part.found.denominator for part in parts]),
            "evidence": evidence,
            "edge": column([part.found.edge for part in parts]),
            "rule": constant([part.one.judge.id if part.one.judge else "" for part in parts]),
            "certainty": constant([certainty_of(part.one) for part in parts]),
            "passes": column([part.passes for part in parts]),
            "score": column([part.score for part in parts]),
            "reason_en": _reasons(constant([reason.en for reason in reasons]), known),
            "reason_zh": _reasons(constant([reason.zh for reason in reasons]), known),
        }
    )


_NOTHING_HERE = Text("Nothing of what is measured lies here.", "此处没有被测对象。")


def _reasons(reasons: "pd.Categorical[str]", known: NDArray[np.bool_]) -> "pd.Categorical[str]":
    """Leave a reason only where a value is missing."""
    reasons = reasons.add_categories([""]) if "" not in reasons.categories else reasons
    reasons[known] = ""
    return reasons


@dataclass(frozen=True, eq=False)
class _Part:
    """Values of one variant on the places of one kind."""

    one: Computed
    variant: str
    kind: PlaceKind
    places: NDArray[np.str_]
    found: PlaceResult
    evidence: Evidence
    reason: Text | None = None

    @property
    def passes(self) -> NDArray[np.object_]:
        judge = self.one.judge
        return passes(self.found.value, judge) if judge else np.full(len(self.places), None)

    @property
    def score(self) -> Floats:
        scaled = self.one.scaled
        return score(self.found.value, scaled) if scaled else np.full(len(self.places), np.nan)


def _parts(
    one: Computed,
    variant: str,
    result: Result,
    places: Places,
    amounts: PlaceAmounts,
    hidden: HiddenPlaces,
) -> list[_Part]:
    if isinstance(result, Missing):
        city = places.tables[PlaceKind.CITY]
        nothing = np.full(len(city), np.nan)
        found = PlaceResult(nothing, nothing, nothing, np.zeros(len(city)))
        mark = Evidence.MISSING
        return [_Part(one, variant, PlaceKind.CITY, city.ids, found, mark, result.reason)]
    if isinstance(result, PlaceValues):
        given = PlaceResult(
            result.value, result.numerator, result.denominator, np.zeros(len(result.value))
        )
        return [_Part(one, variant, result.kind, result.places, given, result.evidence)]
    return [
        _Part(
            one,
            variant,
            kind,
            places.tables[kind].ids,
            _told(found, kind, hidden) if result.counts_residents else found,
            result.evidence,
        )
        for kind, found in place_results(result, places, amounts).items()
    ]


def _told(found: PlaceResult, kind: PlaceKind, hidden: HiddenPlaces) -> PlaceResult:
    """Leave out amounts of hidden places, and amounts that are too few people themselves."""
    few = hidden[kind] | hidden.too_few(found.numerator)
    return replace(
        found,
        numerator=np.where(few, np.nan, found.numerator),
        denominator=np.where(
            hidden[kind] | hidden.too_few(found.denominator), np.nan, found.denominator
        ),
    )


def certainty_of(one: Computed) -> str:
    """``check`` if any rule in use still has to be read in the standard, else ``sure``."""
    marks = {rule.certainty.value for rule in one.rules.values()}
    return "" if not marks else "check" if "check" in marks else "sure"
