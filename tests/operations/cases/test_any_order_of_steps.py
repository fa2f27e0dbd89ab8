"""Whatever is tried in whatever order, by whomever: a small model says what may come of it.

The model knows the types, and keeps of each case its state and what it was merged into. It shares
no code with the office but the types as they were read.
"""

import itertools
import json
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from dizuo.model.errors import AccessError, InputError
from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.cases.office import Actor, CaseOffice, NewCase
from dizuo.operations.cases.table import COUNTERS, CaseProjection, cases
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.clocks.deadlines import Deadline, recompute
from dizuo.operations.event_log import tables
from dizuo.operations.event_log.database import open_database, prepare
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.time import SetClock, to_microseconds

TYPES = {one.id: one for one in CaseTypes.load()}
CALENDARS = CalendarBook.load()
ROLES = sorted(
    {role for kind in TYPES.values() for one in kind.actions.values() for role in one.roles}
)
ACTIONS = sorted({one for kind in TYPES.values() for one in kind.actions} | {"fly", "opened"})
TOLD = {
    "unit": "unit:a", "reason": "r", "clause": "c", "category": "02", "nature": "help",
    "text": "t", "grade": 3, "contacted": True, "solved": True, "satisfaction": 3,
    "result": "granted", "hours": 2, "participants": 4, "supervisor": "unit:b",
    "added": "2 working_hours", "limit": "5 working_hours", "due": "2026-05-01T08:00:00Z",
}  # fmt: skip
ITSELF = "merged into itself or a merged one"
MOST = 5
"""Cases at once: few, so that each goes far."""
OPENS = {"case_type", "state", "open", "channel", "category", "nature", "closed", "unit",
         "merged_into", "due", "deadline", "stage_due", "entered", *COUNTERS}  # fmt: skip


TRIED = Counter()
"""Steps that were done, and those that were refused."""


