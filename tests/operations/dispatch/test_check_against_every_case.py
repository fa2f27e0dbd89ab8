"""The check finds every planted fault in generated tables, and nothing that is not there.

The oracle looks at every single case; it shares no code with the product.
"""

import random
from math import prod

import pytest
from dispatch_oracle import AXES, TYPES, VALUES, Truth, in_order, taken
from generated_tables import DOMAIN, numbered, sound, table_of, wild, with_hole, with_shadow

from dizuo.operations.dispatch.checking import check

pytestmark = pytest.mark.systems("S21.3")

TABLES = 1_000
CASES_OF_A_TYPE = prod(len(values) for values in VALUES.values())


def checked(specs, *, jurisdiction=False):
    return check(table_of(numbered(specs)), DOMAIN, jurisdiction=jurisdiction)


def assert_as_the_oracle(specs, *, jurisdiction):
    """Hold the whole report against the oracle."""
    report = checked(specs, jurisdiction=jurisdiction)
    truth = Truth(specs, jurisdiction=jurisdiction)
    assert report.combinations == CASES_OF_A_TYPE * len(TYPES)
    assert dict(report.fires) == truth.fires()
    assert {hole.case_type: hole.cases for hole in report.holes} == truth.uncaught()
    for hole in report.holes:
        assert truth.is_hole(hole.case_type, hole.named)
        assert truth.is_hole(hole.case_type, {a: (v,) for a, v in hole.example.items()})
        assert set(hole.example) == set(AXES)
        assert len(hole.named) == truth.fewest_named(hole.case_type)
        assert all(hole.example[axis] in values for axis, values in hole.named.items())
    assert {item.rule for item in report.shadowed} == truth.shadowed()
    for item in report.shadowed:
        assert truth.cover(item.covered_by, item.rule)
        assert in_order([truth.ids.index(name) for name in (*item.covered_by, item.rule)])
        for name in item.covered_by:
            fewer = [other for other in item.covered_by if other != name]
            assert not truth.cover(fewer, item.rule)
    assert {item.rule for item in report.redundant} == truth.redundant()
    assert {(item.earlier, item.later): item.kind for item in report.overlaps} == truth.overlaps()
    assert report.unknown == ()
    return report, truth


@pytest.mark.parametrize("jurisdiction", [False, True])
def test_wild_tables_are_reported_as_every_case_shows(jurisdiction):
    found = {"holes": 0, "shadowed": 0, "redundant": 0, "overlaps": 0, "unions": 0, "clean": 0}
    for seed in range(60):
        draw = random.Random(f"wild {seed} {jurisdiction}")
        report, _ = assert_as_the_oracle(wild(draw), jurisdiction=jurisdiction)
        for name in ("holes", "shadowed", "redundant", "overlaps"):
            found[name] += len(getattr(report, name)) > 0
        found["unions"] += any(len(item.covered_by) > 1 for item in report.shadowed)
        found["clean"] += report.publishable
    # The generator makes enough of everything for the comparison to mean something.
    assert min(found[name] for name in ("holes", "shadowed", "redundant", "overlaps")) > 5
    assert found["unions"] > 0


def test_every_planted_hole_and_shadow_is_found_in_a_thousand_tables():
    """One fault in each of a thousand tables; the slow test below plants both in each."""
    unions = 0
    for seed in range(TABLES):
        draw = random.Random(f"planted {seed}")
        specs = sound(draw)
        if seed % 2:
            assert_hole_found(*with_hole(draw, specs))
        else:
            unions += assert_shadow_found(with_shadow(draw, specs))
    assert unions > TABLES / 4


def test_sound_tables_raise_no_alarm():
    for seed in range(200):
        assert_nothing_found(sound(random.Random(f"sound {seed}")))


@pytest.mark.slow
def test_every_fault_in_each_of_a_thousand_tables_is_found():
    for seed in range(TABLES):
        draw = random.Random(f"each {seed}")
        specs = sound(draw)
        assert_nothing_found(specs)
        assert_hole_found(*with_hole(draw, specs))
        assert_shadow_found(with_shadow(draw, specs))


def assert_nothing_found(specs):
    """A sound table raises no alarm of any kind, and its rules share out all cases."""
    report = checked(specs)
    assert report.publishable
    assert not report.holes + report.shadowed + report.redundant + report.overlaps + report.unknown
    sizes = {spec["rule"]: sum(int(taken(spec, name).sum()) for name in TYPES) for spec in specs}
    assert dict(report.fires) == sizes


def assert_hole_found(specs, piece):
    """The hole is exactly the piece that was cut away, and nothing else is reported."""
    report = checked(specs)
    assert not report.complete
    assert not report.publishable
    assert not report.shadowed + report.redundant + report.overlaps
    (hole,) = report.holes
    missing = taken(piece, hole.case_type)
    assert hole.case_type in piece["case_type"]
    assert hole.cases == int(missing.sum())
    index = tuple(VALUES[axis].index(hole.example[axis]) for axis in AXES)
    assert missing[index]
    named = {
        axis: piece[axis] for axis in AXES if len(piece.get(axis, [])) not in {0, len(VALUES[axis])}
    }
    assert len(hole.named) <= len(named)


def assert_shadow_found(specs):
    """The planted rule is the only one that cannot fire; return whether it took a union."""
    report = checked(specs)
    assert report.complete
    assert not report.publishable
    (shadow,) = report.shadowed
    assert shadow.rule == "planted"
    assert shadow.row == len(specs) + 1
    cubes = {
        name: [taken(spec, name) for spec in specs if spec["rule"] in shadow.covered_by]
        for name in TYPES
    }
    for name, covers in cubes.items():
        assert not (
            taken(specs[-1], name)
            & ~sum(covers, start=taken({"case_type": [], "responsible": ""}, name))
        ).any()
    return len(shadow.covered_by) > 1


@pytest.mark.slow
@pytest.mark.parametrize("jurisdiction", [False, True])
def test_many_wild_tables_are_reported_as_every_case_shows(jurisdiction):
    for seed in range(250):
        draw = random.Random(f"many wild {seed} {jurisdiction}")
        assert_as_the_oracle(wild(draw), jurisdiction=jurisdiction)


def test_moving_the_rules_of_a_sound_table_changes_nothing():
    draw = random.Random("order")
    for _ in range(20):
        specs = sound(draw)
        before = checked(specs)
        draw.shuffle(specs)
        assert dict(checked(specs).fires) == dict(before.fires)
