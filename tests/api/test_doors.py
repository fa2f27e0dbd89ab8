"""Staff see and handle cases; each does what the role and the unit allow."""

import base64
import io
import time
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import func, select, text

from dizuo.operations.event_log import tables
from dizuo.operations.event_log.database import SCHEMA_VERSION
from dizuo.operations.event_log.sealing import _SECONDS_UNSEALED
from opened_city import let_in

PHOTO = base64.b64encode(b"jpeg").decode()


def opened(town):
    given = {"service_code": "urban_event.0501", "lat": "43.72954", "long": "7.42400"}
    row = town.http.post("/open311/v2/requests.json", data=given).json()[0]
    token = row["service_notice"].split("yourself: ")[1].split(".")[0]
    return f"case:{row['service_request_id']}", token


def test_who_has_no_role_of_the_staff_sees_no_case(town):
    case, _ = opened(town)
    for path in ("/api/cases", f"/api/cases/{case}", "/api/health"):
        answer = town.get(path, "stranger")
        assert answer.status_code == 403
        assert answer.json()["status"] == 403


def test_a_unit_sees_and_settles_its_own_cases_only(town):
    case, _ = opened(town)
    town.post(f"/api/cases/{case}/file", "desk", category="0501")
    given = {"unit": "unit:roads", "limit": "1 working_days"}
    town.post(f"/api/cases/{case}/dispatch", "desk", **given)
    listed = {name: town.get("/api/cases", name).json() for name in ("roads", "parks", "stray")}
    assert [len(rows) for rows in listed.values()] == [1, 0, 0]
    nowhere = town.get("/api/cases/case:none", "parks")
    for answer in (
        town.get(f"/api/cases/{case}", "parks"),
        town.post(f"/api/cases/{case}/accept", "parks"),
        town.post(f"/api/cases/{case}/accept", "stray"),
    ):
        assert answer.status_code == nowhere.status_code == 404
        assert "there is no case" in answer.json()["title"]
    assert town.get(f"/api/cases/{case}", "roads").json()["possible"][-1] == "accept"


def test_each_does_what_the_role_allows(town):
    case, token = opened(town)

    def act(action, key, **given):
        return town.post(f"/api/cases/{case}/{action}", key, **given)

    assert act("file", "desk", category="0501").json()["state"] == "filed"
    given = {"unit": "unit:roads", "limit": "1 working_days"}
    assert act("dispatch", "desk", **given).json()["unit"] == "unit:roads"
    assert act("accept", "roads").json()["state"] == "handling"
    assert act("feed_back", "roads").status_code == 422
    assert act("feed_back", "roads", photos=[PHOTO]).json()["state"] == "feedback"
    assert act("close", "roads", photos=[PHOTO]).status_code == 403
    assert act("close", "walker", photos=[PHOTO]).json()["state"] == "closed"
    mine = town.post(f"/api/tracked/{token}/rate", grade=1)
    assert mine.json()["possible"] == ["rate", "reopen"]
    assert town.post(f"/api/tracked/{token}/reopen", reason="again").json()["state"] == "filed"
    assert town.post(f"/api/tracked/{token}/dispatch", unit="me").status_code == 403
    told = town.get(f"/api/cases/{case}", "desk").json()
    assert told["reopenings"] == 1
    assert [one["actor"] for one in told["history"]][-2:] == ["public", "public"]


def test_a_step_sent_twice_is_done_once(town):
    case, _ = opened(town)
    for _ in range(2):
        answer = town.post(f"/api/cases/{case}/urge", "desk", headers={"Idempotency-Key": "u"})
        assert answer.json()["urges"] == 1


def test_a_key_names_one_step_with_one_case_of_one_account(town):
    cases = [opened(town)[0] for _ in range(2)]
    once = {"Idempotency-Key": "1"}
    for case in cases:
        answer = town.post(f"/api/cases/{case}/file", "desk", headers=once, category="0501")
        assert answer.json()["state"] == "filed"
        answer = town.post(f"/api/cases/{case}/urge", "desk", headers=once)
        assert answer.json()["urges"] == 1


