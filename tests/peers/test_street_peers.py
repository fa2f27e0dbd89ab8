"""Distances, sums, catchments and centrality against other libraries, on the same inputs.

What differs is explained: pandana cuts lengths to millimetres and knows only nodes, OSMnx measures
on a sphere, cityseer adds up in 32-bit numbers.
"""

import numpy as np
import osmium
import pytest

from dizuo.engines.streets.attach import EdgeLines, attach_points
from dizuo.engines.streets.attachments import Seeds
from dizuo.engines.streets.catchments import catchments
from dizuo.engines.streets.centrality import betweenness, closeness
from dizuo.engines.streets.decay import Zones
from dizuo.engines.streets.graph import UNREACHABLE, Graph
from dizuo.engines.streets.nearest import k_nearest, nearest, nearest_of
from dizuo.engines.streets.within import Places, pairs_within, sums_within

LARGEST = 3000.0
FACILITIES = 40
CUTOFFS = np.array([300, 800, 1500])


def arcs_of(graph):
    source = np.repeat(np.arange(graph.node_count), np.diff(graph.offsets))
    # pandana cuts lengths to whole millimetres; the half keeps ours from being cut to one less.
    return source, graph.targets, (graph.costs + 0.5) / 1000.0


def rows_of(pairs):
    """The source of each pair."""
    return np.repeat(np.arange(len(pairs.offsets) - 1), np.diff(pairs.offsets))


def at_nodes(nodes):
    return Seeds(
        np.arange(len(nodes), dtype=np.int32),
        nodes.astype(np.int32),
        np.zeros(len(nodes), dtype=np.int32),
    )


@pytest.fixture(scope="module")
def pandana(ask, walking):
    """pandana's answers on the walking network of Monaco, and what it was asked."""
    streets, x, y = walking
    generator = np.random.default_rng(11)
    source, target, metres = arcs_of(streets.graph)
    linked = np.unique(source)
    nodes = generator.choice(linked, FACILITIES, replace=False)
    residents = generator.integers(0, 50, len(x))
    homes = generator.choice(linked, 300, replace=False)
    home_x = x[homes] + generator.uniform(-40, 40, len(homes))
    home_y = y[homes] + generator.uniform(-40, 40, len(homes))
    answer = ask(
        "pandana_distances",
        x=x,
        y=y,
        source=source,
        target=target,
        metres=metres,
        facility_x=x[nodes],
        facility_y=y[nodes],
        largest=LARGEST,
        k=5,
        residents=residents,
        cutoffs=CUTOFFS,
        home_x=home_x,
        home_y=home_y,
    )
    return answer, residents, np.column_stack([home_x, home_y])


def test_nearest_facilities_equal_those_of_pandana(pandana, walking):
    answer, _, _ = pandana
    streets, _, _ = walking
    seeds = at_nodes(answer["facility_node"])
    costs, _ = k_nearest(streets.graph, seeds, 5, limit=int(LARGEST * 1000))
    ours = np.where(costs == UNREACHABLE, LARGEST, costs / 1000.0)  # pandana's "not found"
    theirs = np.where(np.isnan(answer["nearest"]), LARGEST, answer["nearest"])
    assert (ours < LARGEST).mean() > 0.5
    assert np.array_equal(np.rint(ours * 1000), np.rint(theirs * 1000))


def test_residents_within_distances_equal_those_of_pandana(pandana, walking):
    answer, residents, _ = pandana
    streets, _, _ = walking
    found = sums_within(streets.graph, residents, CUTOFFS * 1000)
    assert np.array_equal(np.asarray(found).reshape(len(residents), -1), answer["residents"])


