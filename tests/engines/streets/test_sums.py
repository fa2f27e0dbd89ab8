"""Regions around runs of nodes, which sums within cut-offs are found in, each step by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_twins import Street, all_costs, graph_of, grid_streets, towns

from dizuo.engines.streets import _kernels_sums as kernels
from dizuo.engines.streets import hierarchy as hierarchy_module
from dizuo.engines.streets.hierarchy import contract
from dizuo.engines.streets.sweeps import sums_within_by_hierarchy

FAR = int(kernels.FAR)


def places_in(members, count):
    """Where each node of a graph stands among the members, -1 elsewhere."""
    places = np.full(count, -1, np.int32)
    kernels.number_places(members, places)
    return places


@settings(max_examples=60, deadline=None)
@given(towns(), st.sampled_from([0, 1, 4, 50_000, 300_000]), st.data())
def test_surroundings_are_the_nodes_within_the_limit_of_any_of_a_run(town, limit, data):
    graph = graph_of(*town)
    begin = data.draw(st.integers(0, town[0] - 1))
    end = data.draw(st.integers(begin + 1, town[0]))
    distance, found = np.full(town[0], -1, np.int32), np.full(town[0], -1, np.int32)
    count = kernels.surroundings(
        graph.offsets, graph.targets, graph.costs, begin, end, limit, distance, found
    )
    nearest = all_costs(graph)[begin:end].min(axis=0)
    near = np.flatnonzero(nearest <= limit)
    assert sorted(found[:count].tolist()) == near.tolist()
    assert found[: end - begin].tolist() == list(range(begin, end))
    assert distance[near].tolist() == nearest[near].tolist()
    assert (np.delete(distance, near) == -1).all()


def test_the_heap_of_surroundings_grows():
    star = graph_of(1_100, [Street(0, leaf, leaf, None) for leaf in range(1, 1_100)])
    distance, found = np.full(1_100, -1, np.int32), np.empty(1_100, np.int32)
    arrays = (star.offsets, star.targets, star.costs, 0, 1, 1_090, distance, found)
    assert kernels.surroundings(*arrays) == 1_091
    assert distance[:1_091].tolist() == list(range(1_091))


@pytest.mark.parametrize("count", [1, 63, 64, 65, 130])
def test_what_was_found_is_orderedby_its_turn_in_sweeps(count):
    random = np.random.default_rng(count)
    order = random.permutation(count).astype(np.int32)
    ranks = np.argsort(order).astype(np.int32)
    found = random.permutation(count)[: (count + 1) // 2].astype(np.int32)
    marks = np.zeros((count >> 6) + 1, np.uint64)
    for taken in {0, 1, count // 2, count}:
        ordered = kernels.sort_by_rank(
            found, len(found), ranks, marks, order[:taken].copy(), order[taken:].copy()
        )
        assert ordered.tolist() == sorted(found.tolist(), key=lambda node: ranks[node])
        assert not marks.any()


@pytest.fixture(scope="module")
def layers():
    """A small town's hierarchy with several rounds and a core."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hierarchy_module, "TILE", 16)
        patch.setattr(hierarchy_module, "HIGHEST_PRICE", 4)
        hierarchy = contract(graph_of(100, grid_streets(10, np.random.default_rng(5))))
    assert len(hierarchy.core) > 5
    return hierarchy


def region_of(layers, members, limit):
    steps = [x.view(np.uint32) for x in (layers.forth, layers.back, layers.core_forth)]
    return kernels.load_region(
        members, places_in(members, 100), layers.ranks, layers.offsets, layers.targets, *steps[:2],
        layers.core, layers.core_offsets, layers.core_targets, steps[2], limit,
    )  # fmt: skip


def arcs_of(region):
    """Arcs of a region as a list of (from, to, cost up, cost down), by places."""
    offsets, targets, climb, descend, _ = region
    tails = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    used = offsets[-1]
    columns = (tails, targets[:used], climb[:used], descend[:used])
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def by_rank(layers, nodes):
    return np.array(sorted(nodes, key=lambda node: layers.ranks[node]), dtype=np.int32)


@pytest.mark.parametrize("limit", [0, 60_000, FAR - 1])
def test_a_region_holds_the_arcs_between_its_members_up_to_the_limit(layers, limit):
    nodes = np.random.default_rng(6).choice(100, 70, replace=False)
    members = by_rank(layers, nodes)
    place = {node: k for k, node in enumerate(members.tolist())}
    expected = []
    for tails, targets, offsets, forth, back in (
        (layers.nodes, layers.targets, layers.offsets, layers.forth, layers.back),
        (layers.core, layers.core[layers.core_targets], layers.core_offsets, layers.core_forth,
         np.full(len(layers.core_forth), FAR)),
    ):  # fmt: skip
        ends = (np.repeat(tails, np.diff(offsets)), targets, forth, back)
        expected += [
            (place[a], place[b], up, down)
            for a, b, up, down in zip(*(x.tolist() for x in ends), strict=True)
            if a in place and b in place and min(up, down) <= limit
        ]
    region = region_of(layers, members, limit)
    assert arcs_of(region) == sorted(expected)
    assert region[4] == sum(node not in layers.core for node in members)


def test_a_narrower_region_is_that_of_its_members(layers):
    random = np.random.default_rng(7)
    outer = by_rank(layers, random.choice(100, 80, replace=False))
    wide = region_of(layers, outer, FAR - 1)
    for size in (1, 20, 60, 80):
        kept = np.sort(random.choice(80, size, replace=False)).astype(np.int32)
        narrow = kernels.narrow_region(kept, places_in(kept, 80), *wide)
        expected = region_of(layers, outer[kept], FAR - 1)
        assert arcs_of(narrow) == arcs_of(expected)
        assert narrow[4] == expected[4]


@pytest.mark.parametrize("part", [1, 3, 40, 99])
@pytest.mark.parametrize("limit", [0, 90_000, 400_000])
def test_parts_reach_what_dijkstra_reaches(layers, limit, part):
    members = by_rank(layers, range(100))
    starts = places_in(members, 100)[10:50].copy()
    region = region_of(layers, members, FAR - 1)
    places, size = kernels.parts_reached(starts, part, limit, *region)
    costs = all_costs(layers.graph)
    assert len(size) == -(-40 // part)
    for k, count in enumerate(size):
        own = costs[10 + k * part : min(10 + (k + 1) * part, 50)].min(axis=0)
        reached = np.sort(members[places[100 * k : 100 * k + count]])
        assert reached.tolist() == np.flatnonzero(own <= limit).tolist()
        assert (np.diff(places[100 * k : 100 * k + count]) > 0).all()


def test_chunks_after_the_first_are_added_up_too(monkeypatch):
    """One run of two chunks, and a street across their border."""
    monkeypatch.setattr("dizuo.engines.streets.sweeps.PARTS", 1)
    border, count = kernels.CHUNK, kernels.CHUNK + 9
    street = [Street(k, k + 1, 10, 10) for k in range(border - 5, border + 5)]
    graph = graph_of(count, street)
    sums = sums_within_by_hierarchy(contract(graph), np.ones(count, int), [0, 10, 35], threads=1)
    alone = np.ones((count, 3), int)
    alone[border - 5 : border + 6, 1] = [2, *[3] * 9, 2]
    alone[border - 5 : border + 6, 2] = [4, 5, 6, *[7] * 5, 6, 5, 4]
    assert sums.tolist() == alone.tolist()
