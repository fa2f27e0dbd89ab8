"""``dizuo new``, ``dizuo download`` and ``dizuo templates``: from nothing to a city's folder."""

from pathlib import Path
from typing import Any

import click

from dizuo.cli.command import command, folder_argument, option
from dizuo.cli.session import Session
from dizuo.model.text import Text

__all__ = ["download", "new", "templates"]

_FILE = click.Path(exists=True, path_type=Path)


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
    text=Text("Polygon of the city; else the outline of the data.", "城市边界面；缺省为数据范围。"),
)
@option("--gtfs", type=_FILE, text=Text("Timetables (GTFS).", "公交时刻表（GTFS）。"))
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
@option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    text=Text("Folder to make.", "要新建的文件夹。"),
)
def new(
    session: Session,
    name: str,
    osm: Path,
    boundary: Path | None,
    gtfs: Path | None,
    population: float | None,
    population_source: str | None,
    population_date: Any,
    folder: Path | None,
) -> None:
    """Make a city's folder and say what to do next."""
    from dizuo.base.new_city import new_city  # noqa: PLC0415 - loaded when the command runs

    file = new_city(
        name,
        folder=folder,
        osm=osm,
        boundary=boundary,
        gtfs=gtfs,
        population=population,
        population_source=population_source,
        population_date=population_date.date() if population_date else None,
    )
    if session.json:
        session.answer({"folder": file.parent, "file": file})
        return
    session.out.print(
        session.text(
            Text(
                f"Wrote {file}. Look it over, then run: dizuo checkup {file.parent}",
                f"已写出 {file}。请核对后运行：dizuo checkup {file.parent}",
            )
        )
    )


@command(
    "download",
    Text(
        "Fetch the OpenStreetMap extract of a place from the internet.",
        "从互联网获取某地的 OpenStreetMap 数据。",
    ),
)
@click.argument("place")
@option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    text=Text("Folder to write to; by default this one.", "写入的文件夹；默认为当前文件夹。"),
)
def download(session: Session, place: str, folder: Path) -> None:
    """Fetch an extract and say what to do next."""
    from dizuo.base.download import download as fetch  # noqa: PLC0415

    with session.progress(Text("Downloading", "下载")) as progress:
        file = fetch(place, folder, progress=progress)
    if session.json:
        session.answer({"file": file})
        return
    session.out.print(
        session.text(
            Text(
                f"Wrote {file}. Next: dizuo new NAME --osm {file}",
                f"已写出 {file}。下一步：dizuo new NAME --osm {file}",
            )
        )
    )


@command(
    "templates",
    Text(
        "Write tables to fill in, for every indicator that open data cannot compute.\n\n"
        "One XLSX and CSV each, with help for every field in both languages. Filled in and named "
        "in city.toml, they make the indicator measured.",
        "为开放数据无法计算的每项指标写出待填表格。\n\n"
        "每项一份 XLSX 与 CSV，字段说明中英双语。填写并在 city.toml 中登记后，该指标即为实测。",
    ),
)
@folder_argument
def templates(session: Session, folder: Path) -> None:
    """Write the templates into a city's folder."""
    from dizuo.base.templates import write_templates  # noqa: PLC0415

    target = folder / "templates"
    files = write_templates(target)
    if session.json:
        session.answer({"folder": target, "files": files})
        return
    done = Text(
        f"Wrote {len(files)} files into {target}.",
        f"已在 {target} 写出 {len(files)} 个文件。",
    )
    session.out.print(session.text(done))
