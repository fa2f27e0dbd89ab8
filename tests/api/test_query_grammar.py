"""What a query says: precedence, literals, options inside options, and where it is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.api.answering import AbsentError
from dizuo.api.sensorthings.expressions import (
    Call,
    Comparison,
    Lambda,
    Literal,
    Logical,
    Not,
    Operation,
    Path,
)
from dizuo.api.sensorthings.options import read_options
from dizuo.api.sensorthings.paths import Segment, read_path
from dizuo.api.sensorthings.reading_expressions import FUNCTIONS, read_filter
from dizuo.model.errors import InputError


def plain(tree):
    """A tree as brackets, without the places."""
    match tree:
        case Literal():
            return tree.value
        case Path():
            return "/".join(tree.steps)
        case Call():
            return (tree.name, *map(plain, tree.arguments))
        case Operation():
            return (tree.operator, plain(tree.left), plain(tree.right))
        case Comparison():
            right = tree.right
            told = [plain(one) for one in right] if isinstance(right, tuple) else plain(right)
            return (tree.operator, plain(tree.left), told)
        case Logical():
            return (tree.operator, *map(plain, tree.parts))
        case Not():
            return ("not", plain(tree.part))
        case Lambda():
            return (tree.quantifier, plain(tree.path), tree.variable, plain(tree.condition))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a or b and c", ("or", "a", ("and", "b", "c"))),
        ("(a or b) and c", ("and", ("or", "a", "b"), "c")),
        ("a and b and c", ("and", "a", "b", "c")),
        ("not a and b", ("and", ("not", "a"), "b")),
        ("a add b mul c eq 7", ("eq", ("add", "a", ("mul", "b", "c")), 7)),
        ("a sub b sub c", ("sub", ("sub", "a", "b"), "c")),
        ("a div 2 mod 3", ("mod", ("div", "a", 2), 3)),
        ("a gt -5.5e1", ("gt", "a", -55.0)),
        ("-a lt 3", ("lt", ("sub", 0, "a"), 3)),
        ("name eq 'it''s; (so)'", ("eq", "name", "it's; (so)")),
        ("Datastream/Thing/properties/o eq null", ("eq", "Datastream/Thing/properties/o", None)),
        ("@iot.id in ('a', 'b')", ("in", "@iot.id", ["a", "b"])),
        ("t gt 2026-03-02T09:00:00Z", ("gt", "t", 1_772_442_000_000_000)),
        ("t gt 2026-03-02T17:00:00 08:00", ("gt", "t", 1_772_442_000_000_000)),
        ("t gt 2026-03-02T17:00:00.25+08:00", ("gt", "t", 1_772_442_000_250_000)),
        ("t eq 2026-03-02", ("eq", "t", 1_772_409_600_000_000)),
        ("time(t) lt 00:01", ("lt", ("time", "t"), 60_000_000)),
        ("t add duration'P1DT1H' lt now()",
         ("lt", ("add", "t", 90_000_000_000), ("now",))),
        ("st_within(f, geography'POINT (1 2)')", ("st_within", "f", "POINT (1 2)")),
        ("Datastreams/any(d: d/name eq 'x')",
         ("any", "Datastreams", "d", ("eq", "d/name", "x"))),
        ("truth eq true", ("eq", "truth", True)),
        ("金额 gt 5", ("gt", "金额", 5)),
    ],
)  # fmt: skip
def test_a_filter_is_read_as_odata_means_it(text, meant):
    assert plain(read_filter(text)) == meant


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("a eq", 5, "the end is reached"),
        ("a eq 'x", 6, "no closing"),
        ("a b", 3, "'b' stands there"),
        ("foo(1)", 1, "no function foo"),
        ("length(a, b)", 1, "takes 1 arguments, not 2"),
        ("(a eq 1", 8, "')' is expected"),
        ("a eq 2026-13-01", 6, "no time with a zone"),
        ("a eq 2026-03-01T09:00:00", 6, "no time with a zone"),
        ("a eq duration'5 days'", 6, "no duration"),
        ("a eq #", 6, "not understood"),
        ("a/1 eq 2", 3, "a name is expected"),
        ("a in (b)", 7, "values only"),
        ("(" * 100 + "a" + ")" * 100, 61, "inside each other"),
        ("not " * 100 + "a", 241, "simpler"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, at, words):
    with pytest.raises(InputError) as refused:
        read_filter(text)
    assert refused.value.field == "$filter"
    assert words in str(refused.value)
    assert f"at character {at}:" in str(refused.value)
    assert f"第 {at} 个字符处" in refused.value.in_("zh")


NAMES = st.sampled_from(["result", "Datastream/name", "properties/x", "@iot.id"])
VALUES = st.one_of(
    st.integers(0, 2**62).map(lambda n: (str(n), n)),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8).map(
        lambda t: (f"'{t.replace(chr(39), chr(39) * 2)}'", t)
    ),
)
COMPARED = st.builds(
    lambda name, operator, value: (f"{name} {operator} {value[0]}", (operator, name, value[1])),
    NAMES, st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]), VALUES,
)  # fmt: skip


def joined(word):
    return lambda parts: (
        f" {word} ".join(f"({text})" for text, _ in parts), (word, *(tree for _, tree in parts)),
    )  # fmt: skip


TREES = st.recursive(
    COMPARED,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(joined("and")),
        st.lists(inner, min_size=2, max_size=3).map(joined("or")),
        inner.map(lambda one: (f"not ({one[0]})", ("not", one[1]))),
    ),
    max_leaves=8,
)


@given(TREES)
def test_what_is_written_out_reads_back_the_same(written):
    text, tree = written
    assert plain(read_filter(text)) == tree


def test_functions_of_the_standard_are_known():
    assert {"substringof", "st_relate", "geo.distance", "fractionalseconds"} <= FUNCTIONS.keys()


def test_options_stand_inside_options():
    text = "Datastreams($filter=name eq 'a;b)';$expand=Observations($top=1;$orderby=result desc))"
    (streams,) = read_options([("$expand", text)]).expand
    assert plain(streams.options.filter_) == ("eq", "name", "a;b)")
    (inner,) = streams.options.expand
    assert (inner.name, inner.options.top) == ("Observations", 1)
    assert [(plain(one.by), one.descending) for one in inner.options.order] == [("result", True)]


def test_expansions_by_a_slash_open_what_is_open_further():
    options = read_options(
        [("$expand", "Datastreams/Sensor,Datastreams/Thing/Locations,Locations")]
    )
    first, second = options.expand
    assert [one.name for one in first.options.expand] == ["Sensor", "Thing"]
    assert second.name == "Locations"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([("$top", "-1")], "whole number"),
        ([("$top", "1.5")], "whole number"),
        ([("$top", "1"), ("$top", "2")], "twice"),
        ([("$skip", "1152921504606846976")], "too large"),
        ([("$count", "yes")], "true or false"),
        ([("$limit", "5")], "no option $limit"),
        ([("$resultFormat", "CSV")], "dataArray"),
        ([("$expand", "A($expand=B($limit=1))")], "no such option"),
        ([("$expand", "A($top=1;$top=2)")], "twice"),
        ([("$expand", "A($top=1),A($top=2)")], "twice"),
        ([("$expand", "/".join("A" * 20))], "8 deep"),
        ([("$filter", "a eq '\0'")], "NUL"),
        ([("$filter", "a" * 20_001)], "20,000 characters"),
        ([("$select", "a b")], "is expected"),
        ([("$orderby", "5")], "nothing to sort by"),
    ],
)
def test_options_that_cannot_be_read_are_refused(given, words):
    with pytest.raises(InputError, match=words.replace("$", r"\$")):
        read_options(given)


def test_a_path_is_cut_where_its_steps_end():
    assert read_path("Things('a/b''c)')/Datastreams(12)/Observations/$ref") == (
        Segment("Things", "a/b'c)"), Segment("Datastreams", "12"), Segment("Observations"),
        Segment("$ref"),
    )  # fmt: skip
    with pytest.raises(AbsentError, match="at character 8 of the path"):
        read_path("Things/(5)")
