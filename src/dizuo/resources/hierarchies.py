"""Street hierarchies that the base keeps: prepared once, used by every checkup.

A network without one is searched plainly, with the same answers.
"""

from typing import Final

from dizuo.base.store import Base
from dizuo.engines.streets.hierarchy import FORMAT, contract
from dizuo.resources.analysis import Analysis
from dizuo.resources.kept_hierarchies import KeptHierarchies
from dizuo.resources.layers import Layers
from dizuo.resources.streets import walking

__all__ = ["SMALLEST_NETWORK", "keep_hierarchies", "kept_hierarchies"]

SMALLEST_NETWORK: Final = 20_000
"""Nodes below which plain searches take milliseconds and preparing is not worth its file."""

_NETWORKS: Final = {"walk": walking}
_LAYERS: Final = ("street_edges",)


def _name(mode: str) -> str:
    return f"streets.{mode}.hierarchy"


def keep_hierarchies(base: Base, analysis: Analysis) -> None:
    """Prepare the large networks of a base, where that was not done since its streets changed."""
    version = str(FORMAT)
    layers = Layers(base.layer, base.table)
    for mode, network in _NETWORKS.items():
        if base.artefact_path(_name(mode), layers=_LAYERS, version=version) is not None:
            continue
        if base.manifest.layers["street_nodes"].rows < SMALLEST_NETWORK:
            continue
        streets = network(layers, analysis, KeptHierarchies())
        base.keep_artefact(
            _name(mode), contract(streets.graph).save, layers=_LAYERS, version=version
        )


def kept_hierarchies(base: Base) -> KeptHierarchies:
    """Return the hierarchies that a base keeps and that still fit its streets."""
    version = str(FORMAT)
    found = {
        mode: base.artefact_path(_name(mode), layers=_LAYERS, version=version) for mode in _NETWORKS
    }
    return KeptHierarchies({mode: file for mode, file in found.items() if file is not None})
