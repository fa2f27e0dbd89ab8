"""Residents report through Open311 and see what became of it; what is private stays so."""

import threading
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from pyproj import Transformer
from town_of_two_blocks import Town

pytestmark = pytest.mark.systems("S22.6", "S23.2", "L1")

V2 = "/open311/v2"
PLACE = {"lat": "43.7305", "long": "7.4240"}


def report(town, headers=None, **given):
    given = {"service_code": "urban_event.0501", **PLACE, **given}
    return town.http.post(f"{V2}/requests.json", data=given, headers=headers or {})


def opened(town, **given):
    answer = report(town, **given)
    assert answer.status_code == 201, answer.text
    row = answer.json()[0]
    token = row["service_notice"].split("yourself: ")[1].split(".")[0]
    return row["service_request_id"], token


def test_services_are_told_in_both_languages(town):
    english = {one["service_code"]: one for one in town.get(f"{V2}/services.json").json()}
    answer = town.http.get(f"{V2}/services.json", headers={"Accept-Language": "zh-CN"})
    chinese = {one["service_code"]: one for one in answer.json()}
    assert english.keys() == chinese.keys()
    assert chinese["hotline_appeal.complaint"]["service_name"] == "投诉"
    assert english["hotline_appeal.complaint"]["service_name"] == "Complaint"
    assert not any(code.startswith("alarm") for code in english)


def test_every_service_has_a_definition(town):
    for one in town.get(f"{V2}/services.json").json():
        told = town.get(f"{V2}/services/{one['service_code']}.json").json()
        assert told["service_code"] == one["service_code"]
        assert bool(told["attributes"]) == one["metadata"]


def test_a_report_becomes_a_public_case(town):
    number, _ = opened(town, description="摊位占道")
    row = town.get(f"{V2}/requests/{number}.json").json()[0]
    assert (row["status"], row["service_code"]) == ("open", "urban_event.0501")
    assert row["requested_datetime"] == "2026-03-02T09:00:00Z"
    assert (row["lat"], row["long"]) == (43.7305, 7.424)
    assert "摊位占道" not in town.get(f"{V2}/requests.json").text


def test_contacts_and_words_are_kept_apart_from_every_listing(town):
    secret = {"first_name": "Wei", "phone": "13800000000", "description": "Mr Li's stall"}
    number, token = opened(town, **secret)
    for path in (
        f"{V2}/requests.json", f"{V2}/requests/{number}.json", f"{V2}/requests/{token}.json",
        f"{V2}/requests/{number}.xml", f"/api/tracked/{token}",
    ):  # fmt: skip
        told = town.get(path)
        assert told.status_code == 200
        assert not any(word in told.text for word in secret.values())
    told = town.get(f"/api/cases/case:{number}", "desk").text
    assert not any(word in told for word in secret.values())
    assert token not in told


def test_an_appeal_is_told_by_its_block_only(town):
    """The middle of the block, wherever in it the home is."""
    x, y = 373_030.0, 4_843_060.0
    back = Transformer.from_crs("EPSG:32632", "EPSG:4326", always_xy=True)
    rows = []
    for shift in (0.0, 25.0):
        longitude, latitude = back.transform(x + shift, y)
        number, _ = opened(
            town, service_code="hotline_appeal.complaint", lat=latitude, long=longitude
        )
        rows.append(town.get(f"{V2}/requests/{number}.json").json()[0])
    assert (rows[0]["lat"], rows[0]["long"]) == (rows[1]["lat"], rows[1]["long"])
    longitude, latitude = back.transform(373_050.0, 4_843_050.0)
    assert rows[0]["lat"] == pytest.approx(latitude, abs=1e-5)
    assert rows[0]["long"] == pytest.approx(longitude, abs=1e-5)


def test_a_report_is_filed_under_the_cell_of_the_unit_grid_that_it_lies_in(town):
    back = Transformer.from_crs("EPSG:32632", "EPSG:4326", always_xy=True)
    cells = []
    for x in (373_050.0, 373_150.0):
        longitude, latitude = back.transform(x, 4_843_050.0)
        number, _ = opened(town, lat=latitude, long=longitude)
        cells.append(town.get(f"/api/cases/case:{number}", "desk").json()["grid"])
    assert cells == ["000000000000001", None]


@pytest.mark.parametrize("code", ["hotline_appeal.report", "mediation"])
def test_reports_of_violations_and_disputes_are_seen_by_their_tracking_number_only(town, code):
    number, token = opened(town, service_code=code)
    assert town.get(f"{V2}/requests.json").json() == []
    assert town.get(f"{V2}/requests.json", service_request_id=number).json() == []
    assert town.get(f"{V2}/requests/{number}.json").status_code == 404
    row = town.get(f"{V2}/requests/{token}.json").json()[0]
    assert (row["service_request_id"], row["lat"]) == (
        number,
        None if code == "mediation" else row["lat"],
    )
    assert town.get(f"{V2}/tokens/{token}.json").json() == [
        {"service_request_id": number, "token": token}
    ]


def test_the_number_of_a_listed_case_is_not_its_tracking_number(town):
    number, token = opened(town)
    assert number != token
    assert town.get(f"{V2}/tokens/{number}.json").status_code == 404
    assert town.get(f"/api/tracked/case:{number}").status_code == 404


