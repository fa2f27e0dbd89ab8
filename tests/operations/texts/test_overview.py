"""Topics, hot spots and repeats of a small city whose cases are counted on paper."""

from datetime import timedelta

import numpy as np
import pytest
import shapely
from made_up_desk import EVERYBODY

from dizuo.model.errors import InputError
from dizuo.operations.cases.office import NewCase
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.ground import UnitGrid
from dizuo.operations.opening import open_operations
from dizuo.operations.texts.overview import (
    city_duplicates,
    city_hot_spots,
    city_topics,
    smallest_group,
)
from dizuo.operations.texts.parameters import TextParameters
from opened_city import write_city

PARAMETERS = TextParameters.load()
EVALUATION = EvaluationParameters.load()
SIDE = 30
GATHERED = [(x * 100 + 1350, y * 100 + 1350) for x in range(5) for y in range(5)]
"""One place in each of five by five cells."""


@pytest.fixture
def town(tmp_path, clock):
    opened = open_operations(write_city(tmp_path), clock=clock)
    yield opened
    opened.engine.dispose()


def grid():
    """Thirty by thirty cells of 100 m, the western half of one community."""
    across, up = np.divmod(np.arange(SIDE * SIDE), SIDE)
    cells = shapely.box(across * 100, up * 100, across * 100 + 100, up * 100 + 100)
    codes = np.array([f"{at:015d}" for at in range(SIDE * SIDE)])
    communities = {
        code: "west" if x < SIDE / 2 else "east" for code, x in zip(codes, across, strict=True)
    }
    return UnitGrid(codes, communities, shapely.STRtree(cells))


def open_cases(town, kind, category, places):
    new = [
        NewCase(kind, f"{town.log.clock.now()}{kind}{category}{at}", "desk", category=category,
                x=float(x), y=float(y), grid=grid().cell_of(x, y))
        for at, (x, y) in enumerate(places)
    ]  # fmt: skip
    with town.engine.begin() as connection:
        return [one.case for one in town.office.open(connection, new, EVERYBODY)]


def spots(town):
    town.log.clock.move(timedelta(minutes=1))
    with town.engine.connect() as connection:
        return city_hot_spots(
            connection, town.log.clock.now(), PARAMETERS, EVALUATION, grid(),
            np.random.default_rng(1),
        )  # fmt: skip


def topics(town):
    town.log.clock.move(timedelta(minutes=1))
    with town.engine.connect() as connection:
        now = town.log.clock.now()
        return city_topics(connection, now, PARAMETERS, EVALUATION, grid().communities)


@pytest.mark.systems("S23.2")
def test_reports_that_gather_are_a_hot_spot_and_scattered_ones_are_none(town):
    scattered = [(x * 310 + 50, y * 310 + 50) for x in range(9) for y in range(9)]
    # Ones that lie in a single cell are one lamp that many called about, and no hot spot.
    lamp = [(350 + k, 350) for k in range(40)]
    open_cases(town, "urban_event", "0110", lamp)
    open_cases(town, "urban_event", "0102", [*scattered, *GATHERED, *GATHERED])
    open_cases(town, "urban_event", "0501", scattered)
    found = spots(town)
    assert {one["kind"] for one in found} == {"urban_event/0102"}
    assert max(np.hypot(one["x"] - 1550, one["y"] - 1550) for one in found) < 600
    (middle,) = [one for one in found if (one["x"], one["y"]) == (1550.0, 1550.0)]
    assert middle["count"] == 3  # two that gathered, and a scattered one on its corner
    assert middle["false_discovery_rate"] <= PARAMETERS.false_discovery_rate
    town.log.clock.move(timedelta(days=8))
    assert spots(town) == []


def test_a_hot_spot_of_few_people_is_not_told(town):
    nine = GATHERED[:9]
    assert len(nine) == 9
    open_cases(town, "urban_event", "0102", nine)
    open_cases(town, "hotline_appeal", "0102", nine)
    assert {one["kind"] for one in spots(town)} == {"urban_event/0102"}
    open_cases(town, "hotline_appeal", "0102", GATHERED)
    told = [one for one in spots(town) if one["kind"] == "hotline_appeal/0102"]
    assert told
    assert {one["count"] for one in told} <= {0, None}
    assert smallest_group("hotline_appeal/x", EVALUATION) == 10
    assert smallest_group("mediation/x", EVALUATION) == 20


def test_without_a_grid_hot_spots_are_refused_with_a_cure(town):
    with town.engine.connect() as connection, pytest.raises(InputError, match="no unit grid") as no:
        city_hot_spots(connection, town.log.clock.now(), PARAMETERS, EVALUATION, None,
                       np.random.default_rng(1))  # fmt: skip
    assert "单元网格" in no.value.in_("zh")


def test_a_class_that_comes_up_more_often_than_before_is_a_topic_of_its_community(town):
    assert topics(town) == []
    for _ in range(12):
        open_cases(town, "urban_event", "0102", [(100, 100), (2900, 100)])
        town.log.clock.move(timedelta(days=7))
    open_cases(town, "urban_event", "0102", [(100, 100)] * 12 + [(2900, 100)])
    open_cases(town, "hotline_appeal", "0102", [(100, 100)] * 9)
    found = topics(town)
    assert [(one.kind, one.place, one.count, one.hot) for one in found] == [
        ("urban_event/0102", "west", 12, True),
        ("urban_event/0102", "east", 1, False),
    ]
    assert all(one.recurring for one in found)
    assert found[0].as_dict()["reason_zh"].startswith("本期12件")


def test_repeats_of_a_week_are_found_once_each(town):
    first = open_cases(town, "urban_event", "0102", [(100, 100), (900, 900)])
    town.log.clock.move(timedelta(days=5))
    (second,) = open_cases(town, "urban_event", "0102", [(150, 100)])
    with town.engine.connect() as connection:
        (one,) = city_duplicates(connection, town.office.vault, town.log.clock.now(), PARAMETERS)
    assert (one.case, one.into) == (second, first[0])
