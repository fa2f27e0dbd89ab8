"""Cases are sent to the first rule that matches, else owner ▸ grid duty ▸ catch-all."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from dispatch_oracle import AXES, DUTY_UNIT, TYPES, VALUES, Truth
from generated_tables import DOMAIN, numbered, table_of, wild

from dizuo.model.errors import InputError
from dizuo.operations.dispatch.domain import Ground
from dizuo.operations.dispatch.publishing import PublishedTable
from dizuo.operations.dispatch.reading import rule_from_texts
from dizuo.operations.dispatch.resolving import DispatchCase, Dispatcher
from dizuo.operations.dispatch.resolving_many import CaseArrays, resolve_many
from dizuo.operations.dispatch.rules import RuleTable

pytestmark = pytest.mark.systems("S21.3", "S22.6")

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2024, 5, 6, 4, tzinfo=UTC)  # Monday, 12:00 in Shanghai


def unproved(table):
    """A table as if published, for tests of what sends the cases that its proof excludes."""
    return PublishedTable("t", 1, datetime(2020, 1, 1, tzinfo=UTC), "0" * 64, "", "", table)


def dispatcher(*rows, ground=DOMAIN.ground, owners=None):
    table = RuleTable(
        tuple(rule_from_texts({"rule": f"r{n}", **row}) for n, row in enumerate(rows))
    )
    return Dispatcher(
        unproved(table), ground, owners or {"lamp": "power company"}, "hall", SHANGHAI
    )


def moment(hour, weekday, day):
    """A moment in UTC that is this hour, weekday and day of the year in Shanghai."""
    year = next(y for y in range(2000, 2030) if date(y, *day).isoweekday() == weekday)
    return datetime(year, *day, hour, 30, tzinfo=SHANGHAI).astimezone(UTC)


def every_case(case_type):
    """Every case of a type in the small domain, in the order of the oracle's arrays."""
    for values in product(*VALUES.values()):
        at = dict(zip(AXES, values, strict=True))
        yield DispatchCase(
            case_type,
            at["category"],
            moment(at["hours"], at["weekdays"], at["season"]),
            place=at["place"] or None,
            asset="lamp" if at["owner"] else None,
            nature=at["nature"],
            severity=at["severity"],
            channel=at["channel"],
        )


CASES = [case for name in TYPES for case in every_case(name)]


def arrays(cases):
    def column(name, dtype=object):
        values = np.empty(len(cases), dtype=dtype)
        values[:] = [getattr(case, name) for case in cases]
        return values

    reported = np.array([case.reported.replace(tzinfo=None) for case in cases], "datetime64[us]")
    return CaseArrays(
        case_type=column("case_type"),
        category=column("category"),
        reported=reported,
        place=column("place"),
        asset=column("asset"),
        nature=column("nature"),
        severity=column("severity", np.int64),
        channel=column("channel"),
    )


ARRAYS = arrays(CASES)


@pytest.mark.parametrize("seed", range(6))
def test_every_case_goes_where_the_oracle_says(seed):
    draw = random.Random(f"sending {seed}")
    specs = wild(draw)
    truth = Truth(specs, jurisdiction=True)
    sender = Dispatcher(
        unproved(table_of(numbered(specs))), DOMAIN.ground, {"lamp": "power"}, "hall", SHANGHAI
    )
    duties = resolve_many(sender, ARRAYS)
    specs = [*truth.specs, {"rule": "@catch_all", "responsible": "hall"}]
    units = {"@owner": "power", "@grid_duty": DUTY_UNIT}
    wanted = [units.get(spec["responsible"], spec["responsible"]) for spec in specs]
    names = ["" if spec["rule"].startswith("@") else spec["rule"] for spec in specs]
    steps = [spec["rule"][1:] if spec["rule"].startswith("@") else "rule" for spec in specs]
    assert duties.responsible.tolist() == [wanted[number] for number in truth.first]
    assert duties.rule.tolist() == [names[number] for number in truth.first]
    assert duties.step.tolist() == [steps[number] for number in truth.first]
    for number in draw.sample(range(len(CASES)), 400):
        assert sender.resolve(CASES[number]) == duties[number]


