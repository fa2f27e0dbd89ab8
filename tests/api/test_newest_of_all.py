"""All observations by their time, of many streams: as if everything was sorted, and soon found."""

import random

import pytest
from sqlalchemy import func, insert, select

from dizuo.api.sensorthings.model import ENTITIES
from dizuo.api.sensorthings.newest import spans_of_first, time_limit
from dizuo.api.sensorthings.options import read_options
from dizuo.api.sensorthings.reading import Reader
from dizuo.api.sensorthings.reading_expressions import read_filter
from dizuo.operations.event_log.database import open_database, prepare
from dizuo.operations.event_log.tables import observations
from dizuo.operations.sensing.tables import TABLES, datastreams

SECOND = 1_000_000
NEW_YEAR = 1_767_225_600 * SECOND
STREAMS = 40


class Sensors:
    """Forty streams: some send each second, some each hour, ten are long dead, one never sent.

    Even numbers are of pipe a, odd ones of pipe b.
    """

    def __init__(self, engine):
        self.engine = engine
        dice = random.Random(5)
        self.rows = []
        for n in range(STREAMS - 1):
            apart, ended = dice.choice([1, 60, 3600]), 30_000_000 if n < 10 else 0
            times = [NEW_YEAR - (ended + k * apart) * SECOND for k in range(dice.randint(1, 300))]
            self.rows += [(n, time, float(dice.randint(0, 99))) for time in times]
        with engine.begin() as connection:
            for table in TABLES:
                table.create(connection, checkfirst=True)
            connection.execute(insert(datastreams), [
                {"id": f"s{n}", "name": "", "description": "", "own": True, "number": n,
                 "observation_type": "", "unit": "{}", "thing": "t", "sensor": "s",
                 "observed_property": "o", "feature": "pipe:b" if n % 2 else "pipe:a"}
                for n in range(STREAMS)
            ])  # fmt: skip
            connection.execute(insert(observations), [
                {"stream": n, "phenomenon": time, "result": time, "value": value, "quality": 0,
                 "late": False, "received": k}
                for k, (n, time, value) in enumerate(self.rows)
            ])  # fmt: skip

    def pages(self, assets=None, **options):
        """Keys of the observations of the first pages, as they are followed to."""
        given = [(f"${name}", str(value)) for name, value in options.items()]
        told = []
        with self.engine.connect() as connection:
            for _ in range(4):
                reader = Reader(connection, "", NEW_YEAR, lambda x, y: (x, y), assets)
                page = reader.page(ENTITIES["Observations"], read_options(given))
                told += [row["id"] for row in page.rows]
                if page.next_token is None:
                    break
                given = [one for one in given if one[0] not in {"$skip", "$skiptoken"}]
                given.append(("$skiptoken", page.next_token))
        return told


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def sensors(request, tmp_path_factory):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('sensors') / 'sensors.sqlite'}"
    else:
        url = request.getfixturevalue("postgresql").new_database()
    engine = open_database(url)
    prepare(engine)
    yield Sensors(engine)
    engine.dispose()


def text(time):
    """A time as a filter has it; the tests have whole seconds."""
    days, seconds = divmod((time - NEW_YEAR) // SECOND, 86_400)
    assert days == -1
    return f"2025-12-31T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize(
    ("options", "holds"),
    [
        ({}, lambda row: True),
        ({"filter": "result gt 90"}, lambda row: row[2] > 90),
        ({"filter": "result gt 100"}, lambda row: False),
        ({"filter": f"phenomenonTime lt {text(NEW_YEAR - 500 * SECOND)}"},
         lambda row: row[1] < NEW_YEAR - 500 * SECOND),
        ({"filter": f"result lt 50 and phenomenonTime ge {text(NEW_YEAR - 900 * SECOND)}"},
         lambda row: row[2] < 50 and row[1] >= NEW_YEAR - 900 * SECOND),
        ({"filter": "Datastream/@iot.id eq 's12'"}, lambda row: row[0] == 12),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("top", "skip"), [(7, 0), (100, 0), (30, 200), (1000, 0)])
def test_pages_by_time_are_those_of_sorting_everything(
    sensors, descending, options, holds, top, skip
):
    order = f"phenomenonTime {'desc' if descending else 'asc'}"
    told = sensors.pages(**options, orderby=order, top=top, skip=skip)
    sign = -1 if descending else 1
    wanted = sorted((sign * time, n) for n, time, value in sensors.rows if holds((n, time, value)))
    assert told == [f"{n}:{sign * time}" for time, n in wanted[skip : skip + 4 * top]]


def test_whoever_may_see_some_finds_the_newest_of_these(sensors):
    told = sensors.pages(frozenset({"pipe:b"}), orderby="phenomenonTime desc", top=50)
    wanted = sorted((-time, n) for n, time, _ in sensors.rows if n % 2)[:200]
    assert told == [f"{n}:{-time}" for time, n in wanted]


@pytest.mark.parametrize("newest", [True, False])
def test_the_first_span_holds_a_page_and_little_more(sensors, newest):
    time = observations.c.phenomenon
    with sensors.engine.connect() as connection:
        first, *wider = spans_of_first(connection, 101, newest=newest)
        within = time >= first if newest else time <= first
        query = select(func.count()).select_from(observations).where(within)
        assert 128 <= connection.execute(query).scalar_one() <= 3 * 128
    assert len(wider) == 4


def test_there_is_no_span_where_few_observations_are(sensors):
    with sensors.engine.connect() as connection:
        assert list(spans_of_first(connection, 101, newest=True, assets={"pipe:c"})) == []


@pytest.mark.parametrize(
    ("condition", "newest", "oldest"),
    [
        ("result gt 5", None, None),
        ("phenomenonTime lt 1970-01-01T00:00:09Z", 9, None),
        ("phenomenonTime ge 1970-01-01T00:00:09Z", None, 9),
        ("phenomenonTime eq 1970-01-01T00:00:09Z and result gt 5", 9, 9),
        (
            "phenomenonTime le 1970-01-01T00:00:09Z and phenomenonTime lt 1970-01-01T00:00:07Z",
            7, None,
        ),
        ("phenomenonTime lt 1970-01-01T00:00:09Z or result gt 5", None, None),
        ("not (phenomenonTime lt 1970-01-01T00:00:09Z)", None, None),
        ("resultTime lt 1970-01-01T00:00:09Z", None, None),
    ],
)  # fmt: skip
def test_a_filter_tells_where_to_begin(condition, newest, oldest):
    tree = read_filter(condition)
    told = [time_limit(tree, newest=one) for one in (True, False)]
    assert told == [None if one is None else one * SECOND for one in (newest, oldest)]
