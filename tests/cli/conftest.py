"""Run the command line inside this process, and a small city to run it on."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from town_city import HEAD, MAP, OUTLINE, PEOPLE, small_town, write_outline

from dizuo.cli import main


@dataclass(frozen=True)
class Ran:
    """What one run of the command line gave."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return json.loads(self.err)["error"]


@pytest.fixture(autouse=True)
def plain_english(monkeypatch):
    """No language of the machine, no colours, no width of somebody's terminal."""
    for name in ("DIZUO_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def dizuo(capsys):
    """Run ``dizuo`` with arguments and return what it gave."""

    def run(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return Ran(code, told.out, told.err)

    return run


def make_town(folder):
    """Write the folder of the town drawn by hand: four homes, two streets, a school, a park."""
    folder.mkdir(parents=True, exist_ok=True)
    small_town().write(folder / "town.osm")
    write_outline(folder / "boundary.geojson")
    (folder / "city.toml").write_text(HEAD + OUTLINE + PEOPLE + MAP, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def examined_town(tmp_path_factory):
    """The town, built and examined once: read it, never write to it."""
    folder = make_town(tmp_path_factory.mktemp("cities") / "town")
    assert main(["checkup", str(folder), "--json"]) == 0
    return folder


@pytest.fixture
def town(tmp_path):
    """The town, not built yet, for tests that change it."""
    return make_town(tmp_path / "town")
