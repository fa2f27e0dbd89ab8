"""Two slots of a library as a city writes them down, and steps in a transaction of their own."""

from sqlalchemy import select

from dizuo.operations.booking.tables import BookingProjection
from dizuo.operations.cases.office import Actor
from dizuo.operations.event_log.sealing import Sequencer, signing_key
from dizuo.operations.event_log.verification import public_key, verify
from dizuo.operations.incidents.desk import By

DESK = By(Actor("account:desk", frozenset({"desk"})))
PLACES = """
[north]
en = "Northern library"
zh = "北馆"
district = "north"
[south]
en = "Southern library"
zh = "南馆"
district = "south"
"""
HEADER = "service,place,date,begin,end,capacity\n"
MORNING = "slot:library/north/2026-03-03T09:00"
NOON = "slot:library/north/2026-03-03T12:00"
FAR = "slot:library/south/2026-05-01T09:00"
SLOTS = (
    f"{HEADER}library,north,2026-03-03,09:00,10:00,2\n"
    "library,north,2026-03-03,12:00,13:00,1\n"
    "library,south,2026-05-01,09:00,10:00,5\n"
)


def write_offer(folder, slots=SLOTS, places=PLACES):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "places.toml").write_text(places, encoding="utf-8")
    (folder / "slots.csv").write_text(slots, encoding="utf-8")
    return folder


def do(desk, step, *arguments, by=DESK, **given):
    """Do one thing, in a transaction of its own."""
    with desk.log.engine.begin() as connection:
        return getattr(desk, step)(connection, *arguments, by=by, **given)


def rows_of(desk, table):
    with desk.log.engine.connect() as connection:
        query = select(table).order_by(*table.primary_key.columns)
        return [dict(row) for row in connection.execute(query).mappings()]


def found_problems(desk, folder):
    """Seal the log and verify it with all that is derived from it."""
    engine = desk.log.engine
    key = signing_key(folder / "seal.key")
    Sequencer(engine, desk.log.clock, key, folder / "heads").seal()
    return verify(engine, public_key(folder / "seal.public"), folder / "heads",
                  [BookingProjection()])  # fmt: skip
