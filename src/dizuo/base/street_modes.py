"""Who may use a street and in which direction, from its OpenStreetMap tags.

The rules follow the access defaults and the hierarchy of access tags of the OpenStreetMap wiki:
the most specific tag that is present decides (``foot`` before ``access``; ``bicycle`` before
``vehicle``; ``motorcar`` before ``motor_vehicle`` before ``vehicle``). Private ways are not open.

What stands on a street (``barrier`` on a node) is passed by the same tags; without them a barrier
lets those through whom it is built to let through, as the wiki defines its kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["KEYS_OF_MODES", "NOT_STREETS", "Directions", "Passage", "directions", "passage"]

Tags = Mapping[str, str]

NOT_STREETS: Final = frozenset(
    {
        "abandoned",
        "bus_stop",
        "construction",
        "crossing",
        "demolished",
        "disused",
        "elevator_shaft",
        "emergency_access_point",
        "escape",
        "no",
        "planned",
        "proposed",
        "raceway",
        "razed",
        "removed",
        "rest_area",
        "services",
        "street_lamp",
        "traffic_island",
        "via_ferrata",
    }
)
"""Values of ``highway`` that are no street, or not one now."""

ROADS: Final = frozenset(
    {
        "trunk",
        "trunk_link",
        "primary",
        "primary_link",
        "secondary",
        "secondary_link",
        "tertiary",
        "tertiary_link",
        "unclassified",
        "residential",
        "living_street",
        "service",
        "road",
    }
)
MOTORWAYS: Final = frozenset({"motorway", "motorway_link"})
WALKABLE: Final = ROADS | {
    "bridleway",
    "corridor",
    "elevator",
    "footway",
    "path",
    "pedestrian",
    "platform",
    "steps",
    "track",
}
RIDEABLE: Final = ROADS | {"cycleway", "path", "track"}
DRIVABLE: Final = ROADS | MOTORWAYS

CLOSED: Final = frozenset(
    {
        "agricultural",
        "emergency",
        "forestry",
        "military",
        "no",
        "permit",
        "private",
        "use_sidepath",
    }
)
"""Values of an access tag that shut the public out."""

FORWARD: Final = frozenset({"yes", "true", "1"})
BACKWARD: Final = frozenset({"-1", "reverse"})
TURNING: Final = frozenset({"reversible"})
"""Values of ``oneway`` that change in the day: such a street is open in neither direction."""

SIDES: Final = ("", ":left", ":right", ":both")

KEYS_OF_MODES: Final = {
    "walk": ("foot", "access"),
    "bike": ("bicycle", "vehicle", "access"),
    "drive": ("motorcar", "motor_vehicle", "vehicle", "access"),
}
"""Access tags of each mode, the one that decides first in front."""

PRIVATE: Final = frozenset({"private", "permit"})
"""Values of an access tag of what those who live behind it may open."""

NOBODY_PASSES: Final = frozenset({"city_wall", "ditch", "fence", "hedge", "retaining_wall", "wall"})
NO_BICYCLE: Final = frozenset(
    {"full-height_turnstile", "guard_rail", "horse_stile", "kissing_gate", "stile", "turnstile"}
)
CARS_PASS: Final = frozenset(
    {
        "border_control",
        "cattle_grid",
        "coupure",
        "entrance",
        "gate",
        "height_restrictor",
        "kerb",
        "lift_gate",
        "no",
        "rope",
        "sally_port",
        "sliding_beam",
        "sliding_gate",
        "spikes",
        "swing_gate",
        "toll_booth",
        "wicket_gate",
        "yes",
    }
)
"""Barriers that let cars through unless a tag says otherwise; all others keep cars out."""


@dataclass(frozen=True, slots=True)
class Directions:
    """Whether each mode may use a street along its line, and against it."""

    walk_forward: bool
    walk_backward: bool
    bike_forward: bool
    bike_backward: bool
    drive_forward: bool
    drive_backward: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """Who passes a barrier, and whether those who live behind it hold its key."""

    walk: bool
    bike: bool
    drive: bool
    private: frozenset[str] = frozenset()
    """Modes that only a private access tag keeps out."""


def passage(tags: Tags) -> Passage:
    """Return who may pass a node of these tags; everybody where it is no barrier."""
    kind = tags.get("barrier")
    if kind is None:
        return Passage(walk=True, bike=True, drive=True)
    usual = {
        "walk": kind not in NOBODY_PASSES,
        "bike": kind not in NOBODY_PASSES | NO_BICYCLE,
        "drive": kind in CARS_PASS or tags.get("bollard") == "rising",
    }
    may = {mode: _access(tags, keys, default=usual[mode]) for mode, keys in KEYS_OF_MODES.items()}
    private = frozenset(mode for mode in may if usual[mode] and _decides(tags, mode) in PRIVATE)
    return Passage(walk=may["walk"], bike=may["bike"], drive=may["drive"], private=private)


def _decides(tags: Tags, mode: str) -> str | None:
    """Return the value of the access tag that decides for a mode."""
    told = (tags.get(key) for key in KEYS_OF_MODES[mode])
    return next((value for value in told if value not in {None, "unknown"}), None)


def directions(tags: Tags) -> Directions:
    """Return who may use a street of these tags in which direction."""
    walk = _may_walk(tags)
    bike = _may_ride(tags)
    drive = _may_drive(tags)
    drive_forward, drive_backward = _driving_directions(tags)
    bike_forward, bike_backward = _riding_directions(tags, drive_forward, drive_backward)
    walk_forward, walk_backward = _walking_directions(tags)
    return Directions(
        walk_forward=walk and walk_forward,
        walk_backward=walk and walk_backward,
        bike_forward=bike and bike_forward,
        bike_backward=bike and bike_backward,
        drive_forward=drive and drive_forward,
        drive_backward=drive and drive_backward,
    )


def _access(tags: Tags, keys: tuple[str, ...], *, default: bool) -> bool:
    """Let the first access tag that is present decide.

    A general permission does not open a street to a mode that its class excludes:
    ``access=yes`` on steps lets nobody drive there.
    """
    for position, key in enumerate(keys):
        value = tags.get(key)
        if value is None or value == "unknown":
            continue
        if value in CLOSED:
            return False
        return default if position == len(keys) - 1 else True
    return default


def _may_walk(tags: Tags) -> bool:
    highway = tags["highway"]
    if highway in MOTORWAYS or highway in {"busway", "bus_guideway"}:
        return False
    shared = highway == "cycleway" and tags.get("segregated") in {"yes", "no"}
    default = (highway in WALKABLE or shared) and tags.get("motorroad") != "yes"
    return _access(tags, KEYS_OF_MODES["walk"], default=default)


def _may_ride(tags: Tags) -> bool:
    highway = tags["highway"]
    if highway in MOTORWAYS or highway in {"steps", "elevator", "corridor", "platform"}:
        return False
    default = highway in RIDEABLE and tags.get("motorroad") != "yes"
    if tags.get("bicycle") == "dismount":
        return False
    return _access(tags, KEYS_OF_MODES["bike"], default=default)


def _may_drive(tags: Tags) -> bool:
    highway = tags["highway"]
    if highway in {"steps", "elevator", "corridor", "platform", "cycleway"}:
        return False
    return _access(tags, KEYS_OF_MODES["drive"], default=highway in DRIVABLE)


def _from_oneway(value: str) -> tuple[bool, bool]:
    if value in FORWARD:
        return True, False
    if value in BACKWARD:
        return False, True
    if value in TURNING:
        return False, False
    return True, True


def _driving_directions(tags: Tags) -> tuple[bool, bool]:
    for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"):
        value = tags.get(key)
        if value is not None:
            return _from_oneway(value)
    circles = tags.get("junction") in {"roundabout", "circular"}
    return True, not (circles or tags["highway"] == "motorway")


def _riding_directions(tags: Tags, forward: bool, backward: bool) -> tuple[bool, bool]:
    explicit = tags.get("oneway:bicycle")
    if explicit is not None:
        return _from_oneway(explicit)
    if tags.get("oneway") in TURNING:
        return True, True
    if tags["highway"] not in DRIVABLE and tags["highway"] not in RIDEABLE:
        # oneway on a footway speaks of vehicles only where they are let in.
        return _from_oneway(tags.get("oneway", "no"))
    contraflow = any(
        tags.get(f"cycleway{side}", "").startswith("opposite")
        or tags.get(f"cycleway{side}:oneway") in {"no", "-1"}
        for side in SIDES
    )
    return (forward or contraflow, backward or contraflow)


def _walking_directions(tags: Tags) -> tuple[bool, bool]:
    """Walkers mind no oneway, but a moving stair carries one way."""
    conveying = tags.get("conveying")
    if conveying == "forward":
        return True, False
    if conveying == "backward":
        return False, True
    return _from_oneway(tags.get("oneway:foot", "no"))
