"""Shifts of modes and of the peak: on paper, by chance alone, and where nothing can be claimed."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pandas as pd
import pytest

from dizuo.model.evidence import Evidence
from dizuo.operations.travel.counts import CountSettings
from dizuo.operations.travel.shift_layer import describe_shifts, shift_layer
from dizuo.operations.travel.shifts import shifts

pytestmark = pytest.mark.systems("L3")
SETTINGS = CountSettings.load()
DAY = date(2025, 6, 18)  # a Wednesday
HOURS = {"peak": (420, 540), "noon": (660, 780)}


def kind_of(day):
    return "working" if day.weekday() < 5 else "weekend"


def counted(days, place="bridge", evidence="measured", hours=HOURS):
    """Rows of days -> {(mode, hour): count}."""
    return pd.DataFrame(
        [
            {
                "place": place, "mode": mode, "day": day, "begin": hours[hour][0],
                "end": hours[hour][1], "count": count, "evidence": evidence,
            }
            for day, cells in days.items()
            for (mode, hour), count in cells.items()
        ]
    )  # fmt: skip


def working_days(count, before=DAY):
    days = (before - timedelta(days=back) for back in range(1, 60))
    return [day for day in days if day.weekday() < 5][:count]


def by_bus(bus, drive=None, *, peak=0.5):
    drive = 1000 - bus if drive is None else drive
    return {
        ("bus", "peak"): round(bus * peak), ("bus", "noon"): bus - round(bus * peak),
        ("drive", "peak"): round(drive * peak), ("drive", "noon"): drive - round(drive * peak),
    }  # fmt: skip


def found(counts, first=DAY, last=DAY, settings=SETTINGS):
    made = shifts(counts, first, last, kind_of, settings)
    return made, {row["share"]: row for row in made.rows.to_dict("records")}


def usual(shares=(300, 320, 280, 310, 290)):
    return dict(zip(working_days(len(shares)), map(by_bus, shares), strict=True))


def test_a_shift_to_public_transport_on_paper():
    # usual shares 30, 32, 28, 31, 29 %: mean 30, variance 2.5; Student's 97.5 % with 4: 2.776445
    _, rows = found(counted({**usual(), DAY: by_bus(450)}))
    row = rows["public_transport"]
    assert (row["value"], row["usual"], row["shift"]) == pytest.approx((45, 30, 15))
    half = 2.776445 * np.sqrt(2.5 * (1 + 1 / 5))
    assert (row["low"], row["high"]) == pytest.approx((15 - half, 15 + half), rel=1e-6)
    assert (row["claim"], row["days"], row["usual_days"]) == ("higher", 1, 5)
    assert (row["count"], row["total"]) == (450, 1000)
    assert rows["drive"]["claim"] == "lower"
    assert rows["peak"]["claim"] == "none"
    assert rows["peak"]["reason"] == "within_chance"


def test_a_shift_out_of_the_peak_on_paper():
    event = by_bus(300, peak=0.3)
    _, rows = found(counted({**usual(), DAY: event}))
    # every usual day has 50 % in the peak: counting alone tells how far that may be by chance
    row = rows["peak"]
    assert (row["value"], row["usual"], row["shift"]) == pytest.approx((30, 50, -20))
    half = 2.776445 * np.sqrt(1e4 * 0.25 / 1000 * (1 + 1 / 5))
    assert row["high"] == pytest.approx(-20 + half, rel=1e-6)
    assert row["claim"] == "lower"


def test_days_of_another_kind_are_not_compared():
    saturdays = {DAY - timedelta(days=4 + 7 * week): by_bus(900) for week in range(5)}
    _, rows = found(counted({**usual(), **saturdays, DAY: by_bus(450)}))
    assert rows["public_transport"]["usual"] == pytest.approx(30)
    assert rows["public_transport"]["usual_days"] == 5


def test_days_of_two_kinds_are_each_compared_with_their_own():
    saturdays = {DAY - timedelta(days=4 + 7 * week): by_bus(600) for week in range(4)}
    later = {DAY + timedelta(days=3): by_bus(700), DAY: by_bus(400)}
    _, rows = found(counted({**usual(), **saturdays, **later}), last=DAY + timedelta(days=3))
    # half of +10 on the Wednesday and +10 on the Saturday
    assert rows["public_transport"]["shift"] == pytest.approx(10)
    assert rows["public_transport"]["usual"] == pytest.approx((30 + 60) / 2)


def test_too_few_comparable_days_allow_no_claim():
    made, rows = found(counted({**usual((300, 320, 280)), DAY: by_bus(900)}))
    assert (rows["public_transport"]["claim"], rows["public_transport"]["reason"]) == (
        "none", "few_days",
    )  # fmt: skip
    assert np.isnan(rows["public_transport"]["shift"])
    told = [one.en for one in describe_shifts(made)]
    assert (
        "Public transport: no claim can be made, too few comparable days were counted alike."
        in told
    )
    _, alone = found(counted({DAY: by_bus(900)}))
    assert alone["public_transport"]["reason"] == "few_days"
    _, old = found(
        counted(
            {DAY - timedelta(days=7 * w): by_bus(300) for w in range(9, 20)} | {DAY: by_bus(900)}
        )
    )
    assert old["public_transport"]["usual_days"] == 0


def test_only_what_was_counted_alike_is_compared():
    bridge = counted({**usual(), DAY: by_bus(450)})
    new = counted({DAY: by_bus(0), working_days(1)[0]: by_bus(0)}, place="new")
    made, rows = found(pd.concat([bridge, new]))
    assert (made.places, made.left_out) == (("bridge",), ("new",))
    assert rows["public_transport"]["value"] == pytest.approx(45)
    assert "Left out, because not counted alike often enough: new." in [
        one.en for one in describe_shifts(made)
    ]
    # a day on which one mode was not counted is no comparable day
    torn = bridge[~((bridge["day"] == working_days(1)[0]) & (bridge["mode"] == "drive"))]
    assert found(torn)[1]["public_transport"]["usual_days"] == 4


def test_slots_across_the_edge_of_the_peak_allow_no_claim_about_it():
    hours = {"peak": (420, 560), "noon": (660, 780)}
    _, rows = found(counted({**usual(), DAY: by_bus(450)}, hours=hours))
    assert (rows["peak"]["claim"], rows["peak"]["reason"]) == ("none", "slots_cross_peak")
    assert rows["public_transport"]["claim"] == "higher"


def test_small_numbers_are_hidden_and_cannot_be_worked_out():
    days = {**usual(), DAY: by_bus(6, 1000)}
    _, rows = found(counted(days))
    assert rows["public_transport"]["hidden"] == rows["drive"]["hidden"] == "small_group"
    assert np.isnan(rows["drive"]["count"])
    assert rows["public_transport"]["reason"] == "small_group"


def test_rows_and_their_order_do_not_matter():
    counts = counted({**usual(), DAY: by_bus(450)})
    mixed = counts.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(found(counts)[0].rows, found(mixed)[0].rows)


def test_the_weakest_mark_stays_with_the_result():
    counts = counted({**usual(), DAY: by_bus(450)})
    guessed = counts.assign(evidence=["estimated", *counts["evidence"][1:]])
    made, _ = found(guessed)
    assert made.evidence is Evidence.ESTIMATED
    assert "The counts are estimated." in [one.en for one in describe_shifts(made)]


def test_the_layer_has_shares_and_shifts_with_their_marks():
    made, _ = found(counted({**usual(), DAY: by_bus(450)}))
    layer = shift_layer(made, DAY, DAY, ZoneInfo("Asia/Shanghai"))
    rows = layer.set_index("indicator")
    assert rows.loc["public_transport_shift", "value"] == pytest.approx(15)
    assert rows.loc["public_transport_shift", "low"] > 0
    assert rows.loc["public_transport_share", ["numerator", "denominator"]].to_list() == [450, 1000]
    assert set(rows["case_type"]) == {"travel_counts"}
    assert rows["period_end"].iloc[0] == "2025-06-19T00:00:00+08:00"


def test_intervals_hold_as_often_as_they_say_where_days_differ_by_chance():
    dice = np.random.default_rng(5)
    days = working_days(8)
    wrong, tried = 0, 400
    for _ in range(tried):
        shares = dice.normal(300, 30, 9).round().astype(int)
        table = {day: by_bus(int(share)) for day, share in zip([*days, DAY], shares, strict=True)}
        _, rows = found(counted(table), settings=msgspec.structs.replace(SETTINGS, weeks=8))
        wrong += rows["public_transport"]["claim"] != "none"
    # 5 % of 400 are 20, by chance 11 to 29
    assert 8 <= wrong <= 34
