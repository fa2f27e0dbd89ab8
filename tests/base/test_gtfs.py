"""Timetables: tables that may be sparse, the typical working day, and stops with departures."""

import zipfile
from datetime import date

import numpy as np
import pandas as pd
import pytest
from osm_town import EAST, NORTH
from pyproj import CRS
from shapely import Point, box
from town_city import degrees

from dizuo.base.config import SourceSettings
from dizuo.base.gtfs import read_gtfs, route_mode, seconds
from dizuo.base.gtfs_layers import feed_stops, merge_stops, shape_lines, timetable_tables
from dizuo.model.errors import InputError

METRIC = CRS.from_epsg(32632)
OUTLINE = box(EAST, NORTH, EAST + 400, NORTH + 400)


def position(x, y):
    lon, lat = degrees(x, y)
    return f"{lat:.7f},{lon:.7f}"


def tables():
    """Three stops; a bus twice a weekday and once on Saturday; trains every half hour for 2 h."""
    return {
        "agency": "agency_id,agency_name\n1,A\n",
        "stops": "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
        f"a,Anna,{position(0, 0)},,\n"
        f"b,Berg,{position(100, 0)},0,\n"
        f"c,Chor,{position(200, 0)},,\n"
        f"s,Station,{position(300, 0)},1,\n"
        f"s1,Track 1,{position(301, 0)},0,s\n"
        f"s2,Track 2,{position(302, 0)},0,s\n"
        f"idle,Idle,{position(50, 0)},0,\n",
        "routes": "route_id,route_type,route_short_name\nR,3,1\nT,109,S1\n",
        "trips": "route_id,service_id,trip_id,shape_id\n"
        "R,WEEK,w1,\nR,WEEK,w2,\nR,SAT,w3,\nT,WEEK,t1,sh\n",
        "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type\n"
        "w1,08:00:00,08:00:00,a,1,\nw1,,,b,2,\nw1,08:10:00,08:10:00,c,3,\n"
        "w2,25:00:00,25:00:00,a,1,\nw2,25:05:00,25:05:00,b,2,1\nw2,25:10:00,25:10:00,c,3,\n"
        "w3,9:00:00,9:00:00,c,5,0\nw3,9:10:00,9:10:00,a,9,0\n"
        "t1,06:00:00,06:00:00,s1,0,\nt1,06:10:00,06:10:00,s2,1,\n",
        "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
        "start_date,end_date\n"
        "WEEK,1,1,1,1,1,0,0,20240101,20241231\nSAT,0,0,0,0,0,1,0,20240101,20241231\n",
        # Monday 3 June has no service, and Wednesday 5 June an added Saturday service.
        "calendar_dates": "service_id,date,exception_type\nWEEK,20240603,2\nSAT,20240605,1\n",
        "frequencies": "trip_id,start_time,end_time,headway_secs\nt1,06:00:00,08:00:00,1800\n",
        "shapes": "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n"
        f"sh,{position(302, 0)},2\nsh,{position(301, 0)},1\nlone,{position(0, 0)},1\n",
    }


def write(file, content):
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in content.items():
            archive.writestr(f"{name}.txt", text)
    return file


def changed(file, table, old, new):
    content = tables()
    assert old in content[table]
    content[table] = content[table].replace(old, new, 1)
    return write(file, content)


@pytest.fixture
def feed(tmp_path):
    return read_gtfs(write(tmp_path / "feed.zip", tables()))


def settings(file):
    return SourceSettings("feed", "gtfs", file, "unknown", "", date(2024, 1, 1))


def test_services_run_on_their_days_with_exceptions(feed):
    days = feed.service_days
    week = set(days.loc[days["service_id"] == "WEEK", "date"])
    assert len(week) == 261  # working days of 2024 are 262, less 3 June
    assert pd.Timestamp(2024, 6, 3) not in week
    assert pd.Timestamp(2024, 6, 5) in set(days.loc[days["service_id"] == "SAT", "date"])


def test_the_typical_day_is_near_and_ordinary(feed):
    # Saturday 1 June: the nearest working day with ordinary service is Friday 31 May.
    assert feed.typical_weekday(date(2024, 6, 1)) == date(2024, 5, 31)
    # Wednesday 5 June runs more than usual, so Tuesday or Thursday stand for it.
    assert feed.typical_weekday(date(2024, 6, 5)) == date(2024, 6, 4)
    # Out of service, the nearest days of service count.
    assert feed.typical_weekday(date(2026, 1, 1)) == date(2024, 12, 31)


