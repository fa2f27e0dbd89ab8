"""What a city's folder adds: indicators, rules, weights and settings of its own."""

from pathlib import Path

import pytest
from town_city import HEAD, write_city

import dizuo
from dizuo.articles.local import load_local_indicators
from dizuo.articles.registry import all_indicators
from dizuo.checkup.examine import examine
from dizuo.checkup.explain import explain
from dizuo.checkup.outputs.report_html import render_report
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


def city_of_the_guide(folder):
    """A city with the rules and the indicator of the guide."""
    folder = write_city(folder, head=MONACO_PLAN)
    for name in ("rules", "indicators"):
        (folder / name).mkdir()
    (folder / "rules" / "plan.toml").write_text(block_of("toml"), encoding="utf-8")
    (folder / "indicators" / "own.py").write_text(own_indicator(), encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path):
    return city_of_the_guide(tmp_path / "town")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """One city whose base is built once; a test writes an indicator of its own into it."""
    return city_of_the_guide(tmp_path_factory.mktemp("kept") / "town")


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


def alone(folder):
    """Examine the city by its own indicator only."""
    examination = dizuo.open(folder).examination()
    own = {"08.near_a_pharmacy": examination.indicators["08.near_a_pharmacy"]}
    return examine(examination, indicators=own)


BODY = "    return home_reach.share(pharmacy, radius)"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise ValueError('oops')", "ValueError: oops"),
        ("return 1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("return 42", "it returned int"),
        ("return None", "it returned NoneType"),
        ("return {'network': 1.0}", "it returned float"),
        ("return made(np.ones(2))", "numerator has the shape (2,)"),
        ("return made(np.ones((len(homes), 2)))", "numerator has the shape"),
        ("return made(np.array(['a'] * len(homes)))", "no number"),
        ("return made(np.full(len(homes), np.inf))", "no number"),
    ],
)
def test_a_function_that_fails_is_told_with_its_file_and_line(kept, body, told):
    text = own_indicator(
        **{
            "home_reach: HomeReach, ": "home_reach: HomeReach, homes: Homes, ",
            BODY: (
                "    import numpy as np\n    from dizuo.model.values import Values\n"
                "    made = lambda numbers: {\n"
                "        name: Values(homes.support, numbers, np.ones(len(homes)))\n"
                "        for name in ('network', 'straight')\n"
                f"    }}\n    {body}"
            ),
        }
    )
    text = "from dizuo.resources.buildings import Homes\n" + text
    (kept / "indicators" / "own.py").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        alone(kept)
    assert told in str(refused.value)
    assert "own.py" in str(refused.value)
    assert "08.near_a_pharmacy" in str(refused.value)
    if "raise" in body or "/" in body:
        assert f"row {text.splitlines().index('    ' + body) + 1}" in str(refused.value)


def test_a_file_that_raises_while_it_is_read_is_named(tmp_path):
    refused(tmp_path, "raise ValueError('oops')", "oops")
    refused(tmp_path, "1 / 0", "division")


def test_a_checkup_without_any_rule_has_values_and_an_empty_list_of_rules(kept):
    text = own_indicator(
        **{
            'rules={"radius": "monaco_plan.pharmacy.radius", '
            '"judge": "monaco_plan.pharmacy.share"},': "rules={},",
            "variants=": "better_known=",
            ", pharmacy: Facilities, radius: Rule": ", homes: Homes",
            BODY: (
                "    from dizuo.model.values import Values\n"
                "    return Values(homes.support, homes.residents, homes.residents)"
            ),
        }
    ).replace('    better_known=("network", "straight"),\n', "")
    text = "from dizuo.resources.buildings import Homes\n" + text
    (kept / "indicators" / "own.py").write_text(text, encoding="utf-8")
    result = alone(kept)
    assert result.values.loc[result.values["place_kind"] == "city", "value"].tolist() == [1.0]
    assert list(result.rules["id"]) == []
    assert "08.near_a_pharmacy" in render_report(result)
