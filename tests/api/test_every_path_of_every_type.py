"""Every step of every shipped case type, over HTTP, from every state that knows it."""

import base64
from collections import deque
from datetime import timedelta

import pytest
from town_of_two_blocks import Town

from dizuo.operations.cases.case_type import CaseTypes
from opened_city import let_in

pytestmark = pytest.mark.systems(
    "S15.3", "S21.1", "S21.6", "S21.7", "S22.5", "S23.1", "S23.2", "S23.3", "L4"
)

TYPES = {one.id: one for one in CaseTypes.load()}
PHOTO = base64.b64encode(b"jpeg").decode()
TOLD = {
    "unit": "unit:roads", "reason": "so it is", "clause": "3", "text": "told", "grade": 3,
    "contacted": True, "solved": True, "satisfaction": 4, "result": "granted", "hours": 2,
    "added": "1 working_days", "participants": 12, "supervisor": "unit:parks",
}  # fmt: skip
CODES = {
    "hotline_nature": {"nature": "complaint"}, "waste_stream": {"category": "01"},
    "urban_component": {"category": "0101"}, "urban_event": {"category": "0501"},
    "": {"category": "fire"},
}  # fmt: skip
HERE = {"longitude": 7.424, "latitude": 43.72954}
ROLES = ("desk", "centre", "unit", "collector", "analyst", "volunteer", "leader")


@pytest.fixture(scope="module")
def busy_town(tmp_path_factory):
    """A town with an account of each role, all of one unit."""
    town = Town(tmp_path_factory.mktemp("town"))
    for role in ROLES:
        reach = {"unit": "unit:roads", "grids": ["000000000000001"]}
        town.keys[role] = let_in(town.operations, f"only-{role}", role, **reach)
    yield town.serve()
    town.stop()


def edges(kind):
    """Every step from every state: (state, action)."""
    return [
        (state, one.id)
        for state in kind.states
        for one in kind.actions.values()
        if kind.applies(one, state)
    ]


def way_to(kind, goal):
    """The shortest steps from the first state to a state."""
    waiting, seen = deque([(kind.first, ())]), {kind.first}
    while waiting:
        state, steps = waiting.popleft()
        if state == goal:
            return steps
        for one in kind.actions.values():
            if one.target and one.target not in seen and kind.applies(one, state):
                seen.add(one.target)
                waiting.append((one.target, (*steps, one.id)))
    raise AssertionError(goal)


class Walker:
    """Takes cases of one type from state to state, as whoever may."""

    def __init__(self, town, kind):
        self.town, self.kind = town, kind
        self.other = self.opened()

    def opened(self):
        opener = next(
            one for one in ("desk", "analyst") if one in self.kind.opened_by | {"analyst"}
        )
        answer = self.town.post("/api/cases", opener, case_type=self.kind.id, **HERE)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def do(self, case, action):
        """Do one step with all that it needs, as the first role that may."""
        self.town.clock.move(timedelta(minutes=10))
        step = self.kind.actions[action]
        given = {name: TOLD[name] for name in step.needs & TOLD.keys()}
        given |= {n: v for n, v in CODES[self.kind.taxonomy].items() if n in step.needs}
        if "into" in step.needs:
            given["into"] = self.other["case"]
        if step.clock == "start":
            given["limit"] = "3 working_days"
        if step.evidence:
            given["photos"] = [PHOTO]
        staff = [one for one in ROLES if one in step.roles]
        if staff:
            return self.town.post(f"/api/cases/{case['case']}/{action}", staff[0], **given)
        return self.town.post(f"/api/tracked/{case['token']}/{action}", **given)


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_each_step_leads_where_its_type_says(busy_town, kind):
    walker = Walker(busy_town, kind)
    for state, action in edges(kind):
        case = walker.opened()
        for step in way_to(kind, state):
            answer = walker.do(case, step)
            assert answer.status_code == 200, (state, step, answer.text)
        before = busy_town.get(f"/api/cases/{case['case']}", "desk").json()
        assert before["state"] == state
        answer = walker.do(case, action)
        assert answer.status_code == 200, (state, action, answer.text)
        after = busy_town.get(f"/api/cases/{case['case']}", "desk").json()
        target = kind.actions[action].target or state
        assert (after["state"], after["open"]) == (target, not kind.states[target].final)
        assert (after["closed"] is None) == after["open"]
        assert after["version"] == before["version"] + 1
        if state in {"suspended", "special"} and not target:
            assert after["due"] is None
    assert busy_town.operations.verify() == []
