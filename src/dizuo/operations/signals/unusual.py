"""Score what a stream shows against what is usual, as a stream of its own that rules judge.

The scores are observations like any other: stored, judged, told as alarms of the same asset. They
are made when somebody asks, or a timer does, for all that came since.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.office import Actor
from dizuo.operations.event_log.tables import observations
from dizuo.operations.settings_file import read_settings
from dizuo.operations.signals.baseline import fit_baseline
from dizuo.operations.signals.observations import Observations, Quality
from dizuo.operations.signals.office import SignalOffice
from dizuo.operations.signals.register import Register, Stream

__all__ = ["UNUSUAL", "Scored", "UnusualSettings", "score_stream", "scored_streams"]
__systems__ = ("S17.2",)

UNUSUAL: Final = "unusual"
"""Kind of the streams of scores, as alarm rules name it."""
_UNIT: Final = "spreads"
_SCORES: Final = "scores"
"""Property of such a stream: which one it scores."""
_LAST: Final = "last"
"""Property: how many observations before make the level that is taken off."""
_FILE: Final = "unusual.toml"
_WHAT: Final = Text("how streams are scored", "异常评分设置")
_DECIMALS: Final = 3
_BY_RULE: Final = Actor("rule:unusual", frozenset({"rule"}))

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]


class UnusualSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How streams are scored; the file says what each number means."""

    source: str
    edition: str
    certainty: str
    learn_weeks: Annotated[int, msgspec.Meta(ge=1)]
    least_weeks: Annotated[int, msgspec.Meta(ge=1)]
    first_days: Annotated[int, msgspec.Meta(ge=1)]
    every_hours: Annotated[float, msgspec.Meta(gt=0)]

    @classmethod
    def load(cls, file: Path | None = None) -> "UnusualSettings":
        """Read what dizuo ships, or a city's own in its place.

        Raises
        ------
        InputError
            If something is missing, not known or of another kind.
        """
        return read_settings(cls, __package__, _FILE, file, _WHAT)


@dataclass(frozen=True, slots=True)
class Scored:
    """What came of scoring a stream.

    Attributes
    ----------
    stream
        The stream of its scores.
    learned
        Observations that tell what is usual.
    scored
        Observations that got a score now.
    changes
        Alarms that were raised, changed or cleared.
    """

    stream: str
    learned: int
    scored: int
    changes: int


def scored_streams(register: Register) -> list[str]:
    """Return the ids of the streams that are scored already."""
    return [str(one.properties[_SCORES]) for one in register.streams if _is_scores(one)]


def score_stream(
    office: SignalOffice,
    stream: str,
    settings: UnusualSettings,
    offset: timedelta,
    *,
    last: int | None = None,
) -> Scored:
    """Score what a stream showed since its last score, and let the rules judge the scores.

    Parameters
    ----------
    offset
        Of the city's weeks from UTC.
    last
        How many observations before make the level that is taken off, to find what leaps; 0 to find
        what stays away. None: as it was before, 0 the first time.

    Raises
    ------
    InputError
        If there is no such stream, it is one of scores, or it is too short to learn from.
    """
    register, _ = office.newest()
    known = register.streams[register.number(stream)]
    if _is_scores(known):
        raise InputError(
            Text(f"{stream} is a stream of scores itself", f"{stream} 本身就是评分数据流"),
            field="stream",
        )
    with office.log.engine.connect().execution_options(reads_only=True) as connection:
        time, value = _good(connection, register.number(stream))
        made = _scores_of(register, stream)
        newest = None if made is None else _newest(connection, register.number(made.id))
    first = _first(time, newest, settings)
    learned = slice(int(np.searchsorted(time, _weeks_before(time, first, settings))), first)
    if learned.stop == learned.start or _weeks(time[learned]) < settings.least_weeks:
        raise _too_short(stream, settings)
    if last is None:
        last = 0 if made is None else int(made.properties[_LAST])
    baseline = fit_baseline(
        time[learned], value[learned], offset=offset, resolution=_resolution(value), last=last
    )
    begin = max(first - last, 0)
    scores = baseline.scores(time[begin:], value[begin:])[first - begin :]
    number = _register_scores(office, register, known, last, settings)
    batch = Observations.of(np.full(len(scores), number), time[first:], np.round(scores, _DECIMALS))
    taken = office.take_in(batch, _BY_RULE.id, channel="signal")
    return Scored(
        _name(stream), learned.stop - learned.start, taken.fresh + taken.late, taken.changes
    )


