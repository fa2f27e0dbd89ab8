"""A street graph prepared once, so that questions about every node become two linear sweeps.

Nodes are taken out of the graph one by one, the least important first. Where a shortest path ran
through a node, a shortcut between its neighbours takes its place, so costs between the nodes that
are left never change. Each node keeps its arcs to the nodes that outlived it. Every shortest path
then climbs from its start to some top node and descends to its end, and one sweep over all nodes
in the order they left, then one back, carries costs from any sources to everyone
(:mod:`dizuo.engines.streets.sweeps`).

The work is cut into tiles: runs of nodes along the Hilbert curve. A node leaves in a round only if
all its neighbours stand in its tile, so tiles share nothing and threads need no locks, when
contracting as when sweeping. The next round cuts what is left into fewer tiles. Nodes that would
need too many shortcuts stay as a core.

Preparing takes about as long as ten to twenty plain questions, whatever the size of the graph, and
a file of it is read in a moment. So it pays where a base is kept and asked again and again, and for
sums within distances of every node of a large city at once; a graph that is asked a few questions,
or has fewer than some 20,000 nodes, where each takes milliseconds, is better searched as it is.

References
----------
R. Geisberger, P. Sanders, D. Schultes, C. Vetter (2012), Exact routing in large road networks
using contraction hierarchies, Transportation Science 46.
D. Delling, A. Goldberg, A. Nowatzyk, R. Werneck (2013), PHAST: hardware-accelerated shortest path
trees, Journal of Parallel and Distributed Computing 73.
"""

import hashlib
import os
import zipfile
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets import _kernels_contraction as kernels
from dizuo.engines.streets.graph import Graph, largest_cost
from dizuo.engines.streets.threads import on_threads
from dizuo.model.errors import EngineError, StoreError

__all__ = ["Hierarchy", "content_hash", "contract"]

Int32 = NDArray[np.int32]

