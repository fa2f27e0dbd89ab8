"""An office on one database: evaluation reads events, and never asks where they were kept."""

import itertools
import sys
from pathlib import Path

import pytest

from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.cases.office import CaseOffice
from dizuo.operations.cases.table import CaseProjection, cases
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.evaluation.histories import histories
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.event_log.database import open_database, prepare
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.time import SetClock

sys.path.insert(0, str(Path(__file__).parent))

import hand_made_log


def new_office(folder, clock):
    engine = open_database(f"sqlite:///{folder / 'operations.sqlite'}")
    prepare(engine)
    cases.metadata.create_all(engine)
    numbers = itertools.count(1)
    return CaseOffice(
        Log(engine, clock, [CaseProjection()]),
        Vault(bytes(32)),
        CaseTypes.load(),
        CalendarBook.load(),
        tokens=lambda: f"token-{next(numbers)}",
    )


@pytest.fixture
def player(tmp_path):
    clock = SetClock(hand_made_log.START)
    office = new_office(tmp_path, clock)
    yield hand_made_log.Player(office, clock)
    office.log.engine.dispose()


@pytest.fixture(scope="session")
def played(tmp_path_factory):
    """The fourteen cases, as names and events."""
    clock = SetClock(hand_made_log.START)
    office = new_office(tmp_path_factory.mktemp("evaluation"), clock)
    player = hand_made_log.play(office, clock)
    log = player.log()
    office.log.engine.dispose()
    return player.cases, log


@pytest.fixture(scope="session")
def calendars():
    return CalendarBook.load()


@pytest.fixture(scope="session")
def parameters():
    return EvaluationParameters.load()


@pytest.fixture(scope="session")
def told(played, calendars, parameters):
    """The histories of the fourteen cases, read to the end of their week."""
    return histories([played[1]], calendars, parameters, until=hand_made_log.WEEK.end)
