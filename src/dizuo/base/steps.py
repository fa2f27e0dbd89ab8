"""Which layers are made together, and from what: the plan that tells what must be rebuilt."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from dizuo.base.config import CityConfig, SourceSettings
from dizuo.base.fingerprints import FileMark, fingerprint
from dizuo.base.schema_version import SCHEMA_VERSION, dizuo_version

_TABLES: Final = frozenset(
    {"checkup_indicators.toml", "estimation.toml", "facilities.toml", "gazetteer_words.toml"}
)

__all__ = ["STEPS", "Step", "step_fingerprints", "step_sources"]


@dataclass(frozen=True, slots=True)
class Step:
    """Layers that are made together.

    Attributes
    ----------
    layers
        What it makes.
    kinds
        Kinds of sources that all of its layers may rest on, besides the user's rows for a layer.
    after
        Steps whose layers it reads.
    settings
        Tables of ``city.toml`` that it depends on.
    weight
        Its usual share of the time, for progress.
    """

    name: str
    layers: tuple[str, ...]
    kinds: tuple[str, ...] = ("osm",)
    after: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    weight: float = 1.0


STEPS: Final = (
    Step("outline", ("boundary", "extent"), settings=("boundary",)),
    Step("divisions", ("divisions",), after=("outline",)),
    Step(
        "streets",
        ("street_nodes", "street_edges", "street_crossings"),
        kinds=("osm", "elevation"),
        after=("outline",),
        weight=3,
    ),
    Step(
        "buildings",
        ("buildings",),
        after=("outline",),
        settings=("population",),
        weight=4,
    ),
    Step("facilities", ("facilities",), after=("outline", "buildings"), weight=3),
    Step("land", ("green", "water", "land_use", "heritage", "trees"), after=("outline",), weight=2),
    Step(
        "stops",
        (
            "stops",
            "timetable_routes",
            "timetable_trips",
            "timetable_stop_times",
            "timetable_services",
            "timetable_frequencies",
            "timetable_shapes",
        ),
        kinds=("osm", "gtfs"),
        after=("outline",),
        settings=("reference_date",),
    ),
    Step("names", ("addresses", "place_names"), after=("outline",)),
    Step("places", ("places",), after=("outline", "divisions", "streets", "land"), weight=2),
    Step(
        "values",
        ("user_values",),
        kinds=("values",),
        after=("places", "buildings"),
        settings=("reference_date",),
    ),
    Step(
        "staff",
        ("staff",),
        kinds=("staff",),
        after=("places",),
        settings=("reference_date",),
    ),
    Step("evaluation", ("evaluation",), kinds=("evaluation",), settings=("reference_date",)),
)


def step_sources(step: Step, config: CityConfig) -> tuple[SourceSettings, ...]:
    """Return the sources that a step rests on, in the order of ``city.toml``."""
    layers = set(step.layers)
    if "buildings" in layers:
        layers.add("population_points")
    return tuple(
        source for source in config.sources if source.kind in step.kinds or source.layer in layers
    )


def step_fingerprints(config: CityConfig, marks: Mapping[str, FileMark]) -> dict[str, str]:
    """Return the fingerprint of every step: it changes when anything that the step rests on does.

    Parameters
    ----------
    marks
        Marks of the files, by source id, and of ``boundary`` and ``edge``.
    """
    found: dict[str, str] = {}
    for step in STEPS:
        sources = [
            {**_plain(source), "content": marks[source.id].blake2b}
            for source in step_sources(step, config)
        ]
        outline = {
            name: marks[name].blake2b
            for name in ("boundary:file", "boundary:edge")
            if name in marks
        }
        found[step.name] = fingerprint(
            {
                "code": code_hash(),
                "schema": SCHEMA_VERSION,
                "city": [config.city.id, config.city.name, config.city.name_zh, config.city.crs],
                "outline": outline if step.name == "outline" else {},
                "sources": sources,
                "settings": {name: _settings(config, name) for name in step.settings},
                "after": [found[name] for name in step.after],
            }
        )
    return found


def _settings(config: CityConfig, name: str) -> Any:
    if name == "reference_date":
        return config.city.reference_date
    value = getattr(config, name)
    return None if value is None else {k: str(v) for k, v in asdict(value).items()}


def _plain(source: SourceSettings) -> dict[str, Any]:
    """Return what of a source's settings changes its rows; its licence and wording do not."""
    return {
        name: dict(value) if isinstance(value, Mapping) else value
        for name in (
            "id", "kind", "layer", "mode", "crs", "encoding", "table", "columns", "constants",
            "drop", "evidence", "date",
        )
        for value in (getattr(source, name),)
    }  # fmt: skip


@cache
def code_hash() -> str:
    """Return one hash of the code and the tables that make layers: a new dizuo rebuilds."""
    texts: dict[str, str] = {"version": dizuo_version()}
    for package in ("dizuo.base", "dizuo.standards"):
        for entry in files(package).iterdir():
            if _makes_layers(entry):
                texts[f"{package}/{entry.name}"] = entry.read_text(encoding="utf-8")
    return fingerprint(texts)


def _makes_layers(entry: Traversable) -> bool:
    return entry.name.endswith(".py") or entry.name in _TABLES
