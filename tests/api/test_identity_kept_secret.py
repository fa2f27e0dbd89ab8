"""Who asks to be kept secret is known to the desk, and through no door to anybody else."""

import re

import pytest

from dizuo.model.errors import InputError
from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.cases.office import Actor
from dizuo.operations.cases.questions import parse_questions
from dizuo.operations.webhooks.tables import deliveries
from dizuo.operations.webhooks.target import Target

PHONE, NAME, HOME = "13800138000", "李建国", "幸福小区3栋502室"
TOLD = f"我叫{NAME}，电话{PHONE}，楼下餐馆油烟扰民"
PATH = "/api/cases/{case}/confidences"


def appeal(town, nature="complaint", **answers):
    """Appeal as a resident does, and hand the appeal to the unit that handles it."""
    given = {
        "service_code": f"hotline_appeal.{nature}", "lat": "43.72954", "long": "7.42400",
        "description": TOLD, "phone": PHONE, "last_name": NAME, "address_string": HOME,
    }  # fmt: skip
    given |= {f"attribute[{name}]": answer for name, answer in answers.items()}
    told = town.http.post("/open311/v2/requests.json", data=given)
    assert told.status_code == 201, told.text
    case = f"case:{told.json()[0]['service_request_id']}"
    town.post(f"/api/cases/{case}/file", "desk", nature=nature)
    given = {"unit": "unit:roads", "limit": "7 working_days"}
    assert town.post(f"/api/cases/{case}/dispatch", "desk", **given).status_code == 200
    return case


def read(town, case, key):
    answer = town.get(PATH.format(case=case), key)
    assert answer.status_code == 200, answer.text
    return [(one["kind"], one["content"]) for one in answer.json()]


def test_the_desk_knows_and_the_unit_reads_words_without_who_wrote_them(town):
    case = appeal(town, secrecy="yes", reply="yes")
    assert ("contact", f"phone={PHONE}") in read(town, case, "desk")
    told = read(town, case, "roads")
    assert {kind for kind, _ in told} == {"text", "answer"}
    (words,) = [content for kind, content in told if kind == "text"]
    assert "楼下餐馆油烟扰民" in words
    assert NAME not in words
    assert PHONE not in words


def test_one_thing_by_its_digest_is_kept_as_well(town):
    case = appeal(town, secrecy="yes")
    known = {one["kind"]: one["digest"] for one in town.get(PATH.format(case=case), "desk").json()}
    for kind in ("contact", "address"):
        path = f"{PATH.format(case=case)}/{known[kind]}"
        refused = town.get(path, "roads")
        assert refused.status_code == 403
        assert PHONE not in refused.text
        assert town.get(path, "desk").status_code == 200
    words = town.get(f"{PATH.format(case=case)}/{known['text']}", "roads").text
    assert PHONE not in words
    assert "油烟" in words


def test_who_did_not_ask_can_be_called_by_the_unit(town):
    for answers in ({}, {"secrecy": "no"}):
        assert ("contact", f"phone={PHONE}") in read(town, appeal(town, **answers), "roads")


def test_who_reports_a_violation_is_kept_secret_unasked(town):
    case = appeal(town, nature="report")
    assert {kind for kind, _ in read(town, case, "roads")} == {"text"}
    assert ("contact", f"phone={PHONE}") in read(town, case, "desk")


def test_through_no_door_goes_who_asked_to_be_kept_secret(town):
    """Every route that reads, as everybody there is; the desk's own reading alone tells it."""
    with town.operations.engine.begin() as connection:
        boss = Actor("operator", frozenset({"centre"}))
        town.operations.webhooks.add(connection, Target("https://receiver.example"), boss)
    case = appeal(town, secrecy="yes")
    names = {"case": case, "number": case.removeprefix("case:"), "form": "json"}
    told = set()
    for route in town.app.routes:
        if "GET" not in route.methods or route.path == "/api/openapi.json":
            continue
        inside = re.findall(r"{(\w+)(?::\w+)?}", route.path)
        path = re.sub(r"{(\w+):\w+}", r"{\1}", route.path).format(
            **{name: names.get(name, "none") for name in inside}
        )
        for key in (*town.keys, None):
            text = town.get(path, key).text
            if any(word in text for word in (PHONE, NAME, HOME, "幸福小区")):
                told.add((route.path, key))
    assert told == {(PATH, "desk")}
    with town.operations.engine.connect() as connection:
        bodies = connection.execute(deliveries.select()).all()
    assert {"case.opened", "case.file", "case.dispatch"} <= {one.kind for one in bodies}
    assert not any(word in str(bodies) for word in (PHONE, NAME, HOME, "secrecy"))


def test_the_question_says_itself_which_answer_keeps_the_identity():
    (secrecy,) = [one for one in CaseTypes.load().get("hotline_appeal").questions
                  if one.keeps_identity]  # fmt: skip
    assert (secrecy.code, secrecy.keeps_identity) == ("secrecy", {"yes"})
    wrong = {"q": {"en": "a", "zh": "甲", "datatype": "string", "keeps_identity": ["maybe"]}}
    with pytest.raises(InputError, match="cannot be answered"):
        parse_questions(wrong, "x.toml")


def test_who_calls_the_desk_can_ask_for_it_too(town):
    given = {
        "case_type": "hotline_appeal", "nature": "complaint", "text": TOLD,
        "caller": {"name": NAME, "phone": PHONE}, "answers": {"secrecy": "yes"},
    }  # fmt: skip
    case = town.post("/api/cases", "desk", **given).json()["case"]
    town.post(f"/api/cases/{case}/file", "desk", nature="complaint")
    sent = {"unit": "unit:roads", "limit": "7 working_days"}
    assert town.post(f"/api/cases/{case}/dispatch", "desk", **sent).status_code == 200
    told = read(town, case, "roads")
    assert {kind for kind, _ in told} == {"text", "answer"}
    assert not any(word in str(told) for word in (PHONE, NAME))
