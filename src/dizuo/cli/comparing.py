"""``dizuo compare``: what changed between two dates of a city."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dizuo.cli.command import command, option
from dizuo.cli.session import Session
from dizuo.model.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from dizuo.checkup.compare import Comparison

__all__ = ["compare"]

_FOLDER = click.Path(path_type=Path)
_VALUES_SHOWN = 12


@command(
    "compare",
    Text(
        "Compare two checkups of one city.\n\n"
        "OLD and NEW are the city's folders at two dates. What changed in the city is kept apart "
        "from what changed only in the map.",
        "比较同一城市的两次体检。\n\n"
        "OLD 与 NEW 为该城市两个日期的文件夹。城市自身的变化与仅是地图的变化分开列出。",
    ),
)
@click.argument("old", type=_FOLDER)
@click.argument("new", type=_FOLDER)
@option(
    "--register",
    "registers",
    multiple=True,
    metavar="SOURCE",
    text=Text(
        "Id of a source that records the city itself, not a map of it; may be repeated.",
        "记录城市自身（而非地图）的数据源编号；可重复。",
    ),
)
@option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    text=Text(
        "Where the report goes; by default among the checkups of NEW.",
        "比较报告的路径；默认写入 NEW 的体检结果文件夹。",
    ),
)
def compare(
    session: Session, old: Path, new: Path, registers: tuple[str, ...], output: Path | None
) -> None:
    """Tell what changed, and how much of it in the city itself."""
    from dizuo.checkup.compare import compare as compare_checkups  # noqa: PLC0415
    from dizuo.checkup.outputs.comparison_report import write_comparison_report  # noqa: PLC0415
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.cli.examining import build_base  # noqa: PLC0415

    cities = [City.open(folder) for folder in (old, new)]
    for city in cities:
        build_base(session, city)
    before, after = (city.examination() for city in cities)
    session.notice(Text("Examining both, and what lies between.", "正在对两次及其间变化进行体检。"))
    comparison = compare_checkups(before, after, registers=frozenset(registers))
    name = f"comparison_{before.day}_{after.day}.html"
    report = output or cities[1].folder / "checkups" / name
    report.parent.mkdir(parents=True, exist_ok=True)
    write_comparison_report(
        comparison, report, language_default=session.language, indicators=after.indicators
    )
    if session.json:
        session.answer({**plain_comparison(comparison), "report": str(report)})
    else:
        show_comparison(session, comparison)
        session.out.print(str(report), soft_wrap=True)


def plain_comparison(comparison: "Comparison") -> dict[str, Any]:
    """Return a comparison as plain values."""
    tables = {
        name: getattr(comparison, name) for name in ("values", "findings", "scores", "layers")
    }
    return {
        "old": dict(comparison.old),
        "new": dict(comparison.new),
        **{name: _records(table) for name, table in tables.items()},
    }


def show_comparison(session: Session, comparison: "Comparison") -> None:
    """Print scores, the largest changes of the city's values, findings and layers."""
    language = session.language
    session.out.print(
        f"{comparison.old['name']}: {comparison.old['reference_date']} → "
        f"{comparison.new['reference_date']}",
        style="bold",
    )
    whole = comparison.scores[comparison.scores["article"] == 0]
    _show(
        session,
        Text("Scores", "得分"),
        whole[["indicator_set", "score_old", "score_new", "change"]],
    )
    table = comparison.values  # noqa: PD011 - a table of the comparison, not of pandas
    city = table[table["place_kind"] == "city"]
    changed = city[city["change"].abs() > 0].copy()
    share = (changed["change"] / changed["old"].abs().clip(lower=1e-9)).abs()
    changed = changed.loc[share.sort_values(ascending=False, kind="stable").index]
    columns = ["indicator", "variant", "unit", "old", "new", "change", "in_city", "in_map"]
    _show(
        session,
        Text(
            f"Values of the city: {len(changed)} changed, the largest",
            f"全市指标值：{len(changed)} 项有变化，变化最大者",
        ),
        changed[columns].head(_VALUES_SHOWN),
    )
    _show(session, Text("Layers", "图层"), comparison.layers)
    counts = comparison.findings["status"].value_counts()
    words = {
        "gained": Text("new", "新增"),
        "lost": Text("gone", "消除"),
        "kept": Text("kept", "仍在"),
    }
    told = ", ".join(f"{counts.get(key, 0):,} {words[key].in_(language)}" for key in words)
    session.out.print()
    session.out.print(f"{session.text(Text('Findings', '问题'))}: {told}", style="bold")


def _show(session: Session, title: Text, frame: "pd.DataFrame") -> None:
    from rich.table import Table  # noqa: PLC0415 - only where a table is drawn

    session.out.print()
    session.say(title, style="bold")
    table = Table(box=None, header_style="bold")
    for name in frame.columns:
        table.add_column(str(name), justify="left" if frame[name].dtype.kind in "OTU" else "right")
    for row in _records(frame):
        table.add_row(*(_cell(value) for value in row.values()))
    session.out.print(table)


def _records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
