"""How far the first observations by their time reach, of all streams together.

Observations are kept by stream and time, so those of all streams by time alone have no index.
Every stream gives the times of some of its own first ones, and from these follows a span that
holds about as many as are wanted: a search looks there, and goes further only if it must.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from dizuo.api.sensorthings.expressions import Comparison, Expression, Literal, Logical, Path
from dizuo.operations.event_log.tables import observations
from dizuo.operations.sensing.tables import datastreams

__all__ = ["spans_of_first", "time_limit"]

_SAMPLE: Final = 128
"""Of so many first observations the times are found exactly; a power of two."""
_STEPS: Final = tuple(2**k for k in range(_SAMPLE.bit_length()))
_WIDER: Final = 16
"""How many times longer each further span is."""
_SPANS: Final = 5
_SHORTEST: Final = 1_000_000
"""Microseconds of a span in which all that was found is of one moment."""


def spans_of_first(
    connection: Connection,
    count: int,
    *,
    newest: bool,
    beyond: int | None = None,
    assets: Collection[str] | None = None,
) -> Iterator[int]:
    """Tell up to which time to look for the first observations, then how much further.

    Parameters
    ----------
    count
        How many are wanted.
    newest
        Whether the newest are the first ones; else the oldest are.
    beyond
        Where to begin; None for the very first one.
    assets
        Only streams about these; None for all.

    Yields
    ------
    int
        The last time to look at, in microseconds. Nothing where there are few in all, and after
        some spans: then everything is to be read.
    """
    sign = -1 if newest else 1
    first = _nth(1, sign, beyond)
    query = select(datastreams.c.number, first.label("first")).where(first.is_not(None))
    if assets is not None:
        query = query.where(datastreams.c.feature.in_(assets))
    # What comes after the firsts of so many other streams is not among the first ones.
    query = query.order_by((first * sign).asc()).limit(_SAMPLE)
    found = {row.number: [row.first] for row in connection.execute(query)}
    further = [_nth(step, sign, beyond).label(f"after_{step}") for step in _STEPS[1:]]
    query = select(datastreams.c.number, *further).where(datastreams.c.number.in_(list(found)))
    for row in connection.execute(query):
        found[row[0]] += row[1:]
    end = _end(list(found.values()), sign)
    if end is None:
        return
    begin = min(sign * times[0] for times in found.values())
    span = max(end - begin, _SHORTEST) * max(1, -(-count // _SAMPLE))
    for _ in range(_SPANS):
        yield sign * (begin + span)
        span *= _WIDER


def time_limit(condition: Expression | None, *, newest: bool) -> int | None:
    """Return the time that a condition lets none be after, or none before if the oldest are first.

    In microseconds; None where it sets no such limit.
    """
    parts = condition.parts if isinstance(condition, Logical) else (condition,)
    if isinstance(condition, Logical) and condition.operator == "or":
        return None
    limits = [
        one.right.value for one in parts
        if isinstance(one, Comparison) and isinstance(one.left, Path)
        and one.left.steps == ("phenomenonTime",) and isinstance(one.right, Literal)
        and one.right.kind in {"time", "date"}
        and one.operator in ({"lt", "le", "eq"} if newest else {"gt", "ge", "eq"})
    ]  # fmt: skip
    return (min if newest else max)(limits, default=None)


def _nth(step: int, sign: int, beyond: int | None) -> ColumnElement[Any]:
    """Return the time of a stream's n-th observation from where the search begins."""
    time = observations.c.phenomenon
    query = select(time).where(observations.c.stream == datastreams.c.number)
    if beyond is not None:
        query = query.where(time <= beyond if sign < 0 else time >= beyond)
    query = query.order_by(time.desc() if sign < 0 else time).limit(1).offset(step - 1)
    return query.correlate(datastreams).scalar_subquery()


def _end(found: Sequence[Sequence[int | None]], sign: int) -> int | None:
    """Return until when, times the sign, there are as many as the sample; None if there are not."""
    gained = sorted(
        (sign * time, step - before)
        for times in found
        for time, step, before in zip(times, _STEPS, (0, *_STEPS), strict=False)
        if time is not None
    )
    total = 0
    for time, more in gained:
        total += more
        if total >= _SAMPLE:
            return time
    return None
