"""Accounts follow from events; what proves who somebody is stands in none of them."""

import json
from hashlib import sha256

import pytest
from sqlalchemy import select

from dizuo.model.errors import InputError
from dizuo.operations.access.accounts import Accounts
from dizuo.operations.access.remembering import Remembered
from dizuo.operations.access.tables import accounts as account_table
from dizuo.operations.access.tables import credentials
from dizuo.operations.event_log.log import read_events

WORDS = "quiet rivers move old stones"


def anna(engine, accounts, **reach):
    with engine.begin() as connection:
        accounts.add(connection, "anna", ["unit", "collector"], "operator", **reach)
        return accounts.new_key(connection, "anna", "operator")


def test_an_account_acts_with_its_roles_unit_and_places(engine, accounts):
    key = anna(engine, accounts, unit="roads", grids=["440305*"])
    actor = accounts.of_key(key).actor
    assert (actor.id, actor.unit) == ("account:anna", "roads")
    assert actor.roles == {"unit", "collector"}
    assert actor.grids == {"440305*"}
    assert accounts.of_key(key + "x") is None


def test_no_event_holds_what_lets_one_in(engine, entrance, accounts):
    key = anna(engine, accounts)
    with engine.begin() as connection:
        entrance.logins.set_password(connection, "anna", WORDS, "operator")
        told = [one for page in read_events(connection) for one in page]
        kept = connection.execute(select(credentials)).mappings().all()
    kinds = [one.kind for one in told]
    assert kinds == ["account.added", "account.key_made", "account.password_set"]
    facts = " ".join(one.facts for one in told)
    hashed = next(row["secret"] for row in kept if row["kind"] == "password")
    for secret in (key, sha256(key.encode()).hexdigest(), hashed, WORDS):
        assert secret not in facts
    assert hashed.startswith("$argon2id$")
    assert key not in str(kept)


def test_the_table_of_accounts_is_made_anew_from_the_events(engine, accounts, log):
    anna(engine, accounts, unit="roads")
    with engine.begin() as connection:
        accounts.change(connection, "anna", "operator", unit="parks", grids=["b", "a"])
        accounts.enable(connection, "anna", "operator", enabled=False)
        before = connection.execute(select(account_table)).all()
        log.rebuild(connection)
        assert connection.execute(select(account_table)).all() == before
        found = accounts.find(connection, "anna")
    assert (found.unit, found.grids, found.enabled) == ("parks", {"a", "b"}, False)


def test_a_new_key_ends_the_old_one_and_a_disabled_account_has_none(engine, accounts):
    old = anna(engine, accounts)
    with engine.begin() as connection:
        new = accounts.new_key(connection, "anna", "operator")
    assert accounts.of_key(old) is None
    assert accounts.of_key(new).name == "anna"
    with engine.begin() as connection:
        accounts.enable(connection, "anna", "operator", enabled=False)
    assert accounts.of_key(new) is None


def test_another_process_shuts_somebody_out_within_a_second(engine, accounts, log):
    key = anna(engine, accounts)
    seconds = [0.0]
    elsewhere = Accounts(log, accounts.policy, remembered=Remembered(tick=lambda: seconds[0]))
    assert elsewhere.of_key(key).name == "anna"
    with engine.begin() as connection:
        accounts.enable(connection, "anna", "operator", enabled=False)
    seconds[0] = 0.99
    assert elsewhere.of_key(key).name == "anna"
    seconds[0] = 1.0
    assert elsewhere.of_key(key) is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "a b"}, "is no name of an account"),
        ({"name": ""}, "is no name of an account"),
        ({"name": "x" * 65}, "is no name of an account"),
        ({"roles": []}, "an account needs a role"),
        ({"roles": ["king"]}, "king is no role"),
        ({"roles": ["everybody"]}, "everybody is no role"),
        ({"unit": "harbour"}, "there is no unit 'harbour'"),
        ({"grids": ["a b"]}, "has no spaces"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_both_languages(engine, accounts, given, told):
    whole = {"name": "ben", "roles": ["unit"], "by": "operator"} | given
    with engine.begin() as connection, pytest.raises(InputError, match=told) as refused:
        accounts.add(connection, **whole)
    assert refused.value.in_("zh") != refused.value.in_("en")
    with engine.connect() as connection:
        assert accounts.all(connection) == []


def test_the_file_of_an_older_version_is_taken_over_once(accounts, tmp_path):
    file = tmp_path / "accounts.toml"
    digest = sha256(b"the old key").hexdigest()
    file.write_text(f'[account.desk]\nroles = ["desk"]\nkey_sha256 = "{digest}"\n')
    accounts.bring_in(file)
    assert accounts.of_key("the old key").roles == {"desk"}
    assert not file.exists()
    assert file.with_suffix(".toml.taken_over").exists()
    file.write_text("[account.x]\nroles = 1\n")
    with pytest.raises(InputError, match="cannot be read"):
        accounts.bring_in(file)


def test_an_event_of_an_account_says_no_more_than_its_name(engine, accounts):
    anna(engine, accounts, unit="roads")
    with engine.connect() as connection:
        first = next(iter(read_events(connection)))[0]
    assert (first.subject, first.actor, first.channel) == ("account:anna", "operator", "accounts")
    assert json.loads(first.facts) == {"grids": [], "roles": ["collector", "unit"], "unit": "roads"}
