"""Serve a small town in a process that may be killed: served_town.py FOLDER PORT DATABASE_URL."""

import sys
from pathlib import Path

import geopandas as gpd
from pyproj import CRS
from shapely.geometry import box

from dizuo.api.application import application
from dizuo.api.serving import serve
from dizuo.model.errors import StoreError
from dizuo.operations.ground import Ground
from dizuo.operations.opening import open_operations

sys.path.insert(0, str(Path(__file__).parents[1]))
from opened_city import write_city


class OneBlock:
    crs = CRS("EPSG:32632")

    def layer(self, name):
        if name != "places":
            raise StoreError(f"there is no layer {name}")
        return gpd.GeoDataFrame({"kind": ["block"]}, geometry=[box(0, 0, 1, 1)], crs=self.crs)


def write_town(folder):
    write_city(folder)
    dispatch = folder / "operations" / "dispatch"
    dispatch.mkdir(parents=True)
    (dispatch / "units.csv").write_text("unit,name,catch_all\nhall,Town hall,yes\n")
    (dispatch / "rules.csv").write_text("rule,responsible,limit\nall,hall,2 urgent_hours\n")


if __name__ == "__main__":
    folder, port, url = sys.argv[1:]
    served = application(open_operations(Path(folder), url=url), Ground(OneBlock(), None))
    serve(served, "127.0.0.1", int(port))
