"""Run every indicator on a base, each once, and reduce it to the places."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
        reason = Missing(Text(str(error), f"规则在参考日期无效：{error}"))
        return Computed(indicator, dict.fromkeys(indicator.variants, reason), {})
    wanted = parameters_of(indicator.function)
    given = {name: rule for name, rule in found.items() if name in wanted}
    results = workshop.call(indicator.function, given=given, needs=indicator.needs)
    if not isinstance(results, Mapping):
        results = {indicator.variants[0]: results}
    if set(results) != set(indicator.variants):
        raise DizuoError(
            f"{indicator.id} declares the variants {indicator.variants} "
            f"but returned {tuple(results)}"
        )
    if judge is not None:
        found["judge"] = judge
    scaled = rules.scale_for(judge, day, jurisdictions) if judge else None
    return Computed(indicator, results, found, scaled)


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
    parts: list[pd.DataFrame] = []
    for one in computed.values():
        for variant, result in one.results.items():
            parts.extend(_rows(one, variant, result, places, amounts, hidden))
    table = pd.concat(parts, ignore_index=True)
    for column in ("indicator", "variant", "place", "place_kind", "unit", "evidence", "rule"):
        table[column] = table[column].astype("category")
    return table


def _rows(
    one: Computed,
    variant: str,
    result: Result,
    places: Places,
    amounts: PlaceAmounts,
    hidden: HiddenPlaces,
) -> list[pd.DataFrame]:
    if isinstance(result, Missing):
        city = places.tables[PlaceKind.CITY]
        nothing = np.full(len(city), np.nan)
        frame = _frame(
            one,
            variant,
            PlaceKind.CITY,
            city.ids,
            PlaceResult(nothing, nothing, nothing, np.zeros(len(city))),
            Evidence.MISSING,
        )
        return [frame.assign(reason_en=result.reason.en, reason_zh=result.reason.zh)]
    if isinstance(result, PlaceValues):
        own = PlaceResult(
            result.value, result.numerator, result.denominator, np.zeros(len(result.value))
        )
        return [_frame(one, variant, result.kind, result.places, own, result.evidence)]
    return [
        _frame(
            one,
            variant,
            kind,
            places.tables[kind].ids,
            _told(found, hidden[kind]) if result.counts_residents else found,
            result.evidence,
        )
        for kind, found in place_results(result, places, amounts).items()
    ]


def _told(found: PlaceResult, hidden: NDArray[np.bool_]) -> PlaceResult:
    """Leave out the amounts of hidden places."""
    return replace(
        found,
        numerator=np.where(hidden, np.nan, found.numerator),
        denominator=np.where(hidden, np.nan, found.denominator),
    )


def _frame(
    one: Computed,
    variant: str,
    kind: PlaceKind,
    ids: NDArray[np.str_],
    found: PlaceResult,
    evidence: Evidence,
) -> pd.DataFrame:
    judge = one.judge
    known = np.isfinite(found.value)
    count = len(ids)
    return pd.DataFrame(
        {
            "indicator": one.indicator.id,
            "variant": variant,
            "place": ids,
            "place_kind": kind.value,
            "value": found.value,
            "unit": one.indicator.unit,
            "numerator": found.numerator,
            "denominator": found.denominator,
            "evidence": np.where(known, evidence.value, Evidence.MISSING.value),
            "edge": found.edge,
            "rule": judge.id if judge else "",
            "certainty": certainty_of(one),
            "passes": passes(found.value, judge) if judge else np.full(count, None),
            "score": score(found.value, one.scaled) if one.scaled else np.full(count, np.nan),
            "reason_en": np.where(known, "", "Nothing of what is measured lies here."),
            "reason_zh": np.where(known, "", "此处没有被测对象。"),
        }
    )


def certainty_of(one: Computed) -> str:
    """``check`` if any rule in use still has to be read in the standard, else ``sure``."""
    marks = {rule.certainty.value for rule in one.rules.values()}
    return "" if not marks else "check" if "check" in marks else "sure"
