"""Three pipes on paper: their devices, streams and observations, in a database of each kind."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from dizuo.api.sensorthings.model import ENTITIES
from dizuo.api.sensorthings.options import read_options
from dizuo.api.sensorthings.reading import Reader
from dizuo.operations.cases.office import Actor
from dizuo.operations.event_log.database import open_database, prepare
from dizuo.operations.event_log.event import Event
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.tables import observations
from dizuo.operations.sensing.projection import SensingProjection
from dizuo.operations.sensing.tables import ROWS
from dizuo.operations.signals.register import Device, Stream
from dizuo.operations.signals.register_table import RegisterProjection
from dizuo.operations.signals.registering import RegisterDesk
from dizuo.operations.time import SetClock, to_microseconds

START = datetime(2026, 3, 2, 23, 50, tzinfo=UTC)
MINUTE = 60_000_000
MIDDLE = (7.42, 43.73)


class Pipes:
    """Pipes a, b and c with a level each; observations are a minute apart.

    ====  ===================  ==========  =======================  ==============
    pipe  results              owner       place                    depth
    ====  ===================  ==========  =======================  ==============
    a     0, 1, 2 ... 19       O'Hara      at the middle            1.5
    b     0, -1, -2 ... -19    燃气公司     0.01 degrees east of it  "deep"
    c     none                 (no owner)  (no place)               (none)
    ====  ===================  ==========  =======================  ==============
    """

    def __init__(self, engine):
        self.engine = engine
        self.clock = SetClock(START)
        self.projections = (RegisterProjection(), SensingProjection())
        with engine.begin() as connection:
            for projection in self.projections:
                for table in projection.tables:
                    table.create(connection, checkfirst=True)
        self.log = Log(engine, self.clock, self.projections)
        self.start = to_microseconds(START)
        with engine.begin() as connection:
            self.tell(connection)

    def tell(self, connection):
        desk, keeper = RegisterDesk(self.log), Actor("keeper", frozenset())
        known = {
            "a": ({"owner": "O'Hara"}, 0.0, {"depth": 1.5, "buried": True}),
            "b": ({"owner": "燃气公司"}, 1000.0, {"depth": "deep"}),
            "c": ({}, None, {}),
        }
        for name, (properties, x, depth) in known.items():
            y = None if x is None else 0.0
            device = Device(f"gauge {name}", f"pipe:{name}", "M<1>", None, x, y, properties)
            minute = datetime.resolution * MINUTE
            stream = Stream(f"{name}.level", device.id, "level", "m", minute, properties=depth)
            desk.put(connection, device, [stream], keeper)
        rows = [
            {"stream": n, "phenomenon": self.start + k * MINUTE, "value": float(k * (1 - 2 * n)),
             "result": self.start + k * MINUTE + 1, "raw": None, "quality": int(k % 5 == 4),
             "late": False, "received": self.start + k}
            for n in range(2) for k in range(20)
        ]  # fmt: skip
        connection.execute(insert(observations), rows)
        detail = {
            "stream": 0, "phenomenon": self.start, "until": self.start + 30_000_000,
            "result": None, "quality": None, "valid_from": None, "valid_until": None,
            "parameters": {"a": 1}, "feature": None,
        }  # fmt: skip
        told = Event("detail", "sensing.detailed", "observation", START, "keeper", "test",
                     {ROWS: [["sensing_observation_details", detail]]})  # fmt: skip
        self.log.append(connection, [told])

    def page(self, plural, assets=None, **options):
        """A page of entities, with options under their names without the $."""
        given = [(f"${name}", str(value)) for name, value in options.items()]
        with self.engine.connect().execution_options(reads_only=True) as connection:
            reader = Reader(connection, "http://city/v1.1", self.start, degrees, assets)
            return reader.page(ENTITIES[plural], read_options(given))

    def results(self, condition, assets=None):
        """The results of the observations that meet a condition, in order."""
        page = self.page("Observations", assets, filter=condition, top=1000, select="result")
        return sorted(one["result"] for one in page.told)

    def names(self, plural, condition, assets=None):
        """The ids of the entities that meet a condition, in order."""
        page = self.page(plural, assets, filter=condition, select="id")
        return [one["@iot.id"] for one in page.told]


def degrees(x, y):
    """A hundred kilometres are a degree, whichever way."""
    return MIDDLE[0] + x / 100_000, MIDDLE[1] + y / 100_000


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def pipes(request, tmp_path_factory):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('pipes') / 'pipes.sqlite'}"
    else:
        url = request.getfixturevalue("postgresql").new_database()
    engine = open_database(url)
    prepare(engine)
    yield Pipes(engine)
    engine.dispose()
