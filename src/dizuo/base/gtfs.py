"""GTFS: timetables of public transport, read into plain tables.

GTFS Schedule reference: https://gtfs.org/documentation/schedule/reference/. Times may be blank
between timed stops, may pass midnight (25:10:00), and trips may run by headway
(``frequencies.txt``).
"""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["Feed", "read_gtfs", "route_mode"]

_COLUMNS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "stops": (
        ("stop_id",),
        ("stop_name", "stop_lat", "stop_lon", "location_type", "parent_station"),
    ),
    "routes": (("route_id", "route_type"), ("route_short_name", "route_long_name")),
    "trips": (("trip_id", "route_id", "service_id"), ("direction_id", "shape_id")),
    "stop_times": (
        ("trip_id", "stop_id", "stop_sequence"),
        ("arrival_time", "departure_time", "pickup_type", "drop_off_type"),
    ),
    "calendar": (
        (
            "service_id", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
            "sunday", "start_date", "end_date",
        ),
        (),
    ),
    "calendar_dates": (("service_id", "date", "exception_type"), ()),
    "frequencies": (("trip_id", "start_time", "end_time", "headway_secs"), ()),
    "shapes": (("shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence"), ()),
}  # fmt: skip
"""Columns that a table must have, and those that it may have."""

_REQUIRED: Final = ("stops", "routes", "trips", "stop_times")
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_AROUND: Final = 14
"""Days around the reference date of which the middle one counts as typical."""

_MODES: Final = {
    0: "tram",
    1: "subway",
    2: "rail",
    3: "bus",
    4: "ferry",
    5: "tram",
    6: "aerialway",
    7: "rail",
    11: "bus",
    12: "subway",
}
_EXTENDED_MODES: Final = (
    (100, 199, "rail"),
    (200, 299, "bus"),
    (400, 499, "subway"),
    (700, 899, "bus"),
    (900, 999, "tram"),
    (1000, 1099, "ferry"),
    (1200, 1299, "ferry"),
    (1300, 1399, "aerialway"),
    (1400, 1499, "rail"),
)


@dataclass(frozen=True, eq=False)
class Feed:
    """The tables of a feed, all text; an absent optional table has no row."""

    file: Path
    tables: Mapping[str, pd.DataFrame]

    @cached_property
    def service_days(self) -> pd.DataFrame:
        """Every day (``date``) on which a ``service_id`` runs, exceptions applied.

        Raises
        ------
        InputError
            If a date cannot be read.
        """
        calendar, exceptions = self.tables["calendar"], self.tables["calendar_dates"]
        parts = [self._regular_days(row) for row in calendar.to_dict("records")]
        regular = pd.concat(parts) if parts else _no_days()
        days = pd.DataFrame(
            {
                "service_id": exceptions["service_id"],
                "date": self._dates(exceptions["date"], "calendar_dates"),
                "added": exceptions["exception_type"] == "1",
            }
        )
        added = days.loc[days["added"], ["service_id", "date"]]
        removed = pd.MultiIndex.from_frame(days.loc[~days["added"], ["service_id", "date"]])
        kept = regular[~pd.MultiIndex.from_frame(regular).isin(removed)]
        return pd.concat([kept, added]).drop_duplicates().reset_index(drop=True)

    def _regular_days(self, row: Mapping[Any, Any]) -> pd.DataFrame:
        ends = self._dates(pd.Series([row["start_date"], row["end_date"]]), "calendar")
        every = pd.date_range(ends.iloc[0], ends.iloc[1], freq="D")
        runs = np.array([row[day] == "1" for day in _WEEKDAYS])
        days = every[runs[every.day_of_week]]
        return pd.DataFrame(
            {"service_id": row["service_id"], "date": days}, columns=["service_id", "date"]
        )

    def _dates(self, texts: pd.Series, table: str) -> pd.Series:
        dates = pd.to_datetime(texts, format="%Y%m%d", errors="coerce")
        if dates.isna().any():
            bad = int(np.flatnonzero(dates.isna())[0])
            raise InputError(
                Text(f"{texts.iloc[bad]!r} is no date", f"“{texts.iloc[bad]}”不是日期"),
                file=self.file,
                layer=f"{table}.txt",
                row=bad + 2,
                field="date",
                cure=Text("Dates are written YYYYMMDD.", "日期应写成 YYYYMMDD。"),
            )
        return dates

    @cached_property
    def runs(self) -> pd.Series:
        """How often each trip runs on a day of its service: 1, or by its headways."""
        trips = self.tables["trips"]["trip_id"]
        runs = pd.Series(1.0, index=pd.Index(trips, name="trip_id"))
        headways = self.tables["frequencies"]
        if len(headways):
            spans = seconds(headways["end_time"]) - seconds(headways["start_time"])
            each = pd.Series(np.ceil(spans / pd.to_numeric(headways["headway_secs"])))
            total = each.groupby(headways["trip_id"]).sum()
            runs.loc[runs.index.isin(total.index)] = total.reindex(runs.index).dropna()
        return runs

    def typical_weekday(self, reference: date) -> date:
        """Return the working day nearest to a date that has a middling number of trips.

        The working day with trips that is nearest to the reference is found first; of the working
        days within two weeks of it the median number of trips is taken, and the nearest day with
        that many is typical: neither a holiday nor a fair.

        Raises
        ------
        InputError
            If no service runs on any working day.
        """
        runs = self.tables["trips"].assign(runs=self.runs.to_numpy())
        weight = runs.groupby("service_id")["runs"].sum()
        days = self.service_days
        trips = days["service_id"].map(weight).fillna(0).groupby(days["date"]).sum()
        every = pd.DatetimeIndex(trips.index)
        working = trips[(every.day_of_week < 5) & (trips > 0)]
        if len(working) == 0:
            raise InputError(
                Text("no trip runs on any working day", "工作日没有任何班次"),
                file=self.file,
                layer="calendar.txt",
                cure=Text(
                    "The feed may have expired or lack its calendar: fetch it again.",
                    "该 GTFS 数据可能已过期，或缺少运营日历，请重新下载。",
                ),
            )
        days_of_work = pd.DatetimeIndex(working.index)
        nearest = _nearest_day(days_of_work, reference)
        near = working[np.abs((days_of_work - pd.Timestamp(nearest)).days) <= _AROUND]
        middle = near.quantile(0.5, interpolation="lower")
        return _nearest_day(pd.DatetimeIndex(near.index[near == middle]), reference)

    def departures(self, day: date) -> pd.DataFrame:
        """Return the departures of a day by ``stop_id`` and ``mode``.

        A trip's last stop, and stops where nobody may board, have none. Stops that are served on
        other days only have 0.
        """
        running = self.service_days
        services = running.loc[running["date"] == pd.Timestamp(day), "service_id"]
        trips = self.tables["trips"].assign(runs=self.runs.to_numpy())
        trips["runs"] = trips["runs"].where(trips["service_id"].isin(services), 0.0)
        modes = self.tables["routes"].set_index("route_id")["route_type"].map(route_mode)
        trips["mode"] = trips["route_id"].map(modes)
        times = self.tables["stop_times"]
        order = pd.to_numeric(times["stop_sequence"])
        boards = (order < order.groupby(times["trip_id"]).transform("max")) & (
            times["pickup_type"] != "1"
        )
        known = trips.set_index("trip_id")
        calls = pd.DataFrame(
            {
                "stop_id": times["stop_id"],
                "mode": times["trip_id"].map(known["mode"]),
                "departures": times["trip_id"].map(known["runs"]).where(boards, 0.0),
            }
        )
        sums = calls.groupby(["stop_id", "mode"])["departures"].sum()
        return pd.DataFrame(sums).reset_index()


