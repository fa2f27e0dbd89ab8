"""Closures as a city writes them: what they close, and what is refused."""

from datetime import UTC, datetime
from operator import attrgetter

import pytest
import shapely
from closed_town import ZONE, at, closed_town, degrees, features, line, table
from town_builder import METRIC

from dizuo.model.errors import InputError
from dizuo.operations.travel.closures import closed_rows, in_window, read_closures, with_closures
from dizuo.operations.travel.settings import TravelSettings

pytestmark = pytest.mark.systems("L3")
SETTINGS = TravelSettings.load()
MORNING = ("2026-10-01T08:00", "2026-10-01T12:00")


def read(file):
    return read_closures(file, ZONE, METRIC)


def closed(closure):
    edges = closed_town().frames()["street_edges"]
    return sorted(edges.loc[closed_rows(edges, closure, SETTINGS), "id"])


def test_a_row_says_when_for_whom_why_and_by_whose_order(tmp_path):
    [one] = read(table(tmp_path / "c.csv", ("run", *MORNING, "walk drive", "West Street", "")))
    assert (one.begin, one.end) == (at(8), at(12))
    assert one.modes == {"walk", "drive"}
    assert (one.reason.en, one.reason.zh, one.source) == ("Run", "马拉松", "Police notice 7")


def test_a_time_with_its_zone_is_that_time(tmp_path):
    row = ("run", "2026-10-01T00:00+00:00", MORNING[1], "walk", "w0", "")
    [one] = read(table(tmp_path / "c.csv", row))
    assert one.begin == at(8) == datetime(2026, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("streets", "ids"),
    [
        ("South Street", ["street:w0.0", "street:w1.0"]),
        ("w2", ["street:w2.0"]),
        ("street:w2.0; North Street", ["street:w2.0", "street:w4.0", "street:w5.0"]),
    ],
)
def test_streets_are_closed_by_name_way_or_section(tmp_path, streets, ids):
    [one] = read(table(tmp_path / "c.csv", ("run", *MORNING, "walk", streets, "")))
    assert closed(one) == ids


@pytest.mark.parametrize(
    ("shape", "ids"),
    [
        # 250 m of the 400 m of each half of South Street, and 10 m beside it
        (line((150, 10), (650, 10)), ["street:w0.0", "street:w1.0"]),
        (line((250, 10), (650, 10)), ["street:w1.0"]),  # 150 m of the first half are too few
        (line((100, 40), (700, 40)), []),  # beside the street
        (line((400, -200), (400, 200)), []),  # across it
    ],
)
def test_a_line_closes_the_streets_that_lie_along_it(tmp_path, shape, ids):
    rows = [("run", *MORNING, "walk", "", shape)]
    as_table = read(table(tmp_path / "c.csv", *[(*row[:5], row[5].wkt) for row in rows]))
    as_features = read(features(tmp_path / "c.geojson", *rows))
    assert closed(as_table[0]) == closed(as_features[0]) == ids


def test_an_area_closes_every_street_that_goes_into_it(tmp_path):
    corners = [degrees(x, y) for x, y in ((700, -50), (850, -50), (850, 50), (700, 50))]
    row = ("sq", *MORNING, "walk", "", shapely.Polygon(corners))
    [one] = read(features(tmp_path / "c.geojson", row))
    assert closed(one) == ["street:w1.0", "street:w3.0"]


def test_a_window_meets_what_holds_at_some_time_of_it(tmp_path):
    rows = [
        ("later", "2026-10-01T10:00", "2026-10-01T11:00", "walk", "w1", ""),
        ("early", "2026-10-01T06:00", "2026-10-01T08:00", "walk", "w1", ""),
        ("long", "2026-09-01T00:00", "2026-11-01T00:00", "walk", "w0", ""),
        ("after", "2026-10-01T12:00", "2026-10-01T13:00", "walk", "w1", ""),
    ]
    met = in_window(read(table(tmp_path / "c.csv", *rows)), at(8), at(12))
    assert list(map(attrgetter("id"), met)) == ["long", "later"]


def test_only_the_modes_that_are_named_are_kept_off(tmp_path):
    layers = closed_town().layers()
    found = read(table(tmp_path / "c.csv", ("run", *MORNING, "drive", "West Street", "")))
    edges = with_closures(layers, found, SETTINGS)["street_edges"].set_index("id")
    assert not edges.loc["street:w2.0", ["drive_forward", "drive_backward"]].any()
    assert edges.loc["street:w2.0", ["walk_forward", "bike_backward"]].all()
    assert edges.drop(index="street:w2.0")["drive_forward"].all()
    assert layers["street_edges"]["drive_forward"].all()


@pytest.mark.parametrize(
    ("row", "field", "told"),
    [
        (("", *MORNING, "walk", "w0", ""), "closure", "closure is empty"),
        (("a", "soon", MORNING[1], "walk", "w0", ""), "from", "'soon' is no time"),
        (("a", *reversed(MORNING), "walk", "w0", ""), "until", "ends before it begins"),
        (("a", *MORNING, "fly", "w0", ""), "modes", "fly is no mode"),
        (("a", *MORNING, "", "w0", ""), "modes", "nothing is no mode"),
        (("a", *MORNING, "walk", "", ""), "streets", "nothing says which streets"),
        (("a", *MORNING, "walk", "", "LINE (1 2)"), "wkt", "the WKT cannot be read"),
        (("a", *MORNING, "walk", "", "POINT (117 36)"), "geometry", "a Point closes no street"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path, row, field, told):
    with pytest.raises(InputError, match=told) as caught:
        read(table(tmp_path / "c.csv", row))
    error = caught.value
    assert (error.row, error.field) == (2, field)
    assert error.in_("zh") != str(error)


def test_an_id_that_stands_twice_is_refused(tmp_path):
    row = ("a", *MORNING, "walk", "w0", "")
    with pytest.raises(InputError, match=r"row 3.*stands twice"):
        read(table(tmp_path / "c.csv", row, row))


def test_a_column_that_is_missing_is_named(tmp_path):
    file = tmp_path / "c.csv"
    file.write_text("closure,from\na,b\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column until, modes, reason, source"):
        read(file)


def test_a_column_of_persons_is_refused(tmp_path):
    file = table(tmp_path / "c.csv", ("a", *MORNING, "walk", "w0", ""))
    file.write_text(file.read_text("utf-8").replace("streets", "phone"), encoding="utf-8")
    with pytest.raises(InputError, match="keeps no data on persons"):
        read(file)


@pytest.mark.parametrize(
    ("streets", "shape", "told"),
    [("Nowhere", "", "no street 'Nowhere'"), ("", "LINESTRING (1 2, 3 4)", "meets no street")],
)
def test_a_closure_that_closes_nothing_is_refused(tmp_path, streets, shape, told):
    found = read(table(tmp_path / "c.csv", ("a", *MORNING, "walk", streets, shape)))
    with pytest.raises(InputError, match=told):
        with_closures(closed_town().layers(), found, SETTINGS)
