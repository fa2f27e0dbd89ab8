"""Contracted graphs keep every cost, and refuse to serve another graph."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_twins import FAR, Street, all_costs, graph_of, grid_streets, towns, within

from dizuo.engines.streets import hierarchy as hierarchy_module
from dizuo.engines.streets.graph import Graph
from dizuo.engines.streets.hierarchy import Hierarchy, content_hash, contract
from dizuo.model.errors import EngineError, StoreError


def dense_rows(offsets, targets, costs, tails, count):
    table = np.full((count, count), FAR, dtype=np.int64)
    np.minimum.at(table, (np.repeat(tails, np.diff(offsets)), targets), costs)
    return table


def costs_by_hierarchy(hierarchy):
    """Cost between all nodes by the definition: climb, cross the core, descend."""
    own = hierarchy
    count = own.graph.node_count
    up = dense_rows(own.offsets, own.targets, own.forth, own.nodes, count)
    down = dense_rows(own.offsets, own.targets, own.back, own.nodes, count).T
    core_targets = own.core[own.core_targets]
    core = dense_rows(own.core_offsets, core_targets, own.core_forth, own.core, count)
    found = np.full((count, count), FAR, dtype=np.int64)
    np.fill_diagonal(found, 0)
    for node in own.nodes:
        found = np.minimum(found, found[:, [node]] + up[[node]])
    for node in own.core:
        core = np.minimum(core, core[:, [node]] + core[[node]])
    np.fill_diagonal(core, 0)
    found = np.minimum(
        found, np.min(found[:, own.core, None] + core[own.core][None], axis=1, initial=FAR)
    )
    for node in own.nodes[::-1]:
        arriving = np.min(found[:, :, None] + down[:, [node]][None], axis=1)
        found[:, node] = np.minimum(found[:, node], arriving[:, 0])
    return np.minimum(found, FAR)


@given(town=towns(), limit=st.sampled_from([None, 0, 1, 50_000, 131_072]))
@settings(max_examples=60, deadline=None)
def test_every_cost_up_to_the_limit_is_kept(town, limit):
    graph = graph_of(*town)
    hierarchy = contract(graph, limit=limit)
    expected = all_costs(graph)
    np.testing.assert_array_equal(
        within(costs_by_hierarchy(hierarchy), limit), within(expected, limit)
    )


def test_tiles_rounds_and_core_keep_every_cost(monkeypatch):
    monkeypatch.setattr(hierarchy_module, "TILE", 16)
    monkeypatch.setattr(hierarchy_module, "HIGHEST_PRICE", 4)
    graph = graph_of(144, grid_streets(12, np.random.default_rng(5)))
    hierarchy = contract(graph)
    assert hierarchy.round_count > 2
    assert len(hierarchy.core) > 2
    np.testing.assert_array_equal(costs_by_hierarchy(hierarchy), all_costs(graph))


@pytest.mark.parametrize(("count", "tiles"), [(20, 1), (32, 1), (33, 3), (48, 3), (49, 4)])
def test_tiles_hold_as_many_nodes_as_asked_and_the_last_up_to_twice(monkeypatch, count, tiles):
    monkeypatch.setattr(hierarchy_module, "TILE", 16)
    road = graph_of(count, [Street(a, a + 1, 100, 100) for a in range(count - 1)])
    hierarchy = contract(road)
    assert hierarchy.rounds[1] == tiles  # each leaves a block of nodes in the first round
    assert (hierarchy.round_count == 1) == (tiles == 1)


def test_places_without_streets_are_kept(monkeypatch):
    monkeypatch.setattr(hierarchy_module, "TILE", 16)
    nothing = np.empty(0, dtype=np.int32)
    islands = contract(Graph.from_arcs(100, nothing, nothing, nothing))
    np.testing.assert_array_equal(np.sort(islands.ranks), np.arange(100))


def test_costs_up_to_the_limit_may_be_asked_for(town):
    hierarchy = contract(graph_of(*town), limit=500)
    assert hierarchy.require_limit(500) is hierarchy.require_limit(0) is None
    with pytest.raises(EngineError, match="exact up to 500, and 501 is asked"):
        hierarchy.require_limit(501)


def test_every_node_stands_in_the_order_once(town):
    hierarchy = contract(graph_of(*town))
    np.testing.assert_array_equal(np.sort(hierarchy.ranks), np.arange(town[0]))


def test_arcs_lead_to_nodes_that_left_later(town):
    hierarchy = contract(graph_of(*town))
    tails = np.repeat(np.arange(len(hierarchy.nodes)), np.diff(hierarchy.offsets))
    assert (hierarchy.ranks[hierarchy.targets] > tails).all()


def test_blocks_of_a_round_share_no_neighbour(monkeypatch):
    monkeypatch.setattr(hierarchy_module, "TILE", 32)
    hierarchy = contract(graph_of(400, grid_streets(20, np.random.default_rng(3))))
    for first, last in zip(hierarchy.rounds[:-1], hierarchy.rounds[1:], strict=True):
        seen = set()
        for begin, end in zip(
            hierarchy.blocks[first:last], hierarchy.blocks[first + 1 : last + 1], strict=True
        ):
            arcs = slice(hierarchy.offsets[begin], hierarchy.offsets[end])
            own = {*hierarchy.nodes[begin:end], *hierarchy.targets[arcs]}
            assert not own & seen
            seen |= own


def test_result_does_not_depend_on_threads(monkeypatch, town):
    monkeypatch.setattr(hierarchy_module, "TILE", 32)
    graph = graph_of(*town)
    one, four = contract(graph, threads=1), contract(graph, threads=4)
    for name in ("nodes", "offsets", "targets", "forth", "back", "core", "core_targets"):
        np.testing.assert_array_equal(getattr(one, name), getattr(four, name))


def test_a_limit_leaves_no_arc_above_it(town):
    graph = graph_of(*town)
    bounded, full = contract(graph, limit=200_000), contract(graph)
    costs = np.concatenate([bounded.forth, bounded.back, bounded.core_forth, bounded.core_back])
    assert costs[costs < FAR].max() <= 200_000
    assert bounded.arc_count < full.arc_count


def test_a_dense_graph_stays_a_core():
    count = 90
    tails, heads = np.nonzero(~np.eye(count, dtype=bool))
    costs = np.random.default_rng(1).integers(1, 1000, len(tails))
    graph = Graph.from_arcs(count, tails, heads, costs)
    hierarchy = contract(graph)
    assert len(hierarchy.core) > 60
    np.testing.assert_array_equal(costs_by_hierarchy(hierarchy), all_costs(graph))


def test_numbering_without_neighbourhood_still_contracts(monkeypatch):
    monkeypatch.setattr(hierarchy_module, "TILE", 16)
    random = np.random.default_rng(9)
    number = random.permutation(196)
    graph = graph_of(196, grid_streets(14, random))
    shuffled = Graph.from_arcs(196, number[graph.tails], number[graph.targets], graph.costs)
    costs = costs_by_hierarchy(contract(shuffled))
    np.testing.assert_array_equal(costs[np.ix_(number, number)], all_costs(graph))


def test_an_empty_graph_has_an_empty_hierarchy():
    nothing = np.empty(0, dtype=np.int32)
    hierarchy = contract(Graph.from_arcs(0, nothing, nothing, nothing))
    assert hierarchy.arc_count == 0
    assert len(hierarchy.ranks) == 0


@pytest.mark.parametrize("one_way", [0.0, 0.3])
def test_what_was_saved_is_read_back(tmp_path, one_way):
    graph = graph_of(400, grid_streets(20, np.random.default_rng(4), one_way=one_way))
    hierarchy = contract(graph, limit=500_000)
    hierarchy.save(tmp_path / "walking.npz")
    again = Hierarchy.load(tmp_path / "walking.npz", graph)
    assert again.limit == 500_000
    assert again.graph is graph
    assert (again.back is again.forth) == (one_way == 0)
    for name, array in vars(hierarchy).items():
        if isinstance(array, np.ndarray):
            np.testing.assert_array_equal(getattr(again, name), array)
            assert getattr(again, name).dtype == array.dtype
    assert [path.name for path in tmp_path.iterdir()] == ["walking.npz"]


def test_a_hierarchy_of_other_streets_is_refused(tmp_path, town):
    graph = graph_of(*town)
    contract(graph).save(tmp_path / "walking.npz")
    costs = graph.costs.copy()
    costs[17] += 1
    with pytest.raises(StoreError, match="other streets"):
        Hierarchy.load(tmp_path / "walking.npz", Graph(graph.offsets, graph.targets, costs))


@pytest.mark.parametrize("other", [0, 2])
def test_a_hierarchy_of_another_format_is_refused(tmp_path, town, monkeypatch, other):
    graph = graph_of(*town)
    contract(graph).save(tmp_path / "walking.npz")
    monkeypatch.setattr(hierarchy_module, "FORMAT", other)
    with pytest.raises(StoreError, match="another format"):
        Hierarchy.load(tmp_path / "walking.npz", graph)


def test_an_absent_file_is_refused(tmp_path, town):
    with pytest.raises(StoreError, match="does not exist"):
        Hierarchy.load(tmp_path / "walking.npz", graph_of(*town))


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_a_damaged_file_is_refused(tmp_path, town, kept):
    path = tmp_path / "walking.npz"
    contract(graph_of(*town)).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(StoreError, match="cannot be read"):
        Hierarchy.load(path, graph_of(*town))


def test_the_content_hash_tells_graphs_apart():
    a = Graph.from_arcs(3, np.array([0, 1]), np.array([1, 2]), np.array([5, 6]))
    b = Graph.from_arcs(3, np.array([0, 1]), np.array([1, 2]), np.array([5, 7]))
    c = Graph.from_arcs(4, np.array([0, 1]), np.array([1, 2]), np.array([5, 6]))
    assert len({content_hash(a), content_hash(b), content_hash(c)}) == 3


@pytest.mark.parametrize("limit", [-1, FAR])
def test_a_limit_out_of_range_is_refused(limit, town):
    with pytest.raises(EngineError, match="limit"):
        contract(graph_of(*town), limit=limit)
