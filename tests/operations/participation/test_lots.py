"""Seats by lot: shares on paper, and a draw that anybody repeats with sha256sum."""

import hashlib
import subprocess
from collections import Counter

import pytest

from dizuo.model.errors import InputError
from dizuo.operations.participation.lots import Group, draw, seats_by_residents

pytestmark = pytest.mark.systems("S21.6")
GROUPS = (Group("north", 12, 5_000), Group("south", 9, 3_300), Group("islands", 4, 1_700))


def test_seats_go_by_residents_and_the_largest_remainder():
    # of ten: 5.0, 3.3 and 1.7; of seven: 3.5, 2.31 and 1.19, so north gets the seventh
    assert seats_by_residents(GROUPS, 10) == {"north": 5, "south": 3, "islands": 2}
    assert seats_by_residents(GROUPS, 7) == {"north": 4, "south": 2, "islands": 1}


def test_a_draw_is_what_sha256sum_tells():
    drawn = draw(GROUPS, seats_by_residents(GROUPS, 10), "03 14 15 92", reserves=1)
    for one, group in zip(drawn, GROUPS, strict=True):
        ranks = {}
        for lot in range(1, group.volunteers + 1):
            line = f"03 14 15 92\n{group.id}\n{lot}"
            told = subprocess.run(
                ["sha256sum"], input=line, capture_output=True, text=True, check=True
            )
            ranks[lot] = told.stdout.split()[0]
        in_order = sorted(ranks, key=ranks.get)
        seats = len(one.lots)
        assert list(one.lots + one.reserves) == in_order[: seats + 1]
    assert [len(one.lots) for one in drawn] == [5, 3, 2]


def test_another_text_draws_others_and_every_lot_has_the_same_chance():
    counted = Counter()
    for number in range(4000):
        (one,) = draw([Group("north", 8, 1)], {"north": 2}, f"text {number}")
        assert len(set(one.lots)) == 2
        counted.update(one.lots)
    # each lot is expected 1,000 times, with a deviation of 27
    assert set(counted) == set(range(1, 9))
    assert max(abs(many - 1000) for many in counted.values()) < 5 * 27


def test_the_first_lot_on_paper():
    lots = [1, 2, 3]
    ranks = [hashlib.sha256(f"x\ng\n{lot}".encode()).hexdigest() for lot in lots]
    (one,) = draw([Group("g", 3, 1)], {"g": 1}, "x")
    assert one.lots == (lots[ranks.index(min(ranks))],)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(InputError, match="fewer stand for it"):
        seats_by_residents([Group("a", 1, 50), Group("b", 9, 50)], 4)
    with pytest.raises(InputError, match="a published text"):
        draw(GROUPS, {one.id: 1 for one in GROUPS}, " ")
    with pytest.raises(InputError, match="seats and residents"):
        seats_by_residents(GROUPS, 0)
    with pytest.raises(InputError, match="stands there twice"):
        seats_by_residents([GROUPS[0], GROUPS[0]], 2)
