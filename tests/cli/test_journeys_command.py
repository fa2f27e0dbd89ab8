"""``dizuo journeys``, as a user types it, on a town with a timetable."""

import csv
import zipfile
from pathlib import Path

import pytest
from town_city import degrees

pytestmark = pytest.mark.systems("L3", "S1.5")
WINDOW = ("--from", "2024-06-03T08:00", "--until", "2024-06-03T08:30")
GTFS = """
[[sources]]
id = "buses"
kind = "gtfs"
file = "feed.zip"
date = 2024-01-01
licence = "unknown"
"""


@pytest.fixture
def timed(town):
    """The town with a bus along its long street every five minutes, and a square at its end."""
    stops = "stop_id,stop_name,stop_lat,stop_lon\n"
    for name, x in (("w", 50), ("e", 390)):
        longitude, latitude = degrees(x, 200)
        stops += f"{name},{name.upper()},{latitude:.9f},{longitude:.9f}\n"
    trips, times = (
        "route_id,service_id,trip_id\n",
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n",
    )
    for minute in range(0, 60, 5):
        trips += f"R,DAY,t{minute}\n"
        times += f"t{minute},08:{minute:02}:00,08:{minute:02}:00,w,1\n"
        times += f"t{minute},08:{minute:02}:30,08:{minute:02}:30,e,2\n"
    tables = {
        "stops": stops, "trips": trips, "stop_times": times,
        "routes": "route_id,route_type,route_short_name\nR,3,1\n",
        "calendar_dates": "service_id,date,exception_type\nDAY,20240603,1\n",
    }  # fmt: skip
    with zipfile.ZipFile(town / "feed.zip", "w") as archive:
        for name, text in tables.items():
            archive.writestr(f"{name}.txt", text)
    toml = town / "city.toml"
    toml.write_text(toml.read_text("utf-8") + GTFS, encoding="utf-8")
    longitude, latitude = degrees(400, 200)
    (town / "operations").mkdir()
    (town / "operations" / "destinations.csv").write_text(
        f"destination,name,longitude,latitude\nsquare,Square,{longitude:.9f},{latitude:.9f}\n"
    )
    return town


def test_journeys_are_timed_told_and_written(dizuo, timed):
    ran = dizuo("journeys", timed, *WINDOW, "--json")
    assert ran.code == 0, ran.err
    [city] = ran.answer["city"]
    assert (city["destination"], city["reached"], city["hidden"]) == ("destination:square", 100, "")
    assert 0 < city["seconds_0.1"] <= city["seconds_0.5"] <= city["seconds_0.9"] < 600
    with Path(ran.answer["file"]).open(encoding="utf-8") as file:
        assert {row["kind"] for row in csv.DictReader(file)} == {"city"}
    told = dizuo("journeys", timed, *WINDOW)
    assert "Square" in told.out
    assert "100 %" in told.out
    assert "可到达" in dizuo("journeys", timed, *WINDOW, "--lang", "zh").out


def test_journeys_go_to_every_facility_of_a_category(dizuo, timed):
    ran = dizuo("journeys", timed, *WINDOW, "--to", "park", "--json")
    assert ran.code == 0, ran.err
    none = dizuo("journeys", timed, *WINDOW, "--to", "airport")
    assert (none.code, "the base has no airport" in none.err) == (2, True)
    wrong = dizuo("journeys", timed, *WINDOW, "--to", "palace", "--lang", "zh")
    assert (wrong.code, "没有类别“palace”" in wrong.err) == (2, True)


def test_what_cannot_be_timed_is_refused(dizuo, timed):
    day = dizuo("journeys", timed, "--from", "2024-06-04T08:00", "--until", "2024-06-04T09:00")
    assert day.code == 2
    assert "no timetable covers 2024-06-04" in day.err
    back = dizuo("journeys", timed, "--from", "2024-06-03T08:00", "--until", "2024-06-03T07:00")
    assert (back.code, "empty or too long" in back.err) == (2, True)
    (timed / "operations" / "destinations.csv").unlink()
    none = dizuo("journeys", timed, *WINDOW)
    assert (none.code, "nothing says where to go" in none.err) == (2, True)


def test_the_notice_tells_of_the_citys_own_destinations(dizuo, timed):
    (timed / "operations" / "closures.csv").write_text(
        "closure,from,until,modes,reason,reason_zh,source,streets\n"
        "fair,2024-06-03T08:00,2024-06-03T09:00,walk drive,Fair,街市,Notice 3,Cross Street\n"
    )
    ran = dizuo("notices", timed, *WINDOW, "--json")
    assert ran.code == 0, ran.err
    told = ran.answer["public_transport"]
    assert told["known"]
    assert "destination:square" in {one["destination"] for one in told["departures"]}
