"""Shared services through the door: answered from the request, and nothing of it kept anywhere."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "operations" / "shared_services"))

from shared_items import CATALOGUE

pytestmark = pytest.mark.systems("S22.7")
PATH = "/api/shared_services/eligibility"
MARK = 61.507
"""An age that stands nowhere else."""


@pytest.fixture
def sharing(town):
    file = town.operations.folder / "shared_services.toml"
    file.write_text(CATALOGUE, encoding="utf-8")
    return town


def test_everybody_is_told_what_fits_and_why(sharing):
    told = sharing.post(PATH, facts={"age": 70, "district": "north"}).json()
    fits = {one["item"]: one["fits"] for one in told}
    assert fits == {"free_bus": "yes", "meals": "unknown", "library": "yes"}
    (bus, meals, _) = told
    assert meals["reasons"] == ["residence_years >= 1"]
    assert [one["en"] for one in bus["recognised_by"]] == ["Suzhou", "Hangzhou"]
    names = [one["fact"] for one in sharing.get("/api/shared_services/facts").json()]
    assert names == ["age", "residence_years", "disability_card", "district"]


def test_nothing_of_what_was_declared_is_kept(sharing, caplog, capfd):
    before = sharing.operations.health().events
    with caplog.at_level(0):
        answer = sharing.post(PATH, facts={"age": MARK, "disability_card": True})
    assert answer.status_code == 200
    assert sharing.operations.health().events == before
    assert str(MARK) not in answer.text
    written = capfd.readouterr()
    assert str(MARK) not in written.out + written.err + caplog.text
    kept = [one for one in sharing.operations.folder.rglob("*") if one.is_file()]
    assert kept
    assert not [one.name for one in kept if str(MARK).encode() in one.read_bytes()]


def test_facts_do_not_come_in_the_address_and_strange_ones_are_refused(sharing):
    assert sharing.get(PATH, age=70).status_code == 405
    assert sharing.post(PATH, facts={"phone": "1"}).status_code == 422
    assert sharing.post(PATH, facts={"age": "old"}).status_code == 422
    assert sharing.post(PATH, facts={"age": None}).status_code == 400
    assert sharing.post(PATH).status_code == 400
