"""Nobody passes whom the policy does not let: every route is visited by everybody there is."""

import itertools
import re

import pytest
from sqlalchemy import String
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from town_of_two_blocks import Town

from dizuo.api.declared import Declared
from dizuo.api.door import Door
from dizuo.api.guard import Guarded, guarded, require_guards
from dizuo.model.errors import AccessError
from dizuo.operations.access.policy import EVERYBODY
from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.incidents.tables import incidents
from dizuo.operations.signals.alarm_table import alarms
from opened_city import let_in

HIDDEN_UNIT = "unit:hidden-7f3a"
"""Stands in every row of the case that only few may see, and nowhere else."""
NOBODY = "nobody"
EVERY_ROLE = frozenset({"desk", "centre", "unit", "collector", "resident", "analyst", "volunteer"})


@pytest.fixture(scope="module")
def visited(tmp_path_factory):
    """A town with a key for each role of the policy, and a case that is in nobody's scope."""
    folder = tmp_path_factory.mktemp("town")
    (folder / "operations").mkdir()
    # A listener would tell what is silent; the server so leaves the alarm that no device raised.
    (folder / "operations" / "mqtt.toml").touch()
    town = Town(folder)
    town.policy = town.operations.entrance.policy
    town.roles = sorted(town.policy.roles.keys() - {EVERYBODY})
    for role in town.roles:
        town.keys[f"as:{role}"] = let_in(
            town.operations, f"as-{role}", role, unit="unit:roads", grids=["000000000000001"]
        )
    town.case, town.token = hide_a_case(town.operations)
    hide_an_alarm_and_an_incident(town)
    town.serve()
    yield town
    town.stop()


def hide_a_case(operations):
    """A report of a violation, which is never listed, handed to a unit without accounts."""
    everybody = Actor("operator", EVERY_ROLE)
    new = NewCase("hotline_appeal", "d1", "desk", nature="report", x=1.0, y=1.0)
    with operations.engine.begin() as connection:
        opened = operations.office.open(connection, [new], everybody)[0]
        filed = {"nature": "report"}
        handed = {"unit": HIDDEN_UNIT, "limit": "1 working_days"}
        for action, given in (("file", filed), ("dispatch", handed)):
            operations.office.act(connection, opened.case, action, everybody, given=given)
    return opened.case, opened.token


def hide_an_alarm_and_an_incident(town):
    """Of an asset that no unit owns, and of the hidden case."""
    with town.operations.engine.begin() as connection:
        put(connection, alarms, alarm="alarm:1", asset=HIDDEN_UNIT)
        put(connection, incidents, incident="incident:1", incident_type="gas_leak", grade="IV",
            state="declared", channel=HIDDEN_UNIT, case=town.case, messages="[]")  # fmt: skip


def put(connection, table, **given):
    """A row with what is given, and something wherever a value must stand."""
    filled = {
        column.name: "" if isinstance(column.type, String) else 0
        for column in table.c
        if not column.nullable and column.name not in given
    }
    connection.execute(table.insert().values(**filled, **given))


def requests_of(town):
    """Every method of every route, with what is hidden wherever a path names something."""
    known = {"case": town.case, "number": town.case.removeprefix("case:"), "form": "json",
             "alarm": "alarm:1", "incident": "incident:1", "collection": "Things"}  # fmt: skip
    for route in town.app.routes:
        names = re.findall(r"{(\w+)(?::\w+)?}", route.path)
        path = re.sub(r"{(\w+):\w+}", r"{\1}", route.path)
        filled = path.format(**{name: known.get(name, "none") for name in names})
        for method in sorted(route.methods - {"HEAD"}):
            yield route.endpoint.permission, method, filled


def visit(town, method, path, name):
    return town.http.request(method, path, headers=town.headers(name))


def test_every_route_names_a_permission_of_the_policy(visited):
    permissions = {permission for permission, _, _ in requests_of(visited)}
    assert permissions <= visited.policy.permissions.keys()
    assert all(isinstance(route.endpoint, Guarded) for route in visited.app.routes)
    assert len(permissions) >= 6


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer none"}, {"Authorization": "?"}])
def test_without_a_key_or_with_a_wrong_one_only_what_is_everybodys_opens(visited, given):
    """A key that is wrong opens nothing at all, not even what is everybody's."""
    refused = 0
    for permission, method, path in requests_of(visited):
        answer = visited.http.request(method, path, headers=given)
        if not given and visited.policy.allows(permission, ()):
            assert answer.status_code not in {401, 403, 500}, path
            continue
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == "Bearer"
        assert_is_problem(answer, 401)
        refused += 1
    assert refused >= 4


def test_each_role_opens_what_the_policy_says_and_nothing_else(visited):
    policy, seen = visited.policy, set()
    for role in visited.roles:
        for permission, method, path in requests_of(visited):
            answer = visit(visited, method, path, f"as:{role}")
            allowed = policy.allows(permission, {role})
            seen.add((role == NOBODY, allowed))
            if allowed:
                assert answer.status_code not in {401, 500}, (role, method, path)
            else:
                assert_is_problem(answer, 403)
    assert seen == {(True, True), (True, False), (False, True), (False, False)}


def test_a_row_out_of_scope_comes_back_through_no_door(visited):
    shown = set()
    for role, (_, method, path) in itertools.product(visited.roles, requests_of(visited)):
        if HIDDEN_UNIT in visit(visited, method, path, f"as:{role}").text:
            shown.add(role)
    for _, method, path in requests_of(visited):
        assert HIDDEN_UNIT not in visit(visited, method, path, None).text
    assert shown == {"desk", "centre", "leader", "analyst"}


@pytest.mark.parametrize("what", ["cases", "alarms", "incidents"])
def test_what_is_hidden_is_there_to_be_seen(visited, what):
    """Or the test above could not fail."""
    single = visited.case if what == "cases" else f"{what.removesuffix('s')}:1"
    for path in (f"/api/{what}", f"/api/{what}/{single}"):
        assert HIDDEN_UNIT in visited.get(path, "as:centre").text


def test_the_description_tells_as_public_what_the_policy_gives_to_everybody(visited):
    for route in visited.app.routes:
        everybodys = visited.policy.allows(route.endpoint.permission, ())
        assert Declared.of(route.endpoint).public == everybodys, route.path


def test_a_route_without_a_permission_is_not_served(visited):
    def welcome(request):
        return PlainTextResponse("all of it")

    async def greet(socket):
        await socket.close()

    for route in (
        Route("/all", welcome),
        Mount("/below", routes=[Route("/all", welcome)]),
        Mount("/files", app=welcome),
        WebSocketRoute("/live", greet),
    ):
        with pytest.raises(AccessError, match="names no permission"):
            require_guards([*visited.app.routes, route])


def test_a_route_cannot_ask_for_a_permission_that_nobody_grants(visited):
    door = next(iter(visited.app.routes)).endpoint._door
    assert isinstance(door, Door)
    with pytest.raises(AccessError, match="not in the policy"):
        guarded(door, "/all", "cases.burn", None)


def assert_is_problem(answer, status):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["title"]
