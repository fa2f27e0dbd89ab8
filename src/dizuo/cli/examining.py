"""``dizuo build``, ``dizuo checkup`` and ``dizuo report``: from sources to a report."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dizuo.cli.command import command, folder_argument, option
from dizuo.cli.session import Progress, Session
from dizuo.model.errors import InputError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.base.store import Base
    from dizuo.checkup.result import Checkup
    from dizuo.city import City
    from dizuo.model.indicator import Indicator

__all__ = ["build", "checkup", "report"]

_BUILDING = Text("Building the base", "构建底座")
_EXAMINING = Text("Examining", "体检")

# Time and memory grow with the buildings and street sections of a city; measured on 2 cores with
# Monaco (6,316: 7.3 s, 490 MiB) and Las Palmas (50,753: 34 s, 1,486 MiB).
_SECONDS_AT_LEAST: Final = 3.5
_SECONDS_PER_THING: Final = 6e-4
_MIB_AT_LEAST: Final = 350.0
_MIB_PER_THING: Final = 0.0224


@command(
    "build",
    Text(
        "Build the base of a city from its sources.\n\n"
        "What did not change since the last build is kept. If a source cannot be used, or the "
        "build is interrupted, the last good base stays in place.",
        "由数据源构建城市底座。\n\n"
        "自上次构建以来未变化的内容予以保留。数据源不可用或构建中断时，上一个完好的底座保持不变。",
    ),
)
@folder_argument
@option(
    "--force",
    is_flag=True,
    text=Text("Build every layer again.", "重新构建全部图层。"),
)
def build(session: Session, folder: Path, force: bool) -> None:
    """Build a city's base and tell what is in it."""
    from dizuo.city import City  # noqa: PLC0415 - loaded when the command runs

    begun = time.perf_counter()
    base = build_base(session, City.open(folder), force=force)
    manifest = base.manifest
    layers = [
        {
            "layer": name,
            "rows": entry.rows,
            "rejected": sum(entry.rejected.values()),
            "reasons": dict(entry.rejected),
            "sources": list(entry.sources),
        }
        for name, entry in manifest.layers.items()
    ]
    seconds = time.perf_counter() - begun
    if session.json:
        session.answer(
            {
                "folder": base.folder,
                "crs": manifest.crs,
                "content_hash": manifest.content_hash,
                "seconds": seconds,
                "layers": layers,
            }
        )
        return
    _show_layers(session, layers)
    session.out.print(
        session.text(
            Text(
                f"Base ready in {seconds:.1f} s: {base.folder} ({manifest.crs})",
                f"底座已就绪，用时 {seconds:.1f} 秒：{base.folder}（{manifest.crs}）",
            )
        ),
        style="bold",
    )


@command(
    "checkup",
    Text(
        "Examine a city: values, findings, scores, maps and a report.\n\n"
        "Builds the base first where a source changed. Writes report.html, report.pdf, "
        "checkup.gpkg, Parquet tables and values.csv into checkups/<reference date>.",
        "对城市进行体检：指标值、问题、得分、地图与报告。\n\n"
        "数据源有变化时先构建底座。结果写入 checkups/<参考日期>，包括 report.html、report.pdf、"
        "checkup.gpkg、Parquet 表与 values.csv。",
    ),
)
@folder_argument
@option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    text=Text(
        "Folder to write to; by default checkups/<reference date> in the city's folder.",
        "输出文件夹；默认为城市文件夹中的 checkups/<参考日期>。",
    ),
)
@option(
    "--indicator",
    "asked",
    multiple=True,
    metavar="ID",
    text=Text(
        "Compute only this indicator (08.kindergarten_reach) or article (08); may be repeated.",
        "仅计算该指标（08.kindergarten_reach）或该条（08）；可重复。",
    ),
)
@option(
    "--force",
    is_flag=True,
    text=Text("Compute again even if nothing changed.", "即使没有变化也重新计算。"),
)
def checkup(
    session: Session, folder: Path, output: Path | None, asked: tuple[str, ...], force: bool
) -> None:
    """Examine a city, write the results and tell what matters most."""
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.cli.results_folder import (  # noqa: PLC0415
        RESULT_FILES,
        fingerprint_of,
        kept_summary,
        write_results,
    )
    from dizuo.cli.summary import show_summary  # noqa: PLC0415

    begun = time.perf_counter()
    city = City.open(folder)
    base = build_base(session, city)
    target = output or city.folder / "checkups" / city.config.city.reference_date.isoformat()
    fingerprint = fingerprint_of(city, base, asked, session.language)
    summary = None if force else kept_summary(target, fingerprint)
    unchanged = summary is not None
    if summary is None:
        session.notice(_expected(base))
        with session.progress(_EXAMINING) as progress:
            result = examine_city(city, asked, progress)
        with session.progress(Text("Writing", "写出结果")) as progress:
            summary = write_results(result, target, fingerprint, session.language, progress)
    summary["files"] = {name: str(target / name) for name in RESULT_FILES}
    summary["unchanged"] = unchanged
    summary["seconds"] = time.perf_counter() - begun
    if session.json:
        session.answer(summary)
    else:
        show_summary(session, summary)


