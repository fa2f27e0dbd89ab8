"""``dizuo services CITY book`` and the other steps, as somebody at a window types them."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "operations" / "shared_services"))
sys.path.insert(0, str(Path(__file__).parents[1] / "operations" / "booking"))

from booked_places import HEADER, write_offer
from shared_items import CATALOGUE

from opened_city import write_city

pytestmark = pytest.mark.systems("S22.7")


def test_slots_are_published_booked_changed_cancelled_and_listed(dizuo, tmp_path):
    write_city(tmp_path)
    folder = tmp_path / "operations"
    day = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}"
    write_offer(
        folder / "booking",
        f"{HEADER}library,north,{day},09:00,10:00,1\nlibrary,south,{day},09:00,10:00,1\n",
    )
    (folder / "shared_services.toml").write_text(CATALOGUE, encoding="utf-8")

    def services(*words):
        return dizuo("services", tmp_path, *words, "--json")

    assert services("publish").answer == {"offered": 2, "withdrawn": 0, "unchanged": 0}
    slots = [one["slot"] for one in services("slots", "--service", "library").answer]
    assert slots == [f"slot:library/{place}/{day}T09:00" for place in ("north", "south")]
    mine = services("book", "--slot", slots[0], "--phone", "13800138000").answer
    assert mine["state"] == "held"
    assert services("contact", mine["booking"]).answer == [{"phone": "13800138000"}]
    assert services("book", "--slot", slots[0]).code == 2
    waits = services("book", "--slot", slots[0], "--wait").answer
    assert services("change", mine["number"], "--slot", slots[1]).answer["slot"] == slots[1]
    listed = services("day", "--day", day).answer
    assert [(one["booking"], one["state"]) for one in listed] == [
        (waits["booking"], "held"), (mine["booking"], "held"),
    ]  # fmt: skip
    assert services("cancel", mine["number"]).answer["state"] == "cancelled"
    assert "northern" in dizuo("services", tmp_path, "slots").out.lower()
    assert services("attended", waits["number"]).code == 2
    assert services("cancel").code == 2
    assert dizuo("operations", tmp_path, "verify").code == 0
