"""People log in with a name and a password, keep a session, and are guarded against forgeries."""

from datetime import timedelta

import pytest
from test_doors import PHOTO, opened
from town_of_two_blocks import Town

WORDS = "quiet rivers move old stones"
SECURE = '[login]\npublic_url = "https://city.example"\n'


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    town = Town(tmp_path_factory.mktemp("town")).serve()
    set_password(town, "desk")
    yield town
    town.stop()


@pytest.fixture
def browser(served):
    served.http.cookies.clear()
    return served


def set_password(town, name):
    with town.operations.engine.begin() as connection:
        town.operations.entrance.logins.set_password(connection, name, WORDS, "operator")


def log_in(town, name="desk", password=WORDS):
    return town.http.post("/api/session", json={"name": name, "password": password})


def test_a_session_lets_one_in_and_says_what_one_may(browser):
    told = log_in(browser)
    assert told.status_code == 200
    cookie = told.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert told.headers["cache-control"] == "no-store"
    who = browser.get("/api/session").json()
    assert (who["account"], who["roles"]) == ("desk", ["centre", "desk"])
    assert "cases.act" in who["permissions"]
    assert browser.get("/api/cases").status_code == 200


def test_nobody_is_told_whether_the_name_or_the_password_was_wrong(browser):
    answers = [log_in(browser, "desk", "wrong"), log_in(browser, "nobody-here"),
               log_in(browser, "roads")]  # fmt: skip
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert "set-cookie" not in answers[0].headers
    assert browser.get("/api/session").json()["account"] is None
    chinese = browser.http.post(
        "/api/session", json={"name": "x", "password": "y"}, headers={"Accept-Language": "zh"}
    )
    assert chinese.json()["title"] == "账号名称或密码错误"


def test_a_change_needs_the_token_that_other_sites_cannot_know(browser):
    case, _ = opened(browser)
    token = log_in(browser).json()["forgery_token"]
    path = f"/api/cases/{case}/urge"
    assert browser.http.post(path, json={}).status_code == 403
    wrong = browser.http.post(path, json={}, headers={"X-Forgery-Token": "0" * 64})
    assert (wrong.status_code, wrong.json()["status"]) == (403, 403)
    assert browser.get(f"/api/cases/{case}").json()["urges"] == 0
    done = browser.http.post(path, json={}, headers={"X-Forgery-Token": token})
    assert done.json()["urges"] == 1


def test_a_key_wins_over_a_cookie_and_a_wrong_key_lets_nobody_in(browser):
    log_in(browser)
    assert browser.get("/api/session", "roads").json()["account"] == "roads"
    wrong = browser.http.get("/api/session", headers={"Authorization": "Bearer none"})
    assert wrong.status_code == 401


def test_logging_out_ends_the_session_for_good(browser):
    token = log_in(browser).json()["forgery_token"]
    kept = dict(browser.http.cookies)
    assert browser.http.delete("/api/session").status_code == 403
    out = browser.http.delete("/api/session", headers={"X-Forgery-Token": token})
    assert out.json()["account"] is None
    browser.http.cookies.update(kept)
    assert browser.get("/api/cases").status_code == 401


def test_a_session_ends_by_itself_and_a_forged_one_never_began(browser):
    log_in(browser)
    name, cookie = next(iter(dict(browser.http.cookies).items()))
    browser.clock.move(timedelta(minutes=29))
    assert browser.get("/api/cases").status_code == 200
    browser.clock.move(timedelta(minutes=30))
    assert browser.get("/api/cases").status_code == 401
    log_in(browser)
    token, _, signature = cookie.partition(".")
    for forged in (token, f"{token}.", f"{token[::-1]}.{signature}", ".", "", f"{token}.{token}"):
        browser.http.cookies.clear()
        browser.http.cookies.set(name, forged)
        assert browser.get("/api/cases").status_code == 401


