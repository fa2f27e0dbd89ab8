"""Write the ``city.toml`` of a new city, with every setting explained."""

import re
import shutil
import unicodedata
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import tomlkit
from tomlkit.items import Table

from dizuo.base.config import CITY_FILE
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["new_city"]

_OSM_LICENCE: Final = ("ODbL-1.0", "© OpenStreetMap contributors")


def new_city(
    name: str,
    *,
    osm: Path,
    folder: Path | None = None,
    boundary: Path | None = None,
    gtfs: Path | Sequence[Path] | None = None,
    name_zh: str = "",
    population: float | None = None,
    population_source: str | None = None,
    population_date: date | None = None,
    copy: bool = False,
) -> Path:
    """Make a city's folder with a commented ``city.toml``.

    Parameters
    ----------
    name
        The city's name; its id and, by default, its folder are made from it.
    osm
        OpenStreetMap file (PBF or XML).
    folder
        Where to make it.
    boundary
        File with the city's outline; without it the outline is the hull of the data.
    gtfs
        Timetables.
    name_zh
        The name in Chinese.
    population, population_source, population_date
        Official number of residents, who states it, and its day. All three or none.
    copy
        Whether the files are copied into the folder, rather than named where they are.

    Returns
    -------
    Path
        The written file.

    Raises
    ------
    InputError
        If a file is absent, no id can be made from the name, a part of the population is missing,
        or there is a ``city.toml`` already.
    """
    city_id = _slug(name)
    target = folder if folder is not None else Path(city_id)
    file = target / CITY_FILE
    if file.exists():
        raise InputError(
            Text("there is a city already", "此处已有城市"),
            file=file,
            cure=Text(
                "Choose another folder, or edit the file.", "请换一个文件夹，或直接编辑该文件。"
            ),
        )
    feeds = [gtfs] if isinstance(gtfs, Path) else list(gtfs or ())
    for source in (osm, *([boundary] if boundary else []), *feeds):
        if not source.exists():
            raise InputError(
                Text("there is no such file", "没有这个文件"),
                file=source,
                cure=Text("Correct the path.", "请更正路径。"),
            )
    residents = _population(population, population_date, population_source)
    target.mkdir(parents=True, exist_ok=True)

    def named(source: Path) -> str:
        return _placed(source, target, copy=copy)

    document = tomlkit.document()
    document.add(tomlkit.comment(f"{name}: what dizuo reads and how it examines the city."))
    document.add(tomlkit.comment("Check the marked lines (CHECK); lines after # may be taken in."))
    document.add("city", _city(city_id, name, name_zh, _day_of_osm(osm)))
    document.add("boundary", _boundary(named(boundary) if boundary else None))
    document.add(tomlkit.nl())
    if residents is None:
        _add_population_comment(document)
    else:
        document.add("population", residents)
        document.add(tomlkit.nl())
    sources = tomlkit.aot()
    sources.append(_osm_source(named(osm), _day_of_osm(osm)))
    for number, feed in enumerate(feeds, start=1):
        sources.append(_gtfs_source(named(feed), _day_of(feed), number))
    document.add("sources", sources)
    _add_examples(document)
    file.write_text(tomlkit.dumps(document), encoding="utf-8")
    return file


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if not slug:
        raise InputError(
            Text(f"no id can be made from {name!r}", f"无法由“{name}”生成 id"),
            field="name",
            cure=Text(
                "Give the name in Latin letters, and the Chinese one with --name-zh.",
                "请用拉丁字母给出名称，中文名称用 --name-zh 给出。",
            ),
        )
    return slug


def _placed(source: Path, target: Path, *, copy: bool) -> str:
    """Return how ``city.toml`` names a file: relative inside its folder, else absolute."""
    if copy:
        shutil.copy2(source, target / source.name)
        return source.name
    try:
        return source.resolve().relative_to(target.resolve()).as_posix()
    except ValueError:
        return source.resolve().as_posix()


def _day_of(source: Path) -> date:
    return datetime.fromtimestamp(source.stat().st_mtime, tz=UTC).date()


def _day_of_osm(source: Path) -> date:
    """Return the day that the file's head states, else the day of the file."""
    import osmium  # noqa: PLC0415 (slow to load)

    try:
        with closing(osmium.io.Reader(str(source), osmium.osm.osm_entity_bits.NOTHING)) as reader:
            stated = reader.header().get("osmosis_replication_timestamp", "")
    except RuntimeError as error:
        raise InputError(
            Text(
                "this is not an OpenStreetMap file that can be read",
                "无法作为 OpenStreetMap 文件读取",
            ),
            file=source,
            cure=Text(
                "Give an .osm.pbf or .osm file, for example an extract from Geofabrik.",
                "请给出 .osm.pbf 或 .osm 文件，例如从 Geofabrik 下载的数据。",
            ),
        ) from error
    return date.fromisoformat(stated[:10]) if stated else _day_of(source)


