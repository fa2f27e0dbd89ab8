"""A made-up day is plausible, the same for the same seed, and never mistaken for a real one."""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point
from sqlalchemy import select

from dizuo.model.errors import InputError
from dizuo.operations.cases.table import cases
from dizuo.operations.opening import open_operations
from dizuo.operations.simulation import Day, simulate
from dizuo.operations.time import SetClock
from opened_city import write_city

BEGIN = datetime(2026, 3, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
LINES = [LineString([(0, 0), (300, 0)]), LineString([(0, 50), (100, 50)])]
STREETS = gpd.GeoDataFrame(geometry=LINES, crs="EPSG:32632")


def made_up(folder, seed=1, reports=60, name="day"):
    """Make a day up; return the operations and everything that happened."""
    clock = SetClock(BEGIN)
    opened = open_operations(write_city(folder), clock=clock, simulated=folder / name)
    return opened, list(simulate(opened, STREETS, Day(BEGIN, reports, seed)))


def rows(opened):
    with opened.engine.connect() as connection:
        return connection.execute(select(cases).order_by(cases.c.case)).all()


def test_every_case_is_handled_in_order_and_marked(tmp_path):
    opened, happened = made_up(tmp_path)
    done = Counter(action for _, _, action in happened)
    assert done["report"] == done["file"] == done["close"] == len(rows(opened)) > 30
    assert [at for at, _, _ in happened] == sorted(at for at, _, _ in happened)
    assert all(row.simulated for row in rows(opened))
    assert {row.state for row in rows(opened)} == {"closed"}
    opened.sequencer.seal()
    assert opened.verify() == []


def test_reports_come_from_streets_and_mostly_by_day(tmp_path):
    opened, happened = made_up(tmp_path, reports=300)
    streets = STREETS.union_all()
    assert all(streets.distance(Point(row.x, row.y)) < 1e-6 for row in rows(opened))
    long = sum(row.y == 0 for row in rows(opened)) / len(rows(opened))
    assert 0.65 < long < 0.85
    hours = [at.astimezone(BEGIN.tzinfo).hour for at, _, done in happened if done == "report"]
    assert sum(8 <= hour < 18 for hour in hours) > 0.6 * len(hours)
    assert 240 < len(hours) < 360


def test_the_same_seed_makes_the_same_day_and_another_another(tmp_path):
    first, same, other = (
        made_up(tmp_path / str(number), seed)[1] for number, seed in enumerate((1, 1, 2))
    )
    assert first == same
    assert first != other


def test_a_simulation_touches_neither_the_city_s_log_nor_its_keys(tmp_path):
    made_up(tmp_path, reports=5, name="day")
    real = open_operations(tmp_path)
    assert real.health().cases == 0
    keys = {(tmp_path / one / "master.key").read_bytes() for one in ("day", "operations")}
    assert len(keys) == 2


def test_a_real_log_is_never_simulated_into(tmp_path, clock):
    real = open_operations(write_city(tmp_path), clock=clock)
    with pytest.raises(InputError, match="needs a log of its own"):
        next(simulate(real, STREETS, Day(BEGIN, 5, 1)))
    assert real.health().events == 0


def test_a_city_without_streets_has_no_day(tmp_path):
    opened = open_operations(
        write_city(tmp_path), clock=SetClock(BEGIN), simulated=tmp_path / "day"
    )
    with pytest.raises(InputError, match="no streets"):
        next(simulate(opened, STREETS.iloc[:0], Day(BEGIN, 5, 1)))


def test_a_demonstration_waits_between_the_steps(tmp_path):
    opened = open_operations(
        write_city(tmp_path), clock=SetClock(BEGIN), simulated=tmp_path / "day"
    )
    waited = []
    happened = list(simulate(opened, STREETS, Day(BEGIN, 10, 1), wait=waited.append))
    assert sum(waited, timedelta()) == happened[-1][0] - BEGIN