def _nearest_day(days: pd.DatetimeIndex, reference: date) -> date:
    away = np.abs((days - pd.Timestamp(reference)).days)
    return days[int(np.argmin(away))].date()


def _no_days() -> pd.DataFrame:
    return pd.DataFrame(
        {"service_id": pd.Series(dtype="str"), "date": pd.Series(dtype="datetime64[ns]")}
    )


def route_mode(route_type: str) -> str:
    """Return the mode of a ``route_type``, basic or extended; ``bus`` for what is neither."""
    number = int(route_type) if route_type.isdigit() else 3
    if number in _MODES:
        return _MODES[number]
    return next((mode for low, high, mode in _EXTENDED_MODES if low <= number <= high), "bus")


def seconds(texts: pd.Series) -> pd.Series:
    """Return seconds after the noon-minus-twelve-hours of a service day; blank times give NaN."""
    codes, known = pd.factorize(texts)
    pattern = r"^(\d{1,3}):([0-5]\d):([0-5]\d)$"
    parts = pd.Series(known, dtype="str").str.extract(pattern).astype("float64")
    values = (parts[0] * 3600 + parts[1] * 60 + parts[2]).to_numpy()
    return pd.Series(values[codes] if len(values) else np.empty(0), index=texts.index)


def read_gtfs(file: Path) -> Feed:
    """Read a GTFS feed, zipped or as a folder.

    Raises
    ------
    InputError
        If the feed is damaged, a required table or column is missing, an id is there twice or names
        nothing, or a time cannot be read.
    """
    opened = _open(file)
    tables = {name: _table(file, name, opened) for name in _COLUMNS}
    if len(tables["calendar"]) == 0 and len(tables["calendar_dates"]) == 0:
        raise InputError(
            Text(
                "the feed has neither calendar.txt nor calendar_dates.txt with a row",
                "GTFS 数据的 calendar.txt 和 calendar_dates.txt 均无记录",
            ),
            file=file,
            cure=Text(
                "Without a calendar nothing runs: fetch the feed again.",
                "没有运营日历即没有班次，请重新下载 GTFS 数据。",
            ),
        )
    feed = Feed(file, tables)
    _check_ids(feed)
    _check_times(feed)
    return feed


