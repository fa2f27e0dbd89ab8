"""Read observations as devices and gateways send them: JSON or CSV, over MQTT and HTTP alike.

Three forms, each of many observations:

- columns, the quickest: ``{"stream": ["a", "b"], "time": [...], "value": [...]}``; one name as
  ``stream`` stands for all;
- rows: ``[{"stream": "a", "time": "2026-03-01T09:00:00Z", "value": 1.5}]``;
- CSV with the columns ``stream``, ``time``, ``value``.

``result`` (a time) and ``quality`` (0 good, 1 suspect, 2 bad) may be told too. Times are ISO 8601
with a zone, or whole microseconds since 1970. A value that is null or an empty cell is none.
"""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.signals.observations import Observations, Quality
from dizuo.operations.signals.register import Register
from dizuo.operations.time import to_microseconds

__all__ = ["Columns", "Row", "read_payload"]

_YEAR_1980: Final = 315_532_800_000_000
_LAST: Final = to_microseconds(datetime(9998, 12, 31, tzinfo=UTC))
_NEEDED: Final = ("stream", "time", "value")
_KNOWN: Final = (*_NEEDED, "result", "quality")
_UTC: Final = pa.timestamp("us", tz="UTC")


class Columns(msgspec.Struct, forbid_unknown_fields=True):
    """Observations by columns of one length."""

    stream: str | list[str]
    time: list[int | str]
    value: list[float | None]
    result: list[int | str] | None = None
    quality: list[int] | None = None


class Row(msgspec.Struct, forbid_unknown_fields=True):
    """One observation."""

    stream: str
    time: int | str
    value: float | None
    result: int | str | None = None
    quality: int = 0


_JSON: Final = msgspec.json.Decoder(Columns | list[Row])


def read_payload(content: bytes, register: Register, *, kind: str = "") -> Observations:
    """Read what was sent.

    Parameters
    ----------
    kind
        ``json`` or ``csv``; found out by the first character where it is not told.

    Raises
    ------
    InputError
        If it cannot be read, or names a stream that is not in the register; nothing of it counts.
    """
    try:
        return _read(content, register, kind)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        # Whoever publishes chooses what goes wrong; what is not refused would come again for ever.
        raise InputError(
            Text(f"the observations cannot be read: {error}", f"无法读取观测数据：{error}")
        ) from error


def _read(content: bytes, register: Register, kind: str) -> Observations:
    kind = kind or ("json" if content.lstrip()[:1] in {b"{", b"["} else "csv")
    columns = _of_json(content) if kind == "json" else _of_csv(content)
    lengths = {len(one) for one in columns.values() if one is not None}
    if len(lengths) > 1:
        raise InputError(
            Text(f"the columns differ in length: {sorted(lengths)}", f"各列长度不一：{lengths}"),
            field="value",
        )
    result = columns["result"]
    time = _times(columns["time"], "time")
    quality = np.array(columns["quality"] or [0] * len(time), np.int64)
    if len(quality) and not (quality.min() >= 0 and quality.max() <= max(Quality)):
        raise InputError(
            Text("a quality is 0 good, 1 suspect or 2 bad", "质量只能是 0 良好、1 可疑、2 无效"),
            field="quality",
        )
    return Observations.of(
        _numbers(columns["stream"], register),
        time,
        np.array(columns["value"], np.float64),
        result=time if result is None else _times(result, "result", time),
        quality=quality,
    )


def _of_json(content: bytes) -> dict[str, Any]:
    try:
        told = _JSON.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            Text(f"the observations cannot be read: {error}", f"无法读取观测数据：{error}"),
            cure=Text(
                'Write {"stream": [...], "time": [...], "value": [...]}, or a list of objects.',
                '请写成 {"stream": [...], "time": [...], "value": [...]} 或对象列表。',
            ),
        ) from error
    if isinstance(told, Columns):
        names = [told.stream] * len(told.time) if isinstance(told.stream, str) else told.stream
        return {name: getattr(told, name) for name in _KNOWN} | {"stream": names}
    return {name: [getattr(row, name) for row in told] for name in _KNOWN}


def _of_csv(content: bytes) -> dict[str, Any]:
    kinds = {"stream": pa.string(), "time": pa.string(), "result": pa.string()}
    options = pa.csv.ConvertOptions(
        column_types=kinds | {"value": pa.float64(), "quality": pa.int64()},
        strings_can_be_null=True,
    )
    try:
        table = pa.csv.read_csv(io.BytesIO(content), convert_options=options)
    except pa.ArrowInvalid as error:
        raise InputError(
            Text(f"the table cannot be read: {error}", f"无法读取表格：{error}")
        ) from error
    names = table.column_names
    wrong = [name for name in _NEEDED if name not in names]
    wrong += [name for name in names if name not in _KNOWN]
    if wrong:
        raise InputError(
            Text(f"the table lacks, or nobody knows, {', '.join(wrong)}",
                 f"缺少或无法识别的列：{'、'.join(wrong)}"),
            row=1,
            cure=Text(f"The columns are: {', '.join(_KNOWN)}.", f"可用列：{'、'.join(_KNOWN)}。"),
        )  # fmt: skip
    read = {name: table[name].to_pylist() for name in names}
    columns = dict.fromkeys(_KNOWN) | read
    for name in {"time", "result"} & read.keys():
        columns[name] = [int(one) if one and one.isdigit() else one for one in read[name]]
    if "quality" in read:
        columns["quality"] = [0 if one is None else one for one in read["quality"]]
    return columns


def _numbers(names: Sequence[str | None], register: Register) -> NDArray[np.int32]:
    numbers = {name: register.number(name or "") for name in set(names)}
    return np.fromiter((numbers[name] for name in names), np.int32, len(names))


def _times(
    told: Sequence[int | str | None], name: str, absent: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Return times in microseconds; where one is not told, the one that stands for it."""
    if told and all(isinstance(one, int) for one in told):
        times = np.array(told, np.int64)
    else:
        times = _written(told, name, absent)
    if len(times) and not (times.min() >= _YEAR_1980 and times.max() <= _LAST):
        raise _no_time(int(times.min() if times.min() < _YEAR_1980 else times.max()), name)
    return times


def _written(
    told: Sequence[int | str | None], name: str, absent: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    if any(isinstance(one, int) for one in told):
        made = [one if isinstance(one, int) or one is None else _times([one], name)[0]
                for one in told]  # fmt: skip
        lacks = [one is None for one in made]
        times = np.array([0 if one is None else one for one in made], np.int64)
    else:
        try:
            read = pa.array(told, pa.string()).cast(_UTC).cast(pa.int64())
        except (pa.ArrowInvalid, OverflowError) as error:
            raise _no_time(error, name) from error
        lacks = read.is_null().to_pylist() if read.null_count else []
        times = read.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    if any(lacks):
        if absent is None:
            raise _no_time(None, name)
        return np.where(lacks, absent, times)
    return times


def _no_time(found: Any, name: str) -> InputError:
    return InputError(
        Text(f"a time cannot be read: {found}", f"无法读取时间：{found}"),
        field=name,
        cure=Text(
            "Write 2026-03-01T09:00:00Z, or whole microseconds since 1970.",
            "请写成 2026-03-01T09:00:00Z，或 1970 年以来的整数微秒。",
        ),
    )
