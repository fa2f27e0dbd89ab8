"""A pump with a level, described through SensorThings, and who talks to that door."""

import pytest

ROOT = "/sensorthings/v1.1"
OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0"
STREAM = {
    "name": "level", "description": "level in the sump",
    "observationType": f"{OM}/OM_Measurement",
    "unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": "ucum:m"},
    "Sensor": {"name": "S1", "description": "a float", "encodingType": "application/pdf",
               "metadata": "https://example.org/s1.pdf"},
    "ObservedProperty": {"@iot.id": "water_level", "name": "water level",
                         "definition": "https://example.org/level", "description": "of the water"},
}  # fmt: skip


def point(longitude, latitude):
    return {"type": "Point", "coordinates": [longitude, latitude]}


def place(name, longitude, latitude=43.73):
    return {"name": name, "description": "a place", "encodingType": "application/geo+json",
            "location": point(longitude, latitude)}  # fmt: skip


def pump(**more):
    return {"@iot.id": "pump 1", "name": "Pump", "description": "a pump",
            "properties": {"owner": "water works"}, "Locations": [place("sump", 7.42)],
            "Datastreams": [{"@iot.id": "pump 1/level", **STREAM}], **more}  # fmt: skip


class Client:
    def __init__(self, town, key="engineer"):
        self.town, self.key = town, key

    def get(self, path, status=200, **options):
        query = {f"${name}": value for name, value in options.items()}
        answer = self.town.get(f"{ROOT}{path}", self.key, **query)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def post(self, path, body, status=201):
        headers = self.town.headers(self.key)
        answer = self.town.http.post(f"{ROOT}{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        self.headers = answer.headers
        return answer.json()


@pytest.fixture
def client(town):
    town.http.timeout = 60  # the machines of alarms are compiled when they are first used
    return Client(town)


@pytest.fixture
def pumped(client):
    client.post("/Things", pump())
    return client
