"""Batches: each request by itself, change sets all or nothing, in both forms."""

import json
from email.parser import BytesParser
from email.policy import HTTP

import pytest
from pumped_town import ROOT, STREAM, pump

SENSOR = {"name": "S2", "description": "", "encodingType": "text/plain", "metadata": "none"}
NEXT = {**STREAM, "ObservedProperty": {"@iot.id": "water_level"}}


def http(line, body="", content_id=""):
    """A request as a part of a batch."""
    name = f"Content-ID: {content_id}\r\n" if content_id else ""
    kind = "Content-Type: application/json\r\n" if body else ""
    return (
        f"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{name}\r\n"
        f"{line} HTTP/1.1\r\n{kind}\r\n{body}\r\n"
    )


def mixed(*parts, boundary="batch"):
    return "".join(f"--{boundary}\r\n{one}\r\n" for one in parts) + f"--{boundary}--\r\n"


def change_set(*parts):
    return f"Content-Type: multipart/mixed; boundary=set\r\n\r\n{mixed(*parts, boundary='set')}"


def send(client, content, kind="multipart/mixed; boundary=batch", status=200, **headers):
    """The answer to a batch, whatever its form."""
    given = {**client.town.headers(client.key), "Content-Type": kind, **headers}
    url = f"{ROOT}/$batch"
    answer = client.town.http.post(url, content=content.encode(), headers=given)
    assert answer.status_code == status, answer.text
    return answer


def parts(answer):
    """Status, name and body of each answer; those of a change set in a list of their own."""
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    whole = BytesParser(policy=HTTP).parsebytes(head + answer.content)
    return [_told(one) for one in whole.iter_parts()]


def _told(part):
    if part.is_multipart():
        return [_told(one) for one in part.iter_parts()]
    head, _, body = part.get_content().partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), part["Content-ID"], body.decode().strip()


def count(client, plural):
    return client.get(f"/{plural}", count="true", top=0)["@iot.count"]


def test_requests_are_answered_in_their_order(pumped):
    told = parts(send(pumped, mixed(
        http("GET Things('pump 1')/name"),
        http(f"GET {ROOT}/Sensors?$count=true&$top=0"),
        http("POST Sensors", '{"name": "S2", "description": "金属", "encodingType": "",'
             ' "metadata": 1}'),
        http(f"GET http://anywhere{ROOT}/Sensors?$filter=name eq 'S2'&$select=description"),
    )))  # fmt: skip
    assert [one[0] for one in told] == [200, 200, 201, 200]
    assert told[0][2] == '{"name":"Pump"}'
    assert '"@iot.count":1' in told[1][2]
    assert '"description":"金属"' in told[3][2]


def test_a_change_set_refers_to_what_it_makes(pumped):
    body = json.dumps({**NEXT, "Sensor": {"@iot.id": "$s"}})
    ((sensor, stream, seen),) = parts(send(pumped, mixed(change_set(
        http("POST Sensors", json.dumps(SENSOR), content_id="s"),
        http("POST Things('pump 1')/Datastreams", body, content_id="d"),
        http("POST $d/Observations", '{"result": 1.5}', content_id="o"),
    ))))  # fmt: skip
    assert [one[:2] for one in (sensor, stream, seen)] == [(201, "s"), (201, "d"), (201, "o")]
    assert pumped.get("/Sensors", filter="name eq 'S2'", expand="Datastreams/Observations")[
        "value"][0]["Datastreams"][0]["Observations"][0]["result"] == 1.5  # fmt: skip


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (("POST Things", '{"name": "no description"}'), 400),
        (("POST Things('nobody')/Locations", "{}"), 404),
        (("POST Observations", '{"result": 1, "Datastream": {"@iot.id": "nothing"}}'), 409),
        (("POST Datastreams('pump 1%2Flevel')/Observations",
          '{"result": 2, "phenomenonTime": "2026-03-02T08:00:00Z"}'), 409),
        (("GET Things", ""), 400),
    ],
)  # fmt: skip
def test_a_change_set_counts_whole_or_not_at_all(pumped, last, status):
    path = "/Datastreams('pump 1%2Flevel')/Observations"
    pumped.post(path, {"result": 1, "phenomenonTime": "2026-03-02T08:00:00Z"})
    before = [count(pumped, one) for one in ("Sensors", "Things", "Observations")]
    events = pumped.town.operations.health().events
    (told,) = parts(send(pumped, mixed(change_set(
        http("POST Sensors", json.dumps(SENSOR)),
        http(f"POST {path[1:]}", '{"result": 7, "phenomenonTime": "2026-03-02T09:00:00Z"}'),
        http("POST Things", json.dumps(pump(**{"@iot.id": "pump 2", "Datastreams": []}))),
        http(*last),
    ))))  # fmt: skip
    assert told[0] == status
    assert [count(pumped, one) for one in ("Sensors", "Things", "Observations")] == before
    assert pumped.town.operations.health().events == events


