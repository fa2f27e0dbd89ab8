"""The document of the whole application, and what it promises of every route."""

import re

from starlette.routing import Route

from dizuo.api.case_fields import StepGiven
from dizuo.api.declared import Declared
from dizuo.operations.cases import case_type


def test_the_document_tells_every_route(town):
    told = town.get("/api/openapi.json").json()
    assert told["openapi"] == "3.1.0"
    for route in town.app.routes:
        assert isinstance(route, Route)
        path = told["paths"][re.sub(r":\w+}", "}", route.path)]
        assert {method.lower() for method in route.methods - {"HEAD"}} <= path.keys()


def test_a_declared_bound_is_told_and_held(town):
    asked = town.get("/api/openapi.json").json()["paths"]["/api/cases"]["get"]["parameters"]
    most = next(one["schema"] for one in asked if one["name"] == "most")
    assert (most["minimum"], most["maximum"]) == (1, 1000)
    assert town.get("/api/cases", "desk", most=1000).status_code == 200
    assert town.get("/api/cases", "desk", most=1001).status_code == 400
    assert town.http.get(
        "/api/cases?most=1&most=2", headers=town.headers("desk")
    ).json()["title"] == "field most: most is given more than once."  # fmt: skip


def test_who_needs_no_key_is_told_as_such(town):
    paths = town.get("/api/openapi.json").json()["paths"]
    assert paths["/api/cases"]["get"]["security"] == [{"key": []}, {"session": []}]
    assert paths["/api/tracked/{token}"]["get"]["security"] == []


def test_a_step_may_tell_whatever_the_office_takes():
    taken = case_type._TELLABLE
    assert set(StepGiven.__struct_fields__) == taken | {"photos", "happened"}


def test_what_is_not_declared_has_no_declaration():
    assert Declared.of(test_who_needs_no_key_is_told_as_such) is None


def test_paths_and_methods_that_are_not_there_are_refused_in_one_form(town):
    for answer, status in (
        (town.get("/nowhere"), 404),
        (town.http.delete("/api/cases"), 405),
        (town.http.post("/api/cases/x/urge", content=b"a", headers={
            **town.headers("desk"), "Content-Type": "text/plain"}), 415),
    ):  # fmt: skip
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
    assert "GET" in town.http.delete("/api/cases").headers["allow"]