def _open(file: Path) -> Callable[[str], bytes | None]:
    """Return a function that reads a table's bytes, None if the feed has no such table."""
    if file.is_dir():
        return lambda name: (file / name).read_bytes() if (file / name).exists() else None
    try:
        archive = zipfile.ZipFile(file)
        damaged = archive.testzip()
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(
            Text(
                f"this is no zip file that can be read ({error})",
                f"无法作为 zip 文件读取（{error}）",
            ),
            file=file,
            cure=Text("Fetch it again.", "请重新下载。"),
        ) from error
    if damaged is not None:
        raise InputError(
            Text(f"{damaged} in the feed is damaged", f"GTFS 数据中的 {damaged} 已损坏"),
            file=file,
            cure=Text("Fetch it again.", "请重新下载。"),
        )
    entries = {Path(name).name: name for name in archive.namelist() if name.endswith(".txt")}

    def read(name: str) -> bytes | None:
        return archive.read(entries[name]) if name in entries else None

    return read


def _table(file: Path, name: str, read: Callable[[str], bytes | None]) -> pd.DataFrame:
    required, optional = _COLUMNS[name]
    wanted = (*required, *optional)
    content = read(f"{name}.txt")
    if content is None or not content.strip():
        if name in _REQUIRED:
            raise InputError(
                Text(f"the feed has no {name}.txt", f"GTFS 数据缺少 {name}.txt"),
                file=file,
                cure=Text("GTFS requires it: fetch it again.", "GTFS 规定必须有该表，请重新下载。"),
            )
        return pd.DataFrame({column: pd.Series(dtype="str") for column in wanted})
    try:
        header = content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8")
        names = [column.strip().strip('"') for column in header.split(",")]
        table = csv.read_csv(
            io.BytesIO(content),
            read_options=csv.ReadOptions(column_names=names, skip_rows=1),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
            parse_options=csv.ParseOptions(newlines_in_values=True),
        ).to_pandas()
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise InputError(
            Text(
                f"the table cannot be read ({str(error).splitlines()[0]})",
                f"无法读取该表（{str(error).splitlines()[0]}）",
            ),
            file=file,
            layer=f"{name}.txt",
            cure=Text("It must be CSV in UTF-8.", "该表应为 UTF-8 编码的 CSV。"),
        ) from error
    for column in required:
        if column not in table.columns:
            raise InputError(
                Text(f"there is no column {column}", f"缺少 {column} 列"),
                file=file,
                layer=f"{name}.txt",
                field=column,
                cure=Text("GTFS requires it.", "GTFS 规定必须有该列。"),
            )
    texts = table.reindex(columns=list(wanted), fill_value="").astype("str")
    return pd.DataFrame({column: texts[column].str.strip() for column in wanted})


def _check_ids(feed: Feed) -> None:
    for name, column in (("stops", "stop_id"), ("routes", "route_id"), ("trips", "trip_id")):
        twice = feed.tables[name][column].duplicated()
        if twice.any():
            raise _row_error(
                feed,
                name,
                column,
                twice,
                Text("is there twice", "重复出现"),
                Text("Ids must be unique.", "编号必须唯一。"),
            )
    for name, column, target in (
        ("trips", "route_id", "routes"),
        ("stop_times", "trip_id", "trips"),
        ("stop_times", "stop_id", "stops"),
    ):
        unknown = ~feed.tables[name][column].isin(feed.tables[target][column])
        if unknown.any():
            raise _row_error(
                feed,
                name,
                column,
                unknown,
                Text(f"is not in {target}.txt", f"不在 {target}.txt 中"),
                Text("Fetch the feed again.", "请重新下载 GTFS 数据。"),
            )


def _check_times(feed: Feed) -> None:
    times = feed.tables["stop_times"]
    for column in ("arrival_time", "departure_time"):
        wrong = (times[column] != "") & seconds(times[column]).isna()
        if wrong.any():
            raise _row_error(
                feed,
                "stop_times",
                column,
                wrong,
                Text("is no time", "不是时刻"),
                Text("Times are written HH:MM:SS.", "时刻应写成 HH:MM:SS。"),
            )
    order = pd.to_numeric(times["stop_sequence"], errors="coerce")
    if order.isna().any():
        raise _row_error(
            feed,
            "stop_times",
            "stop_sequence",
            order.isna(),
            Text("is no number", "不是数字"),
            Text("Correct it.", "请更正。"),
        )


def _row_error(
    feed: Feed, name: str, column: str, wrong: pd.Series, problem: Text, cure: Text
) -> InputError:
    first = int(np.flatnonzero(wrong)[0])
    return InputError(
        Text(
            f"{feed.tables[name][column].iloc[first]!r} {problem.en}",
            f"“{feed.tables[name][column].iloc[first]}”{problem.zh}",
        ),
        file=feed.file,
        layer=f"{name}.txt",
        row=first + 2,
        field=column,
        cure=cure,
    )
