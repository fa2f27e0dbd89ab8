"""``dizuo routes``: what to put right along the route of an event."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dizuo.cli.command import command, option
from dizuo.cli.evaluating import read_period
from dizuo.cli.opening import simulated_option
from dizuo.cli.session import Session
from dizuo.model.text import Text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["routes"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_DAY: Final = click.DateTime(["%Y-%m-%d"])


@command(
    "routes",
    Text(
        "Plan what to put right along a route before an event.\n\n"
        "Issues per km of street and the median time to fix by class of street, in a period; and "
        "the stretches of the route with issues still open, those with most first.",
        "编制活动路线的环境整治计划。\n\n"
        "给出时段内各级道路每公里问题数与中位修复时间，以及路线上仍有未结问题的路段，问题多者在前。",
    ),
)
@click.argument("folder", type=_FOLDER)
@option("--route", type=_FILE, required=True, text=Text("Line, as GeoJSON.", "路线（GeoJSON）。"))
@option("--from", "begin", type=_DAY, required=True, text=Text("First day.", "起始日期。"))
@option("--to", "end", type=_DAY, required=True, text=Text("Last day.", "截止日期。"))
@simulated_option
def routes(
    session: Session,
    folder: Path,
    route: Path,
    begin: datetime,
    end: datetime,
    simulated: Path | None,
) -> None:
    """Tell issues by class of street, and the plan of the route."""
    from dizuo.base.readers import read_vector  # noqa: PLC0415
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.operations.travel.route_cleaning import (  # noqa: PLC0415
        cleaning_plan,
        issues_by_street_class,
        merged_route,
    )
    from dizuo.operations.travel.settings import TravelSettings  # noqa: PLC0415

    base = City.open(folder).base
    settings = TravelSettings.load(folder / "operations" / "travel.toml")
    line = merged_route(list(read_vector(route).to_crs(base.crs).geometry))
    with session.progress(Text("Reading the log", "读取日志")) as progress:
        read = read_period(folder, begin, end, simulated, progress)
    classes = issues_by_street_class(
        read.told, base.layer("street_edges"), read.period, read.parameters, settings
    )
    plan = cleaning_plan(read.told, line, read.parameters, settings)
    if session.json:
        session.answer({"metres": line.length, "streets": _plain(classes), "plan": _plain(plan)})
        return
    for row in _plain(classes):
        name = row["street_class"] or session.text(Text("all streets", "全部道路"))
        fixed = row["median_hours"]
        hours = "–" if fixed is None else f"{fixed:.1f}"
        session.say(
            Text(
                f"{name}: {row['per_km']:.2f} issues/km ({row['per_km_low']:.2f} to "
                f"{row['per_km_high']:.2f}), median time to fix {hours} h",
                f"{name}：每公里 {row['per_km']:.2f} 件（{row['per_km_low']:.2f} 至 "
                f"{row['per_km_high']:.2f}），中位修复时间 {hours} 小时",
            )
        )
    for row in _plain(plan):
        session.say(
            Text(
                f"{row['order']}. {row['begin_m']:.0f} to {row['end_m']:.0f} m: "
                f"{row['open_issues']} open ({row['cases']})",
                f"{row['order']}. {row['begin_m']:.0f} 至 {row['end_m']:.0f} 米："
                f"{row['open_issues']} 件未结（{row['cases']}）",
            )
        )


def _plain(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]
