"""What is reported along streets, how soon it is put right, and what to put right along a route."""

from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.stats import chi2
from shapely.geometry import LineString

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.evaluation.histories import Histories
from dizuo.operations.evaluation.intervals import quantile_interval
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.tallies import Period
from dizuo.operations.travel.settings import TravelSettings

__all__ = ["cleaning_plan", "issues_by_street_class", "merged_route"]
__systems__ = ("L1",)

_HOUR: Final = 3600.0
Whole = NDArray[np.int64]


def issues_by_street_class(
    told: Histories,
    streets: gpd.GeoDataFrame,
    period: Period,
    parameters: EvaluationParameters,
    settings: TravelSettings,
) -> pd.DataFrame:
    """Return issues per km of street and the median time to fix, by class of street.

    An issue is a valid case of the types in the settings, at the nearest street within
    ``issue_distance``. It counts in the period that it was opened in, its time in the period that
    it was closed in.

    Parameters
    ----------
    streets
        The layer ``street_edges``, in the metres that cases are in.

    Returns
    -------
    DataFrame
        ``street_class`` (``""``: all), ``issues``, ``kilometres``, ``per_km`` with the exact
        interval of a Poisson count (Garwood 1936) ``per_km_low`` and ``per_km_high``; ``fixed``,
        ``median_hours`` with its interval by order statistics; ``simulated`` where any case was.
    """
    issues = _issues(told, parameters, settings)
    at, street = _nearest(issues, streets, settings.issue_distance)
    near = issues.iloc[at].assign(street_class=streets["highway"].to_numpy()[street])
    metres = (streets["length_mm"] / 1000).groupby(streets["highway"]).sum()
    rows = [_told_of("", near, float(metres.sum()), period, parameters)]
    for name, length in metres.sort_index().items():
        own = near[near["street_class"] == name]
        rows.append(_told_of(str(name), own, float(length), period, parameters))
    return pd.DataFrame(rows)


def cleaning_plan(
    told: Histories,
    route: LineString,
    parameters: EvaluationParameters,
    settings: TravelSettings,
) -> pd.DataFrame:
    """Return the stretches of a route with issues still open, those with most first.

    Parameters
    ----------
    route
        In the metres that cases are in.

    Returns
    -------
    DataFrame
        ``order`` from 1; ``begin_m`` and ``end_m`` along the route; ``open_issues``; ``cases``,
        ``categories`` and ``units`` as texts; ``oldest`` opening; ``simulated``. Of stretches
        alike the one nearer to the start comes first.
    """
    issues = _issues(told, parameters, settings)
    issues = issues[issues["open"]]
    points = np.asarray(
        shapely.points(issues["x"].to_numpy(), issues["y"].to_numpy()), dtype=object
    )
    near = shapely.dwithin(points, route, settings.issue_distance)
    along = shapely.line_locate_point(route, points[near])
    last = max(int(np.ceil(route.length / settings.stretch)) - 1, 0)
    stretch = np.minimum((along // settings.stretch).astype(np.int64), last)
    rows: list[dict[str, Any]] = []
    for number, own in issues[near].groupby(stretch):
        begin = float(str(number)) * settings.stretch
        rows.append(
            {
                "begin_m": begin,
                "end_m": min(begin + settings.stretch, route.length),
                "open_issues": len(own),
                "cases": " ".join(sorted(own["case"])),
                "categories": " ".join(sorted({one for one in own["category"] if one})),
                "units": " ".join(sorted({one for one in own["unit"] if one})),
                "oldest": own["opened"].min(),
                "simulated": bool(own["simulated"].any()),
            }
        )
    rows.sort(key=lambda row: (-row["open_issues"], row["begin_m"]))
    columns = [
        "order", "begin_m", "end_m", "open_issues", "cases", "categories", "units", "oldest",
        "simulated",
    ]  # fmt: skip
    numbered = [{"order": number, **row} for number, row in enumerate(rows, 1)]
    return pd.DataFrame(numbered, columns=columns)


def merged_route(shapes: Sequence[shapely.Geometry]) -> LineString:
    """Return lines that follow on each other as one.

    Raises
    ------
    InputError
        If they are no lines, or do not hang together.
    """
    merged = shapely.line_merge(shapely.union_all(list(shapes)))
    if not isinstance(merged, LineString) or merged.is_empty:
        raise InputError(
            Text("the route is not one line", "路线不是一条连续的线"),
            field="--route",
            cure=Text("Draw it as one line without branches.", "请绘制一条无分叉的线。"),
        )
    return merged


def _issues(
    told: Histories, parameters: EvaluationParameters, settings: TravelSettings
) -> pd.DataFrame:
    table = told.cases
    valid = ~table["state"].isin(parameters.states_not_valid) & (table["merged_into"] == "")
    placed = table["x"].notna() & table["y"].notna()
    return table[table["case_type"].isin(settings.issue_types) & valid & placed]


def _nearest(
    issues: pd.DataFrame, streets: gpd.GeoDataFrame, distance: float
) -> tuple[Whole, Whole]:
    """Return issues with the row of their nearest street; of streets alike the first by id."""
    order = np.argsort(streets["id"].to_numpy(dtype=str), kind="stable")
    tree = shapely.STRtree(streets.geometry.to_numpy()[order])
    points = np.asarray(
        shapely.points(issues["x"].to_numpy(), issues["y"].to_numpy()), dtype=object
    )
    at, street = tree.query_nearest(points, max_distance=distance)
    first = pd.DataFrame({"at": at, "street": street}).groupby("at")["street"].min()
    return first.index.to_numpy(dtype=np.int64), order[first.to_numpy()]


def _told_of(
    name: str,
    issues: pd.DataFrame,
    metres: float,
    period: Period,
    parameters: EvaluationParameters,
) -> dict[str, Any]:
    count, kilometres = int(period.holds(issues["opened"]).sum()), metres / 1000
    tail = (1 - parameters.interval_level) / 2
    low = float(chi2.ppf(tail, 2 * count) / 2) if count else 0.0
    high = float(chi2.ppf(1 - tail, 2 * count + 2) / 2)
    fixed = issues[period.holds(issues["closed"])]
    hours = ((fixed["closed"] - fixed["opened"]).dt.total_seconds() / _HOUR).to_numpy()
    ends = quantile_interval(hours, 0.5, parameters.interval_level)
    return {
        "street_class": name,
        "issues": count,
        "kilometres": kilometres,
        "per_km": count / kilometres,
        "per_km_low": low / kilometres,
        "per_km_high": high / kilometres,
        "fixed": len(fixed),
        "median_hours": float(np.median(hours)) if len(hours) else float("nan"),
        "median_low": ends[0],
        "median_high": ends[1],
        "simulated": bool(issues["simulated"].any()),
    }
