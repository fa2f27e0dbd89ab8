"""Pages: each entity once, whatever they are sorted by, and whatever comes meanwhile."""

import json

import pytest

from dizuo.api.sensorthings import reading
from dizuo.api.sensorthings.paging import token
from dizuo.model.errors import InputError

ORDERS = [
    "phenomenonTime", "phenomenonTime desc", "result,phenomenonTime desc", "result desc",
    "Datastream/name desc,result", "resultQuality,@iot.id desc", "validTime", "parameters/a desc",
    "result mod 3,result", "phenomenonTime asc,Datastream/Thing/name",
]  # fmt: skip


def walked(pipes, plural, top, **options):
    found, after = [], {}
    while True:
        page = pipes.page(plural, top=top, select="id", **options, **after)
        found += [one["@iot.id"] for one in page.told]
        if page.next_token is None:
            return found
        after = {"skiptoken": page.next_token}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("top", [1, 7, 39, 40])
def test_pages_together_are_the_whole_list(pipes, order, top):
    whole = [one["@iot.id"] for one in pipes.page("Observations", orderby=order).told]
    assert len(set(whole)) == 40
    assert walked(pipes, "Observations", top, orderby=order) == whole


def test_results_are_sorted_as_numbers_and_nothing_comes_first(pipes):
    told = pipes.page("Observations", orderby="result", select="result").told
    assert [one["result"] for one in told] == sorted(one["result"] for one in told)
    told = pipes.page("Things", orderby="properties/owner", select="id").told
    assert [one["@iot.id"] for one in told] == ["gauge c", "gauge a", "gauge b"]
    told = pipes.page("Datastreams", orderby="phenomenonTime desc,name desc", select="id").told
    assert [one["@iot.id"] for one in told] == ["b.level", "a.level", "c.level"]


def test_counting_skipping_and_none(pipes):
    page = pipes.page("Observations", count="true", top=0, filter="result gt 5")
    assert (page.count, page.told, page.next_token) == (14, [], None)
    page = pipes.page("Observations", skip=38, select="result")
    assert [one["result"] for one in page.told] == [-18, -19]
    assert pipes.page("Observations", filter="result gt 5", top=14).next_token is None


@pytest.mark.parametrize("text", ["x", "é", token(["a"]), token([{}, 1]), token(1), "A" * 3000])
def test_a_place_to_go_on_from_that_was_never_given_is_refused(pipes, text):
    with pytest.raises(InputError, match="no place to go on from"):
        pipes.page("Observations", skiptoken=text)


def test_expansions_have_options_of_their_own(pipes):
    (thing,) = pipes.page(
        "Things", filter="name eq 'gauge b'", select="name",
        expand="Datastreams($select=name;$expand=Observations($top=2;$orderby=result;$count=true;"
        "$select=result),ObservedProperty($select=name)),Locations($select=location)",
    ).told  # fmt: skip
    (stream,) = thing["Datastreams"]
    assert [one["result"] for one in stream["Observations"]] == [-19, -18]
    assert stream["Observations@iot.count"] == 20
    link = stream["Observations@iot.nextLink"]
    assert link.startswith("http://city/v1.1/Datastreams('b.level')/Observations?$")
    for kept in ("$top=2", "$orderby=result", "$count=true", "$select=result", "$skiptoken="):
        assert kept in link
    assert stream["ObservedProperty"] == {"name": "level"}
    (place,) = thing["Locations"]
    assert place["location"] == {"type": "Point", "coordinates": [7.43, 43.73]}


def test_an_entity_is_told_as_the_standard_has_it(pipes):
    (stream,) = pipes.page("Datastreams", filter="@iot.id eq 'a.level'").told
    here = "http://city/v1.1/Datastreams('a.level')"
    assert json.loads(bytes(stream.pop("unitOfMeasurement"))) == {
        "name": "m", "symbol": "m", "definition": None,
    }  # fmt: skip
    assert json.loads(bytes(stream.pop("properties"))) == {"depth": 1.5, "buried": True}
    assert stream == {
        "@iot.id": "a.level",
        "@iot.selfLink": here,
        "name": "a.level",
        "description": "level of pipe:a",
        "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        "phenomenonTime": "2026-03-02T23:50:00Z/2026-03-03T00:09:00Z",
        "Thing@iot.navigationLink": f"{here}/Thing",
        "Sensor@iot.navigationLink": f"{here}/Sensor",
        "ObservedProperty@iot.navigationLink": f"{here}/ObservedProperty",
        "Observations@iot.navigationLink": f"{here}/Observations",
    }
    (told,) = pipes.page("Datastreams", filter="@iot.id eq 'a.level'", select="resultTime").told
    assert told == {"resultTime": "2026-03-02T23:50:00.000001Z/2026-03-03T00:09:00.000001Z"}


def test_an_expansion_around_the_model_comes_back_and_has_an_end(pipes, monkeypatch):
    around = "Datastreams($expand=Thing($expand=" * 3 + "Locations" + "))" * 3
    thing = pipes.page("Things", expand=around).told[0]
    for _ in range(3):
        thing = thing["Datastreams"][0]["Thing"]
    assert (thing["@iot.id"], len(thing["Locations"])) == ("gauge a", 1)
    monkeypatch.setattr(reading, "_MOST_QUERIES", 12)
    with pytest.raises(InputError, match="more than 12 queries"):
        pipes.page("Things", expand=around)


def test_the_tables_follow_from_the_events_alone(pipes):
    before = [pipes.page(one).told for one in ("Things", "Locations", "HistoricalLocations")]
    with pipes.engine.begin() as connection:
        pipes.log.rebuild(connection)
    assert [
        pipes.page(one).told for one in ("Things", "Locations", "HistoricalLocations")
    ] == before
