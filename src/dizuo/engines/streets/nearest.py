"""The nearest facility, and the k nearest, of every node and of every point on an edge.

One search from all facilities of a kind serves every node at once. ``towards=True`` means that
people travel from the node to the facility, so the search runs against the arcs.
Equal costs go to the facility with the smallest number, so results depend neither on the order of
the rows nor on the number of threads.
"""

from typing import Final, Literal, overload

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets import _kernels_nearest as kernels
from dizuo.engines.streets.attachments import Attachments, DirectPairs, Seeds, direct_pairs
from dizuo.engines.streets.graph import UNREACHABLE, Graph, largest_cost
from dizuo.engines.streets.threads import on_threads
from dizuo.model.errors import EngineError

__all__ = ["k_nearest", "k_nearest_of", "nearest", "nearest_of"]

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

ITEM_BITS: Final = kernels.ITEM_BITS


@overload
def nearest(
    graph: Graph,
    seeds: Seeds,
    groups: NDArray[np.integer],
    *,
    group_count: int,
    limit: int | None = None,
    towards: bool = True,
    return_item: Literal[False] = False,
    threads: int | None = None,
) -> Int32: ...


@overload
def nearest(
    graph: Graph,
    seeds: Seeds,
    groups: NDArray[np.integer],
    *,
    group_count: int,
    limit: int | None = None,
    towards: bool = True,
    return_item: Literal[True],
    threads: int | None = None,
) -> tuple[Int32, Int32]: ...


def nearest(
    graph: Graph,
    seeds: Seeds,
    groups: NDArray[np.integer],
    *,
    group_count: int,
    limit: int | None = None,
    towards: bool = True,
    return_item: bool = False,
    threads: int | None = None,
) -> Int32 | tuple[Int32, Int32]:
    """Find the cheapest cost between every node and any item of each group.

    Parameters
    ----------
    graph
        Street graph of n nodes.
    seeds
        Where the items enter the graph: ``Attachments.arriving()`` when people travel to the
        items, ``Attachments.leaving()`` when they come from them.
    groups
        Group number of each item, 0 to ``group_count - 1``.
    group_count
        Number of groups.
    limit
        Largest cost of interest; what costs more is ``UNREACHABLE``. None: no limit.
    towards
        True: cost from the node to the item. False: from the item to the node.
    return_item
        Whether to tell which item it is too.
    threads
        Number of threads; None: one a processor.

    Returns
    -------
    costs
        int32, n x group_count, in the unit of the arcs. Each group's column is contiguous.
    items
        int32, n x group_count, -1 where no item is reached; only if ``return_item``. Of several
        items at the same cost it is the one with the smallest number.

    Raises
    ------
    EngineError
        If a seed names an item, node or cost that cannot be, or a group is out of range.
    """
    group = np.asarray(groups)
    seeds.require_fit(graph, len(group))
    if len(group) and (group.min() < 0 or group.max() >= group_count):
        raise EngineError(f"a group number is outside 0..{group_count - 1}")
    search = graph.reversed if towards else graph
    beyond = largest_cost(limit) + 1
    order = np.argsort(group[seeds.item], kind="stable")
    node, cost, item = seeds.node[order], seeds.cost[order], seeds.item[order]
    bounds = np.searchsorted(group[item], np.arange(group_count + 1))
    costs = np.empty((group_count, graph.node_count), dtype=np.int32)
    items = np.empty(costs.shape if return_item else (0, 0), dtype=np.int32)

    def one_group(number: int) -> None:
        own = slice(bounds[number], bounds[number + 1])
        if return_item:
            best = np.empty(graph.node_count, dtype=np.int64)
            labels = _labels(cost[own], item[own])
            _settle(search, node[own], labels, beyond << ITEM_BITS, ITEM_BITS, best)
            _unpack(best, limit, costs[number], items[number])
        else:
            _settle(search, node[own], cost[own], beyond, 0, costs[number])
            if limit is not None:
                np.putmask(costs[number], costs[number] == beyond, UNREACHABLE)

    on_threads(one_group, range(group_count), threads)
    return (costs.T, items.T) if return_item else costs.T


def k_nearest(
    graph: Graph,
    seeds: Seeds,
    k: int,
    *,
    limit: int | None = None,
    towards: bool = True,
) -> tuple[Int32, Int32]:
    """Find the k cheapest items of every node.

    Parameters
    ----------
    graph, seeds, limit, towards
        As for :func:`nearest`.
    k
        How many items to find, at least 1.

    Returns
    -------
    costs, items
        int32, n x k, ascending by cost and then by item; each item stands at most once. Where
        fewer than k are reached, the rest is ``UNREACHABLE`` and -1.

    Raises
    ------
    EngineError
        If ``k`` is below 1, or a seed names an item, node or cost that cannot be.
    """
    if k < 1:
        raise EngineError("k must be at least 1")
    seeds.require_fit(graph)
    search = graph.reversed if towards else graph
    best = np.empty(graph.node_count * k, dtype=np.int64)
    kernels.settle_several(
        search.offsets,
        search.targets,
        search.costs,
        seeds.node,
        _labels(seeds.cost, seeds.item),
        _beyond(limit),
        k,
        search.bucket_shift + ITEM_BITS,
        best,
    )
    costs = np.empty((graph.node_count, k), dtype=np.int32)
    items = np.empty((graph.node_count, k), dtype=np.int32)
    _unpack(best, limit, costs.reshape(-1), items.reshape(-1))
    return costs, items


