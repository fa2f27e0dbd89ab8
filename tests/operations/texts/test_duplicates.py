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

pytestmark = pytest.mark.systems("S23.2")

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


def test_pairs_of_ten_thousand_reports_equal_brute_force():
    all_of = many(10_000, np.random.default_rng(8), width=4000, days=20, kinds=3)
    pairs = near_pairs(all_of, all_of, 150, 7)
    found = []
    for begin in range(0, len(all_of), 500):
        part = slice(begin, begin + 500)
        gap = all_of.opened[part, None] - all_of.opened
        apart = np.hypot(all_of.x[part, None] - all_of.x, all_of.y[part, None] - all_of.y)
        same = (all_of.kind[part, None] == all_of.kind) & (all_of.kind != "")
        before = (gap > 0) | ((gap == 0) & (all_of.case < all_of.case[part, None]))
        rows, columns = np.nonzero(same & (apart <= 150) & before & (gap <= 7 * DAY))
        found.append(np.column_stack((rows + begin, columns)))
    assert len(pairs.later) > 10_000
    assert np.array_equal(np.column_stack((pairs.later, pairs.earlier)), np.concatenate(found))


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_proposals_are_the_likeliest_of_all_candidates(seed):
    dice = np.random.default_rng(seed)
    words = ["路灯不亮", "路灯坏了不亮", "井盖破损", "The lamp is out", "lamp out", ""]
    texts = [strip_identifiers(words[at]) for at in dice.integers(0, len(words), 40)]
    told = tuple(text if dice.random() < 0.8 else None for text in texts)
    some = replace(many(40, dice, width=300, days=9, kinds=2), texts=told)
    expected = {}
    for i, j in by_brute_force(some, some, 150, 7):
        apart = np.hypot(some.x[i] - some.x[j], some.y[i] - some.y[j]) / 150
        parts = [(PARAMETERS.place_weight, 1 - apart)]
        parts += [(PARAMETERS.time_weight, 1 - (some.opened[i] - some.opened[j]) / (7 * DAY))]
        if told[i] is not None and told[j] is not None:
            parts += [(PARAMETERS.text_weight, likeness(told[i].text, told[j].text))]
        sure = sum(weight * part for weight, part in parts) / sum(weight for weight, _ in parts)
        expected.setdefault(some.case[i], []).append(sure)
    found = dict(propose_mergers(some, some, PARAMETERS))
    assert found.keys() == expected.keys()
    for case, ones in found.items():
        best = sorted(expected[case], reverse=True)[: PARAMETERS.most_proposals]
        assert [one.confidence for one in ones] == pytest.approx(best)


def test_reports_that_all_came_from_one_place_are_compared_with_the_nearest_only():
    count = 1_000
    rows = [(f"{at:04d}", LAMP, 0, 0, at / count) for at in range(count)]
    same = reports(*rows, texts=(strip_identifiers("路灯不亮"),) * count)
    found = proposed(same, same)
    assert len(found) == count - 1
    assert found["0999"] == ["0998", "0997", "0996", "0995", "0994"]
    texts = [strip_identifiers(f"路灯不亮{'很黑' * (at % 7)}") for at in range(count)]
    few = replace(PARAMETERS, most_compared=10)
    last = dict(propose_mergers(replace(same, texts=tuple(texts)), same, few))["0999"]
    assert {one.into for one in last} <= {f"{at:04d}" for at in range(989, 999)}


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
