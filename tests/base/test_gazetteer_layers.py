"""Addresses and names in the base: from the map, and from a city's own tables."""

import pytest
from osm_town import CRS
from town_city import degrees, small_town, table_source, write_city

from dizuo.base.build import build
from dizuo.base.gazetteer_layers import build_addresses, build_place_names
from dizuo.base.osm import read_osm


@pytest.fixture
def town():
    town = small_town()
    town.node(60, 55, 210, addr__housenumber="2 bis", addr__street="Long Street", amenity="cafe")
    town.node(61, 100, 210, addr__housenumber="4", addr__place="Old Mill", addr__unit="12")
    town.node(62, 110, 210, addr__housenumber="6")
    town.node(63, 120, 210, addr__housenumber="s/n", addr__street="Long Street")
    town.box(
        64, 150, 210, 20, 20, building="yes", addr__housenumber="8, flat 3",
        addr__street="Long Street", addr__postcode="12345", addr__housename="Rose Court",
    )  # fmt: skip
    town.node(
        65, 300, 100, shop="books", name="Page", name__zh="书页", alt_name="Page One;The Page"
    )
    town.street(12, 1, 4, name="Mill Lane", old_name="Miller's Way", name__fr="Ruelle du Moulin")
    return town


def test_every_house_is_a_point_down_to_its_building(town, tmp_path):
    extract = read_osm(town.write(tmp_path / "town.osm"))
    addresses, rejects = build_addresses(extract, CRS)
    told = addresses.set_index("id")
    assert told["number"].to_dict() == {
        "address:w64": "8",
        "address:n60": "2 bis",
        "address:n61": "4",
    }
    assert told.loc["address:n61", "place"] == "Old Mill"
    assert told.loc["address:w64", ["street", "postcode", "name"]].tolist() == [
        "Long Street", "12345", "Rose Court",
    ]  # fmt: skip
    assert set(addresses.geom_type) == {"Point"}
    assert dict(zip(rejects["row"], rejects["field"], strict=True)) == {
        "n62": "street",
        "n63": "number",
    }


def test_every_named_thing_has_its_names(town, tmp_path):
    extract = read_osm(town.write(tmp_path / "town.osm"))
    names = build_place_names(extract, CRS).set_index("feature")
    assert names.loc["n65", ["kind", "name", "name_zh"]].tolist() == ["facility", "Page", "书页"]
    assert names.loc["n65", "other_names"] == "Page One; The Page; 书页"
    assert names.loc["w12", "other_names"] == "Miller's Way; Ruelle du Moulin"
    assert names.loc["w12"].geometry.geom_type == "LineString"
    assert names["kind"].to_dict() | {} == {
        "w10": "street", "w11": "street", "w12": "street", "w30": "facility", "w31": "green",
        "n50": "stop", "n65": "facility",
    }  # fmt: skip


def test_a_city_gives_its_own_addresses(town, tmp_path):
    rows = [("人民路", "12号院3号楼2单元501室", 50, 60), ("人民路", "12号院3号楼1单元", 50, 60)]
    rows += [("人民路", "14号", 80, 60)]
    lines = ["id,road,no,x,y"]
    for k, (street, number, x, y) in enumerate(rows):
        lon, lat = degrees(x, y)
        lines.append(f"{k},{street},{number},{lon},{lat}")
    folder = tmp_path / "city"
    more = table_source(
        "own.csv", "addresses", mode="replace", columns={"street": "road", "number": "no"}
    )
    write_city(folder, town, more=more)
    (folder / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    addresses = build(folder).layer("addresses")
    # The city's table replaces the map's; flats of one building are one row without the flat.
    assert addresses[["id", "number"]].to_numpy().tolist() == [
        ["address:own.0", "12号院3号楼"],
        ["address:own.2", "14号"],
    ]


def test_a_city_without_a_map_has_no_addresses_but_its_own(tmp_path):
    folder = write_city(tmp_path / "city")
    base = build(folder)
    assert len(base.layer("addresses")) == 0
    assert set(base.layer("place_names")["name"]) == {
        "Long Street", "Cross Street", "School", "Park", "Centre",
    }  # fmt: skip
