"""People log in at the city's identity provider; what it does not prove lets nobody in."""

import json
from datetime import timedelta

import pytest
from identity_provider import CLIENT, SECRET, IdentityProvider, where
from town_of_two_blocks import Town

from dizuo.operations.access.oidc import HOME, local_path
from dizuo.operations.event_log.log import read_events
from dizuo.operations.time import SetClock

SETTINGS = """
[login]
public_url = "http://127.0.0.1:1"
[login.oidc]
issuer = "{issuer}"
client_id = "dizuo"
[login.oidc.groups."road crew"]
roles = ["unit"]
unit = "unit:roads"
[login.oidc.groups.chiefs]
roles = ["centre"]
"""
NOON = Town.START


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    provider = IdentityProvider(SetClock(NOON))
    folder = tmp_path_factory.mktemp("town")
    (folder / "operations").mkdir()
    (folder / "operations" / "oidc.secret").write_text(SECRET)
    town = Town(folder, settings=SETTINGS.format(issuer=provider.issuer))
    provider.clock = town.clock
    town.serve()
    yield town, provider
    town.stop()
    provider.stop()


@pytest.fixture
def city(served):
    """A town without a login under way, and a provider that is honest again."""
    town, provider = served
    town.http.cookies.clear()
    provider.changes, provider.sign = {}, provider.signed
    provider.person = {"sub": "u-17", "preferred_username": "wang", "groups": ["road crew"]}
    return town, provider


def begin(town, **query):
    """Go to the provider and come back; the address of the last step, which is not taken."""
    sent = town.get("/api/login", **query)
    assert sent.status_code == 303, sent.text
    back = town.http.get(sent.headers["location"])
    return where(back.headers["location"])[1]


def finish(town, told):
    return town.http.get("/api/login/callback", params=told)


def log_in(town, **query):
    return finish(town, begin(town, **query))


def who(town):
    return town.get("/api/session").json()


def test_a_member_of_a_known_group_comes_in(city):
    town, _ = city
    done = log_in(town, after="/api/cases")
    assert (done.status_code, done.headers["location"]) == (303, "/api/cases")
    told = who(town)
    assert (told["account"], told["roles"], told["unit"]) == ("wang", ["unit"], "unit:roads")
    assert town.get("/api/cases").status_code == 200


def test_the_provider_is_asked_for_a_code_with_proof(city):
    town, provider = city
    place, asked = where(town.get("/api/login").headers["location"])
    assert place == f"{provider.issuer}/authorize"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
    assert asked["redirect_uri"] == "http://127.0.0.1:1/api/login/callback"


def test_groups_that_change_change_the_account_and_nobody_personal_stands_in_the_log(city):
    town, provider = city
    log_in(town)
    provider.person["groups"] = ["road crew", "chiefs", "choir"]
    log_in(town)
    assert who(town)["roles"] == ["centre", "unit"]
    with town.operations.engine.connect() as connection:
        told = [one for page in read_events(connection) for one in page]
    mine = [one for one in told if one.subject == "account:wang"]
    assert [one.kind for one in mine][:2] == ["account.added", "account.identity_bound"]
    assert json.loads(mine[-1].facts)["roles"] == ["centre", "unit"]
    assert not any("u-17" in one.facts for one in told)
    assert town.operations.verify() == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"nonce": "another"}, "another nonce"),
        ({"nonce": None}, "another nonce"),
        ({"aud": "somebody-else"}, "another audience"),
        ({"aud": [CLIENT, "other"], "azp": "other"}, "another audience"),
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"exp": 1}, "it has expired"),
        ({"exp": "soon"}, "it has expired"),
        ({"iat": 99_999_999_999, "exp": 99_999_999_999}, "it is of the future"),
        ({"sub": ""}, "nobody"),
        ({"groups": ["choir"]}, "none of your groups"),
        ({"groups": None}, "none of your groups"),
    ],
)
def test_a_token_that_is_not_for_this_login_lets_nobody_in(city, changes, told):
    town, provider = city
    provider.changes = changes
    assert_refused(town, log_in(town), told)


