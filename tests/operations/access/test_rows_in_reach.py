"""The condition in SQL lets through exactly the rows that the words of the policy name."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.access.policy import Grant, Permission, Policy, Role
from dizuo.operations.access.visitor import Visitor, assets_by_unit
from dizuo.operations.cases.office import Actor
from dizuo.operations.cases.register import list_cases, one_case
from dizuo.operations.cases.table import COUNTERS, cases
from dizuo.operations.event_log.tables import log_end
from dizuo.operations.incidents.tables import incident_tasks, incidents
from dizuo.operations.signals.alarm_table import alarms

UNITS, GRIDS, TYPES = (None, "roads", "parks"), (None, "a1", "a_1", "099"), ("event", "mediation")
NOTHING = dict.fromkeys(column.name for column in cases.c)
ROWS = [
    NOTHING | dict.fromkeys(COUNTERS, 0) | {
        "case": f"case:{number:03}", "token": f"t{number}", "case_type": kind, "unit": unit,
        "supervisor": supervisor, "grid": grid, "place": place, "listed": listed,
        "type_version": "1", "state": "filed", "open": True, "channel": "desk", "opened": number,
        "entered": number, "simulated": False, "changed": number, "version": 1,
    }
    for number, (kind, unit, supervisor, grid, place, listed) in enumerate(
        product(TYPES, UNITS, UNITS, GRIDS, (None, "a1", "square"), (True, False))
    )
]  # fmt: skip
"""One case of every kind there can be: 432 of them."""


@pytest.fixture(scope="module")
def connection():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        for table in (cases, alarms, incidents, incident_tasks, log_end):
            table.create(connection)
        connection.execute(cases.insert(), ROWS)
        yield connection
    engine.dispose()


def means(grant, actor, row):
    """The words of the policy, case by case, in plain Python."""
    if grant.case_types and row["case_type"] not in grant.case_types:
        return False
    match grant.scope:
        case "all":
            return True
        case "own_unit":
            return actor.unit is not None and actor.unit in {row["unit"], row["supervisor"]}
        case "own_grids":
            cell = row["grid"]
            whole = {one for one in actor.grids if not one.endswith("*")}
            begun = [one[:-1] for one in actor.grids - whole]
            return bool(whole & {cell, row["place"]}) or any(
                cell is not None and cell.startswith(one) for one in begun
            )
        case "unassigned":
            return row["unit"] is None
    return row["listed"]


def visitor(roles, actor):
    """Somebody with a role for each list of grants."""
    made = {
        f"r{number}": Role(f"r{number}", Text("R", "角色"), {"cases.read": tuple(grants)})
        for number, grants in enumerate(roles)
    }
    permissions = {"cases.read": Permission("cases.read", Text("See", "看"), "cases")}
    known = Actor("account:x", frozenset(made), actor.unit, actor.grids)
    return Visitor(known, "cases.read", Policy(permissions, made))


GRANTS = st.builds(
    Grant,
    st.sampled_from(["all", "own_unit", "own_grids", "unassigned", "listed"]),
    st.frozensets(st.sampled_from([*TYPES, "other"]), max_size=2),
)
ACTORS = st.builds(
    Actor,
    st.just("account:x"),
    st.just(frozenset()),
    st.sampled_from([*UNITS, "nobody"]),
    st.frozensets(
        st.sampled_from(["a1", "a_1", "a*", "a_*", "09*", "99*", "square", "c", "%*"]), max_size=3
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(GRANTS, max_size=3), max_size=3), ACTORS)
def test_the_condition_and_the_words_agree_on_every_kind_of_case(connection, roles, actor):
    asks = visitor(roles, actor)
    grants = [grant for each in roles for grant in each]
    wanted = {row["case"] for row in ROWS if any(means(one, actor, row) for one in grants)}
    found = list_cases(connection, most=len(ROWS), within=asks.rows())
    assert {row["case"] for row in found} == wanted
    for row in ROWS[::37]:
        if row["case"] in wanted:
            assert one_case(connection, row["case"], within=asks.rows())["case"] == row["case"]
        else:
            with pytest.raises(InputError, match="there is no case"):
                one_case(connection, row["token"], within=asks.rows())


def test_a_role_reaches_no_further_because_another_does(connection):
    """Whoever sees everything at the desk still acts as a unit on the unit's own cases only."""
    asks = Visitor(
        Actor("account:x", frozenset({"desk", "unit"}), "roads"), "cases.act", Policy.load()
    )
    count = len(connection.execute(select(cases.c.case).where(asks.rows())).all())
    as_unit = connection.execute(select(cases.c.case).where(asks.rows_as({"unit", "centre"})))
    reached = set(as_unit.scalars())
    own = {row["case"] for row in ROWS if "roads" in {row["unit"], row["supervisor"]}}
    waiting = {
        row["case"] for row in ROWS if row["unit"] is None and row["case_type"] == "mediation"
    }
    assert count == len(ROWS)
    assert reached == own | waiting
    other = next(row for row in ROWS if row["unit"] == row["supervisor"] == "parks")
    assert asks.roles_reaching(connection, other["case"]) == {"desk"}
    assert asks.roles_reaching(connection, min(own)) == {"desk", "unit"}


def test_units_reach_the_alarms_and_incidents_of_their_own_assets(connection):
    owned = assets_by_unit({"pipe:1": "roads", "pipe:2": "parks"})
    last = ROWS[-1]
    for number in (1, 2):
        put(connection, alarms, alarm=f"alarm:{number}", asset=f"pipe:{number}", rule=f"r{number}")
        put(connection, incidents, incident=f"incident:{number}", alarm=f"alarm:{number}")
    put(connection, incidents, incident="incident:3")
    put(connection, incident_tasks, incident="incident:3", task="shut", unit="roads")
    put(connection, incidents, incident="incident:4", case=last["case"])
    assert (last["unit"], last["supervisor"]) == ("parks", "parks")

    def reached(unit, permission, column):
        actor = Actor("account:x", frozenset({"unit"}), unit)
        asks = Visitor(actor, permission, Policy.load(), owned)
        return set(connection.execute(select(column).where(asks.rows())).scalars())

    assert reached("roads", "alarms.read", alarms.c.alarm) == {"alarm:1"}
    assert reached(None, "alarms.read", alarms.c.alarm) == set()
    assert {unit: reached(unit, "incidents.read", incidents.c.incident) for unit in UNITS} == {
        None: set(),
        "roads": {"incident:1", "incident:3"},
        "parks": {"incident:2", "incident:4"},
    }
    centre = Visitor(Actor("account:x", frozenset({"centre"})), "observations.read", Policy.load())
    assert centre.assets() is None


def put(connection, table, **given):
    """A row with what is given, and something wherever a value must stand."""
    fillers = {"VARCHAR": "", "TEXT": "", "BIGINT": 0, "INTEGER": 0, "BOOLEAN": False}
    filled = {
        column.name: fillers[str(column.type)]
        for column in table.c
        if not column.nullable and column.name not in given
    }
    connection.execute(table.insert().values(**filled, **given))
