"""frost-sta-client: describe a pump, send observations, and read all of it back.

Each line of the answer is something that the client found other than it was sent; none is right.
"""

import sys

import frost_sta_client as fsc
import numpy as np
import requests
from frost_sta_client.model.ext import data_array_document, data_array_value
from frost_sta_client.service import auth_handler

given = np.load(sys.argv[1])
PROBLEMS = []
OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"


class Bearer(requests.auth.AuthBase, auth_handler.AuthHandler):
    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {given['key']}"
        return request

    def add_auth_header(self):
        return self


def same(what, found, wanted):
    if found != wanted:
        PROBLEMS.append(f"{what}: {found!r} is not {wanted!r}")


service = fsc.SensorThingsService(str(given["url"]), auth_handler=Bearer())
point = {"type": "Point", "coordinates": [7.42, 43.73]}
sump = fsc.Location(
    name="sump", description="below", location=point, encoding_type="application/geo+json"
)
pump = fsc.Thing(name="Pump", description="a pump", properties={"owner": "water works"})
pump.locations = [sump]
service.create(pump)
sensor = fsc.Sensor(
    name="S1", description="a float", encoding_type="application/pdf", metadata="https://a.b/c.pdf"
)
service.create(sensor)
level = fsc.ObservedProperty(
    name="level", definition="https://example.org/level", description="of the water"
)
service.create(level)
stream = fsc.Datastream(
    name="level in the sump", description="by the float", observation_type=OM,
    unit_of_measurement=fsc.UnitOfMeasurement(name="metre", symbol="m", definition="ucum:m"),
    thing=fsc.Thing(id=pump.id), sensor=fsc.Sensor(id=sensor.id),
    observed_property=fsc.ObservedProperty(id=level.id),
)  # fmt: skip
service.create(stream)

found = service.things().find(pump.id)
same("thing", (found.name, found.properties), ("Pump", {"owner": "water works"}))
found = service.things().query().expand("Datastreams,Locations").filter("name eq 'Pump'").list()
same("datastreams", [one.id for one in found.entities[0].datastreams.entities], [stream.id])
same("place", found.entities[0].locations.entities[0].location["coordinates"], [7.42, 43.73])
found = service.datastreams().find(stream.id)
same("unit", (found.unit_of_measurement.symbol, found.observation_type), ("m", OM))

for minute in range(30):
    time = f"2026-03-02T08:{minute:02}:00Z"
    service.create(fsc.Observation(
        phenomenon_time=time, result_time=time, result=minute / 8,
        datastream=fsc.Datastream(id=stream.id),
    ))  # fmt: skip
rows = data_array_value.DataArrayValue()
rows.datastream = fsc.Datastream(id=stream.id)
properties = {rows.Property.PHENOMENON_TIME, rows.Property.RESULT}
rows.components = properties
for minute in range(30, 60):
    rows.add_observation(fsc.Observation(
        phenomenon_time=f"2026-03-02T08:{minute:02}:00Z", result=minute / 8
    ))  # fmt: skip
document = data_array_document.DataArrayDocument()
document.add_data_array_value(rows)
links = service.observations().create(document)
same("rows", len(links), 30)

query = service.observations().query().filter("result ge 1").orderby("phenomenonTime", "ASC")
listed = query.top(7).count().list()
same("count", listed.count, 52)
results = [one.result for one in listed]  # the client follows the links to all pages
same("results", results, [minute / 8 for minute in range(8, 60)])
mine = service.datastreams().find(stream.id).get_observations().query().top(1000).list()
same("of the stream", len(mine.entities), 60)
last = service.observations().query().orderby("phenomenonTime", "DESC").top(1).list().entities[0]
same("last", (last.result, str(last.phenomenon_time)), (59 / 8, "2026-03-02T08:59:00Z"))
service.create(fsc.Thing(name="Other", description="another"))
found = service.things().query().orderby("name", "DESC").select("name").list()
same("names", [one.name for one in found.entities], ["Pump", "Other"])
for refused in (lambda: service.delete(pump), lambda: service.things().find("nobody")):
    try:
        refused()
    except requests.HTTPError as error:
        code = error.response.status_code
        if code not in {404, 405}:
            PROBLEMS.append(f"refused with {code}")
    else:
        PROBLEMS.append("nothing was refused")
np.savez(sys.argv[2], problems=np.array(PROBLEMS, dtype=str), observations=np.array(len(results)))
