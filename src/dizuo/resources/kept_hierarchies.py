"""Prepared networks that a base keeps, ready to be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dizuo.engines.streets.graph import Graph
from dizuo.engines.streets.hierarchy import Hierarchy

__all__ = ["KeptHierarchies"]


@dataclass(frozen=True)
class KeptHierarchies:
    """Files of prepared networks, by mode; read when first asked for."""

    files: Mapping[str, Path] = field(default_factory=dict)

    def of(self, mode: str, graph: Graph) -> Hierarchy | None:
        """Return the hierarchy of a network, or None if there is none that fits its graph.

        Raises
        ------
        StoreError
            If the file is damaged, or was made from another graph.
        """
        return Hierarchy.load(self.files[mode], graph) if mode in self.files else None
