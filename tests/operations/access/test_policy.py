"""The policy is data: what it grants, what a city may change, and what is refused in it."""

import re

import pytest

from dizuo.model.errors import InputError
from dizuo.operations.access.policy import EVERYBODY, Grant, Policy
from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.incidents.incident_type import IncidentTypes

CLERK = """
[roles.clerk]
en = "Clerk"
zh = "文员"
[roles.clerk.may]
"cases.read" = ["own_unit", { scope = "unassigned", case_types = ["mediation"] }]
"""


def load(tmp_path, text):
    file = tmp_path / "policy.toml"
    file.write_text(text, encoding="utf-8")
    return Policy.load(file)


def test_what_is_not_granted_is_denied():
    policy = Policy.load()
    assert not policy.allows("cases.read", [])
    assert not policy.allows("cases.read", ["no-such-role"])
    assert not policy.allows("no.such.permission", ["desk"])
    assert policy.allows("reports.open", [])
    assert policy.grants("cases.read", ["unit"]) >= {Grant("own_unit")}


def test_everybody_gets_nothing_of_the_staffs():
    of_everybody = Policy.load().roles[EVERYBODY].may
    assert {"cases.read", "cases.act", "confidences.read"}.isdisjoint(of_everybody)
    assert of_everybody["reports.read"] == (Grant("listed"),)


def test_a_city_adds_roles_and_puts_its_own_in_the_place_of_ours(tmp_path):
    policy = load(tmp_path, CLERK + CLERK.replace("clerk", "desk"))
    assert policy.grants("cases.read", ["clerk"]) == {
        Grant("own_unit"),
        Grant("unassigned", frozenset({"mediation"})),
    }
    assert not policy.allows("cases.act", ["desk"])
    assert policy.allows("cases.act", ["centre"])


def test_a_city_can_begin_from_nothing(tmp_path):
    policy = load(tmp_path, "replace = true\n" + CLERK)
    assert policy.roles.keys() == {"clerk"}
    assert not policy.allows("reports.open", [])


def test_without_a_file_ours_counts(tmp_path):
    assert Policy.load(tmp_path / "policy.toml") == Policy.load()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("roles = [", "not TOML"),
        ("color = 1", "this field is not known"),
        ("[permissions]\n", "a city grants them"),
        (CLERK.replace("cases.read", "cases.burn"), "no door asks for this permission"),
        (CLERK.replace('"own_unit"', '"own_family"'), "is no scope of this permission"),
        (CLERK.replace("cases.read", "alarms.read"), "is no scope of this permission"),
        (CLERK.replace("cases.read", "cases.import"), "is no scope of this permission"),
        (CLERK.replace('en = "Clerk"\n', ""), "a name in both languages"),
        (CLERK.replace('["own_unit"', "[7"), "is no scope of this permission"),
    ],
)
def test_a_policy_that_does_not_hold_together_is_refused(tmp_path, text, told):
    with pytest.raises(InputError, match=re.escape(told)) as refused:
        load(tmp_path, text)
    assert refused.value.in_("zh") != refused.value.in_("en")
    assert "policy.toml" in str(refused.value)


def test_every_role_that_a_case_or_an_incident_asks_for_is_in_the_policy():
    """Or nobody could do it: but for residents, who have no account, and rules, who need none."""
    asked = {
        role
        for kind in CaseTypes.load()
        for roles in [kind.opened_by, *(one.roles for one in kind.actions.values())]
        for role in roles
    }
    asked |= {role for roles in IncidentTypes.load().roles.values() for role in roles}
    assert asked - {"resident", "rule"} <= Policy.load().roles.keys()


def test_whoever_may_act_on_cases_may_see_them():
    policy = Policy.load()
    for role in policy.roles.values():
        for grant in role.may.get("cases.act", ()):
            wider = role.may.get("cases.read", ())
            assert grant in wider or Grant("all") in wider, role.id
