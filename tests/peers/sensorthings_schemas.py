"""The data model of OGC SensorThings 1.1 (18-088, tables 2 to 18) as JSON schemas."""

URI = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9+.-]*:.+"}
TEXT = {"type": "string", "minLength": 1}
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
MOMENT = {"type": "string", "pattern": f"^{TIME}$"}
SPAN = {"type": "string", "pattern": f"^{TIME}(/{TIME})?$"}
GEOJSON = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"enum": ["Point", "LineString", "Polygon", "MultiPolygon", "Feature"]}},
}
UNIT = {
    "type": "object",
    "required": ["name", "symbol", "definition"],
    "additionalProperties": False,
    "properties": {key: {"type": ["string", "null"]} for key in ("name", "symbol", "definition")},
}
FREE = {"type": "object"}
NAMED = {"name": TEXT, "description": TEXT, "properties": FREE}

PROPERTIES = {
    "Things": NAMED,
    "Locations": NAMED | {"encodingType": TEXT, "location": GEOJSON},
    "HistoricalLocations": {"time": MOMENT},
    "Datastreams": NAMED
    | {"observationType": URI, "unitOfMeasurement": UNIT, "observedArea": GEOJSON,
       "phenomenonTime": SPAN, "resultTime": SPAN},
    "Sensors": NAMED | {"encodingType": TEXT, "metadata": {}},
    "ObservedProperties": NAMED | {"definition": URI},
    "Observations": {"phenomenonTime": SPAN, "result": {}, "resultTime": MOMENT,
                     "resultQuality": {}, "validTime": SPAN, "parameters": FREE},
    "FeaturesOfInterest": NAMED | {"encodingType": TEXT, "feature": GEOJSON},
}  # fmt: skip
OPTIONAL = {
    "properties", "observedArea", "phenomenonTime", "resultQuality", "validTime", "parameters",
}  # fmt: skip
LINKS = {
    "Things": ("Locations", "HistoricalLocations", "Datastreams"),
    "Locations": ("Things", "HistoricalLocations"),
    "HistoricalLocations": ("Thing", "Locations"),
    "Datastreams": ("Thing", "Sensor", "ObservedProperty", "Observations"),
    "Sensors": ("Datastreams",),
    "ObservedProperties": ("Datastreams",),
    "Observations": ("Datastream", "FeatureOfInterest"),
    "FeaturesOfInterest": ("Observations",),
}


def schema_of(kind, base):
    """The schema of an entity, control information included, and nothing else allowed."""
    own = PROPERTIES[kind]
    control = {
        "@iot.id": {"type": ["string", "integer"]},
        "@iot.selfLink": {"type": "string", "pattern": rf"^{base}/{kind}\('.+'\)$"},
    } | {
        f"{name}@iot.navigationLink": {
            "type": "string", "pattern": rf"^{base}/{kind}\('.+'\)/{name}$",
        }
        for name in LINKS[kind]
    }  # fmt: skip
    optional = OPTIONAL - ({"phenomenonTime"} if kind == "Observations" else set())
    optional |= {"resultTime"} if kind == "Datastreams" else set()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": own | control,
        "required": sorted((own.keys() - optional) | control.keys()),
        "additionalProperties": False,
    }
