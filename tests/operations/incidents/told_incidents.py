"""What the tests of incidents share: people, plans, and steps each in a transaction of its own."""

from sqlalchemy import select

from dizuo.model.text import Text
from dizuo.operations.cases.office import Actor
from dizuo.operations.event_log.sealing import Sequencer, signing_key
from dizuo.operations.event_log.verification import public_key, verify
from dizuo.operations.incidents.desk import By, NewIncident
from dizuo.operations.incidents.resources import Resource
from dizuo.operations.incidents.tables import IncidentProjection

CENTRE = By(Actor("account:centre", frozenset({"centre"})))
UNIT = By(Actor("account:gas", frozenset({"unit"})))
SANDBAGS = Resource("stock:sandbags", "stock", Text("Sandbags", "沙袋"), 100, "bag")
SHELTER = Resource("shelter:school", "shelter", Text("School", "学校"), 50, "person")
TRUCK = Resource("unit:truck-1", "unit", Text("Truck 1", "抢险车1号"))
REPORT = [("text", "王女士称有煤气味".encode())]


def declared(desk, grade="III", incident_type="gas_leak", by=CENTRE, **known):
    known.setdefault("confidences", REPORT)
    with desk.log.engine.begin() as connection:
        return desk.declare(connection, NewIncident(incident_type, grade, **known), by).incident


def do(desk, deed, *arguments, by=CENTRE, **given):
    """Do one thing with an incident."""
    with desk.log.engine.begin() as connection:
        return getattr(desk, deed)(connection, *arguments, by, **given)


def active(desk, grade="III", plan="gas_leak"):
    incident = declared(desk, grade, plan)
    do(desk, "activate", incident, plan)
    return incident


def through(desk, incident, *tasks):
    for task in tasks:
        do(desk, "start", incident, task)
        do(desk, "finish", incident, task)


def table_of(desk, table):
    with desk.log.engine.connect() as connection:
        query = select(table).order_by(*table.primary_key.columns)
        return [dict(row) for row in connection.execute(query).mappings()]


def found_problems(desk, folder):
    """Seal the log and verify it with all that is derived from it."""
    engine = desk.log.engine
    key = signing_key(folder / "seal.key")
    Sequencer(engine, desk.log.clock, key, folder / "heads").seal()
    public = public_key(folder / "seal.public")
    return verify(engine, public, folder / "heads", [IncidentProjection()])
