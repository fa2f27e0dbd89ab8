"""What came of proposals, against numbers worked out on paper."""

import numpy as np
import pytest
from hand_made_log import DESK, GREEN, RESIDENT, ROADS, WEEK, staff

from dizuo.model.errors import InputError
from dizuo.operations.evaluation.histories import histories
from dizuo.operations.evaluation.indicators import indicators
from dizuo.operations.evaluation.layer import evaluation_layer

pytestmark = pytest.mark.systems("S21.6")
KIND = "participation_proposal"


def propose(player, name, unit=ROADS):
    player.open(name, KIND, actor=RESIDENT, category=None)
    player.do(name, 1, "screen", unit=unit)


def decide(player, name, days, *, adopted, participants=0, unit=ROADS):
    """Propose at hour 0, deliberate, and decide after so many days."""
    propose(player, name, unit)
    player.do(name, 2, "deliberate", staff(unit), participants=participants)
    if adopted:
        player.do(name, 24 * days, "adopt", unit=unit, limit="48 urgent_hours", participants=5)
    else:
        player.do(name, 24 * days, "decline", reason="no room")


def read(player, calendars, parameters):
    return histories([player.log()], calendars, parameters, until=WEEK.end)


@pytest.fixture
def decided(player):
    """Three adopted (one given up later), one declined, one undecided."""
    decide(player, "bench", 1, adopted=True, participants=20)
    decide(player, "crossing", 2, adopted=True, participants=30)
    decide(player, "pond", 3, adopted=True, participants=10)
    decide(player, "tower", 4, adopted=False, participants=40)
    propose(player, "late")
    player.do("pond", 96, "give_up", reason="the ground is a heritage site")
    return player


def test_adoption_counts_the_proposals_that_were_decided_on(decided, calendars, parameters):
    told = read(decided, calendars, parameters)
    rows = indicators(told, WEEK, parameters, by=()).rows.set_index("indicator")
    adoption = rows.loc["adoption"]
    assert (adoption.numerator, adoption.denominator, adoption.value) == (2, 4, 50)
    assert (adoption.low, adoption.high) == pytest.approx((15.0036, 84.9964), abs=1e-3)  # Wilson
    # 1, 2, 4 (given up on day 4) and 4 days
    days = rows.loc["answer_median.days"]
    assert (days.value, days.denominator, days.unit_of_value) == (3.0, 4, "days")
    # twenty, thirty, ten and forty deliberated, and three times five adopted
    assert rows.loc["participants", "value"] == 115


def test_carrying_out_is_measured_by_its_own_limit(decided, calendars, parameters):
    decided.do("bench", 110, "carry_out", staff(ROADS), text="it stands")
    decided.do("bench", 111, "tell_back", text="sit down")
    told = read(decided, calendars, parameters)
    rows = indicators(told, WEEK, parameters, by=()).rows.set_index("indicator")
    # bench due at 72 and late; crossing due at 96 and open; pond due at 120, given up at 96
    assert tuple(rows.loc["on_time", ["numerator", "denominator"]]) == (1, 3)


def test_a_proposal_looked_at_again_counts_as_it_was_decided_last(decided, calendars, parameters):
    decided.do("tower", 97, "reopen", RESIDENT, reason="it is only three metres high")
    decided.do("tower", 120, "adopt", unit=ROADS)
    with pytest.raises(InputError, match="cannot be done"):
        decided.do("tower", 121, "reopen", RESIDENT, reason="again")
    told = read(decided, calendars, parameters)
    rows = indicators(told, WEEK, parameters, by=()).rows.set_index("indicator")
    assert tuple(rows.loc["adoption", ["numerator", "denominator"]]) == (3, 4)
    assert rows.loc["answer_median.days", "value"] == 3.0  # 1, 2, 4 and 5


def test_few_proposals_and_few_participants_are_not_told(decided, calendars, parameters):
    for number in range(12):
        decide(decided, f"many-{number}", 1, adopted=number < 9, participants=0, unit=GREEN)
    told = read(decided, calendars, parameters)
    layer = evaluation_layer(told, WEEK, parameters, np.random.default_rng(1))
    rows = layer[layer["case_type"] == KIND].set_index(["kind", "key", "indicator"])
    # four of the roads are too few; the city's sum minus the twelve of the green would tell them
    assert rows.loc[("unit", ROADS, "adoption"), "hidden"] == "small_group"
    assert rows.loc[("unit", GREEN, "adoption"), "hidden"] == "small_group"
    assert rows.loc[("city", "city", "adoption"), "denominator"] == 16
    assert rows.loc[("unit", ROADS, "participants"), "value"] == 115
    told_counts = rows.loc[rows["hidden"] == "", "denominator"]
    assert not told_counts.between(1, 9).any()


@pytest.mark.parametrize("given", [-1, "many", True, 2.5])
def test_participants_are_a_count(player, given):
    propose(player, "bench")
    with pytest.raises(InputError, match="participants"):
        player.do("bench", 2, "deliberate", DESK, participants=given)
