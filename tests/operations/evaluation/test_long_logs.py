"""A long log is evaluated whole: the rates of many copies are those of one."""

from dataclasses import replace

import numpy as np
import pytest
from hand_made_log import START, WEEK

from dizuo.operations.evaluation.histories import histories
from dizuo.operations.evaluation.indicators import indicators
from dizuo.operations.evaluation.tallies import Period
from dizuo.operations.evaluation.three_rates import three_rates

EVENTS = 200_000


def copies(log, size):
    """The fourteen cases again and again, each time by another unit."""
    units = [f"unit:{k}" for k in range(40)]
    many = []
    for k in range(size // len(log) + 1):
        unit = units[k % len(units)]
        many += [
            replace(
                event,
                subject=f"{event.subject}.{k}",
                facts=event.facts.replace("unit:roads", unit),
            )
            for event in log
        ]
    return many[:size]


@pytest.mark.slow
def test_a_long_log_is_evaluated(played, calendars, parameters):
    told = histories([copies(played[1], EVENTS)], calendars, parameters)
    period = Period(START, told.until)
    rows = indicators(told, period, parameters).rows
    rates = three_rates(told, period, parameters, np.random.default_rng(1)).rows
    assert len(told.cases) > EVENTS / 8
    assert rows["denominator"].sum() > 0
    assert len(rates) == 41


def test_copies_of_a_log_have_the_rates_of_one(played, told, calendars, parameters):
    log = copies(played[1], 20 * len(played[1]))
    again = histories([log], calendars, parameters, until=told.until)
    one = indicators(told, WEEK, parameters, by=()).rows.set_index("indicator")
    many = indicators(again, WEEK, parameters, by=()).rows.set_index("indicator")
    assert (many["denominator"] == 20 * one["denominator"]).all()
    rates = one["unit_of_value"] == "%"
    assert many.loc[rates, "value"].to_list() == pytest.approx(one.loc[rates, "value"].to_list())
