"""Uptake on paper: two services, two districts, three days; the smallest group is 5."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from booked_places import DESK, do
from scipy.stats import binomtest

from dizuo.model.text import Text
from dizuo.operations.booking.offer import OfferedSlot, Place
from dizuo.operations.evaluation.booking_histories import booking_histories
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.tallies import Period
from dizuo.operations.evaluation.uptake import uptake_layer
from dizuo.operations.event_log.log import read_events
from dizuo.operations.time import to_microseconds

pytestmark = pytest.mark.systems("S22.7")
UTC_ZONE = ZoneInfo("UTC")
DAY = datetime(2026, 3, 2, tzinfo=UTC)
PARAMETERS = replace(EvaluationParameters.load(), smallest_group=5)
AT = {(service, district): DAY + timedelta(days=1, hours=12)
      for service in ("meals", "library") for district in ("north", "south")}  # fmt: skip


def offer(desk, seats):
    """A slot of each service in each district, at noon of the second day."""
    slots = [
        OfferedSlot(
            f"slot:{service}/{district}", service, Place(district, Text("P", "馆"), district),
            begins, begins + timedelta(hours=1), seats[service, district], "2",
        )
        for (service, district), begins in AT.items()
    ]  # fmt: skip
    do(desk, "publish", slots, "slots.csv")


def noted(desk, clock, what):
    """Book, and note at half past twelve who came: (service, district): attended, missed, not."""
    numbers = {
        key: [do(desk, "book", "slot:{}/{}".format(*key)).number for _ in range(sum(counts))]
        for key, counts in what.items()
    }
    clock.set(DAY + timedelta(days=1, hours=12, minutes=30))
    for key, (came, missed, _) in what.items():
        for number in numbers[key][:came]:
            do(desk, "note_presence", number, "attended")
        for number in numbers[key][came : came + missed]:
            do(desk, "note_presence", number, "missed")


def layer_of(desk, begin=DAY, days=3):
    end = begin + timedelta(days=days)
    with desk.log.engine.connect() as connection:
        told = booking_histories(read_events(connection), to_microseconds(end))
    return uptake_layer(told, Period(begin, end), UTC_ZONE, PARAMETERS)


def rate(layer, kind, key, indicator):
    rows = layer[(layer["kind"] == kind) & (layer["key"] == key)]
    (row,) = rows[rows["indicator"] == indicator].to_dict("records")
    return row


def test_uptake_attendance_and_absence_are_shares_of_what_they_say(desk, clock):
    seats = dict.fromkeys(AT, 20)
    offer(desk, seats)
    noted(desk, clock, {
        ("meals", "north"): (8, 5, 0), ("meals", "south"): (10, 6, 0),
        ("library", "north"): (5, 0, 5), ("library", "south"): (0, 0, 0),
    })  # fmt: skip
    layer = layer_of(desk)
    uptake = rate(layer, "city", "city", "uptake")
    assert (uptake["numerator"], uptake["denominator"]) == (8 + 5 + 10 + 6 + 5 + 5, 80)
    assert uptake["value"] == pytest.approx(48.75)
    peer = binomtest(39, 80).proportion_ci(PARAMETERS.interval_level, method="wilson")
    assert (uptake["low"], uptake["high"]) == pytest.approx((100 * peer.low, 100 * peer.high))
    assert rate(layer, "service", "meals", "attendance")["value"] == pytest.approx(100 * 18 / 40)
    assert rate(layer, "district", "north", "uptake")["value"] == pytest.approx(100 * 23 / 40)
    missed = rate(layer, "service_district", "meals/south", "no_show")
    assert (missed["value"], missed["denominator"]) == (pytest.approx(37.5), 16)
    assert rate(layer, "city", "city", "no_show")["excluded"] == 5
    assert rate(layer, "service_district", "library/south", "uptake")["value"] == 0
    assert set(layer["case_type"]) == {"booking"}
    assert set(layer.loc[layer["value"].notna(), "value_evidence"]) == {"measured"}


def test_few_are_not_told_nor_left_to_be_worked_out(desk, clock):
    offer(desk, dict.fromkeys(AT, 20))
    noted(desk, clock, {
        ("meals", "north"): (0, 0, 3), ("meals", "south"): (0, 0, 7),
        ("library", "north"): (0, 0, 9), ("library", "south"): (0, 0, 8),
    })  # fmt: skip
    layer = layer_of(desk)
    hid = layer[(layer["indicator"] == "uptake") & (layer["hidden"] == "small_group")]
    # One small count of a table of two by two takes all four with it, and no sum.
    assert set(hid["kind"]) == {"service_district"}
    assert len(hid) == 4
    assert hid[["value", "low", "high", "numerator", "denominator"]].isna().all(axis=None)
    assert set(hid["value_evidence"]) == {"missing"}
    assert rate(layer, "service", "meals", "uptake")["numerator"] == 10


def test_days_until_a_free_seat_are_asked_at_each_beginning_of_a_day(desk, clock):
    clock.set(DAY - timedelta(hours=12))
    offer(desk, dict.fromkeys(AT, 1))
    # At the first midnight all are free, 1.5 days ahead; then meals fill up, a day before noon.
    clock.set(DAY + timedelta(hours=6))
    for district in ("north", "south"):
        do(desk, "book", f"slot:meals/{district}", by=DESK)
    layer = layer_of(desk)
    city = rate(layer, "city", "city", "next_free.days")
    assert (city["value"], city["denominator"], city["excluded"]) == (1.0, 2, 0)  # 1.5 and 0.5
    meals = rate(layer, "service", "meals", "next_free.days")
    assert (meals["value"], meals["denominator"], meals["excluded"]) == (1.5, 1, 1)


def test_slots_of_other_periods_and_cancelled_bookings_do_not_count(desk):
    offer(desk, dict.fromkeys(AT, 20))
    for _ in range(6):
        do(desk, "cancel", do(desk, "book", "slot:meals/north").number)
    assert rate(layer_of(desk), "city", "city", "uptake")["numerator"] == 0
    later = layer_of(desk, DAY + timedelta(days=2))
    assert not (later["indicator"] == "uptake").any()


def test_an_empty_log_gives_an_empty_layer(desk):
    assert layer_of(desk).empty
