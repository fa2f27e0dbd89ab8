"""Street hierarchies that the base keeps: prepared once, used by every checkup.

A network without one is searched plainly, with the same answers. Whether there is anything to
prepare is seen from the manifest alone, so that an unchanged base costs nothing: the engines load
only for the work itself.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dizuo.base.store import Base
    from dizuo.resources.analysis import Analysis

__all__ = ["SMALLEST_NETWORK", "keep_hierarchies", "kept_files"]

SMALLEST_NETWORK: Final = 20_000
"""Nodes below which plain searches take milliseconds and preparing is not worth its file."""

_MODES: Final = ("walk",)
_LAYERS: Final = ("street_edges", "street_nodes", "street_crossings")
_VERSION: Final = "2"
"""Grows when hierarchies are prepared otherwise, so that kept ones are prepared again."""


def keep_hierarchies(base: "Base", analysis: "Analysis") -> None:
    """Prepare the large networks of a base, where that was not done since its streets changed."""
    if base.manifest.layers["street_nodes"].rows < SMALLEST_NETWORK:
        return
    kept = kept_files(base)
    for mode in _MODES:
        if mode not in kept:
            _prepare(base, mode, analysis)


def kept_files(base: "Base") -> dict[str, Path]:
    """Return the files of the hierarchies that still fit the streets of a base, by mode."""
    found = {
        mode: base.artefact_path(_name(mode), layers=_LAYERS, version=_VERSION) for mode in _MODES
    }
    return {mode: file for mode, file in found.items() if file is not None}


def _name(mode: str) -> str:
    return f"streets.{mode}.hierarchy"


def _prepare(base: "Base", mode: str, analysis: "Analysis") -> None:
    from dizuo.engines.streets.hierarchy import contract  # noqa: PLC0415
    from dizuo.resources.kept_hierarchies import KeptHierarchies  # noqa: PLC0415
    from dizuo.resources.layers import Layers  # noqa: PLC0415
    from dizuo.resources.streets import walking  # noqa: PLC0415

    networks = {"walk": walking}
    streets = networks[mode](Layers(base.layer, base.table), analysis, KeptHierarchies())
    base.keep_artefact(_name(mode), contract(streets.graph).save, layers=_LAYERS, version=_VERSION)