def test_departures_count_boardings_only(feed):
    found = feed.departures(date(2024, 5, 31)).set_index(["stop_id", "mode"])["departures"]
    assert found.to_dict() == {
        ("a", "bus"): 2,  # w1, w2; w3 ends here, and runs on Saturdays
        ("b", "bus"): 1,  # nobody may board w2
        ("c", "bus"): 0,  # the last stop of w1 and w2
        ("s1", "rail"): 4,  # 06:00, 06:30, 07:00, 07:30
        ("s2", "rail"): 0,
    }
    assert feed.departures(date(2024, 6, 1)).set_index("stop_id")["departures"]["c"] == 1


def test_stops_have_a_mode_and_departures_and_platforms_join_their_station(feed):
    stops, rejects = feed_stops(feed, settings(feed.file), date(2024, 6, 1), METRIC, OUTLINE)
    found = stops.set_index("id")
    assert set(found.index) == {"stop:feed.a", "stop:feed.b", "stop:feed.c", "stop:feed.s"}
    assert found.loc["stop:feed.s", "mode"] == "rail"
    assert found.loc["stop:feed.s", "departures_per_weekday"] == 4
    assert found.loc["stop:feed.a", "geometry"].distance(Point(EAST, NORTH)) < 0.02
    assert list(rejects["id"]) == ["stop:feed.idle"]


def test_a_mapped_stop_gives_way_to_the_same_stop_of_the_timetable(feed):
    timed, _ = feed_stops(feed, settings(feed.file), date(2024, 6, 1), METRIC, OUTLINE)
    mapped = timed.iloc[[0, 0, 0]].assign(
        id=["stop:n1", "stop:n2", "stop:n3"], source="osm", departures_per_weekday=np.nan,
        mode=["bus", "bus", "tram"],
    )  # fmt: skip
    mapped = mapped.set_geometry(
        [Point(EAST + 30, NORTH), Point(EAST, NORTH + 90), Point(EAST, NORTH)], crs=METRIC
    )
    joined, rejects = merge_stops(mapped, timed)
    assert list(rejects["id"]) == ["stop:n1"]
    assert set(joined["id"]) == set(timed["id"]) | {"stop:n2", "stop:n3"}


def test_the_timetable_is_kept_for_routing(feed):
    kept = timetable_tables(feed, "feed")
    times = kept["timetable_stop_times"].set_index(["trip", "stop"])
    assert np.isnan(times.loc[("w1", "stop:feed.b"), "arrival"])
    assert times.loc[("w2", "stop:feed.c"), "arrival"] == 25 * 3600 + 600
    assert times.loc[("w2", "stop:feed.b"), "boards"] == False  # noqa: E712 - a numpy truth
    assert times.loc[("w2", "stop:feed.a"), ["boards", "alights"]].to_list() == [True, True]
    # tracks of a station of trains count as the station, which is what the layer of stops has
    assert set(times.loc["t1"].index) == {"stop:feed.s"}
    assert kept["timetable_routes"]["mode"].to_list() == ["bus", "rail"]
    assert kept["timetable_trips"]["shape"].to_list() == ["", "", "", "shape:feed.sh"]
    lines = shape_lines(feed, "feed", METRIC)
    assert lines["id"].to_list() == ["shape:feed.sh"]
    assert lines.length[0] == pytest.approx(1, abs=0.02)


def test_an_unzipped_feed_and_one_with_a_byte_order_mark_are_read(tmp_path):
    for name, text in tables().items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8-sig")
    assert len(read_gtfs(tmp_path).tables["stop_times"]) == 10


def test_only_calendar_dates_will_do(tmp_path):
    content = tables()
    del content["calendar"]
    feed = read_gtfs(write(tmp_path / "feed.zip", content))
    assert list(feed.service_days["service_id"]) == ["SAT"]
    del content["calendar_dates"]
    never = write(tmp_path / "feed2.zip", content)
    with pytest.raises(InputError, match="neither"):
        read_gtfs(never)


@pytest.mark.parametrize("missing", ["stops", "routes", "trips", "stop_times"])
def test_required_tables_must_be_there(tmp_path, missing):
    content = tables()
    del content[missing]
    with pytest.raises(InputError, match=f"no {missing}.txt"):
        read_gtfs(write(tmp_path / "feed.zip", content))


@pytest.mark.parametrize(
    ("table", "old", "new", "problem", "row"),
    [
        ("stops", "b,Berg", "a,Berg", "'a' is there twice", 3),
        ("trips", "R,WEEK,w2", "X,WEEK,w2", "'X' is not in routes.txt", 3),
        ("stop_times", ",b,2,", ",z,2,", "'z' is not in stops.txt", 3),
        ("stop_times", "w3,9:00:00,9", "w9,9:00:00,9", "'w9' is not in trips.txt", 8),
        ("stop_times", "08:10:00", "8 o'clock", "is no time", 4),
        ("stop_times", "08:10:00", "08:71:00", "is no time", 4),
        ("stop_times", ",c,5,", ",c,five,", "'five' is no number", 8),
        ("stop_times", "stop_sequence", "sequence", "no column stop_sequence", None),
        ("stops", "a,Anna,", '"a,Anna,', "cannot be read", None),
    ],
)
def test_faults_are_told_with_table_and_row(tmp_path, table, old, new, problem, row):
    with pytest.raises(InputError, match=problem) as caught:
        read_gtfs(changed(tmp_path / "feed.zip", table, old, new))
    assert caught.value.layer == f"{table}.txt"
    assert caught.value.row == row