class Office(RuleBasedStateMachine):
    """One office, and the model beside it."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = SetClock(datetime(2026, 3, 2, 1, tzinfo=UTC))
        self.engine = open_database(f"sqlite:///{Path(self.folder.name) / 'log.sqlite'}")
        prepare(self.engine)
        cases.metadata.create_all(self.engine)
        numbers = itertools.count()
        self.office = CaseOffice(
            Log(self.engine, self.clock, [CaseProjection()]), Vault(bytes(32)), CaseTypes.load(),
            CALENDARS, tokens=lambda: f"token-{next(numbers)}",
        )  # fmt: skip
        self.state, self.kind, self.into, self.done = {}, {}, {}, Counter()

    def teardown(self):
        self.everything_follows_from_the_log()
        self.engine.dispose()
        self.folder.cleanup()

    opened = Bundle("opened")

    @rule(minutes=st.integers(1, 3000))
    def time_passes(self, minutes):
        self.clock.move(timedelta(minutes=minutes))

    @precondition(lambda self: len(self.state) < MOST)
    @rule(target=opened, kind=st.sampled_from(sorted(TYPES)), role=st.sampled_from(ROLES))
    def open(self, kind, role):
        new = NewCase(kind, f"d{len(self.state)}", "desk")
        actor = Actor("account:a", frozenset({role}))
        try:
            with self.engine.begin() as connection:
                case = self.office.open(connection, [new], actor)[0].case
        except AccessError:
            assert role not in TYPES[kind].opened_by
            with self.engine.begin() as connection:
                case = self.office.open(
                    connection, [new], Actor("account:b", TYPES[kind].opened_by)
                )[0].case
        self.state[case], self.kind[case] = TYPES[kind].first, TYPES[kind]
        return case

    @precondition(lambda self: self.state)
    @rule(
        case=opened, other=opened, action=st.sampled_from(ACTIONS),
        roles=st.sets(st.sampled_from(ROLES), min_size=1), left_out=st.sampled_from([None, 0, 1]),
        extra=st.sampled_from([None, None, None, "phone", "unit", "limit", "due"]),
        photo=st.booleans(), back=st.sampled_from([0, 0, 0, 0, 90, -90]),
        clock=st.sampled_from(["limit", "due", None]),
        helpful=st.sampled_from([True, True, True, False]), which=st.integers(0, 99),
    )  # fmt: skip
    def act(self, case, other, action, roles, left_out, extra, photo, back, clock, helpful, which):
        kind = self.kind[case]
        if helpful:  # mostly something that may be done, or nothing would ever be
            can = sorted(self.can_be_done(case), key=lambda one: (not one.target, one.id))
            if which % 2:  # mostly what leads on
                can = [one for one in can if one.target] or can
            action = can[which // 2 % len(can)].id if can else action
            roles, left_out, extra, photo, back = set(ROLES), None, None, True, 0
        step = kind.actions.get(action)
        needs = sorted(step.needs) if step else []
        told = {name: TOLD[name] for name in needs if name in TOLD}
        if "into" in needs:
            told["into"] = other
        if step and step.clock == "start" and clock:
            told[clock] = TOLD[clock]
        if left_out is not None and left_out < len(needs):
            told.pop(needs[left_out], None)
        if extra:
            told.setdefault(extra, TOLD.get(extra, "1"))
        happened = self.clock.now() - timedelta(minutes=back) if back else None
        refused = self.refused(case, other, step, roles, told, photo=photo, back=back)
        before = self.row(case)
        try:
            with self.engine.begin() as connection:
                self.office.act(
                    connection, case, action, Actor("account:a", frozenset(roles)), told,
                    confidences=[("photo", b"p")] if photo else [], happened=happened,
                )  # fmt: skip
        except (InputError, AccessError) as error:
            told_why = str(error)
        else:
            told_why = None
        if told_why is not None:
            TRIED["refused"] += 1
            assert self.row(case) == before
            assert refused or self.depends_on_a_clock(step, back), told_why
            return
        assert not refused, refused
        after = self.row(case)
        assert after.version == before.version + 1
        TRIED["done"] += 1
        self.done[case, action] += 1
        if step.target:
            self.state[case] = step.target
            self.into[case] = other if step.id == "merge" else None

    def can_be_done(self, case):
        """Steps that are possible now, answers of whoever made a merged report among them."""
        for one in self.kind[case].actions.values():
            given = dict.fromkeys(one.needs)
            if self.refused(case, case, one, ROLES, given, photo=True, back=0) in (None, ITSELF):
                yield one

    def lead(self, case):
        while self.into.get(case):
            case = self.into[case]
        return case

    def refused(self, case, other, step, roles, told, *, photo, back):
        """Why the model says that this cannot be done, or None."""
        kind, state = self.kind[case], self.state[case]
        if step is None:
            return "no such step"
        if step.when_merged == "own" and self.into.get(case):
            lead = self.lead(case)
            state = self.state[lead]
            ended = self.kind[lead].states[state].final and state not in {*kind.states, "void"}
            possible = state in step.sources or ended  # other types have other words for an end
        else:
            possible = state in step.sources if step.sources else not kind.states[state].final
        if not possible:
            return "not in this state"
        if not step.roles & set(roles):
            return "not by these roles"
        if step.needs - told.keys():
            return "something is missing"
        if step.evidence and not photo:
            return "no evidence"
        known = step.needs | step.takes | {"text", "reason", "note", "reason_code", "clause"}
        known |= {"rule"} if "rule" in step.roles & set(roles) else set()
        if told.keys() - known:
            return "nobody asked for it"
        if step.at_most and self.done[case, step.id] >= step.at_most:
            return "too often"
        if back < 0:
            return "in the future"
        if step.id == "merge":
            if other == case or self.into.get(other):
                return ITSELF
            end = self.row(other).closed
            if end is not None and end < self.row(case).opened:
                return "merged into what was over"
        return None

    @staticmethod
    def depends_on_a_clock(step, back):
        """Whether calendars and the order of times decide, which the model leaves to the office."""
        return step.clock in {"start", "pause", "resume", "extend"} or back > 0

    def row(self, case):
        with self.engine.connect() as connection:
            return connection.execute(select(cases).where(cases.c.case == case)).one()

    @invariant()
    def each_case_stands_where_the_model_says(self):
        with self.engine.connect() as connection:
            rows = connection.execute(select(cases)).all()
        assert {row.case: row.state for row in rows} == self.state
        for row in rows:
            kind = self.kind[row.case]
            assert row.open == (not kind.states[row.state].final)
            assert (row.closed is None) == row.open
            assert row.merged_into == self.into.get(row.case)
            self.due_is_recomputed(row)

    @staticmethod
    def due_is_recomputed(row):
        record = json.loads(row.deadline) if row.deadline else None
        if record is None or "given" in record:
            assert record is not None or row.due is None
            return
        deadline = Deadline.from_dict(record)
        again = recompute(deadline, CALENDARS)
        assert again == deadline
        if row.due is not None:
            assert row.due == to_microseconds(again.due)

    def everything_follows_from_the_log(self):
        with self.engine.connect() as connection:
            before = connection.execute(select(cases).order_by(cases.c.case)).all()
            log = connection.execute(select(tables.events).order_by("number")).mappings().all()
        assert outsider(log) == {
            row.case: {name: getattr(row, name) for name in OPENS} for row in before
        }
        with self.engine.begin() as connection:
            self.office.log.rebuild(connection)
        with self.engine.connect() as connection:
            assert connection.execute(select(cases).order_by(cases.c.case)).all() == before


def outsider(log):
    """The cases as somebody tells them who has the events and reads what each says it changed."""
    found = {}
    for event in log:
        changes = json.loads(event["facts"])["changes"]
        case = found.setdefault(event["subject"], dict.fromkeys(OPENS) | dict.fromkeys(COUNTERS, 0))
        case |= {name: value for name, value in changes.items() if name in OPENS}
    return found


def test_whatever_is_tried_the_office_does_what_the_types_say():
    TRIED.clear()
    run_state_machine_as_test(
        Office, settings=settings(max_examples=20, stateful_step_count=40, deadline=None)
    )
    assert min(TRIED["done"], TRIED["refused"]) > 10
