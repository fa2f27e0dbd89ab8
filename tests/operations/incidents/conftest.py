"""A desk for incidents, on both databases."""

import pytest

from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.incidents.desk import IncidentDesk
from dizuo.operations.incidents.incident_type import IncidentTypes
from dizuo.operations.incidents.plan import Plans
from dizuo.operations.incidents.tables import IncidentProjection, incidents


@pytest.fixture
def desk(engine, clock):
    incidents.metadata.create_all(engine)
    return IncidentDesk(
        Log(engine, clock, [IncidentProjection()]),
        Vault(bytes(32)),
        IncidentTypes.load(),
        Plans.load(),
        CalendarBook.load(),
    )