FORMAT: Final = 1
TILE: Final = 8192
"""Nodes of a tile: their rows of 20 costs fill 640 kB, within the cache of a core."""
KEPT_SHARE: Final = 0.25
"""Share of a tile's nodes that is left to the next round."""
MOST_NEIGHBOURS: Final = 64
"""Nodes with more neighbours than this stay in the core."""
HIGHEST_PRICE: Final = 150
BUDGET: Final = 50
"""Nodes that a search for a witness looks at."""
SLOW_ROUND: Final = 0.9
"""A round that keeps a larger share of the nodes is followed by one with larger tiles."""


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """A contracted graph of n nodes, m of which were taken out and c of which form the core.

    Attributes
    ----------
    graph
        The graph that was contracted.
    limit
        Largest cost that is kept exact; ``largest_cost(None)`` if all are.
    nodes
        int32, m. Nodes in the order they were taken out.
    offsets
        int32, m + 1. Arcs of ``nodes[i]`` stand at ``offsets[i]:offsets[i + 1]``.
    targets
        int32. Nodes that were taken out later, or are of the core.
    forth, back
        int32. Costs from the node to the target and from the target to the node;
        ``UNREACHABLE`` where no arc goes that way. One array if the graph is symmetric.
    blocks
        int32. ``nodes[blocks[b]:blocks[b + 1]]`` left one tile in one round.
    rounds
        int32. Blocks ``rounds[r]:rounds[r + 1]`` share no neighbours, and may be swept at once.
    core
        int32, c. Nodes that were not taken out.
    core_offsets, core_targets, core_forth, core_back
        int32. Arcs within the core, in compressed rows; targets are places in ``core``.
    """

    graph: Graph
    limit: int
    nodes: Int32
    offsets: Int32
    targets: Int32
    forth: Int32
    back: Int32
    blocks: Int32
    rounds: Int32
    core: Int32
    core_offsets: Int32
    core_targets: Int32
    core_forth: Int32
    core_back: Int32

    @property
    def round_count(self) -> int:
        """Number of rounds."""
        return len(self.rounds) - 1

    @property
    def arc_count(self) -> int:
        """Number of pairs of neighbours that a sweep reads."""
        return len(self.targets) + len(self.core_targets)

    @cached_property
    def ranks(self) -> Int32:
        """Place of each node in the order of sweeps, int32, n; the core comes last."""
        ranks = np.empty(self.graph.node_count, dtype=np.int32)
        ranks[np.concatenate([self.nodes, self.core])] = np.arange(len(ranks), dtype=np.int32)
        return ranks

    def require_limit(self, limit: int) -> None:
        """Refuse a cost that the hierarchy does not keep exact.

        Raises
        ------
        EngineError
            If the limit is above the one that the hierarchy was contracted for.
        """
        if limit > self.limit:
            raise EngineError(
                f"the hierarchy is exact up to {self.limit}, and {limit} is asked of it"
            )

    def save(self, path: Path) -> None:
        """Write the hierarchy as one ``.npz`` file, with the content hash of its graph.

        The file appears at once, complete, or not at all.
        """
        arrays = {name: getattr(self, name) for name in _stored(self.forth is self.back)}
        partial = path.with_name(path.name + ".partial")
        with partial.open("wb") as file:
            np.savez(
                file,
                allow_pickle=False,
                format=np.int64(FORMAT),
                graph_hash=np.str_(content_hash(self.graph)),
                limit=np.int64(self.limit),
                **arrays,
            )
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)

    @classmethod
    def load(cls, path: Path, graph: Graph) -> "Hierarchy":
        """Read a hierarchy of this graph.

        Raises
        ------
        StoreError
            If the file is absent, damaged, of another version, or of another graph.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                if int(file["format"]) != FORMAT:
                    raise StoreError(f"{path} has another format. Build the base again.")
                if str(file["graph_hash"]) != content_hash(graph):
                    raise StoreError(
                        f"{path} was prepared for other streets. Build the base again."
                    )
                one_cost = "back" not in file.files
                arrays = {name: file[name] for name in _stored(one_cost)}
                limit = int(file["limit"])
        except FileNotFoundError as error:
            raise StoreError(f"{path} does not exist. Build the base.") from error
        except (KeyError, OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise StoreError(f"{path} cannot be read. Build the base again.") from error
        if one_cost:
            arrays |= {"back": arrays["forth"], "core_back": arrays["core_forth"]}
        return cls(graph=graph, limit=limit, **arrays)


def content_hash(graph: Graph) -> str:
    """Return 32 hexadecimal digits that change when any arc or cost of the graph changes."""
    digest = hashlib.blake2b(digest_size=16)
    for array in (graph.offsets, graph.targets, graph.costs):
        digest.update(np.ascontiguousarray(array, dtype="<i4").data)
    return digest.hexdigest()


def contract(graph: Graph, *, limit: int | None = None, threads: int | None = None) -> Hierarchy:
    """Prepare a graph for sweeps.

    Parameters
    ----------
    graph
        Street graph. Neighbours should have near numbers (``hilbert_order``): it decides how
        long this takes and how fast sweeps run, never what they find.
    limit
        Largest cost of interest, in the unit of the arcs: costs up to it stay exact, and what lies
        further apart is left out, which makes a smaller hierarchy sooner. None: no limit.
    threads
        Number of threads; None: one a processor. The result does not depend on it.

    Raises
    ------
    EngineError
        If the limit is negative or too large.
    """
    bound = largest_cost(limit)
    left = _Left.of(graph, bound)
    blocks: list[_Block] = []
    rounds = [0]
    tile = TILE
    while True:
        count = len(left.nodes)
        last = count <= 2 * tile
        cuts = np.array([0, count]) if last else np.linspace(0, count, -(-count // tile) + 1)
        tiles = cuts.astype(np.int64)
        done = _contract_round(
            left, tiles, bound, last=last, first=len(rounds) == 1, threads=threads
        )
        blocks += [block for block in done[0] if len(block.nodes)]
        if len(blocks) > rounds[-1]:
            rounds.append(len(blocks))
        left = done[1]
        if last:
            return _assemble(graph, bound, blocks, rounds, left)
        if len(left.nodes) > SLOW_ROUND * count:
            tile *= 4


@dataclass(frozen=True, eq=False)
class _Left:
    """What is left of a graph between two rounds: nodes, and rows of neighbours by place."""

    nodes: Int32
    offsets: Int32
    targets: Int32
    forth: Int32
    back: Int32
    symmetric: bool

    @classmethod
    def of(cls, graph: Graph, limit: int) -> "_Left":
        other = graph.reversed
        offsets, targets, forth, back = kernels.join_directions(
            graph.offsets, graph.targets, graph.costs,
            other.offsets, other.targets, other.costs, limit,
        )  # fmt: skip
        used = offsets[-1]
        return cls(
            np.arange(graph.node_count, dtype=np.int32),
            offsets,
            targets[:used].copy(),
            forth[:used].copy(),
            back[:used].copy(),
            graph.is_symmetric,
        )


@dataclass(frozen=True, eq=False)
class _Block:
    """Nodes that left one tile in one round, and their arcs: target, forth, back."""

    nodes: Int32
    arc_count: Int32
    arcs: Int32


def _contract_round(
    left: _Left,
    tiles: NDArray[np.int64],
    limit: int,
    *,
    last: bool,
    first: bool,
    threads: int | None,
) -> tuple[list[_Block], _Left]:
    def one_tile(number: int) -> tuple[_Block, Int32, Int32]:
        begin, end = tiles[number], tiles[number + 1]
        order, arc_count, arcs, length, rows = kernels.contract_tile(
            left.offsets, left.targets, left.forth, left.back, begin, end,
            0 if last else int(KEPT_SHARE * (end - begin)),
            MOST_NEIGHBOURS, HIGHEST_PRICE, BUDGET, limit, left.symmetric, first,
        )  # fmt: skip
        arcs = arcs.copy()  # without the room to grow
        arcs[:, 0] = left.nodes[arcs[:, 0]]
        return _Block(left.nodes[order], arc_count, arcs), length, rows

    done = on_threads(one_tile, range(len(tiles) - 1), threads)
    length = np.concatenate([part[1] for part in done])
    rows = np.concatenate([part[2] for part in done])
    kept = length >= 0
    place = np.cumsum(kept, dtype=np.int32) - np.int32(1)
    after = _Left(
        left.nodes[kept],
        _offsets(length[kept]),
        place[rows[:, 0]],
        rows[:, 1].copy(),
        rows[:, 2].copy(),
        left.symmetric,
    )
    return [part[0] for part in done], after


def _assemble(
    graph: Graph, limit: int, blocks: list[_Block], rounds: list[int], core: _Left
) -> Hierarchy:
    nothing = np.empty(0, dtype=np.int32)
    arcs = np.concatenate([np.empty((0, 3), np.int32), *(block.arcs for block in blocks)])
    forth = arcs[:, 1].copy()
    return Hierarchy(
        graph=graph,
        limit=limit,
        nodes=np.concatenate([nothing, *(block.nodes for block in blocks)]),
        offsets=_offsets(np.concatenate([nothing, *(block.arc_count for block in blocks)])),
        targets=arcs[:, 0].copy(),
        forth=forth,
        back=forth if core.symmetric else arcs[:, 2].copy(),
        blocks=_offsets(np.array([len(block.nodes) for block in blocks], dtype=np.int32)),
        rounds=np.array(rounds, dtype=np.int32),
        core=core.nodes,
        core_offsets=core.offsets,
        core_targets=core.targets,
        core_forth=core.forth,
        core_back=core.forth if core.symmetric else core.back,
    )


def _offsets(counts: Int32) -> Int32:
    offsets = np.zeros(len(counts) + 1, dtype=np.int32)
    np.cumsum(counts, out=offsets[1:])
    return offsets


def _stored(one_cost: bool) -> list[str]:
    """Names of the arrays in a file; a symmetric graph's two costs are stored once."""
    twins = {"back", "core_back"} if one_cost else set()
    return [f.name for f in fields(Hierarchy) if f.name not in {"graph", "limit", *twins}]
