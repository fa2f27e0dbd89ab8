"""An office with every case type, on both databases."""

import itertools

import pytest

from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.cases.office import CaseOffice
from dizuo.operations.cases.table import CaseProjection, cases
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.vault import Vault


@pytest.fixture
def office(engine, clock):
    cases.metadata.create_all(engine)
    numbers = itertools.count(1)
    return CaseOffice(
        Log(engine, clock, [CaseProjection()]),
        Vault(bytes(32)),
        CaseTypes.load(),
        CalendarBook.load(),
        tokens=lambda: f"token-{next(numbers)}",
    )
