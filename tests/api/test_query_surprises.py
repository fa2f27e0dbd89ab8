"""Whatever is asked, the answer is entities or a refusal that says where: never a fault."""

import itertools
import random
from pipes import degrees

from sqlalchemy.exc import DataError

from dizuo.api.sensorthings.answers import read
from dizuo.api.sensorthings.options import read_options
from dizuo.api.sensorthings.reading import Reader
from dizuo.api.sensorthings.reading_expressions import FUNCTIONS
from dizuo.model.errors import InputError

NAMES = [
    "result", "phenomenonTime", "resultTime", "validTime", "parameters/a", "parameters", "name",
    "properties/owner", "properties", "location", "feature", "Datastream/name", "@iot.id", "id",
    "Datastreams/Observations/result", "Thing/Locations/location", "FeatureOfInterest/feature",
    "Datastream", "Datastreams", "unitOfMeasurement/symbol", "time", "metadata", "resultQuality",
]  # fmt: skip
LITERALS = [
    "1", "-2.5", "1e400", "9223372036854775807", "0", "'a'", "''", "'é''%'", "true", "null",
    "2026-03-02T23:50:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-03-02", "23:59",
    "duration'P1D'", "duration'-PT0.5S'", "geography'POINT (7 43)'", "geography'POLYGON EMPTY'",
    "geography'LINESTRING (0 0, 1 1)'",
]  # fmt: skip
OPERATORS = ["eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "div", "mod", "and", "or"]
PATHS = [
    "Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties",
    "Observations", "FeaturesOfInterest", "Things('gauge a')/Datastreams", "Things('gauge a')",
    "Datastreams('a.level')/Observations", "Observations('0:1772495400000000')", "Observations(5)",
    "Observations('9:99999999999999999999')", "Datastreams('a.level')/phenomenonTime/$value",
    "Things('gauge a')/properties", "Locations('x')/Things/$ref", "Things/name", "$ref",
]  # fmt: skip


class Asker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def value(self, depth=0):
        pick = self.random.random()
        if depth > 3 or pick < 0.35:
            return self.random.choice(NAMES)
        if pick < 0.6:
            return self.random.choice(LITERALS)
        if pick < 0.8:
            name, bounds = self.random.choice(list(FUNCTIONS.items()))
            given = ", ".join(self.value(depth + 1) for _ in range(bounds[1]))
            return f"{name}({given})"
        if pick < 0.85:
            return f"not ({self.value(depth + 1)})"
        if pick < 0.88:
            return f"-{self.value(depth + 1)}"
        if pick < 0.9:
            return f"Datastreams/any(d: d/{self.random.choice(NAMES)} eq {self.value(4)})"
        left, right = self.value(depth + 1), self.value(depth + 1)
        return f"({left} {self.random.choice(OPERATORS)} {right})"

    def options(self):
        some = {
            "$filter": f"{self.value()} {self.random.choice(OPERATORS)} {self.value()}",
            "$orderby": f"{self.value()} desc",
            "$expand": self.random.choice(["Datastreams($filter=result eq 1)", "Thing/Locations",
                                           "Observations($top=1),Sensor", "Locations"]),
            "$select": self.random.choice(NAMES),
            "$count": "true",
            "$top": self.random.choice(["0", "3"]),
            "$skip": self.random.choice(["1", "9007199254740991"]),
        }  # fmt: skip
        return [one for one in some.items() if self.random.random() < 0.35]


def test_nothing_that_is_asked_is_a_surprise(pipes):
    asker, told = Asker(7), {"answered": 0, "refused": 0}
    for _, path in zip(range(1500), itertools.cycle(PATHS), strict=False):
        given = asker.options()
        with pipes.engine.connect().execution_options(reads_only=True) as connection:
            reader = Reader(connection, "http://city/v1.1", pipes.start, degrees, None)
            try:
                read(reader, path, read_options(given))
            except (InputError, DataError):
                told["refused"] += 1
            else:
                told["answered"] += 1
    assert told["answered"] > 150
    assert told["refused"] > 150
