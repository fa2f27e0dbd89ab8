"""Share out a budget by approval ballots: the Method of Equal Shares, and greedily to compare.

Ballots are anonymous and counted: which projects were approved together, and how often. There is no
voter in any table. All sums are exact, so that whoever counts again comes to the same projects.

Equal Shares: Peters, Pierczyński and Skowron (2021), "Proportional Participatory Budgeting with
Additive Utilities", with costs as utilities. Completed in the manner of "Add1U": what is shared is
raised by a hundredth at a time while all that is bought fits the budget, until nothing more would
fit; what is left then is spent greedily.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["Ballots", "Chosen", "Project", "equal_shares", "greedy"]
__systems__ = ("S21.6",)


@dataclass(frozen=True, slots=True)
class Project:
    """What money can be spent on; the cost in whole units of money."""

    id: str
    cost: int
    title: str = ""


@dataclass(frozen=True)
class Ballots:
    """Ballots that are alike, counted.

    Attributes
    ----------
    projects
        In the order that settles ties: of two that are equal the earlier one is chosen.
    patterns
        Projects approved together, each set once.
    counts
        How many ballots each pattern was on.
    """

    projects: tuple[Project, ...]
    patterns: tuple[frozenset[str], ...]
    counts: tuple[int, ...]
    supporters: dict[str, int] = field(init=False, compare=False)
    """How many ballots approve each project."""
    approving: dict[str, tuple[int, ...]] = field(init=False, compare=False)
    """The numbers of the patterns with each project."""

    def __post_init__(self) -> None:
        known = [one.id for one in self.projects]
        if len(set(known)) < len(known):
            raise _refused(Text("a project stands there twice", "项目重复"), "project")
        if any(one.cost <= 0 for one in self.projects):
            raise _refused(Text("a project costs something", "项目费用须大于 0"), "cost")
        unknown = sorted(frozenset().union(*self.patterns) - set(known))
        if unknown:
            raise _refused(
                Text(f"there is no project {unknown[0]!r}", f"没有项目 {unknown[0]!r}"), "approved"
            )
        if any(count <= 0 for count in self.counts):
            raise _refused(Text("a count of ballots is above 0", "选票数须大于 0"), "count")
        numbered = tuple(enumerate(self.patterns))
        found = {name: tuple(k for k, one in numbered if name in one) for name in known}
        object.__setattr__(self, "approving", found)
        many = {name: sum(self.counts[k] for k in own) for name, own in found.items()}
        object.__setattr__(self, "supporters", many)

    @property
    def voters(self) -> int:
        """How many ballots there are."""
        return sum(self.counts)


@dataclass(frozen=True)
class Chosen:
    """What is bought.

    Attributes
    ----------
    projects
        Their ids, in the order they were chosen.
    by_shares
        How many of them Equal Shares bought; the rest was bought greedily with what was left.
    cost
        What they cost together.
    share
        What each ballot had to spend: the budget over the ballots, or more after completion. None
        where nothing was shared.
    """

    projects: tuple[str, ...]
    by_shares: int
    cost: int
    share: Fraction | None


def greedy(ballots: Ballots, budget: int) -> Chosen:
    """Buy what most approve, as long as it fits; what no ballot approves is not bought."""
    bought = _filled(ballots, budget, [])
    return Chosen(tuple(bought), 0, _cost(ballots, bought), None)


def equal_shares(ballots: Ballots, budget: int) -> Chosen:
    """Let every ballot spend an equal share, together with those who approve the same.

    Parameters
    ----------
    ballots
        Counted ballots.
    budget
        What may be spent, in whole units of money.

    Raises
    ------
    InputError
        If there are no ballots or there is no money.
    """
    if budget <= 0 or not ballots.counts:
        raise _refused(Text("ballots and money are needed", "须有选票和预算"), "budget")
    shared = budget
    bought = _bought(ballots, Fraction(shared, ballots.voters))
    while len(_filled(ballots, budget, bought)) > len(bought):
        raised = -(-shared * 101 // 100)
        more = _bought(ballots, Fraction(raised, ballots.voters))
        if _cost(ballots, more) > budget:
            break
        bought, shared = more, raised
    whole = _filled(ballots, budget, bought)
    share = Fraction(shared, ballots.voters)
    return Chosen(tuple(whole), len(bought), _cost(ballots, whole), share)


def _bought(ballots: Ballots, share: Fraction) -> list[str]:
    """Return what Equal Shares buys with a share, in its order."""
    left = [share] * len(ballots.counts)
    # What is left only falls, so a project never becomes cheaper for those who approve it: the last
    # rate of each is a bound, and what is bounded above the best need not be worked out again.
    waiting = [
        (Fraction(1, ballots.supporters[one.id]), number)
        for number, one in enumerate(ballots.projects)
        if ballots.supporters[one.id]
    ]
    bought: list[str] = []
    while waiting:
        best: tuple[Fraction, int] | None = None
        still: list[tuple[Fraction, int]] = []
        for bound, number in sorted(waiting):
            now: tuple[Fraction, int] | None = (bound, number)
            if best is None or (bound, number) < best:
                now = _rate(ballots, number, left)
            if now is not None:
                still.append(now)
                best = now if best is None else min(best, now)
        if best is None:
            break
        rate, chosen = best
        project = ballots.projects[chosen]
        for number in ballots.approving[project.id]:
            left[number] -= min(left[number], rate * project.cost)
        bought.append(project.id)
        waiting = [one for one in still if one != best]
    return bought


def _rate(ballots: Ballots, number: int, left: Sequence[Fraction]) -> tuple[Fraction, int] | None:
    """Return the most that a ballot pays for each unit of money, and the project's number.

    All pay alike, or all they have. None if that is too little.
    """
    project = ballots.projects[number]
    payers = sorted((left[one], ballots.counts[one]) for one in ballots.approving[project.id])
    open_cost, many = Fraction(project.cost), ballots.supporters[project.id]
    for own, count in payers:
        if own * many >= open_cost:
            return open_cost / many / project.cost, number
        open_cost -= own * count
        many -= count
    return None


def _filled(ballots: Ballots, budget: int, bought: Sequence[str]) -> list[str]:
    """Buy by the number of approvals what still fits."""
    whole = list(bought)
    left = budget - _cost(ballots, whole)
    for one in sorted(ballots.projects, key=lambda one: -ballots.supporters[one.id]):
        if one.id not in whole and one.cost <= left and ballots.supporters[one.id]:
            whole.append(one.id)
            left -= one.cost
    return whole


def _cost(ballots: Ballots, bought: Sequence[str]) -> int:
    return sum(one.cost for one in ballots.projects if one.id in bought)


def _refused(problem: Text, name: str) -> InputError:
    return InputError(problem, field=name)
