"""``dizuo new``, ``dizuo download`` and ``dizuo templates``: from nothing to a city's folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dizuo.cli.command import command, folder_argument, option
from dizuo.cli.session import Session
from dizuo.model.errors import InputError, StoreError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.base.templates import KnownPlace

__all__ = ["download", "new", "templates"]

_FILE = click.Path(path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@command(
    "new",
    Text(
        "Make the folder of a city: a commented city.toml beside its sources.\n\n"
        "NAME becomes the city's id and, unless --folder says otherwise, its folder.",
        "新建城市文件夹：带注释的 city.toml 与其数据源。\n\n"
        "NAME 用作城市编号；未指定 --folder 时也是文件夹名。",
    ),
)
@click.argument("name")
@option(
    "--osm",
    type=_FILE,
    required=True,
    text=Text("OpenStreetMap extract (.osm.pbf, .osm).", "OpenStreetMap 数据（.osm.pbf、.osm）。"),
)
@option(
    "--boundary",
    type=_FILE,
    text=Text("Polygon of the city; else the outline of the data.", "城市边界；缺省为数据范围。"),
)
@option(
    "--gtfs",
    type=_FILE,
    multiple=True,
    text=Text("Timetables (GTFS); may be repeated.", "公交时刻表（GTFS）；可重复。"),
)
@option("--name-zh", default="", text=Text("The name in Chinese.", "中文名称。"))
@option("--population", type=float, text=Text("Official number of residents.", "官方常住人口数。"))
@option(
    "--population-source",
    text=Text("Who states that number, and where.", "人口数的出处。"),
)
@option(
    "--population-date",
    type=click.DateTime(["%Y-%m-%d"]),
    text=Text("Day that the number is of.", "人口数的日期。"),
)
@option("--folder", type=_FOLDER, text=Text("Folder to make.", "要新建的文件夹。"))
@option(
    "--copy",
    is_flag=True,
    text=Text("Copy the files into the folder.", "将文件复制到该文件夹中。"),
)
def new(session: Session, name: str, population_date: Any, **given: Any) -> None:
    """Make a city's folder and say what to do next."""
    from dizuo.base.new_city import new_city  # noqa: PLC0415 - loaded when the command runs

    day = population_date.date() if population_date else None
    file = new_city(name, population_date=day, **given)
    if session.json:
        session.answer({"folder": file.parent, "file": file})
        return
    session.say(
        Text(
            f"Wrote {file}. Look it over, then run: dizuo checkup {file.parent}",
            f"已写出 {file}。请核对后运行：dizuo checkup {file.parent}",
        )
    )


@command(
    "download",
    Text(
        "Fetch an OpenStreetMap extract from the internet.\n\n"
        "PLACE is a region as Geofabrik names it, or a box: west,south,east,north in degrees, "
        "which an Overpass server cuts out.",
        "从互联网获取 OpenStreetMap 数据。\n\n"
        "PLACE 为 Geofabrik 的地区名，或经纬度范围“西,南,东,北”（由 Overpass 服务器裁切）。",
    ),
)
@click.argument("place")
@option(
    "--folder",
    type=_FOLDER,
    default=Path(),
    text=Text("Folder to write to; by default this one.", "写入的文件夹；默认为当前文件夹。"),
)
@option(
    "--endpoint",
    metavar="URL",
    text=Text("Another index of regions or Overpass server.", "其他地区索引或 Overpass 服务器。"),
)
def download(session: Session, place: str, folder: Path, endpoint: str | None) -> None:
    """Fetch an extract and say what to do next."""
    from dizuo.base import download as downloads  # noqa: PLC0415

    box = box_of(place)
    with session.progress(Text("Downloading", "下载")) as progress:
        if box is None:
            server = endpoint or downloads.GEOFABRIK_INDEX
            file = downloads.download(place, folder, endpoint=server, progress=progress)
        else:
            server = endpoint or downloads.OVERPASS
            file = downloads.download_box(
                box, folder / "extract.osm", endpoint=server, progress=progress
            )
    if session.json:
        session.answer({"file": file})
        return
    session.say(
        Text(
            f"Wrote {file}. Next: dizuo new NAME --osm {file}",
            f"已写出 {file}。下一步：dizuo new NAME --osm {file}",
        )
    )


def box_of(place: str) -> tuple[float, float, float, float] | None:
    """Return the box that a text names, or None where it names a region.

    Raises
    ------
    InputError
        If the text is numbers, but not four.
    """
    numbers = []
    for part in place.split(","):
        try:
            numbers.append(float(part))
        except ValueError:
            return None
    if len(numbers) != 4:
        raise InputError(
            Text(f"{place!r} is no box", f"“{place}”不是经纬度范围"),
            field="PLACE",
            cure=Text(
                "Give west,south,east,north in degrees.", "请按“西,南,东,北”给出，单位为度。"
            ),
        )
    west, south, east, north = numbers
    return west, south, east, north


@command(
    "templates",
    Text(
        "Write tables to fill in, for every indicator that open data cannot compute.\n\n"
        "One XLSX and one CSV each, with help for every field in both languages. Filled in and "
        "named in city.toml, they make the indicator measured.",
        "为开放数据无法计算的每项指标写出待填表格。\n\n"
        "每项一份 XLSX 与一份 CSV，字段说明中英双语。填写并在 city.toml 中登记后，该指标即为实测。",
    ),
)
@folder_argument
@option(
    "--indicator",
    "ids",
    multiple=True,
    metavar="ID",
    text=Text("Only this row (H01); may be repeated.", "仅该行（H01）；可重复。"),
)
@option(
    "--list",
    "only_list",
    is_flag=True,
    text=Text("List the tables and write nothing.", "仅列出表格，不写出。"),
)
@option(
    "--overwrite",
    is_flag=True,
    text=Text("Replace files that are there, filled in or not.", "覆盖已有文件，无论是否已填写。"),
)
def templates(
    session: Session, folder: Path, ids: tuple[str, ...], only_list: bool, overwrite: bool
) -> None:
    """Write the templates into a city's folder."""
    from dizuo.base.templates import template_rows, write_templates  # noqa: PLC0415

    if only_list:
        rows = template_rows(ids)
        if session.json:
            session.answer([{"id": row.id, "en": row.title.en, "zh": row.title.zh} for row in rows])
            return
        for row in rows:
            session.out.print(f"{row.id:<6} {session.text(row.title)}")
        return
    target = folder / "templates"
    files = write_templates(target, ids=ids, places=known_places(folder), overwrite=overwrite)
    if session.json:
        session.answer({"folder": target, "files": files})
        return
    session.say(
        Text(
            f"Wrote {len(files)} files into {target}.",
            f"已在 {target} 写出 {len(files)} 个文件。",
        )
    )


def known_places(folder: Path) -> "list[KnownPlace]":
    """Return the city, districts and communities of a base, none where there is no base."""
    from dizuo.base.store import Base  # noqa: PLC0415
    from dizuo.base.templates import KnownPlace  # noqa: PLC0415

    try:
        places = Base.open(folder / "base").layer("places")
    except StoreError:
        return []
    named = places[places["kind"].isin(["city", "district", "community"])]
    return [
        KnownPlace(kind, place, name)
        for kind, place, name in zip(named["kind"], named["id"], named["name"], strict=True)
    ]