def _is_scores(stream: Stream) -> bool:
    return stream.kind == UNUSUAL and _SCORES in stream.properties


def _name(stream: str) -> str:
    return f"{stream}:{UNUSUAL}"


def _scores_of(register: Register, stream: str) -> Stream | None:
    return next((one for one in register.streams if one.id == _name(stream)), None)


def _good(connection: Connection, number: int) -> tuple[Whole, Floats]:
    """Return when the good observations of a stream were, and what they showed, in order."""
    table = observations.c
    query = (
        select(table.phenomenon, table.value)
        .where(table.stream == number, table.quality == int(Quality.GOOD), table.value.is_not(None))
        .order_by(table.phenomenon)
    )
    rows = connection.execute(query).all()
    return (
        np.array([row.phenomenon for row in rows], dtype=np.int64),
        np.array([row.value for row in rows], dtype=np.float64),
    )


def _newest(connection: Connection, number: int) -> int | None:
    query = select(func.max(observations.c.phenomenon)).where(observations.c.stream == number)
    return connection.execute(query).scalar()


def _first(time: Whole, newest: int | None, settings: UnusualSettings) -> int:
    """Return the number of the first observation that gets a score."""
    if newest is not None:
        return int(np.searchsorted(time, newest, side="right"))
    end = int(time[-1]) if len(time) else 0
    return int(np.searchsorted(time, end - _microseconds(timedelta(settings.first_days)), "right"))


def _weeks_before(time: Whole, first: int, settings: UnusualSettings) -> int:
    begin = int(time[min(first, len(time) - 1)]) if len(time) else 0
    return begin - _microseconds(timedelta(weeks=settings.learn_weeks))


def _weeks(time: Whole) -> float:
    return float((time[-1] - time[0]) / _microseconds(timedelta(weeks=1)))


def _resolution(value: Floats) -> float:
    """Return the smallest difference between two values: what the device can tell apart."""
    steps = np.diff(np.unique(value))
    return float(steps.min()) if len(steps) else 1.0


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def _register_scores(
    office: SignalOffice, register: Register, known: Stream, last: int, settings: UnusualSettings
) -> int:
    """Register the stream of scores on the same device, where it is not there as wanted."""
    wanted = Stream(
        _name(known.id), known.device, UNUSUAL, _UNIT, timedelta(hours=settings.every_hours),
        properties={_SCORES: known.id, _LAST: last},
    )  # fmt: skip
    made = _scores_of(register, known.id)
    if made == wanted:
        return register.number(wanted.id)
    device = register.device(known.device)
    if device is None:
        raise InputError(
            Text(f"there is no device {known.device!r}", f"没有设备 {known.device!r}"),
            field="device",
        )
    others = [one for one in register.streams_of(known.device) if one.id != wanted.id]
    with office.log.engine.begin() as connection:
        numbers = office.register_desk.put(
            connection, device, [*others, wanted], _BY_RULE, channel="signal"
        )
    return numbers[wanted.id]


def _too_short(stream: str, settings: UnusualSettings) -> InputError:
    weeks = settings.least_weeks
    return InputError(
        Text(
            f"{stream} has less than {weeks} weeks before what is to be scored",
            f"{stream} 在待评分时段之前不足 {weeks} 周",
        ),
        field="stream",
        cure=Text(
            "Import its history (dizuo signals CITY import FILE), or wait.",
            "请导入历史观测（dizuo signals CITY import FILE），或等待数据积累。",
        ),
    )
