"""A city's own case types, code lists, calendars and settings count where its operations open."""

from pathlib import Path

import pytest

from dizuo.model.errors import InputError
from dizuo.operations import cases
from dizuo.operations.opening import open_operations
from opened_city import write_city

SHIPPED = Path(cases.__file__).parent / "types"


def test_operations_open_with_what_ships(tmp_path, clock):
    opened = open_operations(write_city(tmp_path), clock=clock)
    assert opened.office.calendar == "cn_default"
    assert opened.office.types.get("urban_event").id == "urban_event"
    assert opened.health().events == 0
    assert "gas_leak" in {one.id for one in opened.incidents.plans}
    assert (tmp_path / "operations" / "operations.sqlite").exists()


def test_a_city_counts_by_its_own_calendar(tmp_path, clock):
    folder = write_city(tmp_path)
    (folder / "operations").mkdir()
    (folder / "operations" / "settings.toml").write_text('calendar = "us_default"')
    assert open_operations(folder, clock=clock).office.calendar == "us_default"


@pytest.mark.parametrize("text", ["colour = 1", "calendar = 1", "calendar ="])
def test_faulty_settings_are_told(tmp_path, clock, text):
    folder = write_city(tmp_path)
    (folder / "operations").mkdir()
    (folder / "operations" / "settings.toml").write_text(text)
    with pytest.raises(InputError, match=r"settings\.toml"):
        open_operations(folder, clock=clock)


def test_a_case_type_whose_code_list_is_not_there_is_told(tmp_path, clock):
    folder = write_city(tmp_path)
    types = folder / "operations" / "case_types"
    types.mkdir(parents=True)
    own = (SHIPPED / "urban_event.toml").read_text("utf-8")
    (types / "own.toml").write_text(own.replace('"urban_event"', '"own"'), "utf-8")
    with pytest.raises(InputError, match="the case type own names the code list 'own'"):
        open_operations(folder, clock=clock)
