"""From ways to a graph: where they are cut, how long the pieces are, who may use them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osm_town import CRS, Town
from pyproj import Transformer

from dizuo.base.osm import OsmWays, read_osm
from dizuo.base.street_modes import directions
from dizuo.base.streets import build_streets


def streets_of(town, tmp_path):
    return build_streets(read_osm(town.write(tmp_path / "town.osm")).highways, CRS)


def lengths(edges):
    return dict(zip(edges["id"], edges["length_mm"] / 1000, strict=True))


def test_ways_are_cut_where_they_meet_and_only_there(tmp_path):
    #        4
    #        |
    # 1--5---2-----3      n5 is a bend of one way, no junction
    town = Town()
    for ref, x, y in ((1, 0, 0), (5, 50, 10), (2, 100, 0), (3, 300, 0), (4, 100, 80)):
        town.node(ref, x, y)
    town.street(10, 1, 5, 2, 3)
    town.street(11, 2, 4)
    nodes, edges = streets_of(town, tmp_path)
    assert set(nodes["id"]) == {"node:n1", "node:n2", "node:n3", "node:n4"}
    assert lengths(edges) == pytest.approx(
        {"street:w10.0": 2 * np.hypot(50, 10), "street:w10.1": 200, "street:w11.0": 80}, abs=0.03
    )
    first = edges.set_index("id").geometry["street:w10.0"]
    assert len(first.coords) == 3


def test_a_bridge_without_a_common_node_joins_nothing(tmp_path):
    town = Town()
    for ref, x, y in ((1, -100, 0), (2, 100, 0), (3, 0, -100), (4, 0, 100)):
        town.node(ref, x, y)
    town.street(10, 1, 2)
    town.street(11, 3, 4, bridge="yes", layer="1")
    nodes, edges = streets_of(town, tmp_path)
    assert len(nodes) == 4
    assert len(edges) == 2
    over = edges.set_index("id").loc["street:w11.0"]
    assert over["bridge"]
    assert over["layer"] == 1
    assert not over["tunnel"]


def test_rings_and_ways_that_meet_themselves(tmp_path):
    town = Town()
    for ref, x, y in ((1, 0, 0), (2, 100, 0), (3, 100, 100), (4, 0, 100), (5, -50, 0)):
        town.node(ref, x, y)
    town.street(10, 1, 2, 3, 4, 1)  # a lonely ring becomes one loop
    nodes, edges = streets_of(town, tmp_path)
    assert len(nodes) == 1
    assert edges["start"].tolist() == edges["end"].tolist() == [0]
    assert edges["length_mm"][0] == pytest.approx(400_000, abs=60)
    town.street(11, 5, 1, 2, 3, 1)  # a lollipop: its stick meets the ring and its own end
    _, edges = streets_of(town, tmp_path)
    assert Counter(edges["way"]) == {"w10": 4 - 1, "w11": 4}


def test_a_gap_in_the_file_breaks_the_street(tmp_path):
    town = Town()
    for ref, x in ((1, 0), (2, 100), (4, 300), (5, 400), (7, 600)):
        town.node(ref, x, 0)
    town.street(10, 1, 2, 3, 4, 5, 6, 7)  # 3 and 6 are missing; 7 is left alone
    nodes, edges = streets_of(town, tmp_path)
    assert lengths(edges) == pytest.approx({"street:w10.0": 100, "street:w10.1": 100}, abs=0.03)
    assert set(nodes["id"]) == {"node:n1", "node:n2", "node:n4", "node:n5"}


def test_repeated_nodes_and_coincident_nodes(tmp_path):
    town = Town()
    for ref, x in ((1, 0), (2, 100), (3, 100)):
        town.node(ref, x, 0)
    town.street(10, 1, 1, 2, 2)
    town.street(11, 2, 3)  # two nodes in one spot still connect, at the least length
    _, edges = streets_of(town, tmp_path)
    assert edges.set_index("id")["length_mm"]["street:w11.0"] == 1
    assert edges.set_index("id")["length_mm"]["street:w10.0"] == pytest.approx(100_000, abs=20)


def test_what_is_no_street_now_is_left_out(tmp_path):
    town = Town()
    town.node(1, 0, 0)
    town.node(2, 100, 0)
    for ref, highway in enumerate(("construction", "proposed", "raceway", "residential"), 10):
        town.street(ref, 1, 2, highway=highway)
    _, edges = streets_of(town, tmp_path)
    assert edges["highway"].tolist() == ["residential"]


def test_a_file_without_streets_gives_empty_layers(tmp_path):
    town = Town()
    town.box(10, 0, 0, 10, 10, building="yes")
    nodes, edges = streets_of(town, tmp_path)
    assert len(nodes) == len(edges) == 0
    assert {"length_mm", "walk_forward", "drive_backward"} <= set(edges.columns)


def test_attributes_are_read_from_the_tags(tmp_path):
    town = Town()
    town.node(1, 0, 0)
    town.node(2, 100, 0)
    town.street(
        10, 1, 2, name="Via Roma", surface="sett", lit="yes", maxspeed="30 mph", width="6.5 m",
        lanes="2", incline="8%", sidewalk="both", tunnel="yes", cycleway__right="lane",
    )  # fmt: skip
    _, edges = streets_of(town, tmp_path)
    edge = edges.iloc[0]
    assert (edge["name"], edge["surface"], edge["lit"]) == ("Via Roma", "sett", "yes")
    assert edge["maxspeed_kmh"] == pytest.approx(48.28, abs=0.01)
    assert (edge["width"], edge["lanes"], edge["incline"]) == (6.5, 2, "8%")
    assert (edge["sidewalk"], edge["cycleway"], edge["tunnel"]) == ("both", "lane", True)


@pytest.mark.parametrize(
    ("tunnel", "below"),
    [("yes", True), ("covered", True), ("building_passage", False), ("no", False)],
)
def test_a_passage_through_a_building_is_no_tunnel(tmp_path, tunnel, below):
    town = Town()
    town.node(1, 0, 0)
    town.node(2, 100, 0)
    town.street(10, 1, 2, tunnel=tunnel)
    _, edges = streets_of(town, tmp_path)
    assert edges["tunnel"].tolist() == [below]


BOTH, ALONG, AGAINST, NEVER = (True, True), (True, False), (False, True), (False, False)


@pytest.mark.parametrize(
    ("tags", "walk", "bike", "drive"),
    [
        ({"highway": "residential"}, BOTH, BOTH, BOTH),
        ({"highway": "motorway"}, NEVER, NEVER, ALONG),
        ({"highway": "motorway_link"}, NEVER, NEVER, BOTH),
        ({"highway": "trunk", "motorroad": "yes"}, NEVER, NEVER, BOTH),
        ({"highway": "footway"}, BOTH, NEVER, NEVER),
        ({"highway": "footway", "bicycle": "yes"}, BOTH, BOTH, NEVER),
        ({"highway": "steps"}, BOTH, NEVER, NEVER),
        ({"highway": "steps", "bicycle": "yes"}, BOTH, NEVER, NEVER),
        ({"highway": "steps", "conveying": "forward"}, ALONG, NEVER, NEVER),
        ({"highway": "steps", "conveying": "reversible"}, BOTH, NEVER, NEVER),
        ({"highway": "pedestrian"}, BOTH, NEVER, NEVER),
        ({"highway": "pedestrian", "access": "yes"}, BOTH, NEVER, NEVER),
        ({"highway": "path"}, BOTH, BOTH, NEVER),
        ({"highway": "track"}, BOTH, BOTH, NEVER),
        ({"highway": "cycleway"}, NEVER, BOTH, NEVER),
        ({"highway": "cycleway", "foot": "designated"}, BOTH, BOTH, NEVER),
        ({"highway": "cycleway", "segregated": "yes"}, BOTH, BOTH, NEVER),
        ({"highway": "service", "access": "private"}, NEVER, NEVER, NEVER),
        ({"highway": "service", "access": "private", "foot": "yes"}, BOTH, NEVER, NEVER),
        ({"highway": "residential", "access": "destination"}, BOTH, BOTH, BOTH),
        ({"highway": "residential", "motor_vehicle": "no"}, BOTH, BOTH, NEVER),
        ({"highway": "residential", "vehicle": "no", "bicycle": "yes"}, BOTH, BOTH, NEVER),
        ({"highway": "residential", "motor_vehicle": "no", "motorcar": "yes"}, BOTH, BOTH, BOTH),
        ({"highway": "primary", "foot": "use_sidepath"}, NEVER, BOTH, BOTH),
        ({"highway": "residential", "oneway": "yes"}, BOTH, ALONG, ALONG),
        ({"highway": "residential", "oneway": "-1"}, BOTH, AGAINST, AGAINST),
        ({"highway": "residential", "oneway": "reversible"}, BOTH, BOTH, NEVER),
        ({"highway": "residential", "oneway": "alternating"}, BOTH, BOTH, BOTH),
        ({"highway": "primary", "junction": "roundabout"}, BOTH, ALONG, ALONG),
        (
            {"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"},
            BOTH, BOTH, ALONG,
        ),
        (
            {"highway": "residential", "oneway": "yes", "cycleway": "opposite_lane"},
            BOTH, BOTH, ALONG,
        ),
        (
            {"highway": "residential", "oneway": "yes", "cycleway:left": "lane",
             "cycleway:left:oneway": "-1"},
            BOTH, BOTH, ALONG,
        ),
        ({"highway": "footway", "oneway": "yes", "bicycle": "yes"}, BOTH, ALONG, NEVER),
        ({"highway": "footway", "oneway:foot": "yes"}, ALONG, NEVER, NEVER),
        ({"highway": "busway"}, NEVER, NEVER, NEVER),
    ],
)  # fmt: skip
def test_who_may_use_a_street(tags, walk, bike, drive):
    may = directions(tags)
    assert (may.walk_forward, may.walk_backward) == walk
    assert (may.bike_forward, may.bike_backward) == bike
    assert (may.drive_forward, may.drive_backward) == drive


def plainly_cut(ways, x, y):
    """Cut ways at shared nodes with dictionaries: id → (first node, last node, millimetres)."""
    uses = Counter()
    for begin, end in zip(ways.offsets[:-1], ways.offsets[1:], strict=True):
        uses.update(ways.refs[begin:end].tolist())
    pieces = {}
    for number, begin, end in zip(ways.osm_id, ways.offsets[:-1], ways.offsets[1:], strict=True):
        start, metres, running = begin, 0.0, 0
        for at in range(begin + 1, end):
            metres += float(np.hypot(x[at] - x[at - 1], y[at] - y[at - 1]))
            if uses[int(ways.refs[at])] > 1 or at == end - 1:
                key = f"street:w{number}.{running}"
                pieces[key] = (ways.refs[start], ways.refs[at], max(round(metres * 1000), 1))
                start, metres, running = at, 0.0, running + 1
    return pieces


def as_pieces(nodes, edges):
    ref = nodes["id"].str.removeprefix("node:n").astype(int).to_numpy()
    return {row.id: (ref[row.start], ref[row.end], row.length_mm) for row in edges.itertuples()}


def assert_same_pieces(ways):
    nodes, edges = build_streets(ways, CRS)
    transform = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform
    expected = plainly_cut(ways, *transform(ways.lon, ways.lat))
    found = as_pieces(nodes, edges)
    assert found.keys() == expected.keys()
    for key, (start, end, length) in expected.items():
        assert found[key][:2] == (start, end)
        assert abs(found[key][2] - length) <= 1  # sums in another order may round apart


@st.composite
def towns(draw):
    """Ways over few nodes, so that they meet often; nodes do not follow themselves."""
    places = draw(st.lists(st.tuples(*[st.integers(0, 9999)] * 2), min_size=4, max_size=9))
    node = st.integers(0, len(places) - 1)
    refs = []
    for _ in range(draw(st.integers(1, 6))):
        way = draw(st.lists(node, min_size=2, max_size=7))
        way = [ref for at, ref in enumerate(way) if at == 0 or ref != way[at - 1]]
        if len(way) >= 2:
            refs.append(way)
    flat = [ref for way in refs for ref in way]
    return OsmWays(
        osm_id=np.arange(len(refs), dtype=np.int64) + 50,
        tags=[{"highway": "residential"} for _ in refs],
        offsets=np.cumsum([0, *(len(way) for way in refs)]).astype(np.int64),
        refs=np.array(flat, dtype=np.int64),
        lon=np.array([9 + places[ref][0] * 1e-6 for ref in flat]),
        lat=np.array([45 + places[ref][1] * 1e-6 for ref in flat]),
    )


@given(towns())
@settings(deadline=None, max_examples=60)
def test_random_towns_are_cut_as_the_plain_way_cuts_them(ways):
    assert_same_pieces(ways)


def test_monaco_is_cut_as_the_plain_way_cuts_it(monaco_extract):
    ways = monaco_extract.highways
    streets = [row for row, tags in enumerate(ways.tags) if tags["highway"] not in
               {"construction", "proposed", "raceway"}]  # fmt: skip
    assert_same_pieces(ways.take(np.array(streets, dtype=np.int64)))


def test_monaco_edges_begin_and_end_at_their_nodes(monaco_extract):
    nodes, edges = build_streets(monaco_extract.highways, CRS)
    x, y = nodes["x"].to_numpy(), nodes["y"].to_numpy()
    first = np.array([line.coords[0] for line in edges.geometry])
    last = np.array([line.coords[-1] for line in edges.geometry])
    assert np.array_equal(first, np.column_stack([x, y])[edges["start"]])
    assert np.array_equal(last, np.column_stack([x, y])[edges["end"]])
    assert np.array_equal(nodes["node"], np.arange(len(nodes)))
    assert edges["id"].is_unique
    assert np.allclose(edges.length * 1000, edges["length_mm"], atol=0.6)
    walkable = edges["walk_forward"] | edges["walk_backward"]
    assert edges["length_mm"][walkable].sum() / 1e6 == pytest.approx(124.7, abs=0.5)


def test_the_order_of_ways_does_not_change_the_streets(monaco_extract):
    ways = monaco_extract.highways
    shuffled = ways.take(np.random.default_rng(1).permutation(len(ways)))
    assert as_pieces(*build_streets(ways, CRS)) == as_pieces(*build_streets(shuffled, CRS))


@pytest.mark.shared
def test_las_palmas_has_the_walkable_streets_that_its_source_counted(las_palmas_extract):
    _, edges = build_streets(las_palmas_extract.highways, "EPSG:32628")
    walkable = edges["walk_forward"] | edges["walk_backward"]
    # Its source counted 2,080 km with slightly other rules.
    assert edges["length_mm"][walkable].sum() / 1e6 == pytest.approx(2080, rel=0.01)
