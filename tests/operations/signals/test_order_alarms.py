"""Crowds, queues and noise: an alarm opens, is graded, and its case goes to the owner."""

from datetime import timedelta

import pytest
from signal_town import DAWN, at, rows
from sqlalchemy import select

from dizuo.operations.cases.office import Actor
from dizuo.operations.cases.table import cases
from dizuo.operations.opening import open_operations
from dizuo.operations.signals.alarm_table import alarms
from dizuo.operations.signals.register import Device, Register, Stream
from dizuo.operations.signals.rule_files import load_alarm_rules
from dizuo.operations.time import SetClock
from dizuo.standards.rule_book import RuleBook
from opened_city import write_city

pytestmark = pytest.mark.systems("L4")
KEEPER = Actor("operator", frozenset({"centre", "analyst"}))
OWNERS = {"square:1": "squares", "hall:1": "hall", "meter:1": "environment"}
UNITS = {"squares": "", "hall": "yes", "environment": ""}
RULES = """rule,case_type,category,place,responsible,supervising,limit
owned,,,,@owner,,
rest,,,,@catch_all,,
"""


@pytest.fixture
def city(tmp_path):
    """A city with a square, a service hall and a sound meter, each with its owner."""
    folder = write_city(tmp_path) / "operations" / "dispatch"
    folder.mkdir(parents=True)
    units = "".join(f"{name},{name},{rest}\n" for name, rest in UNITS.items())
    (folder / "units.csv").write_text(f"unit,name,catch_all\n{units}", encoding="utf-8")
    owners = "".join(f"{asset},{unit}\n" for asset, unit in OWNERS.items())
    (folder / "owners.csv").write_text(f"asset,unit\n{owners}", encoding="utf-8")
    (folder / "rules.csv").write_text(RULES, encoding="utf-8")
    open_operations(tmp_path, clock=SetClock(DAWN)).publish_rules()
    opened = open_operations(tmp_path, clock=SetClock(DAWN + timedelta(days=1)))
    yield opened
    opened.engine.dispose()


def watch(city, asset, kind, unit, *observed):
    """Register a stream at an asset and take in minutes and values."""
    device = Device("device:0", asset, x=10.0, y=20.0)
    stream = Stream("stream:0", "device:0", kind, unit, timedelta(minutes=1))
    with city.engine.begin() as connection:
        city.signals.register_desk.replace(connection, Register((device,), (stream,)), KEEPER)
    for minutes, values in observed:
        city.signals.take_in(at(minutes, values), "device:0", channel="http")


def rules_of(city):
    found = rows(city, alarms)
    return [(one["rule"], one["worst"], one["cleared"] is not None) for one in found]


@pytest.mark.parametrize(
    ("asset", "kind", "unit", "value", "rule", "severity"),
    [
        ("square:1", "crowd_density", "persons/m2", 4.0, "order.crowd.density", 2),
        ("square:1", "crowd_density", "persons/m2", 6.5, "order.crowd.density", 3),
        ("hall:1", "queue_wait", "min", 30, "order.queue.wait", 1),
        ("hall:1", "queue_wait", "min", 61, "order.queue.wait", 2),
        ("meter:1", "noise_night_class2", "dB(A)", 50.1, "noise_gb3096.class2.night", 1),
        ("meter:1", "noise_day_class4a", "dB(A)", 70.5, "noise_gb3096.class4a.day", 1),
        ("meter:1", "noise_night_peak_class1", "dB(A)", 61, "noise_gb3096.class1.night_peak", 1),
    ],
)
def test_an_alarm_is_graded_and_its_case_goes_to_the_owner(
    city, asset, kind, unit, value, rule, severity
):
    watch(city, asset, kind, unit, ([0, 1, 2], [value] * 3))
    assert rules_of(city) == [(rule, severity, False)]
    with city.engine.begin() as connection:
        [case] = connection.execute(select(cases)).all()
        assert (case.case_type, case.asset, case.severity) == ("alarm", asset, severity)
        city.act(connection, case.case, "confirm", KEEPER)
        [case] = connection.execute(select(cases)).all()
    assert (case.state, case.unit) == ("dispatched", OWNERS[asset])


@pytest.mark.parametrize(
    ("kind", "unit", "values"),
    [
        ("crowd_density", "persons/m2", [3.9, 3.9, 3.9]),
        ("crowd_density", "persons/m2", [2.0, 7.0, 2.0]),  # one count may be off
        ("queue_wait", "min", [29, 29, 29]),
        ("noise_night_class2", "dB(A)", [50.0, 50.0, 50.0]),  # at the limit is within it
        ("noise_day_class2", "dB(A)", [55.0, 60.0, 59.9]),
    ],
)
def test_what_is_within_its_limit_raises_nothing(city, kind, unit, values):
    watch(city, "square:1", kind, unit, ([0, 1, 2], values))
    assert rules_of(city) == []


def test_a_crowd_that_thins_out_ends_the_alarm(city):
    watch(
        city, "square:1", "crowd_density", "persons/m2",
        ([0, 1, 2], [6.0, 6.0, 5.5]), (list(range(3, 12)), [3.0] * 9),
    )  # fmt: skip
    assert rules_of(city) == [("order.crowd.density", 3, True)]


def test_a_queue_that_is_only_long_is_a_notice_without_a_case(city):
    watch(city, "hall:1", "queue_length", "persons", (list(range(12)), [16] * 12))
    assert rules_of(city) == [("order.queue.length", 0, False)]
    assert rows(city, cases) == []


def test_the_limits_of_noise_are_those_of_the_standard_that_the_checkup_reads():
    book = RuleBook.load()
    day = DAWN.date()
    peak = book.rule("noise_gb3096.night_peak_excess", day, ("CN",)).value
    told = {one.id: one for one in load_alarm_rules(day=day) if one.id.startswith("noise_")}
    for name, one in told.items():
        area, part = name.removeprefix("noise_gb3096.").split(".")
        limit = book.rule(f"noise_gb3096.{area}.{part.removesuffix('_peak')}", day, ("CN",)).value
        assert one.levels[0].at == limit + (peak if part == "night_peak" else 0)
        assert one.beyond
    assert len(told) == 18