def test_dates_that_are_none_and_feeds_that_never_run_are_refused(tmp_path):
    feed = read_gtfs(changed(tmp_path / "a.zip", "calendar", "20240101", "1 Jan"))
    with pytest.raises(InputError, match="'1 Jan' is no date"):
        feed.typical_weekday(date(2024, 6, 1))
    content = tables()
    content["calendar"] = content["calendar"].replace("WEEK,1,1,1,1,1", "WEEK,0,0,0,0,0")
    content["calendar_dates"] = "service_id,date,exception_type\n"
    feed = read_gtfs(write(tmp_path / "b.zip", content))
    with pytest.raises(InputError, match="no trip runs"):
        feed.typical_weekday(date(2024, 6, 1))


def test_a_damaged_archive_and_a_feed_of_elsewhere_are_refused(tmp_path, feed):
    whole = feed.file.read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="no zip file"):
        read_gtfs(cut)
    bent = bytearray(whole)
    bent[45] ^= 0xFF
    cut.write_bytes(bytes(bent))
    with pytest.raises(InputError):
        read_gtfs(cut)
    far = box(0, 0, 1, 1)
    with pytest.raises(InputError, match="no stop of the feed lies near"):
        feed_stops(feed, settings(feed.file), date(2024, 6, 1), METRIC, far)


def test_a_feed_of_which_no_trip_calls_anywhere_is_refused(tmp_path):
    content = tables()
    content["stop_times"] = content["stop_times"].splitlines()[0] + "\n"
    feed = read_gtfs(write(tmp_path / "empty.zip", content))
    with pytest.raises(InputError, match="no trip of the feed calls") as refused:
        feed_stops(feed, settings(feed.file), date(2024, 6, 1), METRIC, OUTLINE)
    assert "stop_times.txt" in str(refused.value)


def test_stops_without_a_position_are_rejected(tmp_path):
    lost = changed(tmp_path / "feed.zip", "stops", f"b,Berg,{position(100, 0)}", "b,Berg,,")
    stops, rejects = feed_stops(read_gtfs(lost), settings(lost), date(2024, 6, 1), METRIC, OUTLINE)
    assert "stop:feed.b" not in set(stops["id"])
    assert dict(zip(rejects["id"], rejects["reason"], strict=True))["stop:feed.b"] == (
        "longitude or latitude is no number in range"
    )


@pytest.mark.parametrize(
    ("number", "mode"),
    [("0", "tram"), ("1", "subway"),
     ("2", "rail"), ("3", "bus"), ("4", "ferry"), ("6", "aerialway"),
     ("11", "bus"), ("401", "subway"), ("715", "bus"), ("900", "tram"), ("1000", "ferry"),
     ("1300", "aerialway"), ("9999", "bus"), ("", "bus")],
)  # fmt: skip
def test_modes_of_basic_and_extended_route_types(number, mode):
    assert route_mode(number) == mode


def test_times_are_seconds_and_blanks_stay_blank():
    found = seconds(pd.Series(["00:00:00", "25:10:01", "", "7:00:00"], index=[3, 1, 2, 0]))
    assert found.fillna(-1).to_dict() == {3: 0, 1: 90601, 2: -1, 0: 25200}
    assert len(seconds(pd.Series([], dtype="str"))) == 0


@pytest.mark.shared
def test_the_feed_of_las_palmas(las_palmas):
    feed = read_gtfs(las_palmas / "gtfs_guaguas_20230222.zip")
    assert len(feed.tables["stop_times"]) == 152_558
    day = feed.typical_weekday(date(2023, 2, 21))
    assert day == date(2023, 2, 21)
    found = feed.departures(day)
    # Counted apart: stop times of trips of LA, DJ and the like, less the last of each trip.
    assert found["departures"].sum() == count_by_hand(feed, day)


def count_by_hand(feed, day):
    running = feed.service_days
    services = set(running.loc[running["date"] == pd.Timestamp(day), "service_id"])
    trips = {
        trip
        for trip, service in zip(
            feed.tables["trips"]["trip_id"], feed.tables["trips"]["service_id"], strict=True
        )
        if service in services
    }
    times = feed.tables["stop_times"]
    calls = [trip for trip in times["trip_id"] if trip in trips]
    return len(calls) - len(set(calls))
