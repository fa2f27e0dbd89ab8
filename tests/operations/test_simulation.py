"""A made-up day is plausible, the same for the same seed, and never mistaken for a real one."""

import json
from collections import Counter
from datetime import datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import geopandas as gpd
import msgspec
import numpy as np
import pytest
from shapely.geometry import LineString, Point
from sqlalchemy import select

from dizuo.model.errors import InputError
from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.cases.table import cases
from dizuo.operations.event_log.tables import events
from dizuo.operations.incidents.incident_type import IncidentTypes
from dizuo.operations.incidents.tables import incidents
from dizuo.operations.opening import open_operations
from dizuo.operations.signals.alarm_table import alarms
from dizuo.operations.simulation.agenda import Pace
from dizuo.operations.simulation.day import Day, simulate
from dizuo.operations.simulation.parameters import DayParameters
from dizuo.operations.simulation.series import Episode, Kind, episodes_of, observed
from dizuo.operations.time import SetClock, to_microseconds
from opened_city import write_city

pytestmark = pytest.mark.systems("S22.6")

BEGIN = datetime(2026, 3, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
LINES = [LineString([(0, 0), (300, 0)]), LineString([(0, 50), (100, 50)])]
STREETS = gpd.GeoDataFrame(geometry=LINES, crs="EPSG:32632")
SHIPPED = DayParameters.load()
MORNING = timedelta(hours=6)
METHANE = SHIPPED.sensors[0]
MINUTE = 60_000_000


def made_up(folder, seed=1, reports=40, name="day", **day):
    """Make a day up; return the operations and everything that happened."""
    clock = SetClock(BEGIN)
    opened = open_operations(write_city(folder), clock=clock, simulated=folder / name)
    return opened, list(simulate(opened, STREETS, Day(BEGIN, reports, seed, **day)))


def rows(opened, table=cases):
    with opened.engine.connect() as connection:
        return connection.execute(select(table).order_by(*table.primary_key)).all()


@pytest.fixture(scope="module")
def morning(tmp_path_factory):
    """Six hours with devices, in which the first one sees something real."""
    folder = tmp_path_factory.mktemp("morning")
    return made_up(folder, seed=3, reports=20, devices=8, length=MORNING)


def test_every_case_is_handled_in_order_and_marked(tmp_path):
    opened, happened = made_up(tmp_path)
    done = Counter(one.done for one in happened)
    assert done["report"] == len(rows(opened)) > 25
    assert [one.at for one in happened] == sorted(one.at for one in happened)
    assert all(row.simulated for row in rows(opened))
    assert {row.state for row in rows(opened)} <= {"closed", "void"}
    assert not any(row.open for row in rows(opened))
    assert {row.case_type for row in rows(opened)} == {one.case_type for one in SHIPPED.walks}
    opened.sequencer.seal()
    assert opened.verify() == []


def test_reports_come_from_streets_and_mostly_by_day(tmp_path):
    opened, happened = made_up(tmp_path, reports=60)
    streets = STREETS.union_all()
    assert all(streets.distance(Point(row.x, row.y)) < 1e-6 for row in rows(opened))
    long = sum(row.y == 0 for row in rows(opened)) / len(rows(opened))
    assert 0.55 < long < 0.95
    hours = [one.at.astimezone(BEGIN.tzinfo).hour for one in happened if one.done == "report"]
    assert sum(8 <= hour < 18 for hour in hours) > 0.6 * len(hours)
    assert 35 < len(hours) < 85
    done = Counter(one.done for one in happened)
    assert {"return", "rate", "call_back"} <= set(done)
    by = {row.actor for row in rows(opened, events)}
    assert {"simulated-desk", "simulated-unit", "simulated-resident"} <= by


def test_the_same_seed_makes_the_same_events_byte_for_byte(tmp_path):
    day = {"reports": 10, "devices": 3, "length": timedelta(hours=2)}
    first, same, other = (
        [tuple(row) for row in rows(made_up(tmp_path / str(number), seed, **day)[0], events)]
        for number, seed in enumerate((1, 1, 2))
    )
    assert first == same
    assert first != other
    kinds = {row[2] for row in first}
    assert {"observations.received", "device.registered", "case.opened"} <= kinds


def test_devices_leave_the_reports_of_a_seed_as_they_are(tmp_path):
    day = {"reports": 10, "length": timedelta(hours=2)}
    without, with_some = (
        [one.at for one in made_up(tmp_path / str(count), 1, devices=count, **day)[1]
         if one.done == "report"]
        for count in (0, 3)
    )  # fmt: skip
    assert set(without) <= set(with_some)


def test_something_real_becomes_an_alarm_a_case_an_incident_and_ends(morning):
    opened, happened = morning
    (alarm,) = [row for row in rows(opened, alarms) if row.verdict == "true" and row.worst >= 2]
    assert (alarm.rule, alarm.measure) == ("lifeline.gas.chamber_methane", "value")
    assert alarm.cleared is not None
    (incident,) = rows(opened, incidents)
    assert (incident.alarm, incident.case, incident.state) == (alarm.alarm, alarm.case, "closed")
    case = next(row for row in rows(opened) if row.case == alarm.case)
    assert (case.state, case.channel) == ("closed", "signal")
    assert case.closed >= alarm.cleared
    reports = [row for row in rows(opened) if row.asset == alarm.asset and row.case != case.case]
    assert [row.merged_into for row in reports] == [case.case] * len(reports)
    done = Counter(one.done for one in happened)
    assert done["begin_task"] == done["end_task"] > 0
    assert done["declare"] == done["close_incident"] == 1


def test_everything_about_signals_is_marked_as_made_up(morning):
    opened, _ = morning
    assert all(row.simulated for table in (cases, alarms, incidents) for row in rows(opened, table))
    told = [row for row in rows(opened, events) if row.kind == "observations.received"]
    assert told
    assert all(json.loads(row.facts)["simulated"] is True for row in told)
    with opened.engine.connect() as connection:
        register = opened.signals.register(connection)
    assert len(register.devices) == 8
    assert all(one.properties == {"simulated": True} for one in register.devices)
    assert all(one.properties == {"simulated": True} for one in register.streams)
    opened.sequencer.seal()
    assert opened.verify() == []
    opened.rebuild()
    assert opened.verify() == []


def test_every_kind_that_ships_fits_the_rules_that_judge_it(tmp_path):
    opened, happened = made_up(
        tmp_path, reports=1, devices=len(SHIPPED.sensors), length=timedelta(minutes=20)
    )
    assert Counter(one.done for one in happened)["observe"] == 4
    with opened.engine.connect() as connection:
        kinds = {one.kind for one in opened.signals.register(connection).streams}
    assert kinds == {one.kind for one in SHIPPED.sensors}


def series(episodes, seed=1):
    return observed(METHANE, episodes, BEGIN, timedelta(days=1), np.random.default_rng(seed))


def test_an_ordinary_day_raises_nothing_and_follows_the_hours():
    seen = series([])
    assert len(seen.time) == 96
    assert set(np.diff(seen.time)) == {15 * MINUTE}
    assert 0 <= seen.value.min() < seen.value.max() < 0.2
    hour = (seen.time - to_microseconds(BEGIN)) / (60 * MINUTE)
    by_night, by_day = seen.value[hour < 6].mean(), seen.value[(hour > 12) & (hour < 18)].mean()
    assert by_day > by_night


def test_faults_look_like_faults_and_what_is_real_rises_and_falls():
    start = to_microseconds(BEGIN)
    inside = (start + 300 * MINUTE, start + 600 * MINUTE)
    plain = series([])
    within = (plain.time >= inside[0]) & (plain.time < inside[1])
    stuck = series([Episode(Kind.STUCK, *inside)])
    assert len(set(stuck.value[within])) == 1
    assert (stuck.value[~within] == plain.value[~within]).all()
    gap = series([Episode(Kind.GAP, *inside)])
    assert gap.time.tolist() == plain.time[~within].tolist()
    spike = series([Episode(Kind.SPIKE, inside[0], inside[0] + 15 * MINUTE, 2.7)])
    assert (spike.value == 2.7).sum() == 1
    real = series([Episode(Kind.EXCURSION, *inside, 5.6)])
    assert real.value.max() == 5.6
    risen = real.value[within]
    assert risen.argmax() > 0
    assert risen[0] < 2
    assert risen[-1] < 2
    assert (real.value[~within] == plain.value[~within]).all()
    silent = series([Episode(Kind.EXCURSION, *inside, 5.6), Episode(Kind.GAP, *inside)])
    assert silent.value.max() < 0.2


def test_faults_come_as_often_as_the_file_says():
    dice = np.random.default_rng(5)
    drawn = [
        one.kind
        for _ in range(4000)
        for one in episodes_of(METHANE, SHIPPED.sensing, BEGIN, timedelta(days=1), dice)
    ]
    counts = Counter(drawn)
    for kind, fault in ((Kind.STUCK, SHIPPED.sensing.stuck), (Kind.GAP, SHIPPED.sensing.gap)):
        assert counts[kind] / 4000 == pytest.approx(fault.chance, rel=0.3)


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


def test_a_demonstration_is_told_when_the_next_step_is(tmp_path):
    opened = open_operations(
        write_city(tmp_path), clock=SetClock(BEGIN), simulated=tmp_path / "day"
    )
    waited = []
    happened = list(simulate(opened, STREETS, Day(BEGIN, 10, 1), wait=waited.append))
    assert waited == sorted(waited)
    assert {one.at for one in happened} <= set(waited)


def test_a_pace_makes_up_for_what_took_long():
    now, slept = [100.0], []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(BEGIN, 60.0, lambda: now[0], sleep)
    pace(BEGIN + timedelta(minutes=1))
    now[0] += 1.5  # the work of the first step
    pace(BEGIN + timedelta(minutes=2))
    pace(BEGIN + timedelta(minutes=4))
    assert slept == [1.0, 1.5]


def test_a_city_has_a_day_of_its_own(tmp_path):
    own = tmp_path / "simulation.toml"
    own.write_text('source = "x"\n', encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read") as refused:
        DayParameters.load(own)
    assert "模拟日参数" in str(refused.value.in_("zh"))
    shipped = files("dizuo.operations.simulation").joinpath("day.toml").read_text("utf-8")
    own.write_text(shipped.replace("hours = [1, ", "hours = ["), encoding="utf-8")
    with pytest.raises(InputError, match="24 hours"):
        DayParameters.load(own)
    own.write_text(shipped.replace("hours = [1, ", "hours = [9, "), encoding="utf-8")
    assert DayParameters.load(own).hours[0] == 9
    assert DayParameters.load(tmp_path / "none.toml") == SHIPPED


def test_a_day_names_only_what_the_city_has():
    first = SHIPPED.walks[0]
    step = msgspec.structs.replace(first.steps[0], do="fly")
    walk = msgspec.structs.replace(first, steps=[step])
    wrong = msgspec.structs.replace(SHIPPED, walks=[walk])
    with pytest.raises(InputError, match="urban_event has no fly"):
        wrong.require_known(CaseTypes.load(), IncidentTypes.load())
    SHIPPED.require_known(CaseTypes.load(), IncidentTypes.load())