def test_owner_comes_before_grid_duty_and_that_before_the_catch_all():
    sender = dispatcher()
    case = DispatchCase("event", "0101", NOON, place="g21", asset="lamp")
    owner, duty, rest = (
        sender.resolve(each)
        for each in (case, replace(case, asset="bench"), replace(case, asset=None, place="g11"))
    )
    assert (owner.responsible, owner.step) == ("power company", "owner")
    assert (duty.responsible, duty.step) == (DUTY_UNIT, "grid_duty")
    assert (rest.responsible, rest.step) == ("hall", "catch_all")
    assert [each.reason.en for each in (owner, duty, rest)] == [
        "It owns the component.",
        "It is on duty for the grid cell.",
        "No rule, owner or grid duty applies.",
    ]
    assert sender.resolve(replace(case, asset=None, place=None)).step == "catch_all"


def test_a_rule_gives_supervisor_limit_and_reason():
    sender = dispatcher(
        {"category": "0118", "responsible": "@owner", "supervising": "city office", "limit": "3d"},
        {"category": "01*", "place": "c2", "responsible": "@grid_duty"},
        {"season": "11-15..03-15", "responsible": "@catch_all", "limit": "2h"},
    )
    case = DispatchCase("event", "0118", NOON, place="g22", asset="lamp")
    duty = sender.resolve(case)
    assert (duty.responsible, duty.supervising, duty.limit) == (
        "power company",
        "city office",
        "3d",
    )
    assert duty.reason.en == f"Rule r0 of table {sender.published.stamp}."
    assert "规则“r0”" in duty.reason.zh
    assert duty.table == "t/1#0000000000000000"
    without = sender.resolve(replace(case, asset=None))
    assert (without.rule, without.responsible) == ("r1", DUTY_UNIT)
    winter = datetime(2024, 1, 1, tzinfo=UTC)
    heated = sender.resolve(replace(case, asset=None, place="g11", reported=winter))
    assert (heated.rule, heated.responsible, heated.limit) == ("r2", "hall", "2h")


def test_hours_are_those_of_the_city():
    sender = dispatcher({"hours": "8-18", "weekdays": "1", "responsible": "day"})
    case = DispatchCase("event", "0101", datetime(2024, 5, 6, 0, tzinfo=UTC))  # 08:00 on Monday
    assert sender.resolve(case).responsible == "day"
    late = replace(case, reported=datetime(2024, 5, 6, 10, tzinfo=UTC))  # 18:00
    assert sender.resolve(late).responsible == "hall"
    sunday = replace(case, reported=datetime(2024, 5, 5, 2, tzinfo=UTC))
    assert sender.resolve(sunday).responsible == "hall"


def test_the_smallest_place_on_duty_counts():
    ground = Ground(("g1", "g2"), {"g1": "c", "g2": "c", "c": "d"}, {"g1": "cell", "d": "district"})
    assert [ground.on_duty(place) for place in ("g1", "g2", "c", "", "x")] == [
        "cell", "district", "district", None, None,
    ]  # fmt: skip


def test_a_moment_without_zone_is_refused():
    with pytest.raises(InputError, match="has no time zone"):
        dispatcher().resolve(DispatchCase("event", "0101", datetime(2024, 5, 6)))  # noqa: DTZ001


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="different lengths"):
        replace(ARRAYS, place=ARRAYS.place[:-1])


def test_no_cases_and_no_rules_are_fine():
    duties = resolve_many(dispatcher(), arrays(CASES[:0]))
    assert len(duties) == 0
    assert len(resolve_many(dispatcher(), arrays(CASES[:3]))) == 3


def test_the_order_of_the_cases_is_of_no_matter():
    sender = dispatcher({"category": "01*", "hours": "22-6", "responsible": "night"})
    order = np.random.default_rng(5).permutation(len(CASES))
    shuffled = CaseArrays(**{name: column[order] for name, column in vars(ARRAYS).items()})
    there = resolve_many(sender, ARRAYS).responsible
    assert (resolve_many(sender, shuffled).responsible == there[order]).all()


def test_more_rules_than_one_word_of_bits_holds():
    rows = [{"category": f"9{n:03d}", "responsible": f"u{n}"} for n in range(150)]
    sender = dispatcher(*rows)
    cases = [DispatchCase("event", f"9{n:03d}", NOON) for n in (0, 63, 64, 127, 128, 149)]
    expected = ["u0", "u63", "u64", "u127", "u128", "u149"]
    assert resolve_many(sender, arrays(cases)).responsible.tolist() == expected
    assert [sender.resolve(case).responsible for case in cases] == expected