def test_pandana_snaps_to_nodes_where_we_stand_on_edges(pandana, walking):
    """From a door: pandana leaves out the way to the street and starts at a junction."""
    answer, _, homes = pandana
    streets, _, _ = walking
    nodes = answer["facility_node"]
    at_door = attach_points(homes, np.arange(len(homes), dtype=np.int32), streets.edges)
    costs, items = nearest(
        streets.graph, at_nodes(nodes), np.zeros(len(nodes), dtype=np.int32), group_count=1,
        return_item=True,
    )  # fmt: skip
    places = np.column_stack([walking[1][nodes], walking[2][nodes]])
    facilities = attach_points(places, np.arange(len(nodes), dtype=np.int32), streets.edges)
    ours, _ = nearest_of(
        at_door, facilities, np.zeros(len(nodes), dtype=np.int32), costs, items,
        origin_count=len(homes),
    )  # fmt: skip
    ours = ours[:, 0] / 1000.0
    theirs = answer["home_nearest"][:, 0]
    near = (ours < LARGEST) & (theirs < LARGEST)
    difference = ours[near] - theirs[near]
    assert near.mean() > 0.9
    assert abs(np.median(difference)) < 60
    assert (np.abs(difference) > 20).mean() > 0.2


def test_a_street_of_a_hundred_metres_shows_the_difference(ask):
    """A home at 40 m and a shop at 90 m are 50 m apart; between nodes it is 100 m."""
    line = EdgeLines(
        start=np.array([0], dtype=np.int32),
        end=np.array([1], dtype=np.int32),
        forward=np.array([100_000], dtype=np.int32),
        backward=np.array([100_000], dtype=np.int32),
        coordinates=np.array([[0.0, 0.0], [100.0, 0.0]]),
        offsets=np.array([0, 2], dtype=np.int64),
    )
    home = attach_points(np.array([[40.0, 0.0]]), np.array([0], dtype=np.int32), line)
    shop = attach_points(np.array([[90.0, 0.0]]), np.array([0], dtype=np.int32), line)
    group = np.zeros(1, dtype=np.int32)
    graph = line.graph(2)
    costs, items = nearest(graph, shop.arriving(), group, group_count=1, return_item=True)
    ours, _ = nearest_of(home, shop, group, costs, items, origin_count=1)
    answer = ask(
        "pandana_distances",
        x=np.array([0.0, 100.0]),
        y=np.array([0.0, 0.0]),
        source=np.array([0, 1]),
        target=np.array([1, 0]),
        metres=np.array([100.0, 100.0]),
        facility_x=np.array([90.0]),
        facility_y=np.array([0.0]),
        largest=500.0,
        k=1,
        residents=np.array([1, 1]),
        cutoffs=np.array([100]),
        home_x=np.array([40.0]),
        home_y=np.array([0.0]),
    )
    assert ours[0, 0] == 50_000
    assert answer["home_nearest"][0, 0] == 100.0


def test_catchments_equal_those_of_pysal_access(ask, walking):
    streets, x, _ = walking
    generator = np.random.default_rng(12)
    reach, ends, shares = 1200, np.array([400, 800, 1200]), np.array([1.0, 0.68, 0.22])
    homes = np.sort(generator.choice(len(x), 600, replace=False))
    facilities = np.sort(generator.choice(len(x), 30, replace=False))
    demand = generator.integers(1, 60, len(homes)).astype(float)
    supply = generator.integers(1, 200, len(facilities)).astype(float)
    places = Places.at_nodes(homes), Places.at_nodes(facilities)
    pairs = pairs_within(streets.graph, *places, reach * 1000)
    answer = ask(
        "access_catchments",
        origin=rows_of(pairs),
        dest=pairs.item,
        cost=pairs.cost / 1000.0,
        demand=demand,
        supply=supply,
        reach=reach,
        zone_end=ends,
        zone_weight=shares,
    )
    zones = Zones(tuple((ends * 1000).tolist()), tuple(shares.tolist()))
    for name, decay in (("plain", {}), ("zones", {"decay": zones})):
        ours = catchments(
            streets.graph, places[0], demand, places[1], supply, reach * 1000, **decay
        ).access
        np.testing.assert_allclose(ours, answer[name], rtol=1e-12, atol=1e-15)
        assert (ours > 0).mean() > 0.3