def _put(table: Table, key: str, value: Any, comment: str = "") -> None:
    item = tomlkit.item(value)
    if comment:
        item.comment(comment)
    table.add(key, item)


def _city(city_id: str, name: str, name_zh: str, day: date) -> Table:
    table = tomlkit.table()
    _put(table, "id", city_id, "stands in the ids of places: a-z, 0-9, _ and -")
    _put(table, "name", name)
    _put(table, "name_zh", name_zh)
    _put(table, "reference_date", day, "CHECK: rules in force on this day apply")
    _put(
        table,
        "crs",
        "auto",
        'UTM zone of the centroid; or one in metres: "EPSG:4547"',
    )
    _put(table, "standards", ["CN"], "jurisdictions whose rules apply, in order of precedence")
    _put(table, "languages", ["en", "zh"])
    return table


def _boundary(file: str | None) -> Table:
    table = tomlkit.table()
    if file is not None:
        _put(table, "file", file, "polygons whose union is the city")
    else:
        table.add(tomlkit.comment('file = "boundary.geojson"  # polygons whose union is the city'))
        table.add(tomlkit.comment("osm_relation = 1124039     # or the number of a relation"))
        table.add(tomlkit.comment("without either, the city is the hull of the data"))
    _put(table, "land_only", True, "take the sea, as the coastline draws it, off the area")
    _put(
        table,
        "edge",
        "data",
        'the data ends at: "data" (the file\'s bounds), "boundary", or a file',
    )
    return table


def _population(total: float | None, day: date | None, source: str | None) -> Table | None:
    told = {"total": total, "date": day, "source": source}
    words = {"total": "总数", "date": "日期", "source": "来源"}
    if not any(told.values()):
        return None
    for key, value in told.items():
        if value is None:
            raise InputError(
                Text(f"the {key} of the population is missing", f"人口缺少{words[key]}"),
                field=f"population.{key}",
                cure=Text(
                    "Give the number, its source and its day, or none of them.",
                    "请同时给出人口数、来源和日期，或都不给出。",
                ),
            )
    table = tomlkit.table()
    _put(table, "total", total, "residents are spread over homes by floor area: estimated")
    _put(table, "date", day)
    _put(table, "source", source)
    return table


def _add_population_comment(document: tomlkit.TOMLDocument) -> None:
    for line in (
        "Residents are spread over homes by floor area; without a total they are missing.",
        "[population]",
        "total = 100000",
        "date = 2025-12-31",
        'source = "census, statistics office"',
    ):
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())


def _osm_source(file: str, day: date) -> Table:
    table = tomlkit.table()
    _put(table, "id", "osm")
    _put(table, "kind", "osm")
    _put(table, "file", file)
    _put(table, "licence", _OSM_LICENCE[0])
    _put(table, "attribution", _OSM_LICENCE[1])
    _put(table, "date", day, "CHECK: the day of the extract; here what the file tells")
    _put(table, "evidence", "measured")
    table.add(tomlkit.comment("[sources.completeness]   # share of the real things that it holds"))
    table.add(tomlkit.comment('facilities = { share = 0.8, source = "who says so" }'))
    return table


def _gtfs_source(file: str, day: date, number: int) -> Table:
    table = tomlkit.table()
    _put(table, "id", "gtfs" if number == 1 else f"gtfs_{number}")
    _put(table, "kind", "gtfs")
    _put(table, "file", file)
    _put(table, "licence", "unknown", "CHECK")
    _put(table, "attribution", "")
    _put(table, "date", day, "CHECK: here the day of the file")
    return table


def _add_examples(document: tomlkit.TOMLDocument) -> None:
    document.add(tomlkit.nl())
    for line in (
        "A table of the city: its kindergartens replace those of the map.",
        "[[sources]]",
        'id = "kindergartens"',
        'kind = "table"                  # vector: GeoPackage, Shapefile ...; values: a template',
        'file = "kindergartens.csv"',
        'layer = "facilities"',
        'category = "kindergarten"',
        'mode = "replace"                # or "add"',
        'crs = "GCJ-02"                  # or "BD-09", "EPSG:4326", ...',
        "date = 2025-12-31",
        'licence = "internal"',
        'drop = ["联系人", "电话"]        # personal columns are never read',
        "[sources.columns]               # column of the layer = column of the table",
        'id = "编号"',
        'name = "名称"',
        'x = "经度"',
        'y = "纬度"',
        "[[sources]]",
        'id = "relief"',
        'kind = "elevation"              # heights of the ground in metres: slopes slow walking',
        'file = "relief.tif"             # GeoTIFF, ASCII grid',
        "date = 2021-01-01",
    ):
        document.add(tomlkit.comment(line))
