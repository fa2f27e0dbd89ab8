"""Counts of travellers as a city writes them, and what is refused."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from dizuo.model.errors import InputError
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.travel.counts import read_counts
from dizuo.operations.travel.day_kinds import kind_of

pytestmark = pytest.mark.systems("L3")
ZONE = ZoneInfo("Asia/Shanghai")
HEAD = "place,mode,from,until,count,evidence\n"
ROW = "bridge,bus,2025-10-01T07:00,2025-10-01T08:00,120,measured\n"


def table(tmp_path, text):
    file = tmp_path / "counts.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_row_is_a_place_a_mode_and_a_slot_of_its_day(tmp_path):
    late = "bridge,walk,2025-10-01T23:00,2025-10-02T00:00,0,estimated\n"
    zoned = "bridge,bike,2025-09-30T23:30:00+00:00,2025-10-01T00:00:00+00:00,7,measured\n"
    found = read_counts(table(tmp_path, HEAD + ROW + late + zoned), ZONE)
    day = date(2025, 10, 1)
    assert found.to_numpy().tolist() == [
        ["bridge", "bus", day, 420, 480, 120, "measured"],
        ["bridge", "walk", day, 1380, 1440, 0, "estimated"],
        ["bridge", "bike", day, 450, 480, 7, "measured"],
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("bus", "rocket", "'rocket' is no mode"),
        ("measured", "guessed", "'guessed' is no evidence"),
        ("bridge", "", "place is empty"),
        ("120", "-1", "'-1' is no count"),
        ("120", "1.5", "'1.5' is no count"),
        ("2025-10-01T07:00", "soon", "'soon' is no time"),
        ("01T08:00", "02T08:00", "goes past midnight"),
        ("01T08:00", "01T07:00", "slot is empty"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_number(tmp_path, old, new, told):
    file = table(tmp_path, HEAD + ROW.replace(old, new, 1))
    with pytest.raises(InputError, match=told) as refused:
        read_counts(file, ZONE)
    assert refused.value.row == 2


def test_what_is_counted_twice_is_refused(tmp_path):
    again = ROW.replace("07:00", "07:30").replace("08:00", "08:30")
    with pytest.raises(InputError, match="overlap") as refused:
        read_counts(table(tmp_path, HEAD + ROW + again), ZONE)
    assert refused.value.row == 3
    other = again.replace("bus", "walk")
    assert len(read_counts(table(tmp_path, HEAD + ROW + other), ZONE)) == 2


def test_a_table_without_a_column_or_with_persons_is_refused(tmp_path):
    with pytest.raises(InputError, match="no column count"):
        read_counts(table(tmp_path, HEAD.replace("count", "number") + ROW), ZONE)
    named = table(tmp_path, HEAD.replace("\n", ",phone\n") + ROW.replace("\n", ",13800138000\n"))
    with pytest.raises(InputError):
        read_counts(named, ZONE)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ((2025, 9, 25), "working"),
        ((2025, 9, 28), "working"),  # a Sunday that makes up for the holiday
        ((2025, 9, 27), "weekend"),
        ((2025, 10, 1), "holiday"),
        ((2025, 10, 4), "holiday"),  # a Saturday of the holiday
    ],
)
def test_days_are_of_a_kind_by_the_calendar(day, kind):
    calendar = CalendarBook.load().current("cn_default", date(*day))
    assert kind_of(date(*day), calendar) == kind


def test_a_year_whose_holidays_are_not_known_is_refused():
    calendar = CalendarBook.load().current("cn_default", date(2025, 10, 1))
    with pytest.raises(InputError, match="does not know 2090"):
        kind_of(date(2090, 10, 2), calendar)
