"""Same class, near, soon after: proposed to be merged, never merged."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_reports import many, reports

from dizuo.model.errors import EngineError
from dizuo.operations.texts.duplicates import likeness, propose_mergers, recurrences
from dizuo.operations.texts.identifiers import strip_identifiers
from dizuo.operations.texts.nearness import DAY, near_pairs
from dizuo.operations.texts.parameters import TextParameters

PARAMETERS = TextParameters.load()
LAMP, COVER = "urban_event/0101", "urban_event/0203"


def proposed(new, standing):
    return {
        case: [one.into for one in found]
        for case, found in propose_mergers(new, standing, PARAMETERS)
    }


def by_brute_force(later, earlier, radius, days):
    found = []
    for i in range(len(later)):
        for j in range(len(earlier)):
            gap = int(later.opened[i]) - int(earlier.opened[j])
            if later.kind[i] == "" or later.kind[i] != earlier.kind[j]:
                continue
            if not np.hypot(later.x[i] - earlier.x[j], later.y[i] - earlier.y[j]) <= radius:
                continue
            if 0 < gap <= days * DAY or (gap == 0 and earlier.case[j] < later.case[i]):
                found.append((i, j))
    return found


def test_an_open_case_of_the_class_near_by_is_proposed():
    standing = reports(
        ("near", LAMP, 100, 0, 0), ("far", LAMP, 151, 0, 0), ("other class", COVER, 0, 0, 0),
        ("long ago", LAMP, 0, 0, -7), ("closed", LAMP, 0, 0, 0, 0.5), ("edge", LAMP, 150, 0, -6),
    )  # fmt: skip
    assert proposed(reports(("new", LAMP, 0, 0, 1)), standing) == {"new": ["near", "edge"]}


def test_like_wording_ranks_before_mere_nearness():
    told = [strip_identifiers(text) for text in ("路口的路灯三天没亮了", "垃圾桶被推倒了")]
    standing = reports(("lamp", LAMP, 60, 0, 0), ("bin", LAMP, 20, 0, 0), texts=told)
    new = reports(("new", LAMP, 0, 0, 1), texts=[strip_identifiers("路口路灯三天没亮")])
    [(_, found)] = propose_mergers(new, standing, PARAMETERS)
    assert [one.into for one in found] == ["lamp", "bin"]
    assert found[0].alike == pytest.approx(2 * 6 / (7 + 9))
    assert "wording 75% alike" in found[0].reason.en
    assert "相距60米" in found[0].reason.zh


def test_confidence_is_the_weighted_mean_of_its_parts():
    [(_, [one])] = propose_mergers(
        reports(("new", LAMP, 0, 0, 3.5)), reports(("old", LAMP, 75, 0, 0)), PARAMETERS
    )
    assert one.confidence == pytest.approx(0.5)
    assert one.alike is None


def test_of_two_reports_each_is_proposed_once_at_most():
    same = reports(("a", LAMP, 0, 0, 0), ("b", LAMP, 0, 0, 0), ("c", LAMP, 0, 0, 0))
    assert proposed(same, same) == {"b": ["a"], "c": ["a", "b"]}


def test_no_more_proposals_than_asked():
    standing = reports(*((f"{at}", LAMP, at, 0, 0) for at in range(9)))
    assert proposed(reports(("new", LAMP, 0, 0, 1)), standing) == {"new": list("01234")}


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(0, 40), st.integers(0, 40))
def test_pairs_equal_brute_force(seed, new, standing):
    generator = np.random.default_rng(seed)
    later = many(new, generator, width=600, days=30, kinds=2)
    earlier = many(standing, generator, width=600, days=30, kinds=3)
    pairs = near_pairs(later, earlier, 150, 7)
    assert list(zip(pairs.later, pairs.earlier, strict=True)) == by_brute_force(
        later, earlier, 150, 7
    )


def test_pairs_among_themselves_equal_brute_force():
    alone = many(300, np.random.default_rng(3), width=900, days=20, kinds=2)
    pairs = near_pairs(alone, alone, 100, 5)
    assert len(pairs.later) > 100
    assert list(zip(pairs.later, pairs.earlier, strict=True)) == by_brute_force(
        alone, alone, 100, 5
    )


def test_a_settled_matter_that_comes_back_is_a_recurrence():
    past = reports(
        ("settled", LAMP, 0, 0, 0, 10), ("later", LAMP, 10, 0, 40, 50), ("open", LAMP, 0, 0, 5),
        ("too long ago", LAMP, 0, 0, -40, -30), ("other", COVER, 0, 0, 0, 10),
    )  # fmt: skip
    [found] = recurrences(reports(("new", LAMP, 0, 0, 60)), past, PARAMETERS)
    assert (found.case, found.before) == ("new", ("later", "settled"))


def test_wording_is_compared_without_case_order_or_spaces():
    assert likeness("broken street lamp", "Street lamp broken") == 1
    assert likeness("路灯 不亮", "路灯不亮") == 1
    assert likeness("路灯不亮", "井盖缺失") == 0
    assert likeness("", "路灯") == 0
    assert likeness("灯", "灯") == 1


def test_columns_of_different_length_are_refused():
    with pytest.raises(EngineError, match="length"):
        replace(reports(("a", LAMP, 0, 0, 0)), x=np.array([]))
    with pytest.raises(EngineError, match="above 0"):
        near_pairs(reports(), reports(), 0, 7)


@pytest.mark.slow
def test_the_pairs_of_a_million_cases_are_near_and_of_one_kind():
    generator = np.random.default_rng(7)
    alone = many(1_000_000, generator, width=30_000, days=365, kinds=100)
    pairs = near_pairs(alone, alone, 150, 7)
    assert len(pairs.later) > 1000
    assert pairs.distance.max() <= 150
    assert (alone.kind[pairs.later] == alone.kind[pairs.earlier]).all()
