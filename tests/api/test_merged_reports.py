"""Whoever made a report that was merged follows the case that leads, and answers for themselves."""

import base64
from datetime import timedelta

import pytest

pytestmark = pytest.mark.systems("S23.2")

PHOTO = base64.b64encode(b"jpeg").decode()


def reported(town, code="urban_event.0501", **more):
    given = {"service_code": code, "lat": "43.72954", "long": "7.42400"} | more
    row = town.http.post("/open311/v2/requests.json", data=given).json()[0]
    token = row["service_notice"].split("yourself: ")[1].split(".")[0]
    return f"case:{row['service_request_id']}", token


def merge(town, case, into):
    given = {"into": into, "reason": "the same stall"}
    assert town.post(f"/api/cases/{case}/merge", "desk", **given).status_code == 200


def settle(town, case):
    """Take a case to its end, and return the states of the way."""
    given = {"unit": "unit:roads", "limit": "1 working_days"}
    for action, key, told in (
        ("file", "desk", {"category": "0501"}), ("dispatch", "desk", given),
        ("accept", "roads", {}),
        ("feed_back", "roads", {"photos": [PHOTO]}), ("close", "walker", {"photos": [PHOTO]}),
    ):  # fmt: skip
        answer = town.post(f"/api/cases/{case}/{action}", key, **told)
        assert answer.status_code == 200, answer.text
        yield answer.json()["state"]


@pytest.fixture
def merged(town):
    """A case, and a report merged into one that was merged into it, by their numbers."""
    first, between, last = (reported(town, description=one) for one in "abc")
    merge(town, last[0], between[0])
    merge(town, between[0], first[0])
    return first, last


def request(town, name):
    return town.http.get(f"/open311/v2/requests/{name.removeprefix('case:')}.json").json()[0]


def test_a_merged_report_stands_as_the_case_that_leads(town, merged):
    (first, _), (last, token) = merged
    for state in settle(town, first):
        told = town.get(f"/api/tracked/{token}").json()
        assert (told["case"], told["merged"], told["state"]) == (last, True, state)
        own, lead = request(town, token), request(town, first)
        same = ("status", "status_notes", "agency_responsible", "expected_datetime",
                "updated_datetime")  # fmt: skip
        assert [own[name] for name in same] == [lead[name] for name in same]
        assert own["service_request_id"] == last.removeprefix("case:")
        assert request(town, last) == own
        numbers = {"service_request_id": last.removeprefix("case:")}
        assert town.http.get("/open311/v2/requests.json", params=numbers).json() == [own]
    assert told["open"] is False
    assert told["closed"] is not None
    assert own["status"] == "closed"


def test_each_who_reported_rates_for_themselves_and_any_reopens_the_case_that_leads(town, merged):
    (first, mine), (last, theirs) = merged
    assert town.get(f"/api/tracked/{theirs}").json()["possible"] == ["supplement", "urge"]
    assert town.post(f"/api/tracked/{theirs}/rate", grade=1).status_code == 422
    assert town.post(f"/api/tracked/{theirs}/urge").status_code == 200
    assert list(settle(town, first))[-1] == "closed"
    assert town.get(f"/api/tracked/{theirs}").json()["possible"] == ["reopen", "rate"]
    town.post(f"/api/tracked/{mine}/rate", grade=5)
    assert town.post(f"/api/tracked/{theirs}/rate", grade=1).json()["state"] == "closed"
    histories = {c: town.get(f"/api/cases/{c}", "desk").json()["history"] for c in (first, last)}
    rated = {
        case: [one["facts"]["grade"] for one in steps if one["action"] == "rate"]
        for case, steps in histories.items()
    }
    assert rated == {first: [5], last: [1]}
    again = town.post(f"/api/tracked/{theirs}/reopen", reason="it is there again")
    assert (again.json()["state"], again.json()["merged"]) == ("filed", True)
    told = town.get(f"/api/cases/{first}", "desk").json()
    assert (told["state"], told["urges"], told["reopenings"]) == ("filed", 1, 1)
    assert town.get(f"/api/cases/{last}", "desk").json()["state"] == "merged"


def test_whoever_works_on_a_case_sees_which_reports_it_leads(town, merged):
    (first, _), (last, _) = merged
    told = town.get(f"/api/cases/{first}", "desk").json()
    assert len(told["merged"]) == 2
    assert last in told["merged"]
    list(settle(town, first))
    assert "rate" in town.get(f"/api/cases/{last}", "desk").json()["possible"]


def test_the_outcome_of_a_sealed_case_is_told_to_whoever_holds_a_tracking_number_only(town):
    sealed, _ = reported(town, "hotline_appeal.report")
    open_one, token = reported(town)
    merge(town, open_one, sealed)
    assert request(town, open_one)["status"] == "closed"
    assert request(town, open_one)["status_notes"] == "Merged into another case"
    assert request(town, token)["status"] == "open"


def test_a_report_is_not_merged_into_what_was_closed_before(town):
    before, _ = reported(town)
    list(settle(town, before))
    town.clock.move(timedelta(minutes=1))
    now, _ = reported(town, description="there again")
    answer = town.post(f"/api/cases/{now}/merge", "desk", into=before, reason="the same")
    assert answer.status_code == 422
    assert "was closed before this was reported" in answer.json()["title"]
    assert town.get(f"/api/cases/{now}", "desk").json()["version"] == 1
