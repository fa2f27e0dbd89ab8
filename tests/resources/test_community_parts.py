"""Very large communities of a town drawn by hand, divided along its streets."""

import numpy as np
import pytest
import shapely
from town_builder import Town, examination_of, values_of

from dizuo.articles.registry import all_indicators
from dizuo.resources.analysis import Analysis
from dizuo.resources.community_parts import CommunityParts, divide_communities

pytestmark = pytest.mark.systems("S23.4")

INDICATORS = {name: one for name, one in all_indicators().items() if "S23.4" in one.systems}


def town_of_a_strip(columns=4, people=3000.0, gap=0.0):
    """Two rows of blocks of 100 m, each with a home; beside them a community of one block.

    The community of the strip has ``2 * columns`` blocks. ``gap`` metres of river lie behind its
    second column.
    """
    town = Town()
    town.outline(-1000, -1000, 2000, 2000)
    far = 100 * columns + gap
    town.place("city", "paper", -1000, -1000, 2000, 2000)
    town.place("community", "strip", 0, 0, far, 200)
    town.place("community", "small", 1000, 0, 1100, 100)
    for i in range(columns):
        west = 100 * i + (gap if i > 1 else 0)
        for j in range(2):
            town.place("block", f"{i}{j}", west, 100 * j, west + 100, 100 * j + 100)
            town.building(f"home{i}{j}", west + 50, 100 * j + 50, residents=people)
    town.place("block", "small", 1000, 0, 1100, 100)
    town.building("small", 1050, 50, residents=people)
    return town


def parts_of(town, most):
    workshop = examination_of(town).workshop()
    made = [workshop.get(name) for name in ("communities", "blocks")]
    return divide_communities(*made, most, Analysis.load()), made[1]


def test_a_strip_is_cut_across_where_it_is_narrow_and_both_halves_are_equal():
    parts, blocks = parts_of(town_of_a_strip(), 12_000)
    assert parts.residents.tolist() == [12_000, 12_000]
    assert sorted(shapely.bounds(parts.geometry)[:, [0, 2]].tolist()) == [
        [500_000, 500_200],
        [500_200, 500_400],
    ]
    assert sorted(blocks.support.ids[parts.block]) == [
        f"block:{i}{j}" for i in range(4) for j in range(2)
    ]


@pytest.mark.parametrize("most", [3_000, 6_000, 9_000, 12_000, 23_999])
def test_no_part_has_more_residents_than_the_rule_and_none_is_lost(most):
    parts, _ = parts_of(town_of_a_strip(), most)
    assert (parts.residents <= most).all()
    assert parts.residents.sum() == 24_000
    assert (shapely.get_num_geometries(parts.geometry) == 1).all()


def test_a_block_of_too_many_residents_is_not_cut():
    parts, blocks = parts_of(town_of_a_strip(columns=1, people=20_000.0), 10_000)
    assert parts.residents.tolist() == [20_000, 20_000, 20_000]
    assert len(parts.block) == len(blocks)


def test_a_river_is_where_a_community_is_cut_first():
    parts, _ = parts_of(town_of_a_strip(gap=50.0), 12_000)
    assert parts.residents.tolist() == [12_000, 12_000]
    assert (shapely.get_num_geometries(parts.geometry) == 1).all()


def test_communities_at_the_limit_are_left_alone():
    parts, _ = parts_of(town_of_a_strip(), 24_000)
    assert len(parts) == 0


def test_the_rule_decides_which_communities_are_found():
    values, _ = values_of(town_of_a_strip(), INDICATORS)
    city = values[values["place_kind"] == "city"].set_index("indicator")["value"]
    assert city["23.very_large_communities"] == 1
    assert city["23.community_parts"] >= 3  # 24,000 residents, 10,000 a part
    # 24,000 and 3,000 residents: the median is 13,500, and there is no facility.
    assert city["23.community_overload"] == pytest.approx(24_000 / 13_500)


def test_facilities_and_cases_are_loads_of_their_own():
    town = town_of_a_strip()
    for x in (50, 150, 250, 350):
        town.facility("kindergarten", x, 150)
    town.evaluated("valid_report", "urban_event", 30, 30, "community", "division:strip")
    town.evaluated("valid_report", "urban_event", 10, 10, "community", "division:small")
    values, _ = values_of(town, INDICATORS)
    found = values.set_index(["indicator", "place"])["value"]
    # residents 24,000 : 3,000; for each kindergarten 6,000 : 3,000 (one at least); cases 30 : 10
    strip = (24 / 13.5 + 6 / 4.5 + 30 / 20) / 3
    assert found["23.community_overload", "community:strip"] == pytest.approx(strip)


def test_one_community_has_nothing_to_be_compared_with():
    town = town_of_a_strip()
    town.remove("places", lambda row: row["id"] == "community:small")
    values, _ = values_of(town, INDICATORS)
    city = values[values["place_kind"] == "city"].set_index("indicator")
    assert np.isnan(city.loc["23.community_overload", "value"])
    assert "two communities" in city.loc["23.community_overload", "reason_en"]


def test_a_town_without_communities_is_told_what_to_add():
    town = town_of_a_strip()
    town.remove("places", lambda row: row["kind"] == "community")
    values, _ = values_of(town, INDICATORS)
    assert values["value"].isna().all()
    assert values["reason_en"].str.contains("add a layer of divisions").all()


def test_a_part_of_few_people_is_not_told_nor_left_to_be_worked_out():
    nothing = np.empty(0, np.int64)
    parts = CommunityParts(
        np.array([0, 0, 0, 1]), nothing, nothing, np.array([500.0, 4.0, 90.0, 70.0]), nothing
    )
    told = parts.told_residents(10)
    assert np.isnan(told[[1, 2]]).all()
    assert told[[0, 3]].tolist() == [500, 70]
