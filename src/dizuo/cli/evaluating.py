"""``dizuo evaluate``: how well cases were handled, from the log alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from dizuo.cli.command import command, option
from dizuo.cli.opening import open_city, simulated_option
from dizuo.cli.session import Progress, Session
from dizuo.model.errors import InputError, StoreError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    import pandas as pd
    from sqlalchemy import Connection

    from dizuo.base.store import Base
    from dizuo.operations.evaluation.booking_histories import BookingHistories
    from dizuo.operations.evaluation.histories import Histories
    from dizuo.operations.evaluation.parameters import EvaluationParameters
    from dizuo.operations.evaluation.tallies import Period
    from dizuo.operations.event_log.event import LoggedEvent
    from dizuo.operations.opening import Operations

__all__ = ["ReadPeriod", "evaluate", "read_period"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_DAY: Final = click.DateTime(["%Y-%m-%d"])
_SEED: Final = 2026
"""The bootstrap draws the same samples for whoever recomputes an evaluation."""


@command(
    "evaluate",
    Text(
        "Evaluate how cases were handled in a period: rates, intervals, the three rates.\n\n"
        "Everything is computed from the log, so an outsider with a copy gets the same. A page to "
        "read and the table of units and places are written to operations/evaluation; persons are "
        "never evaluated.",
        "评价一段时间内案件的办理情况：各项比率、置信区间与三率。\n\n"
        "全部由日志计算，持有副本的第三方可得到相同结果。供阅读的网页与单位、地点结果表写入 "
        "operations/evaluation；从不评价个人。",
    ),
)
@click.argument("folder", type=_FOLDER)
@option("--from", "begin", type=_DAY, required=True, text=Text("First day.", "起始日期。"))
@option("--to", "end", type=_DAY, required=True, text=Text("Last day.", "截止日期。"))
@simulated_option
def evaluate(
    session: Session, folder: Path, begin: datetime, end: datetime, simulated: Path | None
) -> None:
    """Evaluate a period, write the table and tell the city's own figures."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    from dizuo.base.evaluation_folder import evaluation_file  # noqa: PLC0415
    from dizuo.operations.evaluation.layer import evaluation_layer  # noqa: PLC0415
    from dizuo.operations.evaluation.sorting import sorting_by_point  # noqa: PLC0415
    from dizuo.operations.evaluation.uptake import uptake_layer  # noqa: PLC0415
    from dizuo.operations.evaluation.windows import satisfaction_by_window  # noqa: PLC0415
    from dizuo.operations.evaluation_page.surroundings import case_titles  # noqa: PLC0415

    with session.progress(Text("Reading the log", "读取日志")) as progress:
        read = read_period(folder, begin, end, simulated, progress)
    told, period, parameters = read.told, read.period, read.parameters
    dice = np.random.default_rng(_SEED)
    cases = evaluation_layer(told, period, parameters, dice)
    uptake = uptake_layer(read.booked, period, read.opened.zone, parameters)
    layer = pd.concat([cases, uptake], ignore_index=True) if len(uptake) else cases
    file = evaluation_file(read.folder, begin.date(), end.date())
    file.parent.mkdir(exist_ok=True)
    layer.to_parquet(file, index=False)
    points = sorting_by_point(told, period, parameters)
    if len(points):
        points.to_csv(file.with_name(f"sorting_{file.stem}.csv"), index=False)
    windows = satisfaction_by_window(told, period, parameters, _SEED)
    if len(windows):
        windows.to_csv(file.with_name(f"windows_{file.stem}.csv"), index=False)
    titles = case_titles(read.opened, end.date())
    page = _write_page(session, folder, read, layer, file, titles)
    _tell(session, layer[layer["kind"] == "city"], titles, file, page)
    if cases["value"].isna().all():
        session.notice(_nothing_happened(told, read.opened.zone))


def _nothing_happened(told: "Histories", zone: "ZoneInfo") -> Text:
    """Say why an evaluation tells nothing of cases: no case, or none to be judged in the period."""
    opened = told.cases["opened"]
    if not len(opened):
        return Text(
            "No cases to evaluate: the log has no case until the end of this period.",
            "无可评价案件：截至该时段结束，日志中没有案件。",
        )
    first, last = (time.tz_convert(zone).date() for time in (opened.min(), opened.max()))
    return Text(
        f"No cases to evaluate: none was opened, due, settled or rated in this period. The cases "
        f"of the log until then were opened from {first} to {last}.",
        f"无可评价案件：该时段内没有登记、到期、办结或回访的案件。"
        f"此前日志中的案件登记于 {first} 至 {last}。",
    )


def _write_page(
    session: Session,
    folder: Path,
    read: "ReadPeriod",
    layer: "pd.DataFrame",
    file: Path,
    titles: Mapping[tuple[str, str], Text],
) -> Path:
    """Write the page, and the cases in which signs of gaming were seen."""
    from dizuo.base.config import read_config  # noqa: PLC0415
    from dizuo.operations.evaluation_page.contents import gather  # noqa: PLC0415
    from dizuo.operations.evaluation_page.page import write_evaluation_page  # noqa: PLC0415
    from dizuo.operations.evaluation_page.surroundings import surroundings  # noqa: PLC0415

    told, period, parameters = read.told, read.period, read.parameters
    last = (period.end - timedelta(microseconds=1)).astimezone(read.opened.zone).date()
    days = (period.begin.astimezone(read.opened.zone).date(), last)
    config = read_config(folder)
    contents = gather(
        told, period, parameters, layer, titles, read.opened.zone,
        read.opened.unit_name,
    )  # fmt: skip
    around = surroundings(
        read.opened, config, _base(session, config.base_folder), folder / "operations" / "grid",
        contents.opened, period, days,
    )  # fmt: skip
    if len(contents.sign_rows):
        contents.sign_rows.to_csv(file.with_name(f"signs_{file.stem}.csv"), index=False)
    return write_evaluation_page(
        contents, around, parameters, file.with_suffix(".html"), session.language
    )


