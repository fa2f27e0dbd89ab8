"""What changed in the city and what only in the map, on the town of powers of two."""

from datetime import date

import numpy as np
import pytest
import shapely
from town_builder import examination_of
from town_of_powers import LAND, town_of_powers

from dizuo.articles.registry import all_indicators
from dizuo.checkup.compare import compare
from dizuo.model.errors import InputError

pytestmark = pytest.mark.systems("S8.13")

NEXT_YEAR = date(2024, 12, 25)
ASKED = ("19.building_density", "10.pharmacy_reach", "20.library_reach")


def examination(town, **changes):
    known = all_indicators()
    return examination_of(town, **{"indicators": {name: known[name] for name in ASKED}, **changes})


def compared(change, **options):
    """Compare the town with itself a year later, after a change."""
    later = town_of_powers()
    change(later)
    old, new = examination(town_of_powers()), examination(later, day=NEXT_YEAR)
    return compare(old, new, **options)


def city_row(table, indicator, variant=""):
    rows = table[
        (table["indicator"] == indicator)
        & (table["variant"] == variant)
        & (table["place"] == "city:paper")
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def layer_row(found, layer):
    return found.layers.set_index("layer").loc[layer]


def nothing(town):
    """Leave the town as it is."""


def test_the_same_map_a_year_later_shows_no_change():
    found = compared(nothing)
    known = found.values[np.isfinite(found.values["old"])]
    assert len(known)
    assert (known[["change", "in_city", "in_map"]] == 0).all(axis=None)
    assert set(found.findings["status"]) == {"kept"}
    assert (found.scores["change"].dropna() == 0).all()
    assert (found.layers.drop(columns="layer") == 0).all(axis=None)


def test_a_building_of_the_year_is_the_citys_and_an_undated_one_the_maps():
    def build(town):
        town.building("dated", 510, 310, start_year=2024.0)
        town.building("undated", 510, 710)
        town.building("grandfather", 310, 710, start_year=1950.0)

    found = compared(build)
    row = city_row(found.values, "19.building_density")
    one = 1 / (100 * LAND)
    assert row["change"] == pytest.approx(3 * one)
    assert row["in_city"] == pytest.approx(one)
    assert row["in_map"] == pytest.approx(2 * one)
    buildings = layer_row(found, "buildings")
    assert (buildings["added_in_city"], buildings["added_in_map"]) == (1, 2)


def test_a_building_dated_after_the_second_checkup_is_the_maps():
    found = compared(lambda town: town.building("planned", 510, 310, start_year=2030.0))
    assert layer_row(found, "buildings")["added_in_map"] == 1


def move_pharmacy(source):
    def change(town):
        row = next(row for row in town.rows["facilities"] if row["category"] == "pharmacy")
        row.update(geometry=shapely.Point(1110, -10), source=source)

    return change


def test_a_moved_facility_is_the_citys_where_a_register_says_so():
    mapped = compared(move_pharmacy("paper"))
    told = compared(move_pharmacy("bureau"), registers=frozenset({"bureau"}))
    for found, part in ((mapped, "in_map"), (told, "in_city")):
        row = city_row(found.values, "10.pharmacy_reach", "network")
        assert row["change"] != 0
        assert row[part] == row["change"]
        moved = layer_row(found, "facilities")
        assert moved[f"altered_{part}"] == 1
        assert moved.drop(["layer", f"altered_{part}"], errors="ignore").sum() == 0


def test_parts_of_a_change_add_up():
    def change(town):
        town.building("dated", 510, 310, start_year=2024.0, residents=5000.0)
        move_pharmacy("paper")(town)

    values = compared(change).values
    known = values[np.isfinite(values["change"])]
    total = known["in_city"] + known["in_map"]
    np.testing.assert_allclose(total, known["change"], atol=1e-9)
    assert (known["in_city"] != 0).any()
    assert (known["in_map"] != 0).any()


def test_findings_are_gained_lost_and_kept():
    def close_library(town):
        town.remove("facilities", lambda row: row["category"] == "library")
        town.facility("library", 1110, -10)

    found = compared(close_library).findings
    library = found[found["indicator"] == "20.library_reach"].set_index("place")["status"]
    # the east bank now has its own, the north of the west bank none
    assert {"gained", "lost"} <= set(library)
    lost = found[found["status"] == "lost"]
    gained = found[found["status"] == "gained"]
    assert not set(lost["id"]) & set(gained["id"])
    assert (found[found["indicator"] == "10.pharmacy_reach"]["status"] == "kept").all()


def test_what_came_later_than_the_rules_of_the_first_day_is_no_change_of_the_city():
    """The bridge between the two checkups is judged by the second day's rules, too."""
    known = all_indicators()
    asked = {name: known[name] for name in ASKED}
    town = town_of_powers()
    found = compare(examination(town, day=date(2018, 6, 1)), examination(town), indicators=asked)
    assert (found.values["in_map"].dropna() == 0).all()


def test_two_cities_are_not_compared():
    other = examination(town_of_powers(), city={"id": "ink", "name": "Ink", "name_zh": "墨城"})
    with pytest.raises(InputError, match="two cities, 'paper' and 'ink'"):
        compare(examination(town_of_powers()), other)


def test_the_earlier_checkup_comes_first():
    town = town_of_powers()
    with pytest.raises(InputError, match="later than the second"):
        compare(examination(town, day=NEXT_YEAR), examination(town))
