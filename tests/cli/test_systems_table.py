"""The table of systems is read from the code, and says nothing that the code does not."""

import importlib
from pathlib import Path
from textwrap import dedent

import pytest

import dizuo
from dizuo.articles.registry import all_indicators
from dizuo.cli.systems_table import find_modules, find_tests, systems_table
from dizuo.standards.opinions import load_systems

PACKAGE = Path(dizuo.__file__).parent
COMPUTED = "08.kindergarten_reach"
FILLED = "14.H01"


OPERATIONS = (
    "S14.9", "S15.3", "S17.2", "S21.1", "S21.2", "S21.3", "S21.4", "S21.5", "S21.6", "S21.7",
    "S22.5", "S22.6", "S22.7", "S22.9", "S23.1", "S23.2", "S23.3", "S23.4", "L1", "L2", "L3", "L4",
)  # fmt: skip


def test_every_system_that_runs_the_city_names_what_realises_and_tests_it():
    rows = {row["id"]: row for row in systems_table()}
    for system in OPERATIONS:
        assert rows[system]["elements"], system
        assert rows[system]["tests"], system


@pytest.fixture
def written(tmp_path):
    """A function that writes a file of tests and finds what they serve."""

    def find(text):
        folder = tmp_path / "tests"
        (folder / "room").mkdir(parents=True, exist_ok=True)
        (folder / "room" / "test_reach.py").write_text(dedent(text), encoding="utf-8")
        return find_tests(folder, all_indicators())

    return find


FILE = "tests/room/test_reach.py"


def test_every_system_with_an_element_has_a_test():
    untested = {row["id"] for row in systems_table() if row["elements"] and not row["tests"]}
    assert untested == set()


def test_every_tested_system_has_an_element():
    unrealised = {row["id"] for row in systems_table() if row["tests"] and not row["elements"]}
    assert unrealised == set()


def test_every_system_that_is_named_is_one_of_the_list(root):
    indicators = all_indicators()
    named = {system for one in indicators.values() for system in one.systems}
    named |= {system for systems in find_modules(PACKAGE).values() for system in systems}
    named |= set(find_tests(root / "tests", indicators))
    assert named <= set(load_systems())


def test_every_module_of_the_table_says_so_itself():
    modules = find_modules(PACKAGE)
    assert "dizuo.base.manifest" in modules
    for name, systems in modules.items():
        assert importlib.import_module(name).__systems__ == systems
        assert list(systems) == list(dict.fromkeys(systems))


def test_tests_are_found_by_their_marks(written):
    found = written("""
        import pytest

        @pytest.mark.systems("S2.1", "S2.2")
        def test_marked(): ...

        @pytest.mark.systems("S3.1")
        class TestGroup:
            @pytest.mark.systems("S3.2")
            def test_member(self): ...
            def helper(self): ...

        def test_unmarked(): ...
    """)
    assert found == {
        "S2.1": [f"{FILE}::test_marked"],
        "S2.2": [f"{FILE}::test_marked"],
        "S3.1": [f"{FILE}::TestGroup::test_member"],
        "S3.2": [f"{FILE}::TestGroup::test_member"],
    }


def test_the_mark_of_a_module_makes_the_whole_file_serve(written):
    found = written("""
        import pytest
        pytestmark = [pytest.mark.slow, pytest.mark.systems("S1.1")]
        def test_one(): ...
        def test_another(): ...
    """)
    assert found == {"S1.1": [FILE]}


def test_tests_are_found_by_the_indicators_that_they_mention(written):
    found = written(f"""
        def test_mentioning():
            assert "{COMPUTED}"
    """)
    assert set(found) == set(all_indicators()[COMPUTED].systems)


@pytest.mark.parametrize(("kind", "name"), [("computed", COMPUTED), ("filled", FILLED)])
def test_a_test_of_every_indicator_serves_what_those_of_its_kind_serve(written, kind, name):
    found = written(f"""
        import pytest

        @pytest.mark.every_indicator("{kind}")
        def test_all(): ...
    """)
    reading_tables = {one for one in all_indicators() if one[3].isupper()}
    of_kind = reading_tables if kind == "filled" else set(all_indicators()) - reading_tables
    assert name in of_kind
    assert set(found) == {system for one in of_kind for system in all_indicators()[one].systems}


def test_an_installed_dizuo_has_no_tests_to_find(tmp_path):
    assert find_tests(tmp_path / "absent", {}) == {}
    assert all(row["tests"] == [] for row in systems_table(tmp_path / "absent"))
