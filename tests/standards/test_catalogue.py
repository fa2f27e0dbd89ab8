"""The facility catalogue tells what a tagged feature is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.model.errors import RuleError
from dizuo.standards.catalogue import classify, load_facility_catalogue

CATALOGUE = load_facility_catalogue()


@pytest.mark.parametrize(
    ("tags", "categories"),
    [
        ({"amenity": "kindergarten"}, {"kindergarten"}),
        ({"amenity": "childcare"}, {"nursery"}),
        ({"amenity": "kindergarten", "name": "Crèche des Oliviers"}, {"kindergarten", "nursery"}),
        ({"amenity": "school", "name": "C.E.I.P. Cervantes"}, {"school", "primary_school"}),
        ({"amenity": "school", "name": "C. E. I. P. Las Torres"}, {"school", "primary_school"}),
        ({"amenity": "school", "name": "École des Carmes"}, {"school", "primary_school"}),
        ({"amenity": "school", "name": "I.E.S. Islas Canarias"}, {"school", "middle_school"}),
        ({"amenity": "school", "name": "第三初级中学"}, {"school", "middle_school"}),
        (
            {"amenity": "school", "isced:level": "1;2"},
            {"school", "primary_school", "middle_school"},
        ),
        ({"amenity": "school", "name": "Claret"}, {"school"}),
        ({"amenity": "school", "name": "Académie de Danse"}, set()),
        ({"amenity": "pharmacy;clinic"}, {"pharmacy", "clinic"}),
        (
            {"amenity": "clinic", "name": "Centro de Salud de Triana"},
            {"clinic", "community_health_centre"},
        ),
        ({"leisure": "pitch", "sport": "soccer"}, {"pitch", "football_pitch"}),
        ({"leisure": "pitch", "sport": "tennis", "access": "private"}, set()),
        ({"leisure": "garden", "garden:type": "residential"}, set()),
        ({"shop": "supermarket"}, {"supermarket", "food_market"}),
        ({"amenity": "toilets", "access": "customers"}, {"public_toilet"}),
        ({"railway": "station"}, {"rail_station"}),
        ({"railway": "station", "station": "subway"}, {"subway_station"}),
        ({"amenity": "fire_station", "disused": "yes"}, set()),
        ({"building": "yes"}, set()),
        ({}, set()),
    ],
)
def test_tags_tell_the_categories(tags, categories):
    assert set(classify(tags)) == categories


values = sorted(
    {
        (condition.key, value)
        for category in CATALOGUE.values()
        for tag_set in (*category.osm, *category.not_osm)
        for condition in tag_set
        for value in (condition.values or {"anything", "Colegio", "école primaire", "日间照料"})
    }
)


@given(st.lists(st.sampled_from(values), max_size=6))
def test_the_index_finds_what_asking_every_category_finds(pairs):
    tags: dict[str, str] = {}
    for key, value in pairs:
        tags[key] = f"{tags[key]}; {value}" if key in tags else value
    assert classify(tags) == tuple(c.id for c in CATALOGUE.values() if c.matches(tags))


def test_every_facility_of_the_living_circle_tables_has_a_category():
    codes = {category.code for category in CATALOGUE.values()}
    expected = {
        *(f"E{n}" for n in range(1, 5)), *(f"M{n}" for n in range(1, 4)),
        *(f"A{n}" for n in range(1, 4)), "C1", "C2", "P1", "P2", "P5", "P6",
        *(f"G{n}" for n in range(1, 6)), *(f"B{n}" for n in range(1, 7)), "T1", "T2", "T3",
        *(f"U{n}" for n in range(1, 6)),
    }  # fmt: skip
    assert expected == codes - {""}  # P3 and P4 are size classes of P2: rules, not categories


def test_what_openstreetmap_does_not_know_has_no_tags():
    unknown = {category.id for category in CATALOGUE.values() if category.mapped == "none"}
    assert unknown == {"judicial_office", "maternal_child_health"}
    assert all(bool(c.osm) != (c.mapped == "none") for c in CATALOGUE.values())


def test_names_are_unique_in_both_languages_or_told_apart():
    english = [category.title.en for category in CATALOGUE.values()]
    assert len(english) == len(set(english))


GOOD = '[shop]\nen = "Shop"\nzh = "商店"\nmapped = "direct"\nosm = [{ shop = "*" }]\n'


def test_a_catalogue_of_ones_own(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(GOOD, encoding="utf-8")
    own = load_facility_catalogue(file)
    assert list(own) == ["shop"]
    assert own["shop"].matches({"shop": "whatever"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[shop", "not valid TOML"),
        (GOOD.replace('zh = "商店"\n', ""), "'zh' must be given as text"),
        (GOOD.replace("direct", "perhaps"), "'mapped' is 'perhaps'; give one of direct, proxy"),
        (GOOD + 'acces = "area"\n', "unknown fields acces"),
        (GOOD + 'access = "door"\n', "'access' is 'door'"),
        (GOOD.replace('{ shop = "*" }', "{}"), "must name at least one key"),
        (GOOD.replace('[{ shop = "*" }]', '"shop"'), "must be a list of tag sets"),
        (GOOD.replace('"*"', "3"), "shop must be a text or a list of texts, not 3"),
        (GOOD.replace('"*"', '"~("'), "shop has no valid pattern"),
        (GOOD.replace('osm = [{ shop = "*" }]\n', ""), "give 'osm' tag sets unless"),
    ],
)
def test_a_faulty_catalogue_says_where(tmp_path, text, message):
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=r"own\.toml") as caught:
        load_facility_catalogue(file)
    assert message in str(caught.value)


def test_an_absent_catalogue_says_which(tmp_path):
    with pytest.raises(RuleError, match="cannot be read"):
        load_facility_catalogue(tmp_path / "none.toml")
