"""Filters on three pipes, against answers on paper; the same on SQLite and PostgreSQL."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dizuo.model.errors import InputError

ALL = sorted([*range(20), *(-k for k in range(20))])
A, B = list(range(20)), sorted(-k for k in range(20))
EAST = "geography'POLYGON ((7.425 43, 8 43, 8 44, 7.425 44, 7.425 43))'"


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("result ge 18", [18, 19]),
        ("result gt 17.5 and result ne 19", [18]),
        ("result eq 5 or result eq -5", [-5, 5]),
        ("not (result lt 18)", [18, 19]),
        ("result in (3, 4, -3)", [-3, 3, 4]),
        # arithmetic: whole numbers divide to whole numbers, remainders keep the sign
        ("result mul 2 add 1 eq 39", [19]),
        ("result div 4 eq 4.5", [18]),
        ("7 div 2 eq 3 and result eq 1", [1]),
        ("7.0 div 2 eq 3.5 and result eq 1", [1]),
        ("result mod 7 eq 6", [6, 13]),
        ("result mod 7 eq -6", [-13, -6]),
        ("-result eq 19", [-19]),
        ("(result add 1) div (result sub 19) eq -10", []),
        ("result div 0 eq null", ALL),
        ("round(result div 2) eq 9", [17, 18]),
        ("round(result div 2) eq -9", [-18, -17]),
        ("floor(result div 2) eq -10", [-19]),
        ("ceiling(result div 2) eq 10", [19]),
        # times: from 23:50 on 2 March, a minute apart
        ("phenomenonTime lt 2026-03-02T23:52:00Z", [-1, 0, 0, 1]),
        ("phenomenonTime ge 2026-03-03T00:09:00Z", [-19, 19]),
        ("phenomenonTime eq 2026-03-03T08:05:00+08:00", [-15, 15]),
        ("date(phenomenonTime) eq 2026-03-03", sorted([*range(10, 20), *range(-19, -9)])),
        ("time(phenomenonTime) lt 00:01", [-10, 10]),
        ("day(phenomenonTime) eq 3 and minute(phenomenonTime) eq 7", [-17, 17]),
        ("year(phenomenonTime) eq 2026 and month(phenomenonTime) eq 3 and result eq 4", [4]),
        ("hour(phenomenonTime) eq 23 and result ge 9", [9]),
        ("second(resultTime) eq 0 and fractionalseconds(resultTime) gt 0 and result eq 2", [2]),
        ("phenomenonTime add duration'PT19M' gt 2026-03-03T00:27:00Z", [-19, 19]),
        ("resultTime sub phenomenonTime eq duration'PT0.000001S' and result eq 3", [3]),
        ("totalseconds(resultTime sub phenomenonTime) lt 1 and result eq 3", [3]),
        ("phenomenonTime sub duration'PT1M' eq now()", [-1, 1]),
        ("totaloffsetminutes(phenomenonTime) eq 0 and result eq 6", [6]),
        ("phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime()", ALL),
        # the first of pipe a lasts half a minute: it is before what begins after its end
        ("phenomenonTime le 2026-03-02T23:50:00Z", [0]),
        ("phenomenonTime lt 2026-03-02T23:50:31Z", [0, 0]),
        ("phenomenonTime lt 2026-03-02T23:50:30Z", [0]),
        # quality, and what few observations have
        ("resultQuality eq 'suspect'", sorted([4, 9, 14, 19, -4, -9, -14, -19])),
        ("parameters/a eq 1", [0]),
        ("parameters/a ne 1 and result gt 18", [19]),
        ("parameters ne null", [0]),
        ("validTime eq null and result eq 1", [1]),
        ("not (parameters/a eq 1) and result eq 0", [0]),
        ("result eq 'five'", []),
        ("result ne null", ALL),
        # where they lead
        ("Datastream/@iot.id eq 'a.level'", A),
        ("Datastream/Thing/properties/owner eq 'O''Hara'", A),
        ("Datastream/Thing/properties/owner eq '燃气公司'", B),
        ("Datastream/Thing/properties/owner eq 'nobody'", []),
        ("Datastream/ObservedProperty/name eq 'level' and result eq 2", [2]),
        ("Datastream/properties/depth gt 1", A),
        ("Datastream/properties/depth eq 'deep'", B),
        ("Datastream/properties/buried and result lt 2", [0, 1]),
        ("concat(Datastream/name, '!') eq 'b.level!' and result eq 0", [0]),
        ("Datastream/Thing/name eq concat('gauge ', substring(Datastream/name, 0, 1))", ALL),
        ("FeatureOfInterest/@iot.id eq 'pipe:b'", B),
        (f"st_within(FeatureOfInterest/feature, {EAST})", B),
        (f"not st_within(FeatureOfInterest/feature, {EAST})", A),
        ("geo.distance(FeatureOfInterest/feature, geography'POINT (7.42 43.73)') lt 0.001", A),
    ],
)
def test_observations_are_found(pipes, condition, found):
    assert pipes.results(condition) == sorted(found)


@pytest.mark.parametrize(
    ("plural", "condition", "found"),
    [
        ("Things", "name eq 'gauge a'", ["gauge a"]),
        ("Things", "startswith(name, 'gauge') and endswith(name, 'b')", ["gauge b"]),
        ("Things", "substringof('e c', name)", ["gauge c"]),
        ("Things", "contains(name, '%')", []),
        ("Things", "contains(name, '_')", []),
        ("Things", "indexof(name, 'b') eq 6", ["gauge b"]),
        ("Things", "length(name) eq 7 and toupper(name) eq 'GAUGE A'", ["gauge a"]),
        ("Things", "substring(name, 6) gt 'a'", ["gauge b", "gauge c"]),
        ("Things", "trim(concat(' ', name)) eq 'gauge c'", ["gauge c"]),
        ("Things", "name gt 'gauge B'", ["gauge a", "gauge b", "gauge c"]),
        ("Things", "properties/owner eq null", ["gauge c"]),
        ("Things", "properties/owner ne 'O''Hara'", ["gauge b", "gauge c"]),
        ("Things", "not (properties/owner eq 'O''Hara')", ["gauge b", "gauge c"]),
        ("Things", "Datastreams/Observations/result eq 7", ["gauge a"]),
        ("Things", "Datastreams/any(d: d/properties/depth eq 'deep')", ["gauge b"]),
        ("Things", "Datastreams/any(d: d/name eq 'a.level' and d/properties/depth gt 9)", []),
        ("Things", "Locations/any()", ["gauge a", "gauge b"]),
        ("Things", "Datastreams/all(d: d/name ne 'a.level')", ["gauge b", "gauge c"]),
        ("Datastreams", "phenomenonTime gt 2026-03-01T00:00:00Z", ["a.level", "b.level"]),
        ("Datastreams", "phenomenonTime eq null", ["c.level"]),
        ("Datastreams", "unitOfMeasurement/symbol eq 'm' and Thing/name eq 'gauge c'",
         ["c.level"]),
        ("Sensors", "Datastreams/name eq 'b.level'", ["gauge b"]),
        ("ObservedProperties", "Datastreams/Thing/Locations/any()", ["level"]),
        ("FeaturesOfInterest", f"st_intersects(feature, {EAST})", ["pipe:b"]),
        ("FeaturesOfInterest", f"st_disjoint(feature, {EAST})", ["pipe:a"]),
        ("FeaturesOfInterest", "st_equals(feature, geography'POINT (7.42 43.73)')", ["pipe:a"]),
        ("FeaturesOfInterest", f"st_relate(feature, {EAST}, 'T********')", ["pipe:b"]),
        ("FeaturesOfInterest", "geo.length(feature) eq 0", ["pipe:a", "pipe:b"]),
        ("FeaturesOfInterest",
         "0.005 le geo.distance(feature, geography'SRID=4326;POINT (7.42 43.73)')", ["pipe:b"]),
    ],
)  # fmt: skip
def test_entities_are_found(pipes, plural, condition, found):
    assert pipes.names(plural, condition) == found


HARMFUL = st.sampled_from([
    "'; DROP TABLE events; --", "\\", "%", "_", '"', "''", '$."a"', "{a,b}", ":x", "?", "%s", "0x",
])  # fmt: skip


@given(st.one_of(HARMFUL, st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None,
          max_examples=60)  # fmt: skip
def test_a_text_is_only_ever_a_text(pipes, text):
    written = text.replace("\0", "").replace("'", "''")
    for condition in (
        f"name eq '{written}'", f"contains('{written}', name)", f"properties/owner eq '{written}'",
        f"concat('x', '{written}') eq name", f"@iot.id eq '{written}'",
    ):  # fmt: skip
        assert pipes.names("Things", condition) == []


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("colour eq 5", "an? Observation has no colour; it has @iot.id, phenomenonTime, result"),
        ("phenomenonTime eq 5", "a span cannot be compared with a integer"),
        ("Datastream/colour eq 5", "a Datastream has no colour"),
        ("Datastream eq 5", "leads to entities"),
        ("phenomenonTime/x eq 5", "has no parts"),
        ("resultTime", "a condition is expected"),
        ("length(result) eq 5 and year(resultQuality) eq 1", "argument 1 of year is a text"),
        ("phenomenonTime mul 2 gt 5", "mul does not go with a span and a integer"),
        ("st_within(result, geography'POINT (1 2)')", "result is no geometry"),
        ("st_within(FeatureOfInterest/feature, geography'POINT')", "cannot be read"),
        ("geo.distance(FeatureOfInterest/feature, 5) lt 3", "a geometry is expected"),
        ("geo.distance(FeatureOfInterest/feature, geography'POINT (1 2)') lt 'x'", "a number"),
        ("Datastream/Thing/Datastreams/any(d: result eq 5)", "outside of what any and all"),
    ],
)
def test_what_does_not_go_together_is_refused(pipes, condition, words):
    with pytest.raises(InputError, match=words):
        pipes.results(condition)


def test_nobody_finds_what_is_about_other_assets(pipes):
    mine = frozenset({"pipe:a"})
    assert pipes.results("result le 0", mine) == [0]
    assert pipes.names("Things", "true", mine) == ["gauge a"]
    for plural, own in {
        "Locations": 1, "HistoricalLocations": 1, "Datastreams": 1, "Sensors": 1,
        "ObservedProperties": 1, "FeaturesOfInterest": 1, "Observations": 20,
    }.items():  # fmt: skip
        assert len(pipes.page(plural, mine).told) == own, plural
        assert pipes.page(plural, frozenset()).told == [], plural
    # Nor by asking on the way: level is observed of all pipes.
    asked = "Datastreams/Thing/name eq 'gauge b'"
    assert pipes.names("ObservedProperties", asked, mine) == []
    assert pipes.names("ObservedProperties", asked) == ["level"]
    (kind,) = pipes.page("ObservedProperties", mine, expand="Datastreams").told
    assert [one["@iot.id"] for one in kind["Datastreams"]] == ["a.level"]