def _base(session: Session, folder: Path) -> "Base | None":
    """Open the base for the map's ground; an evaluation rests on the log, and needs none."""
    from dizuo.base.store import Base  # noqa: PLC0415

    if not folder.exists():
        return None
    try:
        return Base.open(folder)
    except StoreError as error:
        session.notice(
            Text(f"The map has no ground. {error.in_('en')}", f"地图没有底图。{error.in_('zh')}")
        )
        return None


@dataclass(frozen=True)
class ReadPeriod:
    """What happened until the end of a period, and where evaluations are kept."""

    told: "Histories"
    booked: "BookingHistories"
    period: "Period"
    parameters: "EvaluationParameters"
    folder: Path
    opened: "Operations"


def read_period(
    folder: Path,
    begin: datetime,
    end: datetime,
    simulated: Path | None,
    progress: Progress = lambda _doing, _share: None,
) -> ReadPeriod:
    """Read what the log tells until the end of a period, its last day included.

    Raises
    ------
    InputError
        If the period ends before it begins.
    """
    from dizuo.operations.evaluation.booking_histories import (  # noqa: PLC0415
        BOOKING_EVENTS,
        booking_histories,
    )
    from dizuo.operations.evaluation.histories import histories  # noqa: PLC0415
    from dizuo.operations.evaluation.parameters import EvaluationParameters  # noqa: PLC0415
    from dizuo.operations.evaluation.tallies import Period  # noqa: PLC0415
    from dizuo.operations.event_log.log import read_events  # noqa: PLC0415
    from dizuo.operations.opening import communities_of  # noqa: PLC0415
    from dizuo.operations.time import to_microseconds  # noqa: PLC0415

    if end < begin:
        raise InputError(
            Text("the period ends before it begins", "时段的结束早于开始"), field="--to"
        )
    opened = open_city(folder, simulated)
    calendars, now = opened.office.calendars, opened.log.clock.now()
    zone = calendars.current(opened.office.calendar, now.date()).zone
    first = begin.replace(tzinfo=zone).astimezone(UTC)
    until = (end + timedelta(days=1)).replace(tzinfo=zone).astimezone(UTC)
    own = folder / "operations" / "evaluation.toml"
    parameters = EvaluationParameters.load(own if own.exists() else None)
    with opened.engine.connect().execution_options(reads_only=True) as connection:
        told = histories(
            _watched(connection, progress), calendars, parameters, until=until,
            communities=communities_of(folder),
        )  # fmt: skip
        booked = booking_histories(
            read_events(connection, of=BOOKING_EVENTS), to_microseconds(until)
        )
    return ReadPeriod(told, booked, Period(first, until), parameters, opened.folder, opened)


def _watched(connection: "Connection", progress: Progress) -> "Iterator[list[LoggedEvent]]":
    """Read the log, and tell how far the reading is."""
    from sqlalchemy import select  # noqa: PLC0415

    from dizuo.operations.event_log.log import read_events  # noqa: PLC0415
    from dizuo.operations.event_log.tables import log_end  # noqa: PLC0415

    last = connection.execute(select(log_end.c.number)).scalar_one()
    for page in read_events(connection, until=last):
        yield page
        progress(f"{page[-1].number:,} / {last:,}", page[-1].number / last)


def _tell(
    session: Session,
    city: "pd.DataFrame",
    titles: Mapping[tuple[str, str], Text],
    file: Path,
    page: Path,
) -> None:
    from dizuo.operations.evaluation.naming import name_of  # noqa: PLC0415

    columns = ["case_type", "indicator", "value", "low", "high", "numerator", "denominator",
               "value_evidence", "hidden"]  # fmt: skip
    told = city[columns].astype(object).where(city[columns].notna(), None)
    if session.json:
        session.answer({"file": str(file), "page": str(page), "city": told.to_dict("records")})
        return
    from rich.table import Table  # noqa: PLC0415 - only where a table is drawn

    table = Table(box=None, header_style="bold")
    for heading in (
        Text("Case type", "案件类型"),
        Text("Indicator", "指标"),
        Text("Value", "数值"),
        Text("Interval", "区间"),
        Text("Of", "分母"),
    ):
        table.add_column(session.text(heading))
    for row in told.to_dict("records"):
        if row["value"] is None:
            continue
        ends = [f"{row[one]:.1f}" for one in ("low", "high") if row[one] is not None]
        span = "–".join(ends) if len(ends) == 2 else ""
        many = "" if row["denominator"] is None else f"{row['denominator']:.0f}"
        name = session.text(name_of(row["indicator"]).title)
        kind = row["case_type"]
        kind = session.text(titles.get((kind, ""), Text(kind, kind)))
        table.add_row(kind, name, f"{row['value']:.1f}", span, many)
    session.out.print(table)
    session.out.print(f"  {file}", markup=False)
    session.out.print(f"  {page}", markup=False)