def test_after_a_failure_only_whoever_prefers_it_goes_on(pumped):
    batch = mixed(http("GET Things('nobody')"), http("GET Things('pump 1')/name"))
    assert [one[0] for one in parts(send(pumped, batch))] == [404]
    told = parts(send(pumped, batch, Prefer="odata.continue-on-error"))
    assert [one[0] for one in told] == [404, 200]


def test_the_form_of_json_says_the_same(pumped):
    headers = pumped.town.headers(pumped.key) | {"Prefer": "continue-on-error"}
    made = {**NEXT, "Sensor": {"@iot.id": "$s"}, "Thing": {"@iot.id": "pump 1"}}
    asked = [
        {"id": "1", "method": "get", "url": "Things('pump 1')/name"},
        {"id": "s", "atomicityGroup": "g", "method": "post", "url": "Sensors", "body": SENSOR},
        {"id": "d", "atomicityGroup": "g", "method": "post", "url": "Datastreams", "body": made},
        {"id": "2", "method": "get", "url": "Things('nobody')"},
        {"id": "3", "method": "get", "url": "Things('pump 1')/name/$value"},
    ]
    told = pumped.town.http.post(f"{ROOT}/$batch", json={"requests": asked}, headers=headers).json()
    assert [(one["id"], one["status"]) for one in told["responses"]] == [
        ("1", 200), ("s", 201), ("d", 201), ("2", 404), ("3", 200),
    ]  # fmt: skip
    assert told["responses"][0]["body"] == {"name": "Pump"}
    assert told["responses"][4]["body"] == "Pump"
    asked[2]["body"] = {"name": "no more"}
    again = pumped.town.http.post(f"{ROOT}/$batch", json={"requests": asked}, headers=headers)
    told = [(one["id"], one["status"]) for one in again.json()["responses"]]


def test_each_request_passes_the_guard_of_its_own_route(pumped):
    pumped.key = "roads"
    told = parts(send(pumped, mixed(
        http("GET Things('pump 1')/name"),
        change_set(http("POST Sensors", json.dumps(SENSOR))),
        http("POST Sensors", json.dumps(SENSOR)),
    ), Prefer="continue-on-error"))  # fmt: skip
    assert [one[0] for one in told] == [404, 403, 403]


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        ("[]", "application/json", "a list of requests"),
        ('{"requests": [{"id": 1}]}', "application/json", "are texts"),
        ("nothing", "text/plain", "multipart/mixed or application/json"),
        ("nothing", "multipart/mixed; boundary=batch", "boundary"),
        (mixed("Content-Type: text/plain\r\n\r\nGET Things\r\n"),
         "multipart/mixed; boundary=batch", "application/http"),
        (mixed("Content-Type: application/http\r\n\r\nThings\r\n"),
         "multipart/mixed; boundary=batch", "is no request"),
    ],
)  # fmt: skip
def test_what_is_no_batch_is_refused(pumped, content, kind, words):
    assert words in send(pumped, content, kind, 400).json()["title"]
