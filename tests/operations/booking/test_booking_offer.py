"""What a city writes down is read, or refused with its file, row and field in both languages."""

from zoneinfo import ZoneInfo

import pytest
from booked_places import HEADER, PLACES, write_offer

from dizuo.model.errors import InputError
from dizuo.operations.booking.limits import BookingLimits
from dizuo.operations.booking.offer import read_offer

pytestmark = pytest.mark.systems("S22.7")
SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_times_are_those_of_the_citys_clock(tmp_path):
    slots = f"{HEADER}library,north,2026-03-03,09:00,10:30,2\n"
    (one,) = read_offer(write_offer(tmp_path, slots), {"library"}, SHANGHAI)
    assert one.begins.isoformat() == "2026-03-03T01:00:00+00:00"
    assert one.id == "slot:library/north/2026-03-03T09:00"
    assert (one.capacity, one.place.district, one.row) == (2, "north", "2")


@pytest.mark.parametrize(
    ("row", "field", "message"),
    [
        ("cinema,north,2026-03-03,09:00,10:00,2", "service", "there is no service 'cinema'"),
        ("library,west,2026-03-03,09:00,10:00,2", "place", "Known are: north, south"),
        ("library,north,2026-13-03,09:00,10:00,2", "begin", "is no time"),
        ("library,north,2026-03-03,9 o'clock,10:00,2", "begin", "Write 2026-03-02 and 09:00"),
        ("library,north,2026-03-03,10:00,10:00,2", "end", "ends before it begins"),
        ("library,north,2026-03-03,09:00,10:00,0", "capacity", "no number of seats"),
        ("library,north,2026-03-03,09:00,10:00,2.5", "capacity", "from 1 to 99999"),
        ("library,south,2026-03-03,09:00,10:00,2", "begin", "stands in row 2 already"),
    ],
)
def test_a_row_that_cannot_be_offered_is_refused(tmp_path, row, field, message):
    slots = f"{HEADER}library,south,2026-03-03,09:00,10:00,2\n{row}\n"
    with pytest.raises(InputError, match=message) as found:
        read_offer(write_offer(tmp_path, slots), {"library"}, SHANGHAI)
    assert (found.value.row, found.value.field) == ("3", field)
    assert found.value.file.endswith("slots.csv")
    assert "行 3" in found.value.in_("zh")


def test_a_table_without_a_column_and_a_place_without_a_district_are_refused(tmp_path):
    with pytest.raises(InputError, match="the column is missing") as found:
        read_offer(write_offer(tmp_path, "service,place\nlibrary,north\n"), {"library"}, SHANGHAI)
    assert found.value.field == "date"
    torn = PLACES.replace('district = "south"', "")
    with pytest.raises(InputError, match="a text is needed") as found:
        read_offer(write_offer(tmp_path, places=torn), {"library"}, SHANGHAI)
    assert found.value.field == "south.district"


def test_a_citys_own_limits_count_and_strange_ones_are_refused(tmp_path):
    shipped = BookingLimits.load()
    assert (shipped.days_ahead, shipped.certainty) == (30, "check")
    names = BookingLimits.__slots__
    table = {name: getattr(shipped, name) for name in names} | {"days_ahead": 7.0}
    file = tmp_path / "limits.toml"
    file.write_text("".join(f"{name} = {value!r}\n" for name, value in table.items()), "utf-8")
    assert BookingLimits.load(file).days_ahead == 7
    file.write_text(file.read_text("utf-8").replace("7.0", "-1.0"), "utf-8")
    with pytest.raises(InputError, match="does not lie between 0") as found:
        BookingLimits.load(file)
    assert found.value.field == "days_ahead"
