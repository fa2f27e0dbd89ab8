"""Schemathesis over the whole application: whatever is sent, the doors do as their document says.

The operations are those of ``/api/openapi.json``, and every check that schemathesis has is made.
The seed is fixed; half of the calls name what is there. ``DIZUO_EXAMPLES=500`` looks longer.
"""

import os
import sys
from pathlib import Path

import odata_questions
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.python import asgi

from dizuo.api.sensorthings.model import ENTITIES

sys.path.insert(0, str(Path(__file__).parents[1] / "operations" / "shared_services"))
sys.path.insert(0, str(Path(__file__).parents[1] / "operations" / "booking"))

from booked_places import DESK, HEADER, write_offer
from shared_items import CATALOGUE

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXAMPLES = int(os.environ.get("DIZUO_EXAMPLES", "3"))
CONFIG = SchemathesisConfig.from_dict({
    "seed": 20261201,
    # Words of the source would stand where a format of our own is asked for.
    "analysis": {"constants": {"enabled": False}},
    # Read well, but not what there is: no such case (404), not as things stand (409, 422, 429).
    "checks": {"positive_data_acceptance": {
        "expected-statuses": ["2xx", "3xx", 401, 403, 404, 409, 422, 429]}},
    # Entities hold entities that hold entities: every single constraint of all of them is millions
    # of cases. Bodies are drawn at random instead.
    "operations": [{"include-path-regex": "^/sensorthings", "include-method": "POST",
                    "phases": {"coverage": {"enabled": False}}},
                   # Below an entity the options are those of its collection once more.
                   {"include-path-regex": r"^/sensorthings/v1.1/\w+\('.*/", "include-method": "GET",
                    "phases": {"coverage": {"enabled": False}}}],
})  # fmt: skip


@schemathesis.serializer("text/csv", XLSX)
def as_it_is(_, value):
    """A file is sent as the bytes that were made up for it."""
    return value if isinstance(value, bytes) else str(value).encode()


MAKERS = {"filter": odata_questions.filters, "orderby": odata_questions.orders,
          "expand": odata_questions.expansions}  # fmt: skip
for _option, _of in MAKERS.items():
    for _plural in ENTITIES:
        schemathesis.openapi.format(f"odata-{_option}-of-{_plural}", _of(_plural))
schemathesis.openapi.format("date-time-interval", odata_questions.INTERVALS)


@schemathesis.hook
def map_body(context, body):
    """Do what the description says in words, since no schema can: rings end where they began."""
    return closed(body)


def closed(told):
    if isinstance(told, list):
        return [closed(one) for one in told]
    if not isinstance(told, dict):
        return told
    told = {name: closed(value) for name, value in told.items()}
    match told:
        case {"type": "Polygon", "coordinates": list(rings)}:
            told["coordinates"] = [closed_ring(one) for one in rings]
        case {"type": "MultiPolygon", "coordinates": list(areas)}:
            told["coordinates"] = [
                [closed_ring(one) for one in area] if isinstance(area, list) else area
                for area in areas
            ]
    return told


def closed_ring(ring):
    return [*ring[:-1], ring[0]] if isinstance(ring, list) and ring else ring


@pytest.fixture(scope="module")
def client(unserved_town):
    with asgi.get_client(unserved_town.app) as client:
        yield client


@pytest.fixture(scope="module")
def there(unserved_town, client):
    """What is there, by the name that paths have for it."""
    key = unserved_town.headers("everything")
    place = {"service_code": "urban_event.0501", "lat": "43.73", "long": "7.42"}
    (told,) = client.post("/open311/v2/requests.json", data=place).json()
    token = told["service_notice"].split("yourself: ")[1].split(".")[0]
    number = told["service_request_id"]
    new = {"incident_type": "gas_leak", "grade": "III", "text": "smell"}
    incident = client.post("/api/incidents", json=new, headers=key).json()["incident"]
    return {
        "case": f"case:{number}", "number": number, "token": token, "incident": incident,
        "code": "urban_event.0501", **sensed(client, key), **booked(unserved_town, client, key),
    }  # fmt: skip


def booked(town, client, key):
    """A seat that is held, in a slot that has more."""
    folder = town.operations.folder
    (folder / "shared_services.toml").write_text(CATALOGUE, encoding="utf-8")
    slots = f"{HEADER}library,north,2026-03-03,09:00,10:00,9\n"
    write_offer(folder / "booking", slots)
    town.operations.publish_slots(folder.parent, DESK)
    wanted = {"slot": "slot:library/north/2026-03-03T09:00"}
    told = client.post("/api/shared_services/bookings", json=wanted).json()
    (listed,) = client.get("/api/bookings?day=2026-03-03", headers=key).json()
    return {"booking_number": told["number"], "booking": listed["booking"]}


def sensed(client, key):
    """A thing that observes, with all that belongs to it."""
    place = {"type": "Point", "coordinates": [7.42, 43.73]}
    named = {"name": "probe", "description": "of a well", "encodingType": "text/plain"}
    stream = {
        "@iot.id": "level", "name": "level", "description": "", "observationType": "any",
        "unitOfMeasurement": {"symbol": "m"}, "Observations": [{"result": 1.5}],
        "Sensor": {"@iot.id": "float", **named, "metadata": "none"},
        "ObservedProperty": {"@iot.id": "height", "name": "height", "description": "",
                             "definition": "https://example.org/height"},
    }  # fmt: skip
    thing = {
        "@iot.id": "well", "name": "well", "description": "", "Datastreams": [stream],
        "Locations": [{"@iot.id": "yard", **named, "location": place}],
    }  # fmt: skip
    root = "/sensorthings/v1.1"
    assert client.post(f"{root}/Things", json=thing, headers=key).status_code == 201
    (moved,) = client.get(f"{root}/HistoricalLocations", headers=key).json()["value"]
    (seen,) = client.get(f"{root}/Observations", headers=key).json()["value"]
    return {
        "thing": "well", "location": "yard", "historical_location": moved["@iot.id"],
        "datastream": "level", "sensor": "float", "observed_property": "height",
        "observation": seen["@iot.id"], "feature_of_interest": "well",
        "path": "Things('well')/name/$value",
    }  # fmt: skip


@pytest.fixture(scope="module")
def description(unserved_town, client):
    told = client.get("/api/openapi.json").json()
    loaded = schemathesis.openapi.from_dict(told, config=CONFIG)
    loaded.app = unserved_town.app
    return loaded


@pytest.fixture(autouse=True)
def _node_as_it_was(request):
    """Give schemathesis the attribute that pytest 9.2 no longer has."""
    request.node._nodeid = request.node.nodeid


schema = schemathesis.pytest.from_fixture("description")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
    phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_every_route_does_as_its_description_says(case, client, unserved_town, there):
    path = case.meta.components.get(ParameterLocation.PATH)
    for name, value in there.items() if path is not None and path.mode.is_positive else ():
        if name in case.path_parameters and len(str(case.path_parameters[name])) % 2:
            case.path_parameters[name] = value
    headers = unserved_town.headers("everything")
    assert case.call_and_validate(session=client, headers=headers).status_code < 500