def nearest_of(
    origins: Attachments,
    destinations: Attachments,
    groups: NDArray[np.integer],
    node_costs: Int32,
    node_items: Int32,
    *,
    origin_count: int | None = None,
    limit: int | None = None,
    towards: bool = True,
) -> tuple[Int32, Int32]:
    """Carry the result of :func:`nearest` from the nodes to points on edges.

    The cost of an origin is the smallest over its attachments of the leg to a node and the cost
    of that node, or of going straight along a shared edge.

    Parameters
    ----------
    origins
        Where the origin items (homes) hang.
    destinations, groups
        The items that ``nearest`` searched for, and the group of each.
    node_costs, node_items
        int32, n x g. What ``nearest(..., return_item=True)`` found for ``destinations``.
    origin_count
        Number of origin items, attached or not. None: up to the last that is attached.
    limit
        As for ``nearest``, where it must have been at least as large.
    towards
        As it was for ``nearest``.

    Returns
    -------
    costs, items
        int32, origin_count x g; ``UNREACHABLE`` and -1 where no item is reached.
    """
    count = _origin_count(origins, origin_count)
    legs = origins.leaving() if towards else origins.arriving()
    pairs = _pairs(origins, destinations, limit, towards=towards)
    pair_group = np.asarray(groups)[pairs.destination]
    pair_label = _labels(pairs.cost, pairs.destination)
    costs = np.empty((node_costs.shape[1], count), dtype=np.int32)
    items = np.empty(costs.shape, dtype=np.int32)
    for number in range(node_costs.shape[1]):
        best = np.full(count, _beyond(limit))
        onward = node_costs[legs.node, number]
        reached = onward != UNREACHABLE
        label = _labels(
            legs.cost[reached].astype(np.int64) + onward[reached],
            node_items[legs.node[reached], number],
        )
        np.minimum.at(best, legs.item[reached], label)
        own = pair_group == number
        np.minimum.at(best, pairs.origin[own], pair_label[own])
        _unpack(best, limit, costs[number], items[number])
    return costs.T, items.T


def k_nearest_of(
    origins: Attachments,
    destinations: Attachments,
    node_costs: Int32,
    node_items: Int32,
    *,
    origin_count: int | None = None,
    limit: int | None = None,
    towards: bool = True,
) -> tuple[Int32, Int32]:
    """Carry the result of :func:`k_nearest` from the nodes to points on edges.

    Parameters
    ----------
    origins, destinations, origin_count, limit, towards
        As for :func:`nearest_of`.
    node_costs, node_items
        int32, n x k. What ``k_nearest`` found for ``destinations``.

    Returns
    -------
    costs, items
        int32, origin_count x k, as from :func:`k_nearest`.
    """
    count = _origin_count(origins, origin_count)
    k = node_costs.shape[1]
    legs = origins.leaving() if towards else origins.arriving()
    pairs = _pairs(origins, destinations, limit, towards=towards)
    reached = node_costs[legs.node] != UNREACHABLE
    onward = legs.cost[:, None].astype(np.int64) + node_costs[legs.node]
    origin = np.concatenate([np.repeat(legs.item, reached.sum(axis=1)), pairs.origin])
    cost = np.concatenate([onward[reached], pairs.cost])
    item = np.concatenate([node_items[legs.node][reached], pairs.destination])
    near = cost <= largest_cost(limit)
    origin, cost, item = origin[near], cost[near], item[near]
    order = np.lexsort((cost, item, origin))
    origin, cost, item = origin[order], cost[order], item[order]
    new = np.ones(len(origin), dtype=bool)
    new[1:] = (origin[1:] != origin[:-1]) | (item[1:] != item[:-1])
    origin, cost, item = origin[new], cost[new], item[new]
    order = np.lexsort((item, cost, origin))
    origin, cost, item = origin[order], cost[order], item[order]
    rank = np.arange(len(origin)) - np.searchsorted(origin, origin)
    kept = rank < k
    costs = np.full((count, k), UNREACHABLE, dtype=np.int32)
    items = np.full((count, k), -1, dtype=np.int32)
    costs[origin[kept], rank[kept]] = cost[kept]
    items[origin[kept], rank[kept]] = item[kept]
    return costs, items


def _settle(
    graph: Graph,
    nodes: Int32,
    labels: Int32 | Int64,
    beyond: int,
    cost_shift: int,
    best: Int32 | Int64,
) -> None:
    kernels.settle(
        graph.offsets,
        graph.targets,
        graph.costs,
        nodes,
        labels,
        np.int64(beyond),
        cost_shift,
        graph.bucket_shift + cost_shift,
        best,
    )


def _labels(cost: NDArray[np.integer], item: Int32) -> Int64:
    return (cost.astype(np.int64) << ITEM_BITS) | item


def _beyond(limit: int | None) -> np.int64:
    """Return the smallest label that costs more than the limit."""
    return np.int64(largest_cost(limit) + 1 << ITEM_BITS)


def _unpack(labels: Int64, limit: int | None, costs: Int32, items: Int32) -> None:
    kernels.unpack(labels, _beyond(limit), UNREACHABLE, costs, items)


def _origin_count(origins: Attachments, count: int | None) -> int:
    attached = int(origins.item.max()) + 1 if len(origins) else 0
    if count is None:
        return attached
    if count < attached:
        raise EngineError(f"{count} origins are too few: an attachment names number {attached - 1}")
    return count


def _pairs(
    origins: Attachments, destinations: Attachments, limit: int | None, *, towards: bool
) -> DirectPairs:
    if towards:
        return direct_pairs(origins, destinations, largest_cost(limit))
    back = direct_pairs(destinations, origins, largest_cost(limit))
    return DirectPairs(back.destination, back.origin, back.cost)
