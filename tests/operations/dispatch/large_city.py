"""A city as large as a check has to manage, and tables such as it has."""

from dizuo.operations.dispatch.domain import CaseKind, Domain, Ground
from dizuo.operations.dispatch.rules import Conditions, DispatchRule, Outcome, RuleTable

CATEGORIES = tuple(f"{major:02d}{minor:02d}" for major in range(1, 11) for minor in range(1, 21))
COMMUNITIES = tuple(f"d{district}c{number}" for district in range(8) for number in range(10))
CELLS = tuple(f"{name}-{number:02d}" for name in COMMUNITIES for number in range(25))
HOURS = (range(8, 18), (*range(22, 24), *range(6)), range(6, 22))
WEEKDAYS = (range(1, 6), (6, 7))


def large_city():
    """200 categories × 2,000 cells × 24 hours × 7 days × 5 severities × 366 days."""
    kind = CaseKind("urban_event", CATEGORIES, severities=(0, 1, 2, 3, 4))
    parents = {cell: cell.split("-")[0] for cell in CELLS} | {
        name: name[:2] for name in COMMUNITIES
    }
    return Domain((kind,), Ground(CELLS, parents))


def large_table(draw, domain, number):
    """Special rules for a few categories and places, and one for each major class after them."""
    special = [
        DispatchRule(f"s{n}", special_conditions(draw), Outcome(f"u{draw.randrange(40)}"), n)
        for n in range(number - 10)
    ]
    general = [
        DispatchRule(f"m{major}", Conditions(categories=frozenset({f"{major:02d}*"})), Outcome("u"))
        for major in range(1, 11)
    ]
    assert {code[:2] for code in domain.kinds[0].categories} == {f"{m:02d}" for m in range(1, 11)}
    return RuleTable((*special, *general))


def special_conditions(draw):
    some = draw.sample(CATEGORIES, draw.randint(1, 6))
    places = draw.choice(
        [
            [f"d{draw.randrange(8)}"],
            draw.sample(COMMUNITIES, draw.randint(1, 8)),
            draw.sample(CELLS, draw.randint(1, 60)),
        ]
    )
    return Conditions(
        categories=frozenset([f"{some[0][:2]}*"] if draw.random() < 0.2 else some),
        places=frozenset(places),
        hours=frozenset(draw.choice(HOURS)) if draw.random() < 0.3 else frozenset(),
        weekdays=frozenset(draw.choice(WEEKDAYS)) if draw.random() < 0.2 else frozenset(),
        seasons=(((11, 15), (3, 15)),) if draw.random() < 0.1 else (),
        severity=(draw.randrange(5), None) if draw.random() < 0.3 else (None, None),
    )
