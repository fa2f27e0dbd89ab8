"""How long a build will take and how much memory it needs, from the size of its sources."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dizuo.base.config import CityConfig
from dizuo.base.steps import STEPS

__all__ = ["BuildEstimate", "estimate_build"]

_SECONDS_AT_LEAST: Final = 2.0
_SECONDS_PER_MB: Final = {
    "osm": 6.0, "gtfs": 2.0, "vector": 0.5, "table": 0.5, "values": 0.5,
    "staff": 0.5, "evaluation": 0.5, "elevation": 0.5,
}  # fmt: skip
_MIB_AT_LEAST: Final = 240.0
_MIB_PER_MB: Final = {
    "osm": 100.0, "gtfs": 40.0, "vector": 10.0, "table": 20.0, "values": 20.0,
    "staff": 20.0, "evaluation": 20.0, "elevation": 20.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BuildEstimate:
    """What a build will need, within a factor of about two on a machine of today.

    Attributes
    ----------
    steps
        The steps whose layers will be built; empty: nothing changed.
    seconds
        Wall-clock time.
    memory_mib
        Largest memory in use.
    """

    steps: tuple[str, ...]
    seconds: float
    memory_mib: float


def estimate_build(config: CityConfig, stale: tuple[str, ...]) -> BuildEstimate:
    """Estimate from the megabytes of each kind of source.

    The factors are those of Monaco (0.2 MB of OpenStreetMap: 1.9 s, 260 MiB) and of Las Palmas
    (3.3 MB, with a timetable of 0.9 MB: 18 s, 600 MiB), on two cores.
    """
    if not stale:
        return BuildEstimate((), 0.0, 0.0)
    weights = {step.name: step.weight for step in STEPS}
    share = sum(weights[name] for name in stale) / sum(weights.values())
    seconds, memory = _SECONDS_AT_LEAST, _MIB_AT_LEAST
    for source in config.sources:
        megabytes = _bytes(source.file) / 1e6
        seconds += _SECONDS_PER_MB[source.kind] * megabytes * (0.4 + 0.6 * share)
        memory += _MIB_PER_MB[source.kind] * megabytes
    return BuildEstimate(stale, round(seconds, 1), round(memory))


def _bytes(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.iterdir() if file.is_file())
    return path.stat().st_size