@command(
    "report",
    Text(
        "Write report.html and report.pdf again, from the base as it stands.\n\n"
        "Nothing is built. FOLDER is the city's; the report is written where its checkup is.",
        "依据现有底座重新生成 report.html 与 report.pdf。\n\n"
        "不会构建底座。FOLDER 为城市文件夹；报告写入其体检结果所在处。",
    ),
)
@folder_argument
@option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    text=Text("Folder to write to.", "输出文件夹。"),
)
def report(session: Session, folder: Path, output: Path | None) -> None:
    """Examine the base as it stands and write only the report."""
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.cli.results_folder import write_reports  # noqa: PLC0415

    city = City.open(folder)
    session.notice(_expected(city.base))
    with session.progress(_EXAMINING) as progress:
        result = city.checkup(progress=progress)
    target = output or city.folder / "checkups" / city.config.city.reference_date.isoformat()
    target.mkdir(parents=True, exist_ok=True)
    write_reports(result, target, session.language)
    written = {name: str(target / name) for name in ("report.html", "report.pdf")}
    if session.json:
        session.answer({"files": written})
        return
    for path in written.values():
        session.out.print(path)


def _expected(base: "Base") -> Text:
    """Say how long an examination takes and what memory it needs, from the size of the base."""
    things = sum(base.manifest.layers[name].rows for name in ("buildings", "street_edges"))
    seconds = _SECONDS_AT_LEAST + things * _SECONDS_PER_THING
    memory = _MIB_AT_LEAST + things * _MIB_PER_THING
    return Text(
        f"Examining {things:,} buildings and street sections: about {seconds:.0f} s and "
        f"{memory:.0f} MiB of memory; half a minute more where kernels are compiled first.",
        f"正在对 {things:,} 栋建筑与路段进行体检：约需 {seconds:.0f} 秒，内存 {memory:.0f} MiB；"
        "首次运行另需约半分钟编译。",
    )


def build_base(session: Session, city: "City", *, force: bool = False) -> "Base":
    """Bring a city's base up to date, telling first how long that will take."""
    from dizuo.base.build import estimate  # noqa: PLC0415

    expected = estimate(city.folder, force=force)
    if expected.steps:
        session.notice(
            Text(
                f"Building the base of {city.config.city.name}: about {expected.seconds:.0f} s "
                f"and {expected.memory_mib:.0f} MiB of memory.",
                f"正在构建{city.config.city.name_zh or city.config.city.name}的底座："
                f"约需 {expected.seconds:.0f} 秒，内存 {expected.memory_mib:.0f} MiB。",
            )
        )
    with session.progress(_BUILDING) as progress:
        return city.build(force=force, progress=progress)


def examine_city(city: "City", asked: Sequence[str], progress: Progress) -> "Checkup":
    """Run a checkup of all indicators, or of those that are asked for."""
    from dizuo.checkup.examine import examine  # noqa: PLC0415

    examination = city.examination()
    picked = pick_indicators(asked, examination.indicators) if asked else None
    return examine(examination, indicators=picked, progress=progress)


def pick_indicators(
    asked: Sequence[str], known: "Mapping[str, Indicator]"
) -> "dict[str, Indicator]":
    """Return the indicators that ids or numbers of articles name.

    Raises
    ------
    InputError
        If nothing is called so; the message names what reads alike.
    """
    from difflib import get_close_matches  # noqa: PLC0415

    picked: dict[str, Indicator] = {}
    for name in asked:
        found = {
            key: value
            for key, value in known.items()
            if key == name or (name.isdigit() and value.article == int(name))
        }
        if not found:
            near = get_close_matches(name, known, n=3, cutoff=0.5)
            raise InputError(
                Text(f"there is no indicator or article {name!r}", f"没有指标或条目“{name}”"),
                field="--indicator",
                cure=Text(f"Near: {', '.join(near)}.", f"相近的有：{'、'.join(near)}。")
                if near
                else Text("List them: dizuo systems.", "可用 dizuo systems 列出。"),
            )
        picked.update(found)
    return dict(sorted(picked.items()))


def _show_layers(session: Session, layers: Sequence[dict[str, Any]]) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, header_style="bold")
    table.add_column(session.text(Text("Layer", "图层")))
    table.add_column(session.text(Text("Rows", "行数")), justify="right")
    table.add_column(session.text(Text("Rejected", "剔除")), justify="right")
    table.add_column(session.text(Text("Sources", "来源")))
    for layer in layers:
        table.add_row(
            layer["layer"],
            f"{layer['rows']:,}",
            f"{layer['rejected']:,}" if layer["rejected"] else "",
            ", ".join(layer["sources"]),
        )
    session.out.print(table)
