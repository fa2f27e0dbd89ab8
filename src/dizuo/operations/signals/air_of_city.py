"""The air quality index of the stations that a city's register knows, from what they observed."""

from datetime import datetime, timedelta
from typing import Final

import numpy as np
from sqlalchemy import Connection, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.event_log.tables import observations
from dizuo.operations.signals.air_days import AirDay, AirStream, air_days, air_hours
from dizuo.operations.signals.air_index import AirIndex, air_index_for
from dizuo.operations.signals.observations import Observations
from dizuo.operations.signals.register import Register
from dizuo.operations.time import to_microseconds

__all__ = ["city_air"]

_DAY: Final = timedelta(days=1)


def city_air(
    connection: Connection,
    register: Register,
    editions: tuple[AirIndex, ...],
    first: datetime,
    last: datetime,
    *,
    edition: str | None = None,
) -> list[AirDay]:
    """Return the index of every station and day, from the stored hourly means.

    Streams of the kinds ``pm25``, ``pm10``, ``so2``, ``no2``, ``co`` and ``o3`` count; their device
    is the station. What came late counts too.

    Parameters
    ----------
    first, last
        Midnights, in the stations' standard time, of the first and the last day.
    edition
        Judge every day by this edition; None: each by the one in force on it.

    Raises
    ------
    InputError
        If no stream observes a pollutant, or none has a usable observation on these days.
    RuleError
        If there is no such edition.
    """
    index = air_index_for(first.date(), editions, edition=edition)
    streams = {
        number: AirStream(one.device, one.kind, one.unit)
        for number, one in enumerate(register.streams)
        if one.kind in index.pollutants
    }
    if not streams:
        kinds = ", ".join(index.pollutants)
        raise InputError(
            Text("no stream observes a pollutant", "没有监测污染物的数据流"),
            field="kind",
            cure=Text(
                f"Register streams of the kinds {kinds}.", f"请登记以下类别的数据流：{kinds}。"
            ),
        )
    seen = _between(connection, list(streams), first, last + _DAY)
    hours = air_hours(seen, streams, index, offset=first.utcoffset() or timedelta())
    return air_days(hours, editions, edition=edition)


def _between(
    connection: Connection, streams: list[int], begin: datetime, end: datetime
) -> Observations:
    table = observations.c
    query = select(table.stream, table.phenomenon, table.value, table.quality).where(
        table.stream.in_(streams),
        table.phenomenon >= to_microseconds(begin),
        table.phenomenon < to_microseconds(end),
    )
    rows = connection.execute(query.order_by(table.stream, table.phenomenon)).all()
    stream, phenomenon, value, quality = zip(*rows, strict=True) if rows else ([], [], [], [])
    told = np.array(value, np.float64)
    return Observations.of(stream, phenomenon, told, quality=np.array(quality, np.uint8))