def test_who_holds_a_tracking_number_does_not_reassign_the_case(town):
    case, token = opened(town)
    answer = town.post(f"/api/tracked/{token}/urge", unit="unit:mine", severity=3)
    assert answer.status_code == 422
    assert "severity cannot be told with urge" in answer.json()["title"]
    assert town.get(f"/api/cases/{case}", "desk").json()["unit"] is None
    backdated = town.post(f"/api/tracked/{token}/urge", happened="2026-03-01T00:00:00Z")
    assert backdated.status_code == 422
    assert "what a resident does happens now" in backdated.text


def test_photos_of_residents_are_drawn_anew_and_no_more_than_a_report_may_bring(town):
    case, token = opened(town)
    written, exif = io.BytesIO(), Image.Exif()
    exif.get_ifd(0x8825)[2] = (43.0, 43.0, 50.0)  # where it was taken
    Image.new("RGB", (8, 8), "red").save(written, "JPEG", exif=exif)
    photo = base64.b64encode(written.getvalue()).decode()
    path = f"/api/tracked/{token}/supplement"
    assert town.post(path, text="seen from home", photos=[photo]).status_code == 200
    (told,) = town.get(f"/api/cases/{case}", "desk").json()["history"][-1:]
    digest = next(c["digest"] for c in told["facts"]["confidences"] if c["kind"] == "photo")
    kept = town.get(f"/api/cases/{case}/confidences/{digest}", "desk").content
    with Image.open(io.BytesIO(kept)) as image:
        assert (image.size, dict(image.getexif())) == ((8, 8), {})
    for photos, said in (([photo] * 5, "at most 4"), ([PHOTO], "no JPEG, PNG or WebP")):
        refused = town.post(path, text="more", photos=photos)
        assert (refused.status_code, said in refused.text) == (422, True)


def test_cases_are_listed_for_the_desk(town):
    first, _ = opened(town)
    town.clock.move(timedelta(hours=1))
    second, _ = opened(town)

    def found(**query):
        return [row["case"] for row in town.get("/api/cases", "desk", **query).json()]

    assert found() == [second, first]
    assert found(most=1) == [second]
    assert found(before="2026-03-02T10:00:00+00:00") == [first]
    assert found(most=1, after=second) == [first]
    assert found(most=1, after=first) == []
    assert found(state="closed") == []
    assert found(open="true", case_type="urban_event") == [second, first]
    assert found(box="0,0,1,1") == []
    assert "token" not in town.get("/api/cases", "desk").json()[0]


@pytest.mark.parametrize(
    "query",
    [{"colour": "red"}, {"box": "1,2"}, {"most": "all"}, {"open": "maybe"}, {"before": "2026"},
     {"before": "2026-03-02T10:00:00"}],
)  # fmt: skip
def test_faulty_questions_are_refused_with_the_cure(town, query):
    answer = town.get("/api/cases", "desk", **query)
    assert answer.status_code == 400
    assert answer.json()["status"] == 400


def test_a_page_after_a_case_that_is_not_there_is_refused(town):
    answer = town.get("/api/cases", "desk", after="case:none")
    assert answer.status_code == 422
    assert "case:none" in answer.json()["title"]


@pytest.mark.parametrize(
    "body", [b"no json", b"[1]", b'{"photos": ["?"]}', b'{"happened": "soon"}', b'{"phone": "1"}']
)
def test_faulty_steps_are_refused_and_change_nothing(town, body):
    case, _ = opened(town)
    answer = town.http.post(f"/api/cases/{case}/urge", content=body, headers=town.headers("desk"))
    assert answer.status_code == 400
    assert town.get(f"/api/cases/{case}", "desk").json()["urges"] == 0


def test_what_was_acknowledged_is_sealed_without_being_asked(town):
    """Several times a second; how long it takes here depends on what else the machine does."""
    assert _SECONDS_UNSEALED <= 0.5
    opened(town)
    deadline = time.monotonic() + 60.0
    while town.operations.health().unsealed and time.monotonic() < deadline:
        time.sleep(0.01)
    with town.operations.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(tables.batches)).scalar() >= 1
    assert town.operations.verify() == []


def test_health_is_told(town):
    opened(town)
    told = town.get("/api/health", "desk").json()
    assert (told["database"], told["events"], told["open_cases"]) == (
        "sqlite",
        town.events_before + 1,
        1,
    )
    assert told["schema_version"] == SCHEMA_VERSION
    assert (told["waiting_reports"], told["waiting_deliveries"], told["dead_deliveries"]) == (
        0,
    ) * 3
    assert told["database_bytes"] > 4096
    assert told["free_bytes"] > 0
    while town.operations.health().unsealed:
        time.sleep(0.01)
    told = town.get("/api/health", "desk").json()
    assert told["oldest_unsealed"] == 0
    assert told["last_sealed"].startswith("20")


