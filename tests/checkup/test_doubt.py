from dataclasses import replace

import numpy as np
import pytest
from test_judge import rule

from dizuo.checkup.doubt import estimate_range, source_range
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Scale
from dizuo.model.text import Text
from dizuo.model.values import Missing, Support, Values

pytestmark = pytest.mark.systems("S9x.2")

SCALE = rule("at_least", 60.0, scale=Scale(floor=0.0, passing=60.0, excellent=100.0))


def share(served, residents, evidence=Evidence.ESTIMATED):
    residents = np.array(residents, dtype=float)
    served = np.array(served, dtype=bool)
    inside = {PlaceKind.CITY: np.zeros(len(served), dtype=np.int32)}
    ids = np.array([f"home:{number}" for number in range(len(served))])
    return Values(
        Support("homes", ids, inside),
        residents * served,
        residents,
        factor=100.0,
        evidence=evidence,
        failing=~served,
    )


def test_the_range_covers_residents_spread_otherwise_over_the_same_homes():
    # 90 of 100 are served, but one home of two, and √90 of √90 + √10 = 3/4
    found = estimate_range(share([True, False], [90.0, 10.0]), 90.0, SCALE)
    assert found == pytest.approx((50.0, 90.0))


def test_measured_values_have_one_score():
    measured = share([True, False], [90.0, 10.0], Evidence.MEASURED)
    assert estimate_range(measured, 90.0, SCALE) == (90.0, 90.0)


def test_what_is_not_scored_has_no_range():
    assert np.isnan(estimate_range(share([True], [1.0]), 100.0, None)).all()
    assert np.isnan(estimate_range(Missing(Text("no", "无")), float("nan"), SCALE)).all()


def test_incomplete_sources_may_serve_some_of_those_who_seem_unserved():
    # a fifth of the facilities is not mapped: at best a fifth of the unserved is served
    found = source_range(share([True, False], [60.0, 40.0]), 60.0, 0.8, SCALE)
    assert found == pytest.approx((60.0, 68.0))


def test_complete_sources_leave_no_doubt():
    assert source_range(share([True, False], [60.0, 40.0]), 60.0, 1.0, SCALE) == (60.0, 60.0)


def test_nobody_states_completeness_and_nothing_is_claimed():
    shares = share([True, False], [60.0, 40.0])
    assert np.isnan(source_range(shares, 60.0, None, SCALE)).all()
    assert np.isnan(source_range(replace(shares, failing=None), 60.0, 0.8, SCALE)).all()
