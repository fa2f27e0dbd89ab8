"""Places that people go to: a city's own table, or facilities of its base."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely

from dizuo.base.tables import read_table, refuse_torn_rows
from dizuo.model.errors import InputError
from dizuo.model.evidence import Evidence
from dizuo.model.text import Text
from dizuo.resources.facilities import Facilities
from dizuo.resources.places import Places

__all__ = ["DESTINATIONS", "as_facilities", "read_destinations"]
__systems__ = ("L3",)

DESTINATIONS: Final = "destination"
"""What places of a city's own table are called among the categories."""
_COLUMNS: Final = ("destination", "name", "longitude", "latitude")
_TITLE: Final = Text("Destination", "目的地")
_MOST: Final = {"longitude": 180.0, "latitude": 90.0}


def read_destinations(file: Path, places: Places) -> Facilities:
    """Read a table of places.

    Parameters
    ----------
    file
        CSV or XLSX with the columns ``destination`` (an id), ``name``, ``longitude`` and
        ``latitude`` (degrees of WGS 84).

    Raises
    ------
    InputError
        If a column is missing, an id is there twice or a position is none.
    """
    rows, ragged = read_table(file)
    refuse_torn_rows(ragged, file)
    missing = [name for name in _COLUMNS if name not in rows.columns]
    if missing:
        raise InputError(
            Text(f"there is no column {missing[0]}", f"缺少列 {missing[0]}"),
            file=file,
            field=missing[0],
            cure=Text(f"Columns are {', '.join(_COLUMNS)}.", f"须有列：{'、'.join(_COLUMNS)}。"),
        )
    records = rows.to_dict("records")
    seen: set[str] = set()
    for row in records:
        _check(row, seen, file)
    degrees = [shapely.Point(float(row["longitude"]), float(row["latitude"])) for row in records]
    points = gpd.GeoSeries(degrees, crs="EPSG:4326").to_crs(places.crs).to_numpy()
    ids = np.array([f"{DESTINATIONS}:{str(row['destination']).strip()}" for row in records], str)
    names = np.array([str(row["name"]).strip() for row in records], dtype=str)
    return as_facilities(DESTINATIONS, _TITLE, ids, names, points, places)


def as_facilities(
    category: str,
    title: Text,
    ids: np.ndarray[Any, np.dtype[np.str_]],
    names: np.ndarray[Any, np.dtype[np.str_]],
    points: np.ndarray[Any, np.dtype[np.object_]],
    places: Places,
) -> Facilities:
    """Return points as what can be looked for on a network."""
    x, y = shapely.get_x(points), shapely.get_y(points)
    unknown = np.full(len(ids), np.nan)
    return Facilities(
        category, title, places.support("facilities", ids, x, y), x, y, points, names,
        unknown, unknown, unknown, Evidence.MEASURED, gated=False,
    )  # fmt: skip


def _check(row: Mapping[Any, Any], seen: set[str], file: Path) -> None:
    name = str(row["destination"]).strip()
    if not name or name in seen:
        raise InputError(
            Text(f"the destination {name!r} is empty or stands twice", f"目的地“{name}”为空或重复"),
            file=file,
            row=int(row["row"]),
            field="destination",
            cure=Text("Give each its own id.", "每个目的地须有各自的编号。"),
        )
    seen.add(name)
    for field, most in _MOST.items():
        try:
            fits = abs(float(row[field])) <= most
        except ValueError:
            fits = False
        if not fits:
            raise InputError(
                Text(f"{row[field]!r} is no {field}", f"“{row[field]}”不是有效的坐标"),
                file=file,
                row=int(row["row"]),
                field=field,
                cure=Text("Write degrees of WGS 84.", "请写 WGS 84 经纬度（度）。"),
            )
