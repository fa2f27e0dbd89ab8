"""The rule book gives the rule in force, for a day and a jurisdiction."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.model.errors import RuleError
from dizuo.model.rule import Certainty
from dizuo.standards.rule_book import RuleBook, rule_as_dict
from dizuo.standards.rule_files import parse_rule_file

BOOK = RuleBook.load()
DAY = date(2023, 12, 25)


def number(id_, day=DAY):
    return BOOK.rule(id_, day, ["CN"]).value


@pytest.mark.parametrize(
    ("id_", "value", "unit"),
    [
        ("gb50180.kindergarten.radius", 300, "m"),
        ("gb50180.primary_school.radius", 500, "m"),
        ("gb50180.middle_school.radius", 1000, "m"),
        ("gb50180.police.radius", 800, "m"),
        ("gb50180.waste_collection.radius", 70, "m"),
        ("gb50180.kindergarten.floor_area", 3150, "m²"),
        ("gb50180.large_sports_ground.land_area", 3150, "m²"),
        ("gb50180.medium_sports_ground.land_area", 1310, "m²"),
        ("gb50180.small_sports_ground.land_area", 770, "m²"),
        ("gb50180.tier15.population", 50_000, "persons"),
        ("gb50180.green.tier15.per_person", 2.0, "m²/person"),
        ("gb50180.green.tier5.park_area", 0.4, "ha"),
        ("gb50180.residential_height", 80, "m"),
        ("gb50180.supply.tier10.land", 1980, "m²/1000 persons"),
        ("complete_community.community_service_station.floor_area", 800, "m²"),
        ("complete_community.items", 20, "items"),
        ("complete_community.public_green.new.area", 4000, "m²"),
        ("gb50099.primary_school.class_size", 45, "pupils/class"),
        ("fire_station_jb152.class1.served_area", 7, "km²"),
        ("fire_station_jb152.class2.served_area", 4, "km²"),
        ("fire_station_jb152.small.served_area", 2, "km²"),
        ("fire_station_jb152.reach_time", 5, "min"),
        ("super_tall_buildings.smaller_city.banned_height", 250, "m"),
        ("super_tall_buildings.larger_city.banned_height", 500, "m"),
        ("super_tall_buildings.city_size", 3_000_000, "persons"),
        ("shelters.urgent.area_per_person", 0.5, "m²/person"),
        ("shelters.long.area_per_person", 4.5, "m²/person"),
        ("shelters.short.walk_distance", 1000, "m"),
        ("shelters.fixed.capacity_share", 15, "%"),
        ("gbt51328.road_density", 8, "km/km²"),
        ("gbt51328.green_travel_share", 75, "%"),
        ("mohurd_checkup.u38.density", 8, "km/km²"),
        ("mohurd_checkup.u34.radius", 1000, "m"),
        ("mohurd_checkup.u47.radius", 800, "m"),
        ("mohurd_checkup.b25.small_park_radius", 300, "m"),
        ("mohurd_checkup.b25.large_park_radius", 500, "m"),
        ("park_access.pocket_park.largest", 10_000, "m²"),
        ("renewal_limits.demolished_share", 20, "%"),
        ("city_sizes.super_large", 10_000_000, "persons"),
        ("public_service_plans.community_workers", 18, "workers/10k persons"),
        ("waste_and_water.water.leakage", 9, "%"),
        ("noise_gb3096.class2.night", 50, "dB(A)"),
        ("county_towns.housing_levels", 18, "levels"),
    ],
)
def test_numbers_that_the_facts_call_sure(id_, value, unit):
    rule = BOOK.rule(id_, DAY, ["CN"])
    assert (rule.value, rule.unit, rule.certainty) == (value, unit, Certainty.SURE)


@pytest.mark.parametrize(
    "id_",
    [
        "gb50180.clinic.radius",
        "tdt1062.town15.area",
        "gbt51328.stop_coverage.500m",
        "mohurd_checkup.b22.radius",
        "mohurd_checkup.u36.area",
        "mohurd_checkup.u56.area",
        "tdt1063.t28.coverage",
        "garden_city.park_coverage",
        "cjj14.toilet_density",
        "gb55038.stretcher_lift.levels",
        "dizuo.walk_speed",
    ],
)
def test_numbers_that_must_still_be_read_say_so(id_):
    assert BOOK.rule(id_, date(2026, 1, 1), ["CN"]).certainty is Certainty.CHECK


def test_every_rule_is_named_dated_and_sourced():
    for rule in BOOK.all():
        assert rule.title.en, rule.id
        assert (
            any("\u4e00" <= letter <= "\u9fff" for letter in rule.title.zh) or "PM" in rule.title.zh
        )
        assert date(1990, 1, 1) < rule.valid_from < date(2035, 1, 1), rule.id
        assert rule.source, rule.id
        assert rule.id == rule.id.lower(), rule.id
        assert rule.jurisdiction in {"CN", ""}, rule.id


def test_what_is_dizuos_own_is_never_sure_nor_a_countrys():
    own = [rule for rule in BOOK.all() if rule.id.startswith("dizuo.")]
    assert own
    for rule in own:
        assert (rule.certainty, rule.jurisdiction) == (Certainty.CHECK, "")
        assert rule.note.startswith("dizuo default")


def test_scales_of_standards_are_never_ours():
    assert not [r.id for r in BOOK.all() if r.scale and not r.id.startswith("dizuo.")]


@pytest.mark.parametrize(
    ("day", "smallest_park"),
    [(date(2022, 12, 31), 2000), (date(2023, 1, 1), 400), (date(2030, 1, 1), 400)],
)
def test_the_smallest_park_changed_between_two_editions(day, smallest_park):
    assert number("mohurd_checkup.b25.small_park_area", day) == smallest_park


@pytest.mark.parametrize(
    ("day", "limit"),
    [
        (date(2026, 2, 28), 35),
        (date(2026, 3, 1), 30),
        (date(2030, 12, 31), 30),
        (date(2031, 1, 1), 25),
    ],
)
def test_the_air_standard_has_three_editions(day, limit):
    assert number("air_gb3095.pm25.year", day) == limit


def test_a_slip_of_the_pen_names_near_ids():
    with pytest.raises(RuleError, match=r"no rule.*Near ids: gb50180.kindergarten.radius"):
        BOOK.rule("gb50180.kindergarten.radios", DAY, ["CN"])
    with pytest.raises(RuleError, match="no rule"):
        BOOK.rule_or_none("gb50180.kindergarten.radios", DAY, ["CN"])


def test_a_rule_before_its_time_names_its_editions():
    with pytest.raises(RuleError, match=r"not in force on 2015-01-01.*GB 50180-2018 from 2018"):
        BOOK.rule("gb50180.kindergarten.radius", date(2015, 1, 1), ["CN"])
    assert BOOK.rule_or_none("gb50180.kindergarten.radius", date(2015, 1, 1), ["CN"]) is None


def test_a_rule_of_another_country_names_it():
    with pytest.raises(RuleError, match=r"known for CN, not for.*\(FR\)"):
        BOOK.rule("gb50180.kindergarten.radius", DAY, ["FR"])
    assert BOOK.rule("dizuo.walk_speed", DAY, ["FR"]).value == 60


def test_in_force_gives_one_rule_an_id():
    ids = [rule.id for rule in BOOK.in_force(DAY, ["CN"])]
    assert len(ids) == len(set(ids))
    assert "mohurd_checkup.v01.count" not in ids  # of a set of 2025
    anywhere = [rule for rule in BOOK.all() if rule.jurisdiction == "" and rule.in_force(DAY)]
    assert BOOK.in_force(DAY, []) == anywhere


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("gb50180.kindergarten.radius", "gb50180.kindergarten.radius"),
        ("幼儿园服务半径", "gb50180.kindergarten.radius"),
        ("Kindergarten RADIUS", "gb50180.kindergarten.radius"),
        ("建科〔2021〕76号 refuge", "super_tall_buildings.refuge_floor_spacing"),
        ("kindergraten", "gb50180.kindergarten.radius"),
    ],
)
def test_search_finds_by_id_and_both_languages(text, first):
    assert first in [rule.id for rule in BOOK.search(text)][:12]


def test_search_for_nothing_gives_all_and_for_nonsense_none():
    assert BOOK.search(" ") == BOOK.all()
    assert BOOK.search("xqzzyw") == []


def test_rules_are_json():
    plain = json.loads(BOOK.as_json())
    assert len(plain) == len(BOOK.all())
    pairs = {(p["id"], p["valid_from"]): p for p in plain}
    park = pairs["mohurd_checkup.b25.small_park_area", "2021-01-01"]
    assert (park["valid_to"], park["certainty"], park["value"]) == ("2023-01-01", "sure", 2000)
    rule = BOOK.rule("dizuo.walk_coverage", DAY, [])
    assert rule_as_dict(rule)["scale"] == {"floor": 40, "passing": 85, "excellent": 100}


class TestScales:
    def scale(self, id_):
        rule = BOOK.rule(id_, date(2025, 6, 1), ["CN"])
        found = BOOK.scale_for(rule, date(2025, 6, 1), ["CN"])
        return found and (found.scale.floor, found.scale.passing, found.scale.excellent)

    def test_a_rule_with_a_scale_keeps_it(self):
        rule = BOOK.rule("dizuo.walk_coverage", DAY, [])
        assert BOOK.scale_for(rule, DAY, []) is rule

    def test_a_default_for_the_rule_itself(self):
        assert self.scale("mohurd_checkup.u38.density") == (4, 8, 10)

    def test_a_lower_limit_scales_with_its_value(self):
        assert self.scale("gb50180.green.tier15.per_person") == (1.0, 2.0, 2.5)

    def test_an_upper_limit_runs_downwards(self):
        assert self.scale("gb50180.residential_height") == (160, 80, 40)

    def test_a_share_never_asks_for_more_than_all(self):
        assert self.scale("garden_city.park_coverage") == (42.5, 85, 100)

    def test_where_the_whole_is_asked_for(self):
        assert self.scale("mohurd_checkup.u40.rate") == (50, 85, 100)

    @pytest.mark.parametrize(
        "id_", ["gb50180.tier15.distance", "mohurd_checkup.h01.count", "gb50180.block_spacing"]
    )
    def test_parameters_ranges_and_counts_of_none_have_no_scale(self, id_):
        assert self.scale(id_) is None


OWN = """
[standard]
id = "gb50180"
en = "Our guide"
zh = "本市导则"
source = "City guide 3"
edition = "2024"
valid_from = 2024-01-01
jurisdiction = "CN"

