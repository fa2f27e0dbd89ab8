"""Gates, bollards and walls: who passes, who is kept out, and who holds the key."""

import numpy as np
import pytest
from osm_town import CRS, Town

from dizuo.base.osm import read_osm
from dizuo.base.street_barriers import barriers_of
from dizuo.base.street_modes import passage
from dizuo.base.streets import build_streets

MODES = ("walk", "bike", "drive")


@pytest.mark.parametrize(
    ("tags", "may"),
    [
        ({}, "walk bike drive"),
        ({"barrier": "bollard"}, "walk bike"),
        ({"barrier": "bollard", "bollard": "rising"}, "walk bike drive"),
        ({"barrier": "bollard", "access": "yes"}, "walk bike"),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, "walk bike drive"),
        ({"barrier": "gate"}, "walk bike drive"),
        ({"barrier": "gate", "access": "private"}, ""),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, "walk"),
        ({"barrier": "gate", "motor_vehicle": "no"}, "walk bike"),
        ({"barrier": "lift_gate", "access": "no", "foot": "yes", "bicycle": "yes"}, "walk bike"),
        ({"barrier": "wall"}, ""),
        ({"barrier": "turnstile"}, "walk"),
        ({"barrier": "cycle_barrier"}, "walk bike"),
        ({"barrier": "gate", "foot": "unknown", "access": "no"}, ""),
        ({"access": "private"}, "walk bike drive"),  # no barrier: the way's own tags speak
    ],
)
def test_who_passes_a_barrier(tags, may):
    found = passage(tags)
    assert [mode for mode in MODES if getattr(found, mode)] == may.split()


def through_of(town, tmp_path, mode):
    """Whether each node of a town is passed, by id."""
    extract = read_osm(town.write(tmp_path / "town.osm"))
    nodes, _ = build_streets(extract.highways, CRS, barriers=barriers_of(extract.points))
    return dict(zip(nodes["id"], nodes[f"{mode}_through"], strict=True))


def loop_with(tags, spur=False):
    #  1 ----- 2        a ring, and a barrier n9 in the middle of its south side;
    #  |       |        or a spur from n3 to n5, with the barrier on it
    #  4 - 9 - 3 - - 5
    town = Town()
    for ref, x, y in ((1, 0, 100), (2, 100, 100), (3, 100, 0), (4, 0, 0), (5, 200, 0)):
        town.node(ref, x, y)
    town.node(9, 150 if spur else 50, 0, **tags)
    town.street(10, 3, 2, 1, 4)
    if spur:
        town.street(11, 4, 3)
        town.street(12, 3, 9, 5)
    else:
        town.street(11, 4, 9, 3)
    return town


def test_a_way_is_cut_at_a_bollard_and_only_there(tmp_path):
    assert "node:n9" not in through_of(loop_with({}), tmp_path, "walk")
    assert "node:n9" not in through_of(loop_with({"barrier": "gate"}), tmp_path, "walk")
    bollard = loop_with({"barrier": "bollard"})
    assert through_of(bollard, tmp_path, "walk")["node:n9"]
    drive = through_of(bollard, tmp_path, "drive")
    assert [name for name, may in drive.items() if not may] == ["node:n9"]


def test_a_private_gate_spares_a_short_cut_but_locks_nobody_in(tmp_path):
    private = {"barrier": "gate", "access": "private"}
    assert not through_of(loop_with(private), tmp_path, "walk")["node:n9"]
    assert through_of(loop_with(private, spur=True), tmp_path, "walk")["node:n9"]
    wall = {"barrier": "wall"}
    assert not through_of(loop_with(wall, spur=True), tmp_path, "walk")["node:n9"]


def test_lengths_stay_what_they_were(tmp_path):
    whole, cut = (
        build_streets(extract.highways, CRS, barriers=barriers_of(extract.points))[1]
        .groupby("way")["length_mm"]
        .sum()
        for tags in ({}, {"barrier": "bollard"})
        for extract in [read_osm(loop_with(tags).write(tmp_path / "town.osm"))]
    )
    assert np.abs(whole - cut).max() <= 1
