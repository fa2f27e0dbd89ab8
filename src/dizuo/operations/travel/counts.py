"""Counts of travellers: read from a city's table, one row a place, mode and slot of time.

A count tells how many passed a place, or rode a line, in a slot. Nobody is told apart: what could
tell persons apart is refused.
"""

from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
import pandas as pd

from dizuo.base.layer_words import STOP_MODES
from dizuo.base.privacy import refuse_personal_columns
from dizuo.base.tables import read_table, refuse_torn_rows
from dizuo.model.errors import InputError
from dizuo.model.evidence import Evidence
from dizuo.model.text import Text
from dizuo.operations.settings_file import read_settings

__all__ = ["COUNTED", "PUBLIC", "CountSettings", "read_counts"]
__systems__ = ("L3",)

PUBLIC: Final = STOP_MODES
"""Modes of public transport."""
COUNTED: Final = ("walk", "bike", "drive", *STOP_MODES, "other")
"""Modes that are counted."""
_COLUMNS: Final = ("place", "mode", "from", "until", "count", "evidence")
_MARKS: Final = (Evidence.MEASURED, Evidence.ESTIMATED, Evidence.SIMULATED)
_SETTINGS: Final = "counts.toml"
_WHAT: Final = Text("how counts are compared", "计数比较设置")

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class CountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The numbers of comparing counts; the file says what each means."""

    source: str
    edition: str
    certainty: str
    weeks: Annotated[int, msgspec.Meta(ge=1)]
    least_days: Annotated[int, msgspec.Meta(ge=2)]
    least_complete: Share
    peak: tuple[tuple[time, time], ...]
    level: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    smallest_group: Annotated[int, msgspec.Meta(ge=1)]

    @classmethod
    def load(cls, file: Path | None = None) -> "CountSettings":
        """Read what dizuo ships, or a city's own in its place.

        Raises
        ------
        InputError
            If something is missing, not known or of another kind.
        """
        return read_settings(cls, __package__, _SETTINGS, file, _WHAT)


def read_counts(file: Path, zone: ZoneInfo) -> pd.DataFrame:
    """Read a table of counts.

    Parameters
    ----------
    file
        CSV or XLSX with the columns ``place``, ``mode``, ``from``, ``until``, ``count`` and
        ``evidence`` (``measured``, ``estimated`` or ``simulated``).
    zone
        The city's time zone, of times that name none.

    Returns
    -------
    DataFrame
        ``place``, ``mode``, ``day`` (a date), ``begin`` and ``end`` (minutes of the day), ``count``
        and ``evidence``.

    Raises
    ------
    InputError
        If a column is missing, a row cannot be used, or something is counted twice.
    """
    table, ragged = read_table(file)
    refuse_torn_rows(ragged, file)
    table = refuse_personal_columns(table, dropped=(), file=file)
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise InputError(
            Text(f"there is no column {missing[0]}", f"缺少列 {missing[0]}"),
            file=file,
            field=missing[0],
            cure=Text(f"Columns are {', '.join(_COLUMNS)}.", f"须有列：{'、'.join(_COLUMNS)}。"),
        )
    rows = [_row(one, file, zone) for one in table.to_dict("records")]
    found = pd.DataFrame(
        rows, columns=["place", "mode", "day", "begin", "end", "count", "evidence", "row"]
    )
    _refuse_overlaps(found, file)
    return found.drop(columns="row")


def _row(row: Mapping[Any, Any], file: Path, zone: ZoneInfo) -> dict[str, Any]:
    told = {name: str(row[name]).strip() for name in _COLUMNS}
    number = int(row["row"])

    def refuse(field: str, problem: Text, cure: Text) -> InputError:
        return InputError(problem, file=file, row=number, field=field, cure=cure)

    def moment(field: str) -> datetime:
        try:
            found = datetime.fromisoformat(told[field])
        except ValueError as error:
            raise refuse(
                field,
                Text(f"{told[field]!r} is no time", f"“{told[field]}”不是时间"),
                Text("Write it like 2026-10-01T08:00.", "请写成 2026-10-01T08:00 的形式。"),
            ) from error
        return found.astimezone(zone) if found.tzinfo else found.replace(tzinfo=zone)

    for field, words in (("mode", COUNTED), ("evidence", tuple(one.value for one in _MARKS))):
        if told[field] not in words:
            raise refuse(
                field,
                Text(f"{told[field]!r} is no {field}", f"“{told[field]}”不是可用的 {field}"),
                Text(f"Write one of: {' '.join(words)}.", f"请写：{'、'.join(words)}。"),
            )
    if not told["place"]:
        raise refuse("place", Text("place is empty", "place 为空"), Text("Fill it in.", "请填写。"))
    begin, end = moment("from"), moment("until")
    first, last = begin.hour * 60 + begin.minute, end.hour * 60 + end.minute
    days = (end.date() - begin.date()).days
    last += 1440 * days
    if not first < last <= 1440:
        raise refuse(
            "until",
            Text("the slot is empty or goes past midnight", "时段为空或跨越零点"),
            Text("Divide it at midnight.", "请在零点处分开。"),
        )
    if not told["count"].isdigit():
        raise refuse(
            "count",
            Text(f"{told['count']!r} is no count", f"“{told['count']}”不是计数"),
            Text("Write a whole number, 0 where nobody passed.", "请写整数，无人通过写 0。"),
        )
    return {
        "place": told["place"], "mode": told["mode"], "day": begin.date(), "begin": first,
        "end": last, "count": int(told["count"]), "evidence": told["evidence"], "row": number,
    }  # fmt: skip


def _refuse_overlaps(found: pd.DataFrame, file: Path) -> None:
    ranked = found.sort_values(["place", "mode", "day", "begin", "end"], kind="stable")
    same = (ranked[["place", "mode", "day"]] == ranked[["place", "mode", "day"]].shift()).all(
        axis=1
    )
    twice = ranked[same & (ranked["begin"] < ranked["end"].shift())]
    if len(twice):
        raise InputError(
            Text("two slots of one place and mode overlap", "同一地点、同一方式的时段重叠"),
            file=file,
            row=int(twice["row"].iloc[0]),
            field="from",
            cure=Text("Count everything once.", "每个时段只计一次。"),
        )
