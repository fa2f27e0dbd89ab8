"""``dizuo shifts``, as a user types it, and what the checkup makes of it."""

from datetime import date, timedelta

import pytest

pytestmark = pytest.mark.systems("L3")
DAY = date(2024, 5, 22)  # a Wednesday
PERIOD = ("--from", "2024-05-22", "--to", "2024-05-22")


@pytest.fixture
def counted(town):
    """Three in ten by bus on twelve usual working days, and half on the day of the event."""
    lines = ["place,mode,from,until,count,evidence"]
    days = [DAY - timedelta(days=back) for back in range(8, 30)] + [DAY]
    for number, day in enumerate(days):
        bus = 500 if day == DAY else 300 + 5 * (number % 5)
        for mode, count in (("bus", bus), ("drive", 1000 - bus)):
            for begin, end, share in ((7, 9, 0.4), (9, 17, 0.6)):
                many = round(count * share)
                lines.append(f"bridge,{mode},{day}T{begin:02}:00,{day}T{end:02}:00,{many},measured")
    (town / "operations").mkdir()
    (town / "operations" / "counts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return town


def test_shifts_are_told_written_and_read_by_the_checkup(dizuo, counted):
    ran = dizuo("shifts", counted, *PERIOD, "--json")
    assert ran.code == 0, ran.err
    shares = {one["share"]: one for one in ran.answer["shares"]}
    assert shares["public_transport"]["claim"] == "higher"
    assert shares["peak"]["claim"] == "none"
    english = dizuo("shifts", counted, *PERIOD).out
    assert "Public transport: more than usual: 50.0 %" in english.replace("\n", " ")
    assert "公共交通：较平时上升" in dizuo("shifts", counted, *PERIOD, "--lang", "zh").out
    checked = dizuo("checkup", counted, "--json")
    assert checked.code == 0, checked.err
    explained = dizuo("explain", "12.public_transport_shift", counted, "--json")
    assert explained.code == 0, explained.err
    assert "percentage points" in explained.out
    peak = dizuo("explain", "12.peak_shift", counted, "--json")
    assert "within what comparable days differ" in peak.out


def test_what_cannot_be_compared_is_refused(dizuo, counted):
    back = dizuo("shifts", counted, "--from", "2024-05-22", "--to", "2024-05-21")
    assert (back.code, "ends before it begins" in back.err) == (2, True)
    (counted / "operations" / "counts.csv").unlink()
    none = dizuo("shifts", counted, *PERIOD, "--lang", "zh")
    assert (none.code, "该城市没有客流计数" in none.err) == (2, True)
