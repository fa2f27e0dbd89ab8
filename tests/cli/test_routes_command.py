"""``dizuo routes``, as a user types it."""

import json
import shutil
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from osm_town import EAST, NORTH
from town_city import degrees

from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.opening import open_operations
from dizuo.operations.time import SetClock

pytestmark = pytest.mark.systems("L1")
MONDAY = datetime(2024, 5, 6, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
DESK = Actor("account:desk", frozenset({"desk"}))
PERIOD = ("--from", "2024-05-01", "--to", "2024-05-31")


@pytest.fixture
def reported(examined_town, tmp_path):
    """The town with two open reports on Long Street, which runs 400 m to the east."""
    town = shutil.copytree(examined_town, tmp_path / "town")
    opened = open_operations(town, clock=SetClock(MONDAY))
    new = [
        NewCase("urban_event", f"r{x}", "desk", category="0102", x=EAST + x, y=NORTH + 195)
        for x in (50, 350)
    ]
    with opened.engine.begin() as connection:
        cases = [one.case for one in opened.office.open(connection, new, DESK)]
        opened.act(connection, cases[0], "file", DESK, given={"category": "0102"})
        opened.act(connection, cases[1], "file", DESK, given={"category": "0102"})
    opened.engine.dispose()
    line = {"type": "LineString", "coordinates": [list(degrees(x, 200)) for x in (0, 400)]}
    feature = {"type": "Feature", "properties": {}, "geometry": line}
    route = {"type": "FeatureCollection", "features": [feature]}
    (town / "route.geojson").write_text(json.dumps(route), encoding="utf-8")
    return town


def test_the_route_is_planned_by_stretches(dizuo, reported):
    ran = dizuo("routes", reported, "--route", reported / "route.geojson", *PERIOD, "--json")
    assert ran.code == 0, ran.err
    assert [(one["order"], one["begin_m"], one["open_issues"]) for one in ran.answer["plan"]] == [
        (1, 0, 1), (2, 200, 1),
    ]  # fmt: skip
    everywhere = ran.answer["streets"][0]
    assert (everywhere["issues"], everywhere["per_km"]) == (2, pytest.approx(2 / 0.8, rel=1e-3))
    said = dizuo("routes", reported, "--route", reported / "route.geojson", *PERIOD, "--lang", "zh")
    assert "全部道路：每公里 2.50 件" in said.out