def walkable_xml(monaco, ways, target):
    """The walkable ways of Monaco and their nodes, as OpenStreetMap XML."""
    wanted = {int(way.removeprefix("w")) for way in ways}
    nodes = set()
    reader = osmium.FileProcessor(str(monaco / "monaco.osm.pbf"), osmium.osm.WAY)
    for way in reader:
        if way.id in wanted:
            nodes.update(node.ref for node in way.nodes)
    with osmium.SimpleWriter(str(target)) as writer:
        for thing in osmium.FileProcessor(str(monaco / "monaco.osm.pbf")):
            if (thing.is_node() and thing.id in nodes) or (thing.is_way() and thing.id in wanted):
                writer.add(thing)
    return np.frombuffer(target.read_bytes(), dtype=np.uint8)


def test_distances_equal_those_of_osmnx(ask, monaco, monaco_city, tmp_path):
    """The same ways, cut and measured by OSMnx: in the plane to the rounding of each section.

    On a sphere, as OSMnx measures by default, they differ by up to half a per cent. Escalators,
    which dizuo takes in their direction only, are left out of both.
    """
    base = monaco_city.base
    edges = base.layer("street_edges")
    walked = edges[edges["walk_forward"] & edges["walk_backward"]]
    assert len(walked) > 0.99 * (edges["walk_forward"] | edges["walk_backward"]).sum()
    start, end, length = (walked[name].to_numpy() for name in ("start", "end", "length_mm"))
    ids = base.layer("street_nodes").sort_values("node")["id"].to_numpy(dtype=str)
    mapped = np.char.startswith(ids, "node:n")
    used = np.unique([start, end])
    generator = np.random.default_rng(13)
    chosen = generator.choice(used[mapped[used]], 60, replace=False)
    sources, targets = chosen[:12], chosen[12:]
    number = np.array([int(name.removeprefix("node:n")) for name in ids[chosen]])
    answer = ask(
        "osmnx_distances",
        xml=walkable_xml(monaco, walked["way"].unique(), tmp_path / "streets.osm"),
        crs=str(base.crs.to_string()),
        sources=number[:12],
        targets=number[12:],
    )
    ours = np.full((len(sources), len(targets)), np.inf)
    graph = Graph.from_arcs(
        len(ids), *(np.concatenate(two) for two in ((start, end), (end, start), (length, length)))
    )
    pairs = pairs_within(graph, Places.at_nodes(sources), Places.at_nodes(targets), 20_000_000)
    ours[rows_of(pairs), pairs.item] = pairs.cost / 1000.0
    assert np.array_equal(np.isfinite(ours), np.isfinite(answer["plane"]))
    known = np.isfinite(ours)
    assert known.mean() > 0.5
    np.testing.assert_allclose(ours[known], answer["plane"][known], rtol=2e-5, atol=0.05)
    np.testing.assert_allclose(ours[known], answer["sphere"][known], rtol=5e-3)


def test_centrality_equals_that_of_cityseer(ask):
    cutoffs = np.array([400, 800, 1600])
    answer = ask("cityseer_centrality", cutoffs=cutoffs)
    place = np.column_stack([answer["x"], answer["y"]])
    start, end = answer["start"].astype(np.int32), answer["end"].astype(np.int32)
    length = np.hypot(*(place[start] - place[end]).T)
    cost = np.rint(length * 1000).astype(np.int32)
    graph = Graph.from_arcs(
        len(place),
        np.concatenate([start, end]),
        np.concatenate([end, start]),
        np.concatenate([cost, cost]),
    )
    near = closeness(graph, cutoffs * 1000)
    assert np.array_equal(near.count, answer["density"])
    np.testing.assert_allclose(near.cost_sum / 1000.0, answer["farness"], rtol=1e-5)
    np.testing.assert_allclose(near.harmonic * 1000.0, answer["harmonic"], rtol=1e-5)
    between = betweenness(graph, cutoffs * 1000) / 2
    np.testing.assert_allclose(between, answer["betweenness"], rtol=1e-4, atol=1e-4)