def test_whoever_watches_the_server_is_told_whether_it_takes_reports(town):
    assert town.get("/api/live").json() == town.get("/api/ready").json() == {"ready": True}
    with town.operations.engine.begin() as connection:
        connection.execute(tables.schema_version.update().values(version=1))
    assert town.get("/api/ready").status_code == 503
    assert town.get("/api/ready").json() == {"ready": False}
    assert town.get("/api/live").status_code == 200


def test_a_database_that_is_away_is_told_with_the_cure(town):
    with town.operations.engine.begin() as connection:
        connection.execute(text("DROP TABLE cases"))
    answer = town.get("/api/cases", "desk")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "Idempotency-Key" in answer.json()["detail"]


def test_a_colleague_at_the_desk_accepts_no_other_units_case(town):
    """In each role as far as that role reaches: at the desk all cases, as a unit the own ones."""
    town.keys["both"] = let_in(town.operations, "both", "desk", "unit", unit="unit:parks")
    case, _ = opened(town)
    town.post(f"/api/cases/{case}/file", "both", category="0501")
    given = {"unit": "unit:roads", "limit": "1 working_days"}
    town.post(f"/api/cases/{case}/dispatch", "desk", **given)
    assert "accept" not in town.get(f"/api/cases/{case}", "both").json()["possible"]
    chinese = {"Accept-Language": "zh"}
    refused = town.post(f"/api/cases/{case}/accept", "both", headers=chinese)
    assert refused.status_code == 403
    assert "该案件属于其他单位或区域" in refused.json()["title"]
    assert town.get(f"/api/cases/{case}", "roads").json()["state"] == "dispatched"


def test_the_desk_opens_a_case_for_who_calls(town):
    given = {
        "case_type": "hotline_appeal", "nature": "complaint", "longitude": 7.424,
        "latitude": 43.72954, "text": "the lift stands still", "caller": {"phone": "0123"},
    }  # fmt: skip
    once = {"Idempotency-Key": "call 7"}
    first = town.post("/api/cases", "desk", headers=once, **given)
    assert (first.status_code, town.post("/api/cases", "desk", once, **given).status_code) == (
        201, 200,
    )  # fmt: skip
    case = first.json()["case"]
    row = town.get(f"/api/cases/{case}", "desk").json()
    assert (row["nature"], row["channel"], row["grid"]) == ("complaint", "desk", "000000000000001")
    words = town.get(f"/api/cases/{case}/confidences", "desk").json()
    assert {one["content"] for one in words} == {"the lift stands still", "phone=0123"}
    mine = town.get(f"/api/tracked/{first.json()['token']}").json()
    assert (mine["case"], mine["state"]) == (case, "received")


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        ({"case_type": "house"}, 422, "no case type 'house'"),
        ({"case_type": "urban_event", "category": "9999"}, 422, "'9999' is no code"),
        ({"case_type": "urban_event", "longitude": 7.4}, 422, "given together"),
        ({"case_type": "urban_event", "longitude": 740, "latitude": 1}, 400, "longitude"),
        ({"case_type": "urban_event", "longitude": 2.35, "latitude": 48.86}, 422, "outside of the"),
        ({"case_type": "urban_event", "happened": "2999-01-01T00:00:00Z"}, 422, "in the future"),
        ({"case_type": "alarm"}, 403, "may not open a case of alarm"),
        ({"category": "0501"}, 400, "case_type"),
    ],
)
def test_a_case_that_cannot_be_is_not_opened(town, given, status, words):
    answer = town.post("/api/cases", "desk", **given)
    assert answer.status_code == status
    assert words in answer.text
    assert town.get("/api/cases", "desk").json() == []


def test_what_was_told_is_erased_by_who_may(town):
    case, _ = opened(town)
    town.post(f"/api/cases/{case}/note", "desk", text="a name")
    path = f"/api/cases/{case}/confidences"
    refused = town.http.delete(path, headers=town.headers("walker"))
    assert refused.status_code == 403
    assert town.http.delete(path, headers=town.headers("desk")).json() == {"erased": 1}
    assert town.get(path, "desk").json() == []
    assert town.operations.verify() == []
