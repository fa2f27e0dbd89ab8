"""Where texts mean, in a town of two streets and a few names; every answer is known on paper."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dizuo.base.gazetteer import build_gazetteer
from dizuo.base.geocoder import Geocoder
from dizuo.base.schemas import check_layer
from dizuo.model.evidence import Evidence

METRIC = "EPSG:32632"
EAST, NORTH = 500_000.0, 5_000_000.0


def at(*xy):
    return [(EAST + x, NORTH + y) for x, y in xy]


def named(rows):
    frame = gpd.GeoDataFrame(
        [
            {"id": f"name:{k}", "source": "paper", "kind": kind, "name": name, **more}
            for k, (kind, name, _, more) in enumerate(rows)
        ],
        geometry=[shape for _, _, shape, _ in rows],
        crs=METRIC,
    )
    return check_layer("place_names", frame, frame.crs)


def houses(rows):
    frame = gpd.GeoDataFrame(
        [
            {"id": f"address:{k}", "source": "paper", "street": street, "number": number}
            for k, (street, number, _, _) in enumerate(rows)
        ],
        geometry=shapely.points(at(*((x, y) for _, _, x, y in rows))),
        crs=METRIC,
    )
    return check_layer("addresses", frame, frame.crs)


NAMES = named(
    [
        ("street", "Rue Grimaldi", shapely.LineString(at((0, 0), (600, 0))), {}),
        ("street", "Avenue Saint-Charles", shapely.LineString(at((300, -400), (300, 400))), {}),
        ("street", "Calle León y Castillo", shapely.LineString(at((0, 300), (600, 300))), {}),
        ("facility", "Hôtel Hermitage", shapely.Point(*at((500, 150))), {"name_zh": "隐士酒店"}),
        ("facility", "Pharmacie Centrale", shapely.Point(*at((100, 150))), {}),
        ("facility", "Boulangerie Paul", shapely.Point(*at((20, 500))), {}),
        ("facility", "Boulangerie Paul", shapely.Point(*at((580, 500))), {}),
        ("stop", "Saint-Roman", shapely.Point(*at((200, 420))), {}),
        ("stop", "Saint-Roman", shapely.Point(*at((260, 420))), {}),
        (
            "green",
            "Jardin Exotique",
            shapely.Point(*at((400, 520))),
            {"other_names": "Cactus Garden"},
        ),
    ]
)
HOUSES = houses(
    [
        ("Rue Grimaldi", "2", 20, 12),
        ("Rue Grimaldi", "10", 100, 12),
        ("Rue Grimaldi", "12 bis", 125, 12),
        ("Rue Grimaldi", "11", 110, -12),
        ("Rue Grimaldi", "21", 210, -12),
        ("Calle León y Castillo", "24", 250, 310),
        ("rue grimaldi", "40", 400, 12),
    ]
)


@pytest.fixture(scope="module")
def geocoder():
    return Geocoder(build_gazetteer(NAMES, HOUSES, city_names=["Monaco", "摩纳哥"]))


def spot(found):
    return round(found.x - EAST), round(found.y - NORTH)


@pytest.mark.parametrize(
    "text",
    [
        "10 Rue Grimaldi",
        "Rue Grimaldi 10",
        "Rue Grimaldi, nº 10",
        "10, rue grimaldi, 98000 Monaco",
        "10 R. Grimaldi, Monaco, France",
        "GRIMALDI 10",
        "10 rue gri maldi",
        "10 Rue Grimadli",
        "10 Grimaldi Street",
        "10 Rue Grimaldi, Apt 3B",
        "appt 7, 10 rue Grimaldi, Monaco",
    ],
)
def test_a_house_is_found_however_it_is_written(geocoder, text):
    found = geocoder.locate(text)
    assert (found.id, found.kind, found.label) == ("address:1", "address", "Rue Grimaldi 10")
    assert spot(found) == (100, 12)
    assert found.evidence is Evidence.MEASURED
    assert 0.6 <= found.place_confidence <= found.confidence <= 1


@pytest.mark.parametrize(
    ("text", "kind", "where"),
    [
        ("12 bis rue Grimaldi", "address", (125, 12)),
        ("12 rue Grimaldi", "address", (125, 12)),  # the only 12 there is
        ("Avenue St Charles & Rue Grimaldi", "intersection", (300, 0)),
        ("corner of Rue Grimaldi and Avenue Saint-Charles", "intersection", (300, 0)),
        ("C/ León y Castillo, 24, 35003", "address", (250, 310)),
        ("Calle León y Castillo y Avenida Saint Charles", "intersection", (300, 300)),
        ("Hotel Hermitage", "place", (500, 150)),
        ("隐士酒店", "place", (500, 150)),
        ("cactus garden", "place", (400, 520)),
        ("Pharmacie Centrale, Rue Grimaldi", "place", (100, 150)),
        ("rue grimaldi", "street", (300, 0)),
        ("Saint Roman", "place", (230, 420)),  # both sides of one stop
    ],
)
def test_what_a_text_means(geocoder, text, kind, where):
    found = geocoder.locate(text)
    assert (found.kind, spot(found)) == (kind, where)


@pytest.mark.parametrize(
    "text",
    [
        "opposite the Hôtel Hermitage",
        "en face de l'hôtel hermitage",
        "junto al Hotel Hermitage",
        "隐士酒店旁边",
    ],
)
def test_what_is_near_a_landmark_is_estimated(geocoder, text):
    found = geocoder.locate(text)
    assert spot(found) == (500, 150)
    assert found.evidence is Evidence.ESTIMATED
    assert found.confidence < 1


@pytest.mark.parametrize(
    ("number", "x", "y"),
    [(6, 60, 12), (30, 302, 12), (16, 164, 12), (15, 150, -12), (42, 400, 12)],
)
def test_a_missing_number_lies_between_its_neighbours_of_the_same_side(geocoder, number, x, y):
    found = geocoder.locate(f"{number} Rue Grimaldi")
    assert found.kind == "interpolated"
    assert found.evidence is Evidence.ESTIMATED
    assert found.x - EAST == pytest.approx(x, abs=2)
    assert found.y - NORTH == pytest.approx(y, abs=2)
    assert found.confidence < geocoder.locate("10 Rue Grimaldi").confidence


def test_a_number_far_beyond_the_last_is_no_house(geocoder):
    found = geocoder.locate("900 Rue Grimaldi")
    assert found.kind == "street"
    assert found.evidence is Evidence.ESTIMATED
    assert found.confidence < 0.7


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "12",
        "98000",
        "Times Square",
        "5 Piazza Navona",
        "天安门广场",
        "?!",
        "xx" * 400,
        "Bäckerei Meyer",
    ],
)
def test_what_is_not_here_gets_no_answer(geocoder, text):
    assert geocoder.locate(text) is None
    assert geocoder.candidates(text) == ()


def test_a_name_at_two_places_gives_both_with_half_the_confidence(geocoder):
    first, second = geocoder.candidates("Boulangerie Paul")[:2]
    assert {spot(first), spot(second)} == {(20, 500), (580, 500)}
    assert first.confidence == second.confidence == 1
    assert first.place_confidence == second.place_confidence == pytest.approx(0.5, abs=0.01)


def test_answers_are_ranked_and_as_many_as_asked(geocoder):
    found = geocoder.candidates("10 Rue Grimaldi", least=0.1, most=2)
    assert len(found) == 2
    assert [each.confidence for each in found] == sorted(
        (each.confidence for each in found), reverse=True
    )
    assert geocoder.candidates("10 Rue Grimaldi", least=0.999, most=9) == (
        geocoder.locate("10 Rue Grimaldi"),
    )


def test_many_texts_at_once_are_answered_as_one_by_one(geocoder):
    texts = ["10 Rue Grimaldi", "nowhere at all", "Hotel Hermitage", "10 Rue Grimaldi"]
    assert geocoder.locate_all(texts) == [geocoder.locate(text) for text in texts]


def test_no_answer_tells_a_flat(geocoder):
    for text in ("10 Rue Grimaldi, Apt 77", "10 Rue Grimaldi 7º izda", "隐士酒店7单元77室"):
        for found in geocoder.candidates(text, least=0):
            assert "7" not in found.label
            assert "7" not in found.id.partition(":")[2] or found.id in set(NAMES["id"])


def test_the_order_of_rows_does_not_matter(geocoder):
    rng = np.random.default_rng(5)
    mixed = Geocoder(
        build_gazetteer(
            NAMES.iloc[rng.permutation(len(NAMES))],
            HOUSES.iloc[rng.permutation(len(HOUSES))],
            city_names=["Monaco"],
        )
    )
    for text in (
        "10 Rue Grimaldi",
        "Avenue St Charles & Rue Grimaldi",
        "30 rue grimaldi",
        "saint roman",
    ):
        one, other = geocoder.locate(text), mixed.locate(text)
        assert replace(one, id="") == replace(other, id="")


@given(st.text(max_size=60))
def test_any_text_is_answered_or_not_but_never_breaks(geocoder, text):
    for found in geocoder.candidates(text, least=0.0):
        assert 0 <= found.place_confidence <= found.confidence <= 1 + 1e-6
        assert np.isfinite([found.x, found.y]).all()
