"""``dizuo services`` as somebody at a window types it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "operations" / "shared_services"))

from shared_items import CATALOGUE

pytestmark = pytest.mark.systems("S22.7")


@pytest.fixture
def town(tmp_path):
    folder = tmp_path / "operations"
    folder.mkdir()
    (folder / "shared_services.toml").write_text(CATALOGUE, encoding="utf-8")
    return tmp_path


def test_what_fits_is_told_and_no_file_is_written(dizuo, town):
    before = sorted(town.rglob("*"))
    facts = ("--fact", "age=70", "--fact", "disability_card=no", "--fact", "district=south")
    ran = dizuo("services", town, *facts, "--json")
    assert {one["item"]: one["fits"] for one in ran.answer} == {
        "free_bus": "yes", "meals": "no", "library": "yes",
    }  # fmt: skip
    assert "Free bus rides" in dizuo("services", town, *facts).out
    assert sorted(town.rglob("*")) == before


@pytest.mark.parametrize(
    ("fact", "message"),
    [("age", "no NAME=VALUE"), ("age=old", "cannot be 'old'"), ("name=Li", "nobody asks for")],
)
def test_what_cannot_be_read_is_refused(dizuo, town, fact, message):
    ran = dizuo("services", town, "--fact", fact)
    assert ran.code == 2
    assert message in ran.err


def test_items_go_from_one_city_to_another(dizuo, town, tmp_path):
    other = tmp_path / "other"
    (other / "operations").mkdir(parents=True)
    file = tmp_path / "items.json"
    given = ("--city", "310000", "--to", "330100", "--file", file)
    shared = dizuo("services", town, "share", *given, "--json").answer
    assert (shared["city"], shared["items"]) == ("310000", 1)
    catalogue = other / "operations" / "shared_services.toml"
    city = '[cities.310000]\nen = "Shanghai"\nzh = "上海"\n'
    catalogue.write_text(city, encoding="utf-8")
    assert dizuo("services", other, "accept", "--file", file).code == 2
    catalogue.write_text(f'{city}key = "{shared["key"]}"\n', encoding="utf-8")
    assert dizuo("services", other, "accept", "--file", file).code == 0
    (told,) = dizuo("services", other, "--fact", "age=70", "--json").answer
    assert (told["item"], told["city"], told["fits"]) == ("310000/free_bus", "310000", "yes")
    assert dizuo("services", town, "share", "--to", "330100").code == 2
