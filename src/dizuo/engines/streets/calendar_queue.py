"""Buckets for searches that must settle nodes in the order of their costs."""

from typing import Final

from dizuo.engines.streets.graph import Graph

__all__ = ["calendar_shift"]

BUCKETS_AT_MOST: Final = 2**18
BUCKETS_AN_ARC: Final = 5
"""Buckets that a mean arc spans, as a power of two: few nodes then share one."""


def calendar_shift(graph: Graph, limit: int) -> int:
    """Return the width of the buckets for a search up to a limit, as a power of two."""
    shift = max(graph.bucket_shift - BUCKETS_AN_ARC, 0)
    while limit >> shift > BUCKETS_AT_MOST:
        shift += 1
    return shift
