"""The door as its clients use it: describe, send, read, and be refused."""

import json

import pytest
from pumped_town import OM, ROOT, STREAM, Client, place, point, pump
from pyproj import Transformer
from town_of_two_blocks import Town

METRES = Transformer.from_crs("EPSG:4326", "EPSG:32632", always_xy=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def either(request, tmp_path):
    """A client of a town whose operations are in a database of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("client")
        return
    url = request.getfixturevalue("postgresql").new_database()
    town = Town(tmp_path / "town", url=url).serve()
    town.http.timeout = 60
    yield Client(town)
    town.stop()


def send(client, minute, result, status=201, **more):
    body = {"phenomenonTime": f"2026-03-02T08:{minute:02}:00Z", "result": result, **more}
    return client.post("/Datastreams('pump 1%2Flevel')/Observations", body, status)


def test_the_entry_tells_collections_and_what_is_held(client):
    told = client.get("")
    assert [one["name"] for one in told["value"]] == [
        "Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors",
        "ObservedProperties", "Observations", "FeaturesOfInterest",
    ]  # fmt: skip
    assert told["value"][0]["url"].endswith("/sensorthings/v1.1/Things")
    held = told["serverSettings"]["conformance"]
    assert "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel" in held
    assert not [one for one in held if "update" in one.rpartition("/")[2]]


def test_one_request_describes_a_thing_with_all_it_has(pumped):
    assert pumped.headers["location"].endswith("/Things('pump%201')")
    thing = pumped.get(
        "/Things('pump 1')",
        expand="Locations,HistoricalLocations($expand=Locations),Datastreams($expand=Sensor,"
        "ObservedProperty,Thing($select=id))",
    )
    assert thing["properties"] == {"owner": "water works"}
    assert [one["location"] for one in thing["Locations"]] == [point(7.42, 43.73)]
    assert [one["Locations"][0]["name"] for one in thing["HistoricalLocations"]] == ["sump"]
    (stream,) = thing["Datastreams"]
    assert stream["unitOfMeasurement"] == STREAM["unitOfMeasurement"]
    assert stream["Sensor"]["metadata"] == "https://example.org/s1.pdf"
    assert stream["ObservedProperty"]["@iot.id"] == "water_level"
    assert stream["Thing"] == {"@iot.id": "pump 1"}


def test_what_is_described_stands_in_the_register_of_devices(pumped):
    operations = pumped.town.operations
    with operations.engine.connect() as connection:
        register = operations.signals.register(connection)
    (device,), (stream,) = register.devices, register.streams
    assert (device.id, device.asset) == ("pump 1", "pump 1")
    assert (stream.id, stream.kind, stream.unit) == ("pump 1/level", "water_level", "m")
    assert (device.x, device.y) == pytest.approx(METRES.transform(7.42, 43.73))


def test_observations_are_kept_and_read_by_every_path(pumped):
    for minute in range(5):
        told = send(pumped, minute, minute / 4)
    link = told["@iot.selfLink"]
    assert pumped.headers["location"] == link
    one = pumped.get(link.partition(ROOT)[2])
    assert (one["phenomenonTime"], one["result"]) == ("2026-03-02T08:04:00Z", 1.0)
    key = one["@iot.id"]
    assert pumped.get(f"/Observations('{key}')/result") == {"result": 1.0}
    assert pumped.get(f"/Observations('{key}')/validTime", 204) is None
    assert pumped.get(f"/Observations('{key}')/Datastream/Thing/Locations")["value"][0][
        "name"] == "sump"  # fmt: skip
    deep = "/Things('pump 1')/Datastreams('pump 1%2Flevel')/Observations"
    assert pumped.get(deep, count="true", top=2, orderby="result desc")["@iot.count"] == 5
    references = pumped.get(f"{deep}/$ref", top=1)
    assert list(references["value"][0]) == ["@iot.selfLink"]
    raw = pumped.town.get(f"{ROOT}/Things('pump 1')/name/$value", "engineer")
    assert (raw.text, raw.headers["content-type"]) == ("Pump", "text/plain; charset=utf-8")


def test_the_link_to_the_next_page_is_followed_to_the_end(pumped):
    rows = [[f"2026-03-02T07:{m:02}:00Z", m] for m in range(50)]
    array = {"Datastream": {"@iot.id": "pump 1/level"},
             "components": ["phenomenonTime", "result"], "dataArray": rows}  # fmt: skip
    assert len(pumped.post("/CreateObservations", [array])) == 50
    found, path = [], f"{ROOT}/Observations?$top=7&$filter=result%20lt%2030&$orderby=result"
    while path:
        told = pumped.town.http.get(path, headers=pumped.town.headers("engineer")).json()
        found += [one["result"] for one in told["value"]]
        path = told.get("@iot.nextLink")
    assert found == list(range(30))


def test_rows_are_told_and_taken_under_one_head(pumped):
    array = {
        "Datastream": {"@iot.id": "pump 1/level"},
        "components": ["phenomenonTime", "result", "FeatureOfInterest/id"],
        "dataArray": [
            ["2026-03-02T07:00:00Z", 1, "pump 1"], ["noon", 2, "pump 1"],
            ["2026-03-02T07:02:00Z", 3, "nowhere"], ["2026-03-02T07:03:00Z", 4],
        ],
    }  # fmt: skip
    told = pumped.post("/CreateObservations", [array])
    assert told[0].endswith("Observations('0:1772434800000000')")
    assert [one.split(":")[0] for one in told[1:]] == ["error"] * 3
    assert "dataArray[1].phenomenonTime" in told[1]
    (rows,) = pumped.get("/Observations", resultFormat="dataArray",
                         select="phenomenonTime,result")["value"]  # fmt: skip
    assert rows["components"] == ["phenomenonTime", "result"]
    assert rows["dataArray"] == [["2026-03-02T07:00:00Z", 1.0]]
    assert rows["Datastream@iot.navigationLink"].endswith("/Datastreams('pump%201%2Flevel')")
    (rows,) = pumped.get("/Observations", resultFormat="dataArray", select="result",
                         expand="FeatureOfInterest($select=id)")["value"]  # fmt: skip
    assert rows["components"] == ["result", "FeatureOfInterest"]
    assert rows["dataArray"] == [[1.0, {"@iot.id": "pump 1"}]]


def test_an_observation_says_more_than_a_number(pumped):
    feature = {"name": "the well", "description": "below", "encodingType": "application/geo+json",
               "feature": point(7.43, 43.74)}  # fmt: skip
    send(pumped, 1, 2.5, phenomenonTime="2026-03-02T08:01:00Z/2026-03-02T08:02:00Z",
         resultTime="2026-03-02T08:02:00.5Z", resultQuality="suspect", parameters={"by": "hand"},
         validTime="2026-03-02T08:00:00Z/2026-03-03T08:00:00Z",
         FeatureOfInterest=feature)  # fmt: skip
    (one,) = pumped.get("/Observations", expand="FeatureOfInterest")["value"]
    assert one["phenomenonTime"] == "2026-03-02T08:01:00Z/2026-03-02T08:02:00Z"
    assert one["resultTime"] == "2026-03-02T08:02:00.500000Z"
    assert one["validTime"] == "2026-03-02T08:00:00Z/2026-03-03T08:00:00Z"
    assert (one["resultQuality"], one["parameters"]) == ("suspect", {"by": "hand"})
    assert one["FeatureOfInterest"]["feature"] == point(7.43, 43.74)
    well = one["FeatureOfInterest"]["@iot.id"]
    assert len(pumped.get(f"/FeaturesOfInterest('{well}')/Observations")["value"]) == 1
    assert pumped.get("/FeaturesOfInterest('pump 1')/Observations")["value"] == []


def test_results_are_of_their_datastreams_type(pumped):
    for name, kind, good, bad in (
        ("doors", "OM_TruthObservation", True, 1),
        ("words", "OM_CategoryObservation", "ajar", 5),
        ("ducks", "OM_CountObservation", 7, 7.5),
        ("whatever", "OM_Observation", {"a": [1, None]}, None),
    ):
        body = {**STREAM, "@iot.id": name, "name": name, "observationType": f"{OM}/{kind}",
                "Sensor": {**STREAM["Sensor"]}, "ObservedProperty": {"@iot.id": "water_level"},
                "Thing": {"@iot.id": "pump 1"}}  # fmt: skip
        pumped.post("/Datastreams", body)
        stream = {"Datastream": {"@iot.id": name}}
        pumped.post("/Observations", {"result": good, **stream})
        if bad is not None:
            pumped.post("/Observations", {"result": bad, **stream}, 409)
        (told,) = pumped.get(f"/Datastreams('{name}')/Observations")["value"]
        assert told["result"] == good
        assert type(told["result"]) is type(good) or name == "ducks"


def test_a_thing_that_moves_leaves_a_history(pumped):
    pumped.post("/Things('pump 1')/Locations", place("hall", 7.43))
    thing = pumped.get("/Things('pump 1')", expand="Locations,HistoricalLocations")
    assert [one["name"] for one in thing["Locations"]] == ["hall"]
    assert len(thing["HistoricalLocations"]) == 2
    operations = pumped.town.operations
    with operations.engine.connect() as connection:
        (device,) = operations.signals.register(connection).devices
    assert device.x == pytest.approx(METRES.transform(7.43, 43.73)[0])
    assert pumped.get("/FeaturesOfInterest('pump 1')/feature")["feature"] == point(7.43, 43.73)


def test_the_first_observation_of_a_time_holds(pumped):
    first = send(pumped, 0, 5)
    assert send(pumped, 0, 5) == first
    told = send(pumped, 0, 6, status=409)
    assert "the first one holds" in told["title"]
    assert [one["result"] for one in pumped.get("/Observations")["value"]] == [5.0]


FAULTY_BODIES = [
        ("/Things", {"name": "x"}, 400, "body.description: a Thing needs description"),
        ("/Things", {"name": 5, "description": ""}, 400, "body.name: a text is expected"),
        ("/Things", {"name": "x", "description": "", "colour": 1}, 400, "has no colour"),
        ("/Things", {"name": "x", "description": "", "properties": [1]}, 400, "JSON object"),
        ("/Things", [1], 400, "a Thing is a JSON object"),
        ("/Things", {"@iot.id": "pump 1", "name": "x", "description": ""}, 409, "there is a Thing"),
        ("/Things", {"name": "x", "description": "", "Locations": [{"@iot.id": "z"}]}, 409,
         "body.Locations[0]: there is no Location 'z'"),
        ("/Things", {"name": "x", "description": "", "Locations": [place("p", 700)]}, 400,
         "body.Locations[0].location: a place is told in degrees"),
        ("/Things", {"name": "x", "description": "",
                     "Datastreams": [{**STREAM, "Sensor": {"name": "s"}}]}, 400,
         "body.Datastreams[0].Sensor.description"),
        ("/Datastreams", {**STREAM}, 400, "body.Thing: a Thing is needed"),
        ("/Observations", {"result": 1}, 400, "body.Datastream: a Datastream is needed"),
        ("/Observations", {"Datastream": {"@iot.id": "pump 1/level"}}, 400, "needs a result"),
        ("/Observations", {"Datastream": {"@iot.id": "pump 1/level"}, "result": "a"}, 409,
         "no result of the type"),
        ("/Observations", {"Datastream": {"@iot.id": "pump 1/level"}, "result": 1,
                           "phenomenonTime": "2026-03-02T08:00:00"}, 400, "no time with a zone"),
        ("/Observations", {"Datastream": {"@iot.id": "pump 1/level"}, "result": 1,
                           "validTime": "2026-03-02T08:00:00Z/2026-03-01T08:00:00Z"}, 400,
         "ends before it begins"),
        ("/Things('nobody')/Datastreams", STREAM, 404, "no such Thing"),
        ("/Things('pump 1')", {}, 405, "Method Not Allowed"),
        ("/Things('pump 1')/name", {}, 405, "Method Not Allowed"),
        ("/Things('pump 1')/Sensors", {}, 404, "does not follow from a Thing"),
        ("/Nowhere", {}, 405, "Method Not Allowed"),
        ("/CreateObservations", {}, 400, "a list is expected"),
    ]  # fmt: skip


def test_a_faulty_body_is_refused_with_its_place_and_changes_nothing(pumped):
    collections = ("Things", "Locations", "Sensors", "Datastreams", "Observations")
    before = [pumped.get(f"/{one}")["value"] for one in collections]
    for path, body, status, words in FAULTY_BODIES:
        assert words in pumped.post(path, body, status)["title"], (path, body)
    assert [pumped.get(f"/{one}")["value"] for one in collections] == before


def test_faulty_questions_are_refused_with_their_place(pumped):
    for path, options, status, words in (
        ("/Things", {"filter": "nam eq 1"}, 400, "$filter: at character 1: a Thing has no nam"),
        ("/Things", {"expand": "Observations"}, 400, "a Thing leads to Datastreams"),
        ("/Things", {"select": "colour"}, 400, "a Thing has no colour"),
        ("/Things", {"orderby": "Datastreams/name"}, 400, "leads to entities"),
        ("/Things('pump 1')", {"filter": "name eq 'a'"}, 400, "$select and $expand only"),
        ("/Things('pump 1')/name", {"top": 1}, 400, "no options"),
        ("/Things('nobody')", {}, 404, "no such Thing"),
        ("/Things('pump 1')/Observations", {}, 404, "does not follow"),
        ("/Observations('x')", {}, 404, "no such Observation"),
        ("/Things", {"resultFormat": "dataArray"}, 400, "only observations"),
        ("/Observations", {"filter": "result add 1e400 gt 9223372036854775807 add 1"}, 200, ""),
    ):
        assert words in json.dumps(pumped.get(path, status, **options)), path
    answer = pumped.town.http.get(
        f"{ROOT}/Things?$filter=nam",
        headers={**pumped.town.headers("engineer"), "Accept-Language": "zh"},
    )
    assert "第 1 个字符处" in answer.json()["title"]


def test_nothing_is_changed_or_deleted_here(pumped):
    for method in ("PATCH", "PUT", "DELETE"):
        answer = pumped.town.http.request(
            method, f"{ROOT}/Things('pump 1')", headers=pumped.town.headers("engineer")
        )
        assert answer.status_code == 405
        assert {"GET"} <= set(answer.headers["allow"].split(", "))


def test_each_account_does_what_its_roles_allow(pumped):
    town = pumped.town
    body = {"result": 1, "Datastream": {"@iot.id": "pump 1/level"}}
    assert town.http.get(f"{ROOT}/Things").status_code == 401
    Client(town, "stranger").get("/Things", 403)
    Client(town, "walker").post("/Observations", body, 403)
    probe = Client(town, "probe")
    probe.post("/Observations", body)
    probe.get("/Observations", 403)
    probe.post("/Things", {"name": "x", "description": ""}, 403)
    # A unit sees what is observed of the assets that it owns: of none.
    assert Client(town, "roads").get("/Observations")["value"] == []
    Client(town, "roads").get("/Things('pump 1')", 404)


def test_the_log_tells_all_of_it(either):
    either.post("/Things", pump())
    send(either, 0, 1, parameters={"a": 1})
    assert send(either, 0, 2, status=409)
    either.post("/Things('pump 1')/Locations", place("hall", 7.43))
    asked = {"expand": "Locations,HistoricalLocations,Datastreams($expand=Observations)"}
    before = either.get("/Things", **asked)
    (stream,) = before["value"][0]["Datastreams"]
    assert [one["result"] for one in stream["Observations"]] == [1.0]
    operations = either.town.operations
    operations.sequencer.seal()
    assert operations.verify() == []
    assert operations.rebuild() > 4
    assert operations.verify() == []
    assert either.get("/Things", **asked) == before
