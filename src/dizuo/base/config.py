"""What ``city.toml`` says, checked and made into frozen settings.

Relative paths count from the city's folder. What is unknown is refused, with the nearest name that
is known: a misspelt key would otherwise silently leave its default in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from dizuo.base.config_table import ConfigTable
from dizuo.base.evaluation_folder import TRAVEL, newest_evaluation
from dizuo.base.toml_files import read_toml
from dizuo.model.errors import InputError
from dizuo.model.evidence import Evidence
from dizuo.model.text import Text

__all__ = [
    "CITY_FILE",
    "USER_LAYERS",
    "BoundarySettings",
    "CityConfig",
    "CitySettings",
    "Completeness",
    "PopulationSettings",
    "SourceSettings",
    "read_config",
]

CITY_FILE: Final = "city.toml"
SOURCE_KINDS: Final = (
    "osm", "vector", "table", "gtfs", "values", "staff", "evaluation", "elevation",
)  # fmt: skip
MODES: Final = ("replace", "add")
LANGUAGES: Final = ("en", "zh")
USER_LAYERS: Final = (
    "addresses",
    "buildings",
    "divisions",
    "facilities",
    "green",
    "heritage",
    "land_use",
    "place_names",
    "population_points",
    "stops",
    "trees",
    "water",
)
"""Layers that a ``vector`` or ``table`` source may fill."""

_MOST_RESIDENTS: Final = 1e9
"""More than these live in no city: a slip of the pen."""


@dataclass(frozen=True, slots=True)
class CitySettings:
    """Who the city is and how it is examined.

    Attributes
    ----------
    crs
        ``auto`` (the UTM zone of the boundary's centroid) or a projected system in metres.
    standards
        Jurisdictions whose rules apply, in order of precedence.
    """

    id: str
    name: str
    name_zh: str
    reference_date: date
    crs: str = "auto"
    standards: tuple[str, ...] = ("CN",)
    languages: tuple[str, ...] = LANGUAGES


@dataclass(frozen=True, slots=True)
class BoundarySettings:
    """Where the city ends, and where its data ends.

    Attributes
    ----------
    file
        Polygons whose union is the city; None: the OSM relation, else the hull of the data.
    osm_relation
        Number of an administrative relation in the OSM source.
    edge
        How far the data reaches: ``data`` (bounds of the OSM file), ``boundary`` (the data was cut
        at the boundary), or a file with a polygon.
    land_only
        Whether the sea, as the coastline draws it, is taken off the boundary.
    """

    file: Path | None = None
    osm_relation: int | None = None
    edge: str | Path = "data"
    land_only: bool = True


@dataclass(frozen=True, slots=True)
class PopulationSettings:
    """The official number of residents, with its day and its source."""

    total: float
    date: date
    source: str


@dataclass(frozen=True, slots=True)
class Completeness:
    """Which share (0..1) of the real things a layer of a source holds, and who says so."""

    share: float
    source: str


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """One source: a file, what is in it, and how its columns are named.

    Attributes
    ----------
    kind
        ``osm``, ``vector``, ``table``, ``gtfs``, ``elevation`` (a raster of heights), ``values``
        (a filled template), ``staff`` (how many work where) or ``evaluation`` (what
        ``dizuo evaluate`` wrote).
    table
        Sheet of a workbook or layer of a GeoPackage; None: the first or only one.
    columns
        Target column to source column.
    constants
        Target column to one value for all rows.
    drop
        Source columns that are never read: the only way in for a file with personal columns.
    """

    id: str
    kind: str
    file: Path
    licence: str
    attribution: str
    date: date
    evidence: Evidence = Evidence.MEASURED
    layer: str | None = None
    mode: str = "add"
    crs: str | None = None
    encoding: str = "auto"
    table: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    completeness: Mapping[str, Completeness] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CityConfig:
    """Everything ``city.toml`` says, with defaults filled in."""

    folder: Path
    city: CitySettings
    boundary: BoundarySettings
    population: PopulationSettings | None
    sources: tuple[SourceSettings, ...]
    weights: Mapping[str, float] = field(default_factory=dict)
    """Weight of an indicator in its article's score, by id, where it is not 1."""
    analysis: Mapping[str, Any] = field(default_factory=dict)
    """Choices of method that differ from the packaged ones."""

    @property
    def base_folder(self) -> Path:
        """Where the base of this city is kept."""
        return self.folder / "base"

    def of_kind(self, *kinds: str) -> tuple[SourceSettings, ...]:
        """Return the sources of some kinds, in the order of the file."""
        return tuple(source for source in self.sources if source.kind in kinds)

    def for_layer(self, layer: str) -> tuple[SourceSettings, ...]:
        """Return the user's sources that fill a layer, in the order of the file."""
        return tuple(source for source in self.sources if source.layer == layer)


def read_config(folder: str | Path) -> CityConfig:
    """Read and check a city's ``city.toml``.

    Parameters
    ----------
    folder
        The city's folder, or the path of its ``city.toml``.

    Raises
    ------
    InputError
        If the file is absent, is no TOML, has unknown or missing keys, or a value does not fit; the
        message names the file, the key and the cure.
    """
    path = Path(folder)
    file = path if path.suffix == ".toml" else path / CITY_FILE
    document = _parse(file)
    root = ConfigTable(document, file, "")
    folder, city = file.parent.resolve(), _city(root.table("city"))
    sources = _sources(root, file)
    config = CityConfig(
        folder=folder,
        city=city,
        boundary=_boundary(root.optional_table("boundary")),
        population=_population(root.optional_table("population")),
        sources=(*sources, *_own_evaluation(folder, city.reference_date, sources)),
        weights=_weights(root.optional_table("weights")),
        analysis=root.optional_mapping("analysis"),
    )
    root.finish()
    return config


def _parse(file: Path) -> dict[str, Any]:
    if not file.exists():
        raise InputError(
            Text("there is no such city", "没有这个城市"),
            file=file,
            cure=Text(
                "Make one with: dizuo new NAME --osm FILE.", "请先新建：dizuo new NAME --osm FILE。"
            ),
        )
    return read_toml(file)


def _city(table: ConfigTable) -> CitySettings:
    settings = CitySettings(
        id=table.slug("id"),
        name=table.text("name"),
        name_zh=table.text("name_zh", default=""),
        reference_date=table.day("reference_date"),
        crs=table.text("crs", default="auto"),
        standards=table.texts("standards", default=("CN",)),
        languages=table.texts("languages", default=LANGUAGES, choices=LANGUAGES),
    )
    table.finish()
    return settings


def _boundary(table: ConfigTable | None) -> BoundarySettings:
    if table is None:
        return BoundarySettings()
    edge = table.text("edge", default="data")
    settings = BoundarySettings(
        file=table.optional_path("file"),
        osm_relation=table.optional_whole("osm_relation"),
        edge=edge if edge in {"data", "boundary"} else table.path("edge"),
        land_only=table.truth("land_only", default=True),
    )
    table.finish()
    if settings.file is not None and settings.osm_relation is not None:
        raise table.error(
            "osm_relation",
            Text("the boundary is given twice", "边界给出了两次"),
            Text("Keep either file or osm_relation.", "file 与 osm_relation 请只保留其一。"),
        )
    return settings


def _population(table: ConfigTable | None) -> PopulationSettings | None:
    if table is None:
        return None
    settings = PopulationSettings(
        total=table.number("total", at_least=0, at_most=_MOST_RESIDENTS),
        date=table.day("date"),
        source=table.text("source"),
    )
    table.finish()
    return settings


def _weights(table: ConfigTable | None) -> dict[str, float]:
    return {} if table is None else table.numbers(at_least=0)


def _sources(root: ConfigTable, file: Path) -> tuple[SourceSettings, ...]:
    sources = tuple(_source(table) for table in root.tables("sources"))
    if not sources:
        raise InputError(
            Text("the city has no source", "城市没有数据源"),
            file=file,
            field="sources",
            cure=Text(
                'Add a [[sources]] table with at least id, kind = "osm" and file.',
                '请添加 [[sources]] 表，至少包含 id、kind = "osm" 和 file。',
            ),
        )
    seen: set[str] = set()
    for source in sources:
        if source.id in seen:
            raise InputError(
                Text(
                    f"two sources have the id {source.id!r}", f"有两个数据源的 id 同为“{source.id}”"
                ),
                file=file,
                field="sources.id",
                cure=Text("Give each source its own id.", "请为每个数据源设置唯一的 id。"),
            )
        seen.add(source.id)
    return sources


def _source(table: ConfigTable) -> SourceSettings:
    kind = table.text("kind", choices=SOURCE_KINDS)
    constants = dict(table.mapping("constants"))
    if category := table.text("category", default=""):
        constants["category"] = category
    fills_layer = kind in {"vector", "table"}
    settings = SourceSettings(
        id=table.slug("id"),
        kind=kind,
        file=table.path("file"),
        licence=table.text("licence", default="unknown"),
        attribution=table.text("attribution", default=""),
        date=table.day("date"),
        evidence=Evidence(
            table.text("evidence", default="measured", choices=[str(e) for e in Evidence])
        ),
        layer=table.text("layer", choices=USER_LAYERS) if fills_layer else None,
        mode=table.text("mode", default="add", choices=MODES),
        crs=table.text("crs", default="") or None,
        encoding=table.text("encoding", default="auto"),
        table=table.text("table", default="") or None,
        columns=MappingProxyType(table.text_mapping("columns")),
        constants=MappingProxyType(constants),
        drop=table.texts("drop", default=()),
        completeness=MappingProxyType(_completeness(table)),
    )
    table.finish()
    return settings


def _own_evaluation(
    folder: Path, reference: date, given: tuple[SourceSettings, ...]
) -> tuple[SourceSettings, ...]:
    """Return the city's newest evaluations up to a day as sources, unless one is given."""
    if any(source.kind == "evaluation" for source in given):
        return ()
    found = []
    for name, begins in (("own_evaluation", ""), ("own_travel_counts", TRAVEL)):
        newest = newest_evaluation(folder / "operations", reference, begins)
        if newest is not None:
            file, end = newest
            found.append(SourceSettings(name, "evaluation", file, "internal", "", end))
    return tuple(found)


def _completeness(table: ConfigTable) -> dict[str, Completeness]:
    shares: dict[str, Completeness] = {}
    for layer, entry in table.optional_subtables("completeness"):
        shares[layer] = Completeness(
            share=entry.number("share", at_least=0, at_most=1), source=entry.text("source")
        )
        entry.finish()
    return shares
