"""Plans are data: what their tasks mean for a grade, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.model.errors import AccessError, InputError
from dizuo.operations.incidents.incident_type import GRADES, IncidentTypes, parse_types
from dizuo.operations.incidents.plan import Plans, parse_plan

HEAD = """
id = "p"
version = "1"
en = "A plan"
zh = "预案"
source = "test"
certainty = "check"
types = ["gas_leak"]
[owners.a]
en = "A"
zh = "甲"
role = "unit"
[tasks]
"""


def task(name, more=""):
    return f'[tasks.{name}]\nen = "{name}"\nzh = "{name}"\n{more}\n'


def plan(*tasks):
    return parse_plan(HEAD + "".join(tasks), "p.toml")


def after(made, grade):
    return {one.id: set(one.after) for one in made.tasks_for(grade)}


def test_every_shipped_plan_is_for_known_types_and_can_be_done_at_every_grade():
    types = IncidentTypes.load()
    for one in Plans.load():
        assert one.types <= set(types.types)
        for grade in GRADES:
            tasks = one.tasks_for(grade)
            done = set()
            for each in tasks:
                assert set(each.after) <= done
                done.add(each.id)
            assert done


def test_a_group_stands_for_all_that_is_in_it():
    gas = Plans.load().get("gas_leak")
    assert gas.within("cordon") == ("protect",)
    assert after(gas, "III")["cordon"] == {"confirm"}
    measured = {"confirm", "cordon", "evacuate", "repair", "shut_valves"}
    assert after(gas, "III")["measure"] == measured
    assert after(gas, "I")["measure"] == measured - {"confirm"} | {"open_shelter"}


def test_what_a_grade_does_not_need_is_left_out_and_bridged():
    made = plan(
        task("one", 'owner = "a"'),
        task("two", 'owner = "a"\nafter = ["one"]\ngrades = ["I"]'),
        task("three", 'owner = "a"\nafter = ["two"]'),
    )
    assert after(made, "I") == {"one": set(), "two": {"one"}, "three": {"two"}}
    assert after(made, "IV") == {"one": set(), "three": {"one"}}


@pytest.mark.parametrize(
    ("tasks", "field", "problem"),
    [
        ([task("one", 'owner = "b"')], "tasks.one.owner", "no owner 'b'"),
        ([task("one")], "tasks.one.owner", "no owner ''"),
        ([task("one", 'owner = "a"\nafter = ["x"]')], "tasks.one.after", "no task 'x'"),
        ([task("one", 'owner = "a"\npart_of = "x"')], "tasks.one.part_of", "no task 'x'"),
        ([task("one", 'owner = "a"\nlimit = "soon"')], "tasks.one.limit", "not a limit of time"),
        ([task("one", 'owner = "a"\ngrades = ["V"]')], "tasks.one.grades", "'V' is not known here"),
        ([task("one", 'owner = "a"\nwhen = "now"')], "tasks.one.when", "not known"),
        (
            [task(one, f'owner = "a"\nafter = ["{two}"]') for one, two in ("ab", "ba")],
            "after",
            "wait for each other: (a → b → a|b → a → b)",
        ),
        ([task("one", 'owner = "a"\nafter = ["one"]')], "after", "one → one"),
        (
            [task("g", 'after = ["in"]'), task("in", 'owner = "a"\npart_of = "g"')],
            "after",
            "in → in",
        ),
        (
            [task("g", 'part_of = "h"'), task("h", 'part_of = "g"')],
            "part_of",
            "wait for each other",
        ),
        (
            [task("g", 'owner = "a"'), task("in", 'owner = "a"\npart_of = "g"')],
            "tasks.g",
            "no owner or limit itself",
        ),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_done_is_refused_with_its_field(tasks, field, problem):
    with pytest.raises(InputError, match=problem) as refused:
        plan(*tasks)
    assert (refused.value.file, refused.value.field) == ("p.toml", field)


@given(
    st.lists(
        st.tuples(st.sets(st.integers(0, 7)), st.sets(st.sampled_from(GRADES), min_size=1)),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(GRADES),
)
def test_a_task_waits_for_just_those_that_a_path_leads_to(drawn, grade):
    """By an independent walk: paths back from a task through those left out."""
    before = {k: {one for one in named if one < k} for k, (named, _) in enumerate(drawn)}
    tasks = [
        task(f"t{k}", f'owner = "a"\nafter = {[f"t{one}" for one in sorted(before[k])]}\n'
                      f"grades = {sorted(drawn[k][1])}")
        for k in before
    ]  # fmt: skip
    kept = {k for k in before if grade in drawn[k][1]}
    expected = {}
    for k in kept:
        found, waiting = set(), list(before[k])
        while waiting:
            one = waiting.pop()
            if one in kept:
                found.add(f"t{one}")
            else:
                waiting += before[one]
        expected[f"t{k}"] = found
    assert after(plan(*tasks), grade) == expected


def test_four_grades_with_severity_apart_from_their_labels():
    types = IncidentTypes.load()
    told = [(one, types.grade(one)) for one in GRADES]
    assert [(key, one.severity, one.title.zh, one.colour) for key, one in told] == [
        ("I", 3, "特别重大", "red"),
        ("II", 2, "重大", "orange"),
        ("III", 1, "较大", "yellow"),
        ("IV", 0, "一般", "blue"),
    ]
    with pytest.raises(InputError, match="no grade 'V'"):
        types.grade("V")
    with pytest.raises(InputError, match="no incident type 'x'"):
        types.get("x")
    with pytest.raises(AccessError, match="takes one of centre"):
        types.require("close", "account:a", {"unit"})


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[grades.IV]", "[grades.V]", "there must be the grades I, II, III, IV"),
        ("severity = 3", "severity = 2", "grade I has the severity 3"),
        ('colour = "red"', 'colour = "pink"', "not known"),
        ('class = "natural"', 'class = "odd"', "'odd' is no class"),
        ("[roles]", "[rules]", "a table is needed here"),
        ("[roles]", "[roles", "this is not TOML"),
    ],
)
def test_types_with_a_fault_are_refused(tmp_path, old, new, problem):
    from importlib.resources import files

    text = files("dizuo.operations.incidents").joinpath("incident_types.toml").read_text("utf-8")
    assert old in text
    with pytest.raises(InputError, match=problem):
        parse_types(text.replace(old, new), "own.toml")
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    assert IncidentTypes.load(own) == IncidentTypes.load()


def test_a_city_puts_its_own_plan_in_place_of_one(tmp_path):
    own = HEAD.replace('id = "p"', 'id = "gas_leak"') + task("only", 'owner = "a"')
    (tmp_path / "own.toml").write_text(own, encoding="utf-8")
    plans = Plans.load(tmp_path)
    assert [one.id for one in plans.get("gas_leak").tasks_for("I")] == ["only"]
    assert {one.id for one in plans} == {one.id for one in Plans.load()}
    with pytest.raises(InputError, match="no plan 'x'"):
        plans.get("x")
