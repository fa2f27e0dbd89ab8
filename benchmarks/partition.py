"""Points in polygons: dizuo beside GeoPandas, on 1 M points and 10,000 polygons."""

import argparse
import time

import geopandas as gpd
import numpy as np
import shapely

from dizuo.engines.partition.lattice import lattice_points
from dizuo.engines.partition.polygons import points_in_polygons


def star_polygons(rng, side, extent=20_000.0, vertices=40):
    """side x side irregular polygons, one a square of a chequered plane."""
    step = extent / side
    centres = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 1, 2) + 0.5
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    radius = rng.uniform(0.3, 0.65, (side * side, vertices))
    offset = np.stack([np.cos(angle) * radius, np.sin(angle) * radius], axis=-1)
    return shapely.polygons((centres + offset) * step)


def timed(work, repeat=3):
    best = np.inf
    for _ in range(repeat):
        begin = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - begin)
    return best, result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--side", type=int, default=100)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    polygons = star_polygons(rng, given.side)
    x, y = rng.uniform(0, 20_000, (2, given.points))
    points_in_polygons(x[:10], y[:10], polygons[:10])
    lattice_points(polygons[:2], 10.0)
    ours, found = timed(lambda: points_in_polygons(x, y, polygons))
    frame = gpd.GeoDataFrame(geometry=polygons)
    dots = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y))
    theirs, joined = timed(lambda: gpd.sjoin(dots, frame, predicate="intersects"), repeat=1)
    lowest = joined["index_right"].groupby(level=0).min().reindex(range(len(x)), fill_value=-1)
    sampled, lattice = timed(lambda: lattice_points(polygons, 20.0))
    print(f"| job | dizuo | GeoPandas {gpd.__version__} | equal |")
    print("|---|---|---|---|")
    print(
        f"| {given.points:,} points in {len(polygons):,} polygons | {ours:.3f} s | {theirs:.3f} s "
        f"({theirs / ours:.1f}x) | {np.array_equal(found, lowest.to_numpy())} |"
    )
    print(f"| 20 m lattice of the polygons, {len(lattice[0]):,} points | {sampled:.3f} s | | |")


if __name__ == "__main__":
    main()
