"""A checkup from end to end on the town: what is injected, what is told, what it rests on."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from town_builder import examination_of
from town_of_powers import town_of_powers

from dizuo.articles.registry import all_indicators
from dizuo.base.config import Completeness
from dizuo.checkup.examine import examine
from dizuo.resources.analysis import Analysis

ASKED = (
    "08.kindergarten_reach",
    "10.middle_school_coverage",
    "14.H01",
    "17.fire_station_coverage",
    "19.use_mix",
)


@pytest.fixture(scope="module")
def examination():
    known = all_indicators()
    return examination_of(town_of_powers(), indicators={name: known[name] for name in ASKED})


@pytest.fixture(scope="module")
def checkup(examination):
    return examine(examination)


def test_progress_names_each_indicator_and_grows(examination):
    told = []
    examine(examination, progress=lambda name, share: told.append((name, share)))
    assert [name for name, _ in told] == list(ASKED)
    assert [share for _, share in told] == [0.0, 0.2, 0.4, 0.6, 0.8]


def test_the_clock_is_read_before_and_after_each_stage(examination):
    ticks = itertools.count(0.0, 1.5)
    checkup = examine(examination, clock=lambda: next(ticks))
    assert checkup.elapsed == dict.fromkeys(
        ("resources", "indicators", "values", "findings", "scores"), 1.5
    )
    assert next(ticks) == 15.0  # read ten times


def test_the_generator_draws_the_weights_and_nothing_else(examination, checkup):
    again = examine(examination, generator=np.random.default_rng(0))
    other = examine(examination, generator=np.random.default_rng(1))
    pd.testing.assert_frame_equal(again.sensitivity, checkup.sensitivity)
    different = other.sensitivity[["low", "high"]] != checkup.sensitivity[["low", "high"]]
    different &= checkup.sensitivity[["low", "high"]].notna()
    causes = checkup.sensitivity["cause"][different.any(axis=1)]
    assert set(causes) == {"weights"}
    pd.testing.assert_frame_equal(other.values, checkup.values)
    pd.testing.assert_frame_equal(other.findings, checkup.findings)


def test_only_what_is_asked_is_computed(examination):
    name = "08.bus_stop_reach"
    checkup = examine(examination, indicators={name: all_indicators()[name]})
    values = checkup.values  # noqa: PD011 - a table of its own
    assert set(values["indicator"]) == {name}
    assert list(checkup.indicators["id"]) == [name]


def test_every_rule_in_use_is_listed_once(checkup):
    used = set(itertools.chain(*checkup.indicators["rules"]))
    assert checkup.rules["id"].is_unique
    judging = set(checkup.values["rule"]) - {""}  # noqa: PD011 - a table of its own
    assert judging
    assert judging <= set(checkup.rules["id"])
    assert used & set(checkup.rules["id"])


def test_settings_in_force_are_told_whole(examination, checkup):
    settings = checkup.effective_settings
    assert settings["analysis"]["lattice_spacing"] == 20.0
    assert settings["city"]["reference_date"] == "2023-12-25"
    assert settings["standards"] == ["CN"]
    slow = replace(examination, analysis=Analysis.load({"walking_speed": 3.0}))
    assert examine(slow).effective_settings["analysis"]["walking_speed"] == 3.0


def cause(checkup, article, name="source_completeness"):
    table = checkup.sensitivity
    rows = table[(table["article"] == article) & (table["cause"] == name)]
    assert len(rows) == 1
    return rows.iloc[0]


def middle_schools(examination):
    """Middle schools alone, which are the whole article then: 65 % are served."""
    name = "10.middle_school_coverage"
    return replace(examination, indicators={name: all_indicators()[name]})


def test_where_nobody_states_completeness_the_range_is_unknown(examination):
    row = cause(examine(middle_schools(examination)), 10)
    assert np.isnan(row["low"])
    assert np.isnan(row["high"])
    assert row["statement_en"].startswith("Unknown")
    assert row["statement_zh"].endswith("没有数据源说明。")


@pytest.mark.systems("S9x.2")
def test_stated_completeness_gives_a_range_that_names_its_layer_and_source(examination):
    stated = {"facilities": Completeness(0.8, "Bureau's count of 2023")}
    checkup = examine(replace(middle_schools(examination), completeness=stated))
    row = cause(checkup, 10)
    # a fifth of the schools is not mapped: a fifth of the other 35 % may be served, 72 % in all;
    # 50 % scores 0 and 85 % scores 60
    assert (row["low"], row["high"]) == pytest.approx((15 * 60 / 35, 22 * 60 / 35))
    for language in ("en", "zh"):
        text = row[f"statement_{language}"]
        assert "facilities" in text
        assert "80%" in text
        assert "Bureau's count of 2023" in text
    assert row["low"] == checkup.scores.set_index("article")["score"][10]
    assert "Bureau" not in cause(checkup, 10, "weights")["statement_en"]


def test_completeness_of_a_layer_that_is_not_looked_at_says_nothing(examination):
    stated = {"trees": Completeness(0.5, "a guess")}
    row = cause(examine(replace(middle_schools(examination), completeness=stated)), 10)
    assert np.isnan(row["high"])


def test_a_city_without_facilities_still_has_a_checkup(examination):
    layers = examination.layers.with_layer("facilities", examination.layers["facilities"].iloc[:0])
    checkup = examine(replace(examination, layers=layers))
    values = checkup.values  # noqa: PD011 - a table of its own
    reach = values[values["indicator"] == "08.kindergarten_reach"]
    assert reach["value"].max() == 0.0
    assert len(checkup.findings)
