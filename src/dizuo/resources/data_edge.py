"""How far each thing is from where the data ends."""

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.engines.partition.polygons import PolygonIndex
from dizuo.engines.segments import NearestLines
from dizuo.resources.layers import Layers
from dizuo.resources.wiring import resource

__all__ = ["DataEdge", "data_edge"]


class DataEdge:
    """The line beyond which the sources hold nothing.

    A search that goes farther than this line may have missed something on the other side, so its
    value is marked.
    """

    def __init__(self, extent: shapely.Geometry) -> None:
        extents = np.array([extent], dtype=object)
        self._inside = PolygonIndex.of(extents)
        self._line = NearestLines.of(extents)

    def distance(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Metres from each point to the edge; 0 for points outside the data."""
        _, distance = self._line.nearest(x, y)
        return np.where(self._inside.locate(x, y) >= 0, distance, 0.0)


@resource
def data_edge(layers: Layers) -> DataEdge:
    """Edge of the street data."""
    return DataEdge(shapely.union_all(np.asarray(layers["extent"].geometry.array, dtype=object)))
