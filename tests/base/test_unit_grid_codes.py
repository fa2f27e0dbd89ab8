"""Codes are official where a city has them, local where not, and never given twice."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.base.unit_grid_codes import Numbering, Register, community_codes
from dizuo.base.unit_grid_parameters import load_grid_parameters
from dizuo.model.errors import InputError

pytestmark = pytest.mark.systems("S22.9")

PARAMETERS = load_grid_parameters()


def divisions(*rows):
    return pd.DataFrame(rows, columns=["id", "town"])


def codes(table, **numbering):
    return community_codes(table, Numbering(**numbering), PARAMETERS)


def test_official_codes_are_taken_as_they_are():
    table = divisions(("b", ""), ("a", ""))
    given_codes = {"a": "110101001001", "b": "110101001002"}
    assert codes(table, division_codes=given_codes) == ["110101001002", "110101001001"]


def test_a_community_without_its_code_is_named():
    with pytest.raises(InputError, match="1 communities have no code: b"):
        codes(divisions(("a", ""), ("b", "")), division_codes={"a": "110101001001"})


def test_without_codes_communities_are_counted_in_their_districts():
    table = divisions(("c3", "north"), ("c1", "south"), ("c2", "north"))
    assert codes(table) == ["000000000002", "000000001001", "000000000001"]


def test_under_a_real_county_local_towns_stay_apart_from_official_ones():
    table = divisions(("a", ""), ("b", ""))
    assert codes(table, prefix="110101") == ["110101600001", "110101600002"]


def test_under_a_real_town_local_communities_stay_apart_from_official_ones():
    table = divisions(("a", "x"), ("b", "y"))
    assert codes(table, prefix="110101001") == ["110101001600", "110101001601"]


def test_a_whole_code_is_the_one_community_of_the_city():
    assert codes(divisions(("a", ""), ("b", "")), prefix="110101001001") == ["110101001001"] * 2


@pytest.mark.parametrize("prefix", ["11010", "1101010010011", "11010a", "１１０１０１"])
def test_a_prefix_of_other_digits_is_refused(prefix):
    with pytest.raises(InputError, match="cannot begin"):
        Numbering(prefix=prefix)


def test_codes_of_other_lengths_and_doubled_ones_are_refused():
    with pytest.raises(InputError, match="not the code of a community"):
        Numbering(division_codes={"a": "110101"})
    with pytest.raises(InputError, match="have one code"):
        Numbering(division_codes={"a": "110101001001", "b": "110101001001"})


def test_more_communities_than_numbers_are_refused():
    with pytest.raises(InputError, match="more than 999"):
        codes(divisions(*((f"{n:04d}", "") for n in range(1000))))


def test_numbers_go_on_above_the_highest_ever_used():
    register = Register(["110101001001003", "110101001001007", "110101001002001"], PARAMETERS)
    assert register.give("110101001001") == "110101001001008"
    assert register.give("110101001002") == "110101001002002"
    assert register.give("110101001003") == "110101001003001"


def test_an_official_community_has_999_numbers():
    register = Register([], PARAMETERS)
    given_codes = [register.give("110101001001") for _ in range(999)]
    assert given_codes[0] == "110101001001001"
    assert given_codes[-1] == "110101001001999"
    assert register.free("110101001001") == 0
    with pytest.raises(InputError, match="more than 999 unit cells"):
        register.give("110101001001")


def test_a_full_local_community_goes_on_in_a_new_one():
    register = Register(["000000000001999", "000000000004001"], PARAMETERS)
    assert register.give_local("000000000001") == "000000000005001"
    assert register.give_local("000000000001") == "000000000005002"
    assert register.give_local("000000000004") == "000000000004002"


@given(
    st.lists(st.sampled_from(["000000000001", "000000000002"]), max_size=60), st.integers(0, 999)
)
def test_no_code_is_given_twice(communities, highest):
    used = [f"000000000001{highest:03d}"] if highest else []
    register = Register(used, PARAMETERS)
    all_codes = used + [register.give_local(community) for community in communities]
    assert len(set(all_codes)) == len(all_codes)
    assert {len(code) for code in all_codes} <= {15}