def test_the_same_report_sent_again_opens_no_second_case(town):
    first = report(town, {"Idempotency-Key": "k1"})
    again = report(town, {"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert len(town.get(f"{V2}/requests.json").json()) == 1


def test_a_form_of_bare_utf_8_is_read_as_programs_send_it(town):
    body = "service_code=urban_event.0501&lat=43.72954&long=7.42400&description=路灯不亮".encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    row = town.http.post("/open311/v2/requests.json", content=body, headers=kind).json()[0]
    words = town.get(f"/api/cases/case:{row['service_request_id']}/confidences", "desk").json()
    assert [one["content"] for one in words] == ["路灯不亮"]
    refused = town.http.post("/open311/v2/requests.json", content=body[:-1], headers=kind)
    assert (refused.status_code, "well encoded" in refused.text) == (400, True)


def test_another_report_under_the_same_key_opens_a_case_of_its_own(town):
    key = {"Idempotency-Key": "1"}
    first, other = report(town, key), report(town, key, description="something else")
    assert (first.status_code, other.status_code) == (201, 201)
    assert first.json()[0]["service_request_id"] != other.json()[0]["service_request_id"]


def test_cases_are_found_by_number_service_time_and_status(town):
    a, _ = opened(town)
    town.clock.move(timedelta(days=1))
    b, _ = opened(town, service_code="urban_event.0101")
    town.post(f"/api/cases/case:{a}/reject", "desk", reason="not there")

    def found(**query):
        rows = town.get(f"{V2}/requests.json", **query).json()
        return [row["service_request_id"] for row in rows]

    assert found() == [b, a]
    assert found(status="open") == [b]
    assert found(status="closed") == [a]
    assert found(service_code="urban_event.0501") == [a]
    assert found(service_code="urban_event.0501,urban_event.0101") == [b, a]
    assert found(service_request_id=f"{a},{b},nothing") == [a, b]
    assert found(start_date="2026-03-03T00:00:00Z") == [b]
    assert found(end_date="2026-03-02T09:00:00Z") == [a]
    assert found(page_size="1") == [b]
    town.clock.move(timedelta(days=120))
    assert found() == []


def test_xml_says_the_same_as_json(town):
    number, _ = opened(town)
    root = ET.fromstring(town.get(f"{V2}/requests.xml").content)
    row = town.get(f"{V2}/requests.json").json()[0]
    assert root.tag == "service_requests"
    told = {one.tag: one.text for one in root.find("request")}
    assert told == {name: None if v is None else str(v) for name, v in row.items()}
    assert told["service_request_id"] == number
    services = ET.fromstring(town.get(f"{V2}/services.xml").content)
    assert services.tag == "services"
    assert services[0].find("metadata").text in {"true", "false"}


@pytest.mark.parametrize(
    ("given", "status", "problem"),
    [
        ({"service_code": ""}, 400, "service_code was not provided"),
        ({"service_code": "house"}, 404, "service_code house was not found"),
        ({"lat": "", "long": ""}, 400, "lat and long, or address_string"),
        ({"lat": "north"}, 400, "must be numbers"),
        ({"lat": "nan"}, 400, "must lie within"),
        ({"lat": "91"}, 400, "must lie within"),
        ({"lat": "7.42400", "long": "43.72954"}, 400, "seem to be exchanged"),
        ({"lat": "0", "long": "0"}, 400, "lies outside of the city"),
        ({"lat": "90", "long": "-170"}, 400, "lies outside of the city"),
        ({"description": "x" * 4001}, 400, "length <= 4000"),
    ],
)
def test_a_faulty_report_is_refused_in_the_form_of_the_standard(town, given, status, problem):
    answer = report(town, **given)
    assert answer.status_code == status
    assert answer.json()[0]["code"] == status
    assert problem in answer.json()[0]["description"]
    assert town.operations.health().events == town.events_before


@pytest.mark.postgresql
def test_a_name_that_postgresql_cannot_keep_is_not_there(postgresql, tmp_path):
    town = Town(tmp_path, url=postgresql.new_database()).serve()
    for path in ("/open311/v2/requests/%00.json", "/api/tracked/%00", "/api/cases/%00"):
        assert town.get(path, "desk").status_code == 404
    town.stop()


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/requests.json", {"status": "lost"}, 400),
        ("/requests.json", {"start_date": "yesterday"}, 400),
        ("/requests.json", {"page_size": "none"}, 400),
        ("/requests.json", {"end_date": "0001-02-01T00:00:00Z"}, 400),
        ("/requests.json", {"end_date": "9999-12-31T23:59:59-10:00"}, 400),
        ("/requests.json", {"service_code": "house"}, 404),
        ("/requests/nothing.json", {}, 404),
        ("/services/house.json", {}, 404),
        ("/requests.pdf", {}, 404),
    ],
)
def test_faulty_questions_are_refused(town, path, query, status):
    answer = town.get(V2 + path, **query)
    assert answer.status_code == status
    assert answer.json()[0]["code"] == status


def test_an_error_is_told_as_xml_where_xml_was_asked_for(town):
    root = ET.fromstring(town.get(f"{V2}/requests/nothing.xml").content)
    assert root.tag == "errors"
    assert root.find("error/code").text == "404"


def test_many_reports_at_once_are_all_kept(town):
    numbers = []

    def send(sender):
        numbers.extend(opened(town, description=f"{sender} {k}")[0] for k in range(5))

    senders = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert len(set(numbers)) == 40
    listed = {row["service_request_id"] for row in town.get(f"{V2}/requests.json").json()}
    assert listed == set(numbers)


def test_an_address_without_a_place_is_taken_and_kept_in_confidence(town):
    number, _ = opened(town, lat="", long="", address_string="12 Rue Grimaldi")
    row = town.get(f"{V2}/requests/{number}.json").json()[0]
    assert (row["lat"], row["address"]) == (None, None)