def test_who_is_disabled_or_gets_a_new_password_is_out(browser):
    accounts = browser.operations.entrance.accounts
    set_password(browser, "walker")
    log_in(browser, "walker")
    assert browser.get("/api/cases").status_code == 200
    with browser.operations.engine.begin() as connection:
        accounts.enable(connection, "walker", "operator", enabled=False)
    browser.operations.entrance.sessions.remembered.forget()
    assert browser.get("/api/cases").status_code == 401
    assert browser.get("/api/cases", "walker").status_code == 401
    assert log_in(browser, "walker").status_code == 401
    with browser.operations.engine.begin() as connection:
        accounts.enable(connection, "walker", "operator", enabled=True)
    log_in(browser, "walker")
    set_password(browser, "walker")
    browser.operations.entrance.sessions.remembered.forget()
    assert browser.get("/api/cases").status_code == 401


def test_guessing_is_made_slow_and_the_right_password_waits_too(browser):
    for _ in range(5):
        assert log_in(browser, "parks", "guess").status_code == 401
    locked = log_in(browser, "parks", "guess")
    assert (locked.status_code, locked.headers["retry-after"]) == (429, "900")
    assert locked.headers["content-type"] == "application/problem+json"


def test_over_tls_the_cookie_stays_there(tmp_path):
    town = Town(tmp_path, settings=SECURE).serve()
    set_password(town, "desk")
    cookie = log_in(town).headers["set-cookie"]
    town.stop()
    assert cookie.startswith("__Host-dizuo=")
    assert "Secure" in cookie
    assert "Path=/" in cookie


def test_a_city_without_a_provider_says_so(browser):
    assert browser.get("/api/login").status_code == 404
    assert browser.get("/api/login/callback", code="x", state="y").status_code == 404


@pytest.mark.parametrize("body", [{}, {"name": "desk"}, {"name": 1, "password": "x"}])
def test_a_login_that_is_none_is_refused(browser, body):
    assert browser.http.post("/api/session", json=body).status_code == 400


def test_a_form_of_another_site_cannot_log_one_in(browser):
    answer = browser.http.post("/api/session", data={"name": "desk", "password": WORDS})
    assert answer.status_code == 415


def test_confidences_are_read_with_a_permission_and_leave_a_trace(browser):
    given = {"service_code": "urban_event.0501", "lat": "43.72954", "long": "7.42400",
             "description": "Mr Li's stall", "phone": "13800000000"}  # fmt: skip
    row = browser.http.post("/open311/v2/requests.json", data=given).json()[0]
    case = f"case:{row['service_request_id']}"
    path = f"/api/cases/{case}/confidences"
    for name in ("roads", "walker", "helper", "stranger", None):
        assert browser.get(path, name).status_code in {401, 403, 404}
    told = {one["kind"]: one["content"] for one in browser.get(path, "desk").json()}
    assert told == {"text": "Mr Li's stall", "contact": "phone=13800000000"}
    last = browser.get(f"/api/cases/{case}", "desk").json()["history"][-1]
    assert (last["action"], last["actor"]) == ("confidence.read", "account:desk")
    assert len(last["facts"]["read"]) == 2
    assert "Li" not in str(last)


def test_a_photo_is_read_by_its_digest(browser):
    case, _ = opened(browser)
    browser.post(f"/api/cases/{case}/note", "desk", text="seen", photos=[PHOTO])
    step = browser.get(f"/api/cases/{case}", "desk").json()["history"][-1]
    digests = {one["kind"]: one["digest"] for one in step["facts"]["confidences"]}
    photo = browser.get(f"/api/cases/{case}/confidences/{digests['photo']}", "desk")
    assert photo.content == b"jpeg"
    assert photo.headers["cache-control"] == "no-store"
    assert photo.headers["x-content-type-options"] == "nosniff"
    other, _ = opened(browser)
    for path in (f"{other}/confidences/{digests['photo']}", f"{case}/confidences/none"):
        assert browser.get(f"/api/cases/{path}", "desk").status_code == 404
    assert browser.operations.verify() == []