def test_a_signature_that_is_none_or_of_a_shared_secret_or_of_a_stranger_is_none(city):
    town, provider = city
    stranger = provider.new_key("one")
    for sign, told in (
        (provider.unsigned, "signed by none"),
        (provider.signed_with_the_public_key, "signed by HS256"),
        (lambda claims: provider.signed(claims, stranger), "its signature"),
        (lambda claims: provider.signed(claims, kid="unknown"), "a key that the provider"),
        (lambda claims: "no.token.at-all", "its signature"),
    ):
        provider.sign = sign
        assert_refused(town, log_in(town), told)


def test_a_new_key_of_the_provider_is_fetched_and_an_unknown_one_not_again_and_again(city):
    town, provider = city
    log_in(town)
    provider.key = provider.new_key("two")
    town.clock.move(timedelta(minutes=2))
    assert log_in(town).status_code == 303
    asked = provider.times_asked_for_keys
    provider.sign = lambda claims: provider.signed(claims, kid="unknown")
    for _ in range(3):
        assert log_in(town).status_code == 403
    assert provider.times_asked_for_keys == asked


def test_an_answer_lets_in_once_and_only_the_browser_that_asked(city):
    town, _ = city
    told = begin(town)
    kept = dict(town.http.cookies)
    town.http.cookies.clear()
    assert_refused(town, finish(town, told), "it was not begun here")
    town.http.cookies.update(kept)
    assert_refused(town, finish(town, told | {"state": "another"}), "another login's answer")
    town.http.cookies.update(kept)
    assert_refused(town, finish(town, told | {"iss": "https://evil.example"}), "another issuer")
    town.http.cookies.update(kept)
    assert finish(town, told).status_code == 303
    town.http.cookies.clear()
    town.http.cookies.update(kept)
    assert_refused(town, finish(town, told), "it was finished before")


def test_a_login_that_takes_too_long_is_over(city):
    town, _ = city
    told = begin(town)
    town.clock.move(timedelta(minutes=11))
    assert_refused(town, finish(town, told), "too long ago")


def test_what_the_provider_refuses_is_told(city):
    town, _ = city
    told = begin(town)
    refused = {"state": told["state"], "error": "access_denied"}
    assert_refused(town, finish(town, refused), "access_denied")


def test_a_person_cannot_take_the_name_of_an_account_that_is_not_theirs(city):
    town, provider = city
    provider.person = {"sub": "u-18", "preferred_username": "desk", "groups": ["chiefs"]}
    answer = log_in(town)
    assert answer.status_code == 422
    assert "there is an account" in answer.json()["title"]
    assert who(town)["account"] is None


def test_who_was_disabled_here_stays_out_whatever_the_provider_says(city):
    town, provider = city
    provider.person = {"sub": "u-19", "preferred_username": "li", "groups": ["chiefs"]}
    log_in(town)
    with town.operations.engine.begin() as connection:
        town.operations.entrance.accounts.enable(connection, "li", "operator", enabled=False)
    town.http.cookies.clear()
    assert_refused(town, log_in(town), "disabled")


@pytest.mark.parametrize(
    "after",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\\b", "/a b", "/\t/evil",
     "javascript:alert(1)", "", "cases", "/a\r\nSet-Cookie: x"],
)  # fmt: skip
def test_after_a_login_nobody_is_sent_elsewhere(city, after):
    town, _ = city
    assert local_path(after) == HOME
    assert log_in(town, after=after).headers["location"] == HOME


def assert_refused(town, answer, told):
    assert answer.status_code == 403, answer.text
    assert told in answer.json()["title"]
    assert not any(name == "dizuo_session" for name in town.http.cookies)
    assert who(town)["account"] is None
