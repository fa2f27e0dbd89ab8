"""What a city's folder adds: indicators, rules, weights and settings of its own."""

from pathlib import Path

import pytest
from town_city import HEAD, write_city

import dizuo
from dizuo.articles.local import load_local_indicators
from dizuo.articles.registry import all_indicators
from dizuo.checkup.explain import explain
from dizuo.model.errors import InputError

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "local-rules.md"
MONACO_PLAN = HEAD.replace("2024-06-01", "2024-06-01\nstandards = ['MC', 'CN']")


def block_of(language):
    """The example of a language in the guide."""
    return GUIDE.read_text(encoding="utf-8").split(f"```{language}\n")[1].split("```")[0]


def own_indicator(**changes):
    text = block_of("python")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture
def folder(tmp_path):
    """A city with the rules and the indicator of the guide."""
    folder = write_city(tmp_path / "town", head=MONACO_PLAN)
    for name in ("rules", "indicators"):
        (folder / name).mkdir()
    (folder / "rules" / "plan.toml").write_text(block_of("toml"), encoding="utf-8")
    (folder / "indicators" / "own.py").write_text(own_indicator(), encoding="utf-8")
    return folder


def test_the_example_of_the_guide_is_asked_and_judged_by_its_own_rule(folder):
    city = dizuo.open(folder)
    examination = city.examination()
    found = explain(examination, "08.near_a_pharmacy")
    rules = {rule["role"]: rule for rule in found.rules}
    assert rules["radius"]["value"] == 250
    assert rules["radius"]["source"] == "Plan 2024"
    assert rules["judge"]["id"] == "monaco_plan.pharmacy.share"
    assert found.values["value"].iloc[0] == 0.0  # the town has no pharmacy
    assert not found.values["passes"].iloc[0]


def test_a_citys_own_indicator_stays_its_own(folder):
    assert "08.near_a_pharmacy" in dizuo.open(folder).indicators()
    assert "08.near_a_pharmacy" not in all_indicators()
    (folder / "indicators" / "own.py").unlink()
    assert "08.near_a_pharmacy" not in dizuo.open(folder).indicators()


def test_a_rule_of_the_city_goes_before_the_packaged_one(folder):
    plan = block_of("toml").replace('jurisdiction = "MC"', 'jurisdiction = "CN"')
    plan = plan.replace('id = "monaco_plan"', 'id = "gb50180"')
    plan = plan.replace("monaco_plan.pharmacy.radius", "gb50180.kindergarten.radius")
    plan = plan.replace("monaco_plan.pharmacy.share", "gb50180.kindergarten.other")
    (folder / "rules" / "plan.toml").write_text(plan, encoding="utf-8")
    (folder / "indicators" / "own.py").unlink()
    examination = dizuo.open(folder).examination()
    rule = examination.rules.rule("gb50180.kindergarten.radius", examination.day, ("CN",))
    assert (rule.value, rule.source) == (250, "Plan 2024")


def refused(tmp_path, text, match):
    (tmp_path / "own.py").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=match) as error:
        load_local_indicators(tmp_path)
    assert "own.py" in str(error.value)


def test_a_file_that_is_no_python_is_named(tmp_path):
    refused(tmp_path, "def (", "cannot be used")


def test_a_parameter_that_nothing_provides_is_named(tmp_path):
    changed = own_indicator(**{"home_reach: HomeReach": "home_raech: HomeReach"})
    refused(tmp_path, changed, "asks for 'home_raech', which nothing provides")


def test_an_id_that_is_taken_is_refused(tmp_path):
    refused(
        tmp_path,
        own_indicator(**{"08.near_a_pharmacy": "10.pharmacy_reach"}),
        "'10.pharmacy_reach' already",
    )


def test_an_id_must_start_with_its_article(tmp_path):
    refused(tmp_path, own_indicator(**{"08.near": "8.near"}), "two digits of its article")


def test_a_system_must_be_named(tmp_path):
    refused(tmp_path, own_indicator(**{'("S8.11",)': "()"}), "must name a system")


def city_of(tmp_path, more):
    return dizuo.open(write_city(tmp_path / "town", more=more))


def test_weights_count_in_the_score(tmp_path):
    city = city_of(tmp_path, '\n[weights]\n"19.use_mix" = 3.0\n')
    assert city.examination().weights == {"19.use_mix": 3.0}


def test_a_weight_of_nothing_is_refused_with_a_cure(tmp_path):
    city = city_of(tmp_path, '\n[weights]\n"19.use_mx" = 3.0\n')
    with pytest.raises(InputError, match=r"no indicator '19\.use_mx' to weigh") as error:
        city.examination()
    assert error.value.field == "weights.19.use_mx"
    assert "dizuo systems" in error.value.cure


def test_settings_of_the_city_are_in_force(tmp_path):
    city = city_of(tmp_path, "\n[analysis]\njunction_gap = 25.0\n")
    assert city.examination().analysis.junction_gap == 25.0


@pytest.mark.parametrize(
    ("setting", "match"),
    [
        ("lattice = 10.0", "unknown analysis setting"),
        ("lattice_spacing = -1.0", "must be a positive number, not -1.0"),
        ("[analysis.driving_speed]\nroad = 50.0", "unknown setting 'road'"),
        ("driving_speed = 50.0", "driving_speed"),
    ],
)
def test_settings_that_cannot_be_are_refused(tmp_path, setting, match):
    with pytest.raises(InputError, match=match) as error:
        city_of(tmp_path, f"\n[analysis]\n{setting}\n").examination()
    assert error.value.field.startswith("analysis.")


def test_completeness_travels_from_the_file_to_the_statement(tmp_path):
    stated = '\n[sources.completeness]\nfacilities = { share = 0.7, source = "field check" }\n'
    checkup = city_of(tmp_path, stated).checkup()
    causes = checkup.sensitivity
    told = causes.loc[causes["cause"] == "source_completeness", "statement_en"]
    assert told.str.contains("facilities 70% complete, says field check", regex=False).any()
