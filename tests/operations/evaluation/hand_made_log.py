"""Fourteen cases whose evaluation was worked out on paper, played through a real office.

Hours count from Monday, 2 March 2026, 09:00 UTC; all limits are in urgent hours, so a deadline is
a sum. The week evaluated ends at hour 159.
"""

from datetime import UTC, datetime, timedelta

from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.evaluation.tallies import Period
from dizuo.operations.event_log.log import read_events

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = Period(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC))
DESK = Actor("account:desk-of-wang", frozenset({"desk", "centre", "collector"}))
RESIDENT = Actor("account:door", frozenset({"resident"}))
PHOTO = (("photo", b"jpeg"),)
ROADS, GREEN = "unit:roads", "unit:green"
CELLS = {ROADS: "110101001001001", GREEN: "110101001002001", "unit:few": "110101001003001"}


def staff(unit):
    return Actor(f"account:staff-of-{unit}", frozenset({"unit", "desk"}))


def hour(number):
    return START + timedelta(hours=number)


class Player:
    """Plays cases at an office, each step at its own hour."""

    def __init__(self, office, clock):
        self.office, self.clock, self.cases = office, clock, {}

    def open(self, name, case_type="urban_event", at=0, actor=DESK, **known):
        known = {"grid": CELLS[ROADS], "category": "0501"} | known
        self.clock.set(hour(at))
        new = NewCase(case_type, name, "app", **known)
        with self.office.log.engine.begin() as connection:
            self.cases[name] = self.office.open(connection, [new], actor)[0].case
        return self.cases[name]

    def do(self, name, at, action, actor=DESK, confidences=(), happened=None, **given):
        self.clock.set(hour(at))
        # Each photo is one of its own, as those of cameras are.
        confidences = [
            (kind, content + f" of {name}, {action} at {at}".encode())
            for kind, content in confidences
        ]
        with self.office.log.engine.begin() as connection:
            self.office.act(
                connection, self.cases[name], action, actor, given,
                confidences=confidences, happened=None if happened is None else hour(happened),
            )  # fmt: skip

    def send(self, name, at, unit, limit=None):
        told = {"limit": f"{limit} urgent_hours"} if limit else {}
        self.do(name, at, "dispatch", unit=unit, **told)

    def urban(self, name, unit, limit, *, fed_back=None, closed=None, sent=1, **known):
        """Report, file, send and perhaps close a case of the street."""
        self.open(name, grid=CELLS[unit], **known)
        self.do(name, 0, "file", category=known.get("category", "0501"))
        self.send(name, sent, unit, limit)
        self.do(name, sent, "accept", staff(unit))
        if closed is not None:
            self.settle(name, unit, fed_back, closed)

    def settle(self, name, unit, fed_back, closed):
        self.do(name, fed_back, "feed_back", staff(unit), PHOTO)
        self.do(name, closed, "close", confidences=PHOTO)

    def appeal(self, name, unit, limit, answered):
        """Take a call, file and send it, and answer."""
        self.open(name, "hotline_appeal", grid=CELLS[unit])
        self.do(name, 0, "file", nature="complaint")
        self.handle(name, 1, unit, limit, answered)

    def handle(self, name, sent, unit, limit, answered):
        self.send(name, sent, unit, limit)
        self.do(name, sent, "accept", staff(unit))
        self.do(name, answered, "answer", staff(unit), text="done")

    def call(self, name, at, solved, satisfaction, actor=DESK, **more):
        told = {"contacted": True, "solved": solved, "satisfaction": satisfaction}
        self.do(name, at, "call_back", actor, **told, **more)

    def log(self):
        with self.office.log.engine.connect() as connection:
            return [event for page in read_events(connection) for event in page]


def play(office, clock):
    """Play the fourteen cases."""
    play = Player(office, clock)
    play.urban("on time", ROADS, 8, fed_back=5, closed=6)  # due 9
    play.urban("late", ROADS, 4, fed_back=6, closed=7)  # due 5
    play.do("late", 8, "rate", RESIDENT, grade=2)
    play.urban("overdue", ROADS, 4)  # due 5, never settled
    play.urban("not yet due", ROADS, 24, sent=150)  # due 174, after the week
    for name, second, limit, fed_back, closed in (
        ("not ours", GREEN, 4, 5, 6),  # sent on to another unit at 3, due 7
        ("ours after all", ROADS, 8, 4, 5),  # sent again to the same, due 11
    ):
        play.open(name)
        play.do(name, 0, "file", category="0501")
        play.send(name, 1, ROADS, 4)
        play.do(name, 2, "return", staff(ROADS), reason="not ours", clause="3")
        play.send(name, 3, second, limit)
        play.do(name, 3, "accept", staff(second))
        play.settle(name, second, fed_back, closed)
    play.urban("reworked", GREEN, 8)  # due 9, extended half an hour before to 13
    play.do("reworked", 8.5, "extend", reason="rain", added="4 urgent_hours")
    play.do("reworked", 9, "feed_back", staff(GREEN), PHOTO)
    play.do("reworked", 10, "rework", reason="dirty")
    play.settle("reworked", GREEN, 11, 12)
    play.urban("suspended", GREEN, 8)  # stands from 3 to 27: due 33
    play.do("suspended", 3, "suspend", reason="permit")
    play.do("suspended", 27, "resume")
    play.settle("suspended", GREEN, 28, 29)
    play.open("nothing there")
    play.do("nothing there", 1, "reject", reason="nothing")
    play.urban("merged", ROADS, 8)  # due 9
    play.do("merged", 7, "merge", into=play.cases["on time"], reason="the same")
    play.appeal("satisfied", GREEN, 24, 10)
    play.call("satisfied", 20, True, 5)
    play.do("satisfied", 21, "close")
    play.appeal("reopened", GREEN, 24, 2)
    play.do("reopened", 3, "close")
    play.call("reopened", 30, False, 1)
    play.do("reopened", 31, "reopen", reason="it is back")
    play.handle("reopened", 32, ROADS, 48, 40)  # due 80
    play.call("reopened", 50, True, 5, staff(ROADS))  # by whoever handled it
    play.do("reopened", 51, "close")
    play.appeal("no limit", ROADS, None, 5)
    play.call("no limit", 6, True, 3)
    play.do("no limit", 7, "close")
    play.appeal("beyond policy", ROADS, 24, 3)
    play.call("beyond policy", 4, False, 2, reason_code="beyond_policy")
    play.do("beyond policy", 5, "close")
    # filed as one class, and found to be another later
    play.do("overdue", 9, "classify", reason="it is a banner", category="0201")
    return play
