"""What the reports of a period tell together: topics, hot spots, and what may be the same.

Topics and hot spots are counts, and counts about few people are not told. Proposals of mergers name
cases, so they are for those who may look at cases.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.table import cases
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.ground import UnitGrid
from dizuo.operations.texts.duplicates import MergeProposal, propose_mergers
from dizuo.operations.texts.hot_spots import count_by_kind, hot_spots, within_band
from dizuo.operations.texts.hot_topics import Topic, find_topics
from dizuo.operations.texts.parameters import TextParameters
from dizuo.operations.texts.reports import Reports, read_reports
from dizuo.operations.texts.told import with_texts
from dizuo.operations.time import to_microseconds

__all__ = ["city_duplicates", "city_hot_spots", "city_topics", "smallest_group"]
__systems__ = ("S23.2",)  # hot topics and what is reported twice

_CITY = "city"
_FEWEST_CELLS = 3
"""Among fewer, none stands out."""


def smallest_group(kind: str, evaluation: EvaluationParameters) -> int:
    """Return the fewest cases of a class that may be told of.

    Parameters
    ----------
    kind
        Type and class: ``hotline_appeal/0101``.
    """
    case_type = kind.partition("/")[0]
    if case_type not in evaluation.types_about_people:
        return 1
    social = case_type in evaluation.social_types
    return evaluation.smallest_social_group if social else evaluation.smallest_group


def city_topics(
    connection: Connection,
    now: datetime,
    parameters: TextParameters,
    evaluation: EvaluationParameters,
    communities: Mapping[str, str],
    *,
    simulated: bool = False,
) -> list[Topic]:
    """Find the classes that come up more often than before, or again and again.

    Parameters
    ----------
    now
        End of the last period.
    communities
        Of each cell of the unit grid; cases in none of them count for the city as a whole.
    """
    first = now - timedelta(days=parameters.period_days * parameters.periods)
    query = select(cases.c.case_type, cases.c.category, cases.c.grid, cases.c.opened).where(
        cases.c.category.is_not(None),
        cases.c.simulated.is_(simulated),
        cases.c.state != "merged",
        cases.c.opened >= to_microseconds(first),
        cases.c.opened < to_microseconds(now),
    )
    rows = connection.execute(query).all()
    if not rows:
        return []
    kinds, kind = np.unique(
        [f"{row.case_type}/{row.category}" for row in rows], return_inverse=True
    )
    places, place = np.unique(
        [communities.get(row.grid, _CITY) for row in rows], return_inverse=True
    )
    length = parameters.period_days * 86_400_000_000
    opened = np.array([row.opened for row in rows]) - to_microseconds(first)
    period = np.minimum(opened // length, parameters.periods - 1).astype(np.int64)
    shape = (len(kinds), len(places), parameters.periods)
    counts = np.zeros(shape, dtype=np.int64)
    np.add.at(counts, (kind, place, period), 1)
    table = counts.reshape(-1, parameters.periods)
    names = [(str(one), str(other)) for one in kinds for other in places]
    found = find_topics(
        [one for one, _ in names], [other for _, other in names], table, parameters,
        smallest_group=1,
    )  # fmt: skip
    return [one for one in found if one.count >= smallest_group(one.kind, evaluation)]


def city_hot_spots(
    connection: Connection,
    now: datetime,
    parameters: TextParameters,
    evaluation: EvaluationParameters,
    grid: UnitGrid | None,
    generator: np.random.Generator,
    *,
    simulated: bool = False,
) -> list[dict[str, Any]]:
    """Find the cells of the unit grid around which reports of a class gather, in the last period.

    Returns
    -------
    list of dict
        ``kind``, ``cell``, its middle (``x``, ``y``, metres), ``count`` (None where so few are not
        told) and ``false_discovery_rate``; the surest first.

    Raises
    ------
    InputError
        If the city keeps no unit grid.
    """
    if grid is None:
        raise InputError(
            Text("the city keeps no unit grid", "该城市尚未划分单元网格"),
            cure=Text(
                "Draw it: dizuo operations CITY grid.", "请运行：dizuo operations CITY grid。"
            ),
        )
    if len(grid.codes) < _FEWEST_CELLS:
        return []
    begin = now - timedelta(days=parameters.period_days)
    reports = read_reports(connection, since=begin, simulated=simulated)
    middles = shapely.get_coordinates(shapely.centroid(grid.tree.geometries))
    cell_of = _cells(reports, grid)
    counted = count_by_kind(reports, cell_of, len(middles), begin, now)
    weights = within_band(middles[:, 0], middles[:, 1], parameters.band)
    found: list[dict[str, Any]] = []
    for kind, counts in counted.items():
        spots = hot_spots(
            counts, weights, parameters, generator, smallest_group=smallest_group(kind, evaluation)
        )
        found += [
            {
                "kind": kind,
                "cell": str(grid.codes[cell]),
                "x": round(float(middles[cell, 0]), 1),
                "y": round(float(middles[cell, 1]), 1),
                "count": None if np.isnan(spots.count[cell]) else int(spots.count[cell]),
                "false_discovery_rate": float(spots.rate[cell]),
            }
            for cell in np.flatnonzero(spots.hot)
        ]
    return sorted(found, key=lambda one: (one["false_discovery_rate"], one["kind"], one["cell"]))


def city_duplicates(
    connection: Connection,
    vault: Vault,
    now: datetime,
    parameters: TextParameters,
    *,
    simulated: bool = False,
) -> list[MergeProposal]:
    """Propose mergers of all open cases of the last days, the likeliest first."""
    days = timedelta(days=2 * parameters.duplicate_days)
    standing = read_reports(connection, open_only=True, since=now - days, simulated=simulated)
    fresh = standing.opened >= to_microseconds(now - days / 2)
    standing = with_texts(connection, vault, standing)
    proposed = propose_mergers(_taken(standing, fresh), standing, parameters)
    found = [one for _, ones in proposed for one in ones]
    return sorted(found, key=lambda one: (-one.confidence, one.case, one.into))


def _taken(reports: Reports, rows: Any) -> Reports:
    columns = ("case", "kind", "x", "y", "opened", "closed")
    texts = tuple(text for text, one in zip(reports.texts, rows, strict=True) if one)
    return replace(reports, **{name: getattr(reports, name)[rows] for name in columns}, texts=texts)


def _cells(reports: Reports, grid: UnitGrid) -> Any:
    """Return the position of the cell that each report lies in, -1 for none."""
    cell_of = np.full(len(reports), -1, dtype=np.int64)
    placed = np.flatnonzero(reports.placed())
    points = shapely.points(reports.x[placed], reports.y[placed])
    which, cell = grid.tree.query(points, predicate="intersects")
    # Of two cells at their border, the first: written last.
    order = np.argsort(-cell, kind="stable")
    cell_of[placed[which[order]]] = cell[order]
    return cell_of
