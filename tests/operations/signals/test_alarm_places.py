"""The case of an alarm lies in the cell of its device, as cases of every other channel do."""

import geopandas as gpd
import pytest
from shapely.geometry import box
from signal_town import DAWN, at
from sqlalchemy import select

from dizuo.operations.cases.office import Actor
from dizuo.operations.cases.table import cases
from dizuo.operations.opening import open_operations
from dizuo.operations.signals.register import Device, Register, Stream
from dizuo.operations.time import SetClock
from opened_city import write_city

KEEPER = Actor("operator", frozenset({"centre"}))
CELLS = {"000000000000001": box(0, 0, 100, 100), "000000000000002": box(100, 0, 200, 100)}


def keep_grid(folder):
    rows = {"code": list(CELLS), "community": ["a", "b"], "status": ["valid", "valid"]}
    grid = gpd.GeoDataFrame(rows, geometry=list(CELLS.values()), crs="EPSG:32632")
    (folder / "operations" / "grid").mkdir(parents=True)
    grid.to_parquet(folder / "operations" / "grid" / "unit_grid.parquet")


def grid_of_an_alarm(folder, x, y):
    """Raise an alarm of a device at a place; return the grid of its case."""
    opened = open_operations(write_city(folder), clock=SetClock(DAWN))
    stream = Stream("methane:1", "device:1", "methane", "%VOL", DAWN - DAWN)
    register = Register((Device("device:1", "chamber:1", x=x, y=y),), (stream,))
    with opened.engine.begin() as connection:
        opened.signals.register_desk.replace(connection, register, KEEPER)
    opened.signals.take_in(at([0], [3.0]), "device:1", channel="http")
    with opened.engine.connect() as connection:
        (row,) = connection.execute(select(cases)).all()
    opened.engine.dispose()
    assert (row.case_type, row.x, row.y) == ("alarm", x, y)
    return row.grid


@pytest.mark.parametrize(
    ("place", "cell"),
    [
        ((50.0, 50.0), "000000000000001"),
        ((150.0, 50.0), "000000000000002"),
        ((500.0, 50.0), None),
        ((None, None), None),
    ],
)
def test_an_alarm_lies_in_the_cell_of_its_device(tmp_path, place, cell):
    keep_grid(write_city(tmp_path))
    assert grid_of_an_alarm(tmp_path, *place) == cell


def test_a_city_without_a_grid_leaves_it_open(tmp_path):
    assert grid_of_an_alarm(tmp_path, 50.0, 50.0) is None
