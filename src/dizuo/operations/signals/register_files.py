"""Read the register of devices from tables: CSV or XLSX, a row a stream.

Columns: ``device``, ``asset``, ``stream``, ``kind``, ``unit``, ``interval_s``; and, where known,
``model``, ``installed``, ``x``, ``y``, ``lateness_s``, ``reference``. A second table holds the
calibrations: ``stream``, ``date``, and ``valid_until``, ``factor``, ``offset``.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.signals.register import Calibration, Device, Register, Stream

__all__ = ["read_register"]

_NEEDED = ("device", "asset", "stream", "kind", "unit", "interval_s")
_KNOWN = (*_NEEDED, "model", "installed", "x", "y", "lateness_s", "reference")
_LONGEST_SECONDS = 100 * 366 * 86_400
_CALIBRATION_NEEDED = ("stream", "date")
_CALIBRATION_KNOWN = (*_CALIBRATION_NEEDED, "valid_until", "factor", "offset")

_Row = Mapping[Any, Any]


def read_register(
    devices: Path, calibrations: Path | None = None, *, encoding: str = "auto"
) -> Register:
    """Read the register of devices.

    Parameters
    ----------
    devices
        The table of devices and their streams, CSV or XLSX.
    calibrations
        The table of calibrations, or None.
    encoding
        Of the text files; found out by itself.

    Raises
    ------
    InputError
        If a table lacks a column or has one too many, a cell is empty or no number or date, or rows
        contradict each other. The message names file, row, column and cure.
    """
    found = _calibrations(calibrations, encoding) if calibrations else {}
    known: dict[str, Device] = {}
    streams: dict[str, Stream] = {}
    for row in _rows(devices, encoding, _NEEDED, _KNOWN):
        cell = _Cell(devices, row)
        device = _device(cell)
        if known.setdefault(device.id, device) != device:
            raise cell.wrong(
                "device",
                Text(
                    f"the device {device.id} is told otherwise in a row before",
                    f"设备 {device.id} 与前面的行说法不一",
                ),
            )
        stream = _stream(cell, tuple(found.pop(row["stream"], ())))
        if stream.id in streams:
            raise cell.wrong(
                "stream",
                Text(
                    f"the stream {stream.id} stands in a row before",
                    f"数据流 {stream.id} 已在前面的行中出现",
                ),
            )
        streams[stream.id] = stream
    if found:
        raise InputError(
            Text(
                f"there are calibrations of streams that no device has: {', '.join(sorted(found))}",
                f"有校准记录对应的数据流不属于任何设备：{'、'.join(sorted(found))}",
            ),
            file=calibrations,
            field="stream",
            cure=Text(
                "Add the streams to the table of devices, or correct their names.",
                "请将数据流加入设备表，或更正名称。",
            ),
        )
    return Register(tuple(known.values()), tuple(streams.values()))


class _Cell:
    """A row whose cells are read by name, and which can say where it stands."""

    def __init__(self, file: Path, row: _Row) -> None:
        self.file, self.row = file, row

    def wrong(self, name: str, problem: Text, cure: Text | None = None) -> InputError:
        return InputError(problem, file=self.file, row=self.row["row"], field=name, cure=cure)

    def text(self, name: str) -> str:
        value = str(self.row[name]).strip()
        if not value:
            raise self.wrong(
                name,
                Text("the cell is empty", "单元格为空"),
                Text("Every row needs it.", "每一行都须填写。"),
            )
        return value

    def number(self, name: str, default: float | None = None) -> float | None:
        value = str(self.row.get(name, "")).strip()
        if not value:
            return default
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise self.wrong(name, Text(f"{value!r} is no number", f"{value!r} 不是数"))
        return number

    def seconds(self, name: str, default: float | None = None) -> timedelta:
        number = self.number(name, default)
        if number is None:
            raise self.wrong(
                name, Text("the cell is empty", "单元格为空"), Text("Give seconds.", "请给出秒数。")
            )
        if number < 0:
            raise self.wrong(name, Text(f"{number:g} seconds are too few", f"{number:g} 秒太少"))
        if number > _LONGEST_SECONDS:
            raise self.wrong(
                name,
                Text(f"{number:g} seconds are more than a century", f"{number:g} 秒超过一百年"),
            )
        return timedelta(seconds=number)

    def day(self, name: str) -> date | None:
        value = str(self.row.get(name, "")).strip()
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise self.wrong(
                name,
                Text(f"{value!r} is no date", f"{value!r} 不是日期"),
                Text("Write 2026-03-01.", "请写成 2026-03-01。"),
            ) from error


def _device(cell: _Cell) -> Device:
    return Device(
        id=cell.text("device"),
        asset=cell.text("asset"),
        model=str(cell.row.get("model", "")).strip(),
        installed=cell.day("installed"),
        x=cell.number("x"),
        y=cell.number("y"),
    )


def _stream(cell: _Cell, calibrations: tuple[Calibration, ...]) -> Stream:
    interval = cell.seconds("interval_s")
    if not interval:
        raise cell.wrong(
            "interval_s",
            Text("a stream without an interval has no observations", "没有间隔的数据流不会有观测"),
        )
    return Stream(
        id=cell.text("stream"),
        device=cell.text("device"),
        kind=cell.text("kind"),
        unit=cell.text("unit"),
        interval=interval,
        lateness=cell.seconds("lateness_s", 0.0),
        reference=cell.number("reference"),
        calibrations=calibrations,
    )


def _calibrations(file: Path, encoding: str) -> dict[str, list[Calibration]]:
    found: dict[str, list[Calibration]] = {}
    for row in _rows(file, encoding, _CALIBRATION_NEEDED, _CALIBRATION_KNOWN):
        cell = _Cell(file, row)
        day = cell.day("date")
        if day is None:
            raise cell.wrong(
                "date",
                Text("the cell is empty", "单元格为空"),
                Text("Every calibration has a day.", "每次校准都须有日期。"),
            )
        until = cell.day("valid_until")
        if until is not None and until < day:
            raise cell.wrong(
                "valid_until",
                Text(f"{until} lies before the calibration itself", f"{until} 早于校准本身"),
            )
        factor, offset = cell.number("factor", 1.0), cell.number("offset", 0.0)
        if not factor:
            raise cell.wrong(
                "factor",
                Text("a factor of zero leaves nothing of the value", "系数为零会使数值归零"),
            )
        mine = found.setdefault(cell.text("stream"), [])
        if any(one.day == day for one in mine):
            raise cell.wrong(
                "date",
                Text(
                    f"a row before holds a calibration of {day} too",
                    f"前面的行也有 {day} 的校准",
                ),
            )
        mine.append(Calibration(day, until, factor, offset or 0.0))
    return {stream: sorted(mine, key=lambda one: one.day) for stream, mine in found.items()}


def _rows(
    file: Path, encoding: str, needed: tuple[str, ...], known: tuple[str, ...]
) -> Iterable[_Row]:
    from dizuo.base.tables import read_table, refuse_torn_rows  # noqa: PLC0415 (pandas is slow to load)

    table, torn = read_table(file, encoding=encoding)
    refuse_torn_rows(torn, file)
    names = [name for name in table.columns if name != "row"]
    lacking = [name for name in needed if name not in names]
    if lacking:
        raise InputError(
            Text(f"there is no column {', '.join(lacking)}", f"没有列 {'、'.join(lacking)}"),
            file=file,
            row=1,
            cure=Text(f"The columns are: {', '.join(known)}.", f"可用的列：{'、'.join(known)}。"),
        )
    strange = [name for name in names if name not in known]
    if strange:
        raise InputError(
            Text(f"nobody knows the column {', '.join(strange)}", f"未知的列 {'、'.join(strange)}"),
            file=file,
            row=1,
            cure=Text(
                f"The columns are: {', '.join(known)}. Remove or rename it.",
                f"可用的列：{'、'.join(known)}。请删除或改名。",
            ),
        )
    return [dict(row) for row in table.fillna("").to_dict("records")]
