"""What a city tells beside the evaluation: names, its map, alarms and incidents."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.base.config import CityConfig
from dizuo.base.store import Base
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.evaluation.tallies import Period
from dizuo.operations.evaluation.uptake import BOOKING
from dizuo.operations.evaluation_page.drawing import where_cases_were
from dizuo.operations.evaluation_page.page import Surroundings
from dizuo.operations.ground import read_unit_grid
from dizuo.operations.incidents.after_action_report import STATES
from dizuo.operations.incidents.register import list_incidents
from dizuo.operations.opening import Operations
from dizuo.operations.signals.alarm_quality import AlarmQuality

__all__ = ["case_titles", "surroundings"]

_MOST_INCIDENTS: Final = 1_000


def case_titles(opened: Operations, day: date) -> dict[tuple[str, str], Text]:
    """Return the names of all case types, under ``""``, and of their classes in force on a day.

    Bookings, which are no cases, have theirs too.
    """
    titles = {(kind.id, ""): kind.title for kind in opened.office.types}
    titles[BOOKING, ""] = Text("Bookings", "预约")
    for kind in opened.office.types:
        if kind.taxonomy:
            try:
                codes = opened.taxonomy.code_list(kind.taxonomy, day).codes
            except InputError:  # no edition on that day: classes keep their codes
                continue
            titles |= {(kind.id, code): one.title for code, one in codes.items()}
    return titles


def surroundings(
    opened: Operations,
    config: CityConfig,
    base: Base | None,
    grid: Path,
    cases: pd.DataFrame,
    period: Period,
    days: tuple[date, date],
) -> Surroundings:
    """Gather what stands on the page beside the evaluation.

    Parameters
    ----------
    base
        None where none is built: the map then shows no city around its cells.
    grid
        Folder of the unit grid.
    cases
        Those opened in the period that are about nobody in particular.
    days
        First and last day of the period.
    """
    settings = config.city
    return Surroundings(
        city=Text(settings.name, settings.name_zh or settings.name),
        first=days[0],
        last=days[1],
        places=where_cases_were(cases, read_unit_grid(grid)),
        boundary=_shapes(base, "boundary"),
        water=_shapes(base, "water"),
        alarms=_alarms(opened, period),
        incidents=_incidents(opened, period),
        attribution=list(
            dict.fromkeys(one.attribution for one in config.sources if one.attribution)
        ),
    )


def _shapes(base: Base | None, layer: str) -> NDArray[np.object_]:
    if base is None or layer not in base.layer_names:
        return np.zeros(0, dtype=object)
    return np.asarray(base.layer(layer).geometry.array, dtype=object)


def _alarms(opened: Operations, period: Period) -> AlarmQuality | None:
    register, _ = opened.signals.newest()
    if not any(one.active for one in register.streams):
        return None
    return opened.alarm_quality(period.begin, period.end)


def _incidents(opened: Operations, period: Period) -> list[dict[str, Any]]:
    with opened.engine.connect().execution_options(reads_only=True) as connection:
        rows = list_incidents(connection, most=_MOST_INCIDENTS)
    declared = [row for row in rows if period.begin <= row["declared"] < period.end]
    return list(_told(opened, declared, opened.zone))


def _told(
    opened: Operations, rows: Iterable[dict[str, Any]], zone: ZoneInfo
) -> Iterable[dict[str, Any]]:
    types = opened.incidents.types
    for row in rows:
        grade = types.grade(row["grade"])
        ended = row["closed"]
        yield {
            "title": types.get(row["incident_type"]).title,
            "grade": Text(f"{grade.number} {grade.title.en}", f"{grade.number} {grade.title.zh}"),
            "state": STATES[row["state"]],
            "declared": f"{row['declared'].astimezone(zone):%Y-%m-%d %H:%M}",
            "closed": f"{ended.astimezone(zone):%Y-%m-%d %H:%M}" if ended else "",
        }
