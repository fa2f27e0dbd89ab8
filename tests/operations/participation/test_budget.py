"""Budgets shared out by ballots: on paper, against a plain twin, and by what must always hold."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dizuo.model.errors import InputError
from dizuo.operations.participation.budget import Ballots, Project, equal_shares, greedy

pytestmark = pytest.mark.systems("S21.6")


def ballots(costs, *counted):
    projects = tuple(Project(name, cost) for name, cost in costs.items())
    patterns, counts = zip(*((frozenset(names), count) for names, count in counted), strict=True)
    return Ballots(projects, patterns, counts)


def test_a_minority_gets_its_part_where_the_most_approvals_would_take_all():
    """Sixty in the north approve three projects, forty in the south two; each costs 20 of 100."""
    costs = {"n1": 20, "n2": 20, "n3": 20, "n4": 20, "n5": 20, "s1": 20, "s2": 20}
    cast = ballots(costs, (["n1", "n2", "n3", "n4", "n5"], 60), (["s1", "s2"], 40))
    assert greedy(cast, 100).projects == ("n1", "n2", "n3", "n4", "n5")
    chosen = equal_shares(cast, 100)
    # a ballot has 1: sixty buy three at 1/3 each, forty buy two at 1/2 each
    assert set(chosen.projects) == {"n1", "n2", "n3", "s1", "s2"}
    assert (chosen.by_shares, chosen.cost, chosen.share) == (5, 100, 1)


def test_who_has_too_little_left_pays_all_of_it_and_the_others_the_rest():
    """On paper: 4 ballots have 10 each. a (24): three pay 8. b (14): one pays 2, one of 10 pays 10,
    which is 12 and too little; so b is not bought by shares, nor greedily with the 16 left."""
    cast = ballots({"a": 24, "b": 14}, (["a", "b"], 1), (["a"], 2), (["b"], 1))
    assert _plain(cast, Fraction(10)) == ["a"]
    chosen = equal_shares(cast, 40)
    # shares raised by hundredths: at 11 a leaves 3 and 11, which is 14
    assert chosen.projects == ("a", "b")
    assert chosen.by_shares == 2
    assert 11 <= chosen.share < Fraction(113, 10)


def test_what_nobody_approves_is_never_bought_and_ties_go_to_the_earlier():
    cast = ballots({"z": 5, "a": 5, "x": 5}, (["a", "z"], 1))
    assert greedy(cast, 100).projects == ("z", "a")
    assert equal_shares(cast, 5).projects == ("z",)


def _plain(cast, share):
    """Voter by voter, the rate found among all that could make a payment bind: the slow twin."""
    voters = [one for one, n in zip(cast.patterns, cast.counts, strict=True) for _ in range(n)]
    left = [share] * len(voters)
    waiting, bought = list(cast.projects), []
    while True:
        best = None
        for one in waiting:
            own = [left[k] for k, names in enumerate(voters) if one.id in names]
            if not own or sum(own) < one.cost:
                continue
            # sum(min(left, r)) = cost: r is where a line between two of the lefts meets the cost
            rates = [
                Fraction(one.cost - sum(x for x in own if x < edge), sum(x >= edge for x in own))
                for edge in own
            ]
            rate = min(r for r in rates if sum(min(x, r) for x in own) == one.cost)
            if best is None or rate / one.cost < best[0]:
                best = (rate / one.cost, rate, one)
        if best is None:
            return bought
        _, rate, one = best
        left = [
            x - min(x, rate) if one.id in names else x
            for x, names in zip(left, voters, strict=True)
        ]
        bought.append(one.id)
        waiting.remove(one)


names = ("a", "b", "c", "d", "e")
elections = st.tuples(
    st.lists(st.integers(1, 40), min_size=5, max_size=5),
    st.lists(st.tuples(st.sets(st.sampled_from(names)), st.integers(1, 4)), min_size=1, max_size=6),
    st.integers(1, 100),
)


def _made(election):
    costs, counted, budget = election
    added = {}
    for pattern, count in counted:
        added[frozenset(pattern)] = added.get(frozenset(pattern), 0) + count
    return ballots(dict(zip(names, costs, strict=True)), *added.items()), budget


@settings(max_examples=200, deadline=None)
@given(elections)
def test_counted_ballots_buy_what_voters_one_by_one_would(election):
    cast, budget = _made(election)
    chosen = equal_shares(cast, budget)
    assert list(chosen.projects[: chosen.by_shares]) == _plain(cast, chosen.share)


@settings(max_examples=200, deadline=None)
@given(elections)
def test_the_budget_holds_and_nothing_wanted_that_fits_is_left(election):
    cast, budget = _made(election)
    for chosen in (equal_shares(cast, budget), greedy(cast, budget)):
        assert chosen.cost <= budget
        assert len(set(chosen.projects)) == len(chosen.projects)
        left = budget - chosen.cost
        for one in cast.projects:
            if one.id not in chosen.projects and cast.supporters[one.id]:
                assert one.cost > left


@settings(max_examples=200, deadline=None)
@given(elections)
def test_a_group_that_can_pay_for_what_it_approves_is_not_left_with_nothing(election):
    """Justified representation: whose shares pay for one project gets one of its own approved."""
    cast, budget = _made(election)
    chosen = equal_shares(cast, budget)
    for one in cast.projects:
        unserved = sum(
            count
            for pattern, count in zip(cast.patterns, cast.counts, strict=True)
            if one.id in pattern and not pattern & set(chosen.projects)
        )
        assert unserved * Fraction(budget, cast.voters) < one.cost


@pytest.mark.parametrize(
    ("costs", "counted", "budget", "message"),
    [
        ({"a": 5}, [(["b"], 1)], 5, "no project 'b'"),
        ({"a": 0}, [(["a"], 1)], 5, "a project costs something"),
        ({"a": 5}, [(["a"], 0)], 5, "above 0"),
        ({"a": 5}, [(["a"], 1)], 0, "ballots and money"),
    ],
)
def test_what_cannot_be_shared_out_is_refused(costs, counted, budget, message):
    with pytest.raises(InputError, match=message):
        equal_shares(ballots(costs, *counted), budget)
