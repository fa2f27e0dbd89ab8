"""Observations come in over HTTP, and staff see and judge the alarms of them."""

from datetime import timedelta

import pytest

from dizuo.operations.cases.office import Actor
from dizuo.operations.signals.register import Device, Stream
from dizuo.operations.time import to_microseconds

pytestmark = pytest.mark.systems("S14.9", "S17.2")


@pytest.fixture
def signals(town):
    device = Device("probe", "chamber", x=1.0, y=2.0)
    stream = Stream("gas", "probe", "methane", "%VOL", timedelta(minutes=1))
    with town.operations.engine.begin() as connection:
        desk = town.operations.signals.register_desk
        desk.put(connection, device, [stream], Actor("operator", frozenset()))
    return town


def columns(town, values, *, minute=0):
    begin = to_microseconds(town.operations.log.clock.now())
    times = [begin + (minute + n) * 60_000_000 for n in range(-len(values), 0)]
    return {"stream": "gas", "time": times, "value": values}


def test_a_batch_is_taken_in_once_however_often_it_is_sent(signals):
    device = signals.headers("probe")
    once = device | {"Idempotency-Key": "a"}
    body = columns(signals, [0.1, 0.2, 0.3])
    first = signals.http.post("/api/observations", json=body, headers=once)
    assert (first.status_code, first.json()) == (
        200, {"fresh": 3, "late": 0, "known": 0, "new": True},
    )  # fmt: skip
    again = signals.http.post("/api/observations", json=body, headers=once).json()
    assert again == {"fresh": 3, "late": 0, "known": 0, "new": False}
    other = signals.http.post("/api/observations", json=body, headers=device).json()
    assert other == {"fresh": 0, "late": 0, "known": 3, "new": True}


def test_a_table_is_taken_in_too(signals):
    told = {"Content-Type": "text/csv"} | signals.headers("probe")
    now = signals.operations.log.clock.now().isoformat()
    answer = signals.http.post(
        "/api/observations", content=f"stream,time,value\ngas,{now},0.5\n", headers=told
    )
    assert answer.json()["fresh"] == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {"stream": "none", "time": [1772438400000000], "value": [1]}}, 422),
        ({"json": {"stream": "gas", "time": [5], "value": [1]}}, 422),
        ({"content": b"{"}, 422),
        ({"content": b"x", "headers": {"Content-Type": "image/png"}}, 415),
    ],
)
def test_what_cannot_be_taken_in_is_refused_with_the_cure(signals, sent, status):
    headers = sent.pop("headers", {}) | signals.headers("probe")
    answer = signals.http.post("/api/observations", headers=headers, **sent)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_who_may_not_send_or_see_is_not_let_in(signals):
    body = columns(signals, [0.1])
    for who, status in ((None, 401), ("desk", 403)):
        answer = signals.http.post("/api/observations", json=body, headers=signals.headers(who))
        assert answer.status_code == status
    assert signals.http.get("/api/alarms", headers=signals.headers("probe")).status_code == 403


def test_staff_see_an_alarm_take_note_of_it_and_judge_it(signals):
    signals.http.post(
        "/api/observations", json=columns(signals, [9.0] * 5), headers=signals.headers("probe")
    )
    analyst = signals.headers("analyst")
    found = signals.http.get("/api/alarms", headers=analyst).json()
    (alarm,) = [one for one in found if one["rule"] == "lifeline.gas.chamber_methane"]
    path = f"/api/alarms/{alarm['alarm']}"
    noted = signals.http.post(f"{path}/acknowledge", headers=analyst).json()
    assert noted["acknowledged"] is not None
    assert noted["case"].startswith("case:")
    refused = signals.http.post(f"{path}/judge", json={"verdict": "false"}, headers=analyst)
    assert refused.status_code == 422  # a false alarm needs a reason
    judged = signals.http.post(f"{path}/judge", json={"verdict": "true"}, headers=analyst).json()
    assert judged["verdict"] == "true"
    case = signals.http.get(f"/api/cases/{alarm['case']}", headers=analyst).json()
    assert case["state"] == "confirmed"
    assert signals.http.get("/api/alarms/alarm:none", headers=analyst).status_code == 404


def test_to_dismiss_the_case_judges_the_alarm(signals):
    signals.http.post(
        "/api/observations", json=columns(signals, [9.0] * 5), headers=signals.headers("probe")
    )
    analyst = signals.headers("analyst")
    (alarm,) = signals.http.get("/api/alarms", headers=analyst).json()
    path = f"/api/cases/{alarm['case']}/dismiss"
    assert signals.http.post(path, json={"reason": "test"}, headers=analyst).status_code == 200
    found = signals.http.get(f"/api/alarms/{alarm['alarm']}", headers=analyst).json()
    assert found["verdict"] == "false"


def test_devices_tell_how_they_are(signals):
    analyst = signals.headers("analyst")
    (device,) = signals.http.get("/api/devices", headers=analyst).json()
    assert (device["device"], device["online"], device["last_seen"]) == ("probe", False, None)
    signals.http.post(
        "/api/observations", json=columns(signals, [0.1]), headers=signals.headers("probe")
    )
    (device,) = signals.http.get("/api/devices", headers=analyst).json()
    assert device["online"] is True
