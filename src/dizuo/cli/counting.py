"""``dizuo shifts``: whether people travelled otherwise in a period than on comparable days."""

from datetime import datetime
from pathlib import Path
from typing import Final

import click

from dizuo.cli.command import command, folder_argument, option
from dizuo.cli.session import Session
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["shifts"]

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_DAY: Final = click.DateTime(["%Y-%m-%d"])
_COUNTS: Final = "counts.csv"


@command(
    "shifts",
    Text(
        "Compare counts of travellers in a period with comparable days: modes and the peak.\n\n"
        "Counts stand in operations/counts.csv: place, mode, from, until, count, evidence. Days "
        "are compared with days of their kind by the city's calendar. Where the numbers allow no "
        "claim, that is said. The table is written to operations/evaluation.",
        "将某一时段的客流计数与可比日比较：出行方式与高峰。\n\n"
        "计数放在 operations/counts.csv：place, mode, from, until, count, evidence。"
        "按城市日历与同类日比较；数据不足以得出结论时会说明。结果表写入 operations/evaluation。",
    ),
)
@option("--from", "begin", type=_DAY, required=True, text=Text("First day.", "起始日期。"))
@option("--to", "end", type=_DAY, required=True, text=Text("Last day.", "截止日期。"))
@option("--counts", "file", type=_FILE, text=Text("Another table of counts.", "其他计数表。"))
@folder_argument
def shifts(
    session: Session, begin: datetime, end: datetime, file: Path | None, folder: Path
) -> None:
    """Compare a period, write the table and say what may be claimed."""
    from dizuo.base.evaluation_folder import TRAVEL, evaluation_file  # noqa: PLC0415
    from dizuo.operations.opening import calendar_of  # noqa: PLC0415
    from dizuo.operations.travel.counts import CountSettings, read_counts  # noqa: PLC0415
    from dizuo.operations.travel.day_kinds import kind_of  # noqa: PLC0415
    from dizuo.operations.travel.shift_layer import describe_shifts, shift_layer  # noqa: PLC0415
    from dizuo.operations.travel.shifts import shifts as compare  # noqa: PLC0415

    if end < begin:
        raise InputError(
            Text("the period ends before it begins", "时段的结束早于开始"), field="--to"
        )
    first, last = begin.date(), end.date()
    calendar = calendar_of(folder, last)
    source = file or folder / "operations" / _COUNTS
    if not source.exists():
        raise InputError(
            Text("the city has no counts", "该城市没有客流计数"),
            file=source,
            cure=Text(
                "Write place, mode, from, until, count, evidence; or give --counts.",
                "请写 place, mode, from, until, count, evidence；或指定 --counts。",
            ),
        )
    settings = CountSettings.load(folder / "operations" / "counts.toml")
    counts = read_counts(source, calendar.zone)
    found = compare(counts, first, last, lambda day: kind_of(day, calendar), settings)
    written = evaluation_file(folder / "operations", first, last, TRAVEL)
    written.parent.mkdir(parents=True, exist_ok=True)
    shift_layer(found, first, last, calendar.zone).to_parquet(written, index=False)
    if session.json:
        plain = found.rows.astype(object).where(found.rows.notna(), None)
        session.answer(
            {
                "file": str(written),
                "evidence": found.evidence.value,
                "places": list(found.places),
                "left_out": list(found.left_out),
                "shares": plain.to_dict("records"),
            }
        )
        return
    for line in describe_shifts(found):
        session.out.print(session.text(line), markup=False)
    session.out.print(f"  {written}", markup=False)