[[rule]]
id = "gb50180.kindergarten.radius"
en = "Kindergarten: service radius"
zh = "幼儿园服务半径"
value = 250
unit = "m"
comparison = "at_most"
certainty = "sure"
"""


def write(folder, text, name="own.toml"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


class TestOwnRules:
    def test_a_citys_rule_holds_from_its_day_and_the_packaged_before(self, tmp_path):
        book = RuleBook.load([write(tmp_path, OWN)])
        assert book.rule("gb50180.kindergarten.radius", date(2024, 1, 1), ["CN"]).value == 250
        assert book.rule("gb50180.kindergarten.radius", date(2023, 12, 31), ["CN"]).value == 300
        assert book.standards[0].source == "City guide 3"

    def test_a_jurisdiction_of_its_own_goes_by_the_order_of_the_city(self, tmp_path):
        book = RuleBook.load([write(tmp_path, OWN.replace('"CN"', '"CN-TJ"'))])
        day = date(2025, 1, 1)
        assert book.rule("gb50180.kindergarten.radius", day, ["CN-TJ", "CN"]).value == 250
        assert book.rule("gb50180.kindergarten.radius", day, ["CN", "CN-TJ"]).value == 300
        assert book.rule("gb50180.kindergarten.radius", day, ["CN"]).value == 300

    def test_two_own_rules_of_one_day_clash(self, tmp_path):
        one, other = write(tmp_path / "a", OWN), write(tmp_path / "b", OWN)
        with pytest.raises(RuleError, match=r"in force on 2024-01-01 .*Give the earlier one"):
            RuleBook.load([one, other])

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(RuleError, match="does not exist"):
            RuleBook.load([tmp_path / "none"])

    def test_a_file_that_is_not_utf8(self, tmp_path):
        (tmp_path / "own.toml").write_bytes(OWN.encode("gb18030"))
        with pytest.raises(RuleError, match="Save it as UTF-8"):
            RuleBook.load([tmp_path])

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("[standard]", "[standart]", "needs a [standard] table"),
            ("[standard]", "[standard", "not valid TOML"),
            ("[[rule]]", "[rule]", "written as [[rule]]"),
            ("[[rule]]", "[[rules]]", "unknown tables rules"),
            ('id = "gb50180"', "", "'id' must be given as text"),
            ("value = 250", 'value = "250"', "'value' must be a number, not '250'"),
            ("value = 250", "value = nan", "'value' must be a number"),
            ("value = 250", "value = 250\nlimit = 3", "unknown keys limit"),
            ("at_most", "below", "'comparison' is 'below'; give one of"),
            ("at_most", "between", "'upper' is given exactly when"),
            ("value = 250", "value = 250\nupper = 300", "'upper' is given exactly when"),
            ('"at_most"', '"between"\nupper = 3', "must not be below value"),
            ('"sure"', '"surely"', "'certainty' is 'surely'"),
            ("2024-01-01", '"2024-01-01"', "must be a date such as 2018-12-01, without quotes"),
            ("2024-01-01", "2024-01-01T00:00:00", "must be a date"),
            ("2024-01-01", "2024-01-01\nvalid_to = 2024-01-01", "must be later than valid_from"),
            ('jurisdiction = "CN"', "", "'jurisdiction' must be text"),
            ('"gb50180.kindergarten.radius"', '"other.radius"', "must start with the standard's"),
            ('"gb50180.kindergarten.radius"', "7", "needs an 'id' that is text"),
            (
                "value = 250",
                "value = 250\nscale = { floor = 1, passing = 3, excellent = 2 }",
                "must run in one direction",
            ),
            ("value = 250", "value = 250\nscale = { floor = 1 }", "needs exactly floor"),
        ],
    )
    def test_a_faulty_file_says_where_and_how_to_mend_it(self, tmp_path, old, new, message):
        assert old in OWN
        with pytest.raises(RuleError, match=r"own\.toml") as caught:
            RuleBook.load([write(tmp_path, OWN.replace(old, new))])
        assert message in str(caught.value)


def test_a_standard_is_a_table():
    with pytest.raises(RuleError, match=r"x\.toml \[standard\]: must be a table"):
        parse_rule_file("standard = 3", "x.toml")


days = st.dates(date(2000, 1, 1), date(2040, 1, 1))


@given(cuts=st.lists(days, min_size=2, max_size=5, unique=True), day=days)
def test_of_editions_that_follow_each_other_the_last_begun_holds(cuts, day, tmp_path_factory):
    cuts.sort()
    head, _, rule = OWN.partition("[[rule]]")
    editions = [
        f"[[rule]]{rule}".replace("value = 250", f"value = {n}\nvalid_from = {begin}")
        + (f"valid_to = {cuts[n + 1]}\n" if n + 1 < len(cuts) else "")
        for n, begin in enumerate(cuts)
    ]
    folder = write(
        tmp_path_factory.mktemp("rules"),
        (head + "\n".join(editions)).replace("gb50180", "ours").replace('"CN"', '"XX"'),
    )
    book = RuleBook.load([folder])
    begun = sum(begin <= day for begin in cuts)
    found = book.rule_or_none("ours.kindergarten.radius", day, ["XX"])
    assert (found.value if found else -1) == begun - 1
