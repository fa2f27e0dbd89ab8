"""From the table of cases to a merger that a person decides and the log keeps."""

from datetime import timedelta

import numpy as np
import pytest

from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.cases.office import Actor, CaseOffice, NewCase
from dizuo.operations.cases.register import history, one_case
from dizuo.operations.cases.table import CaseProjection, cases
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.texts.duplicates import propose_mergers
from dizuo.operations.texts.parameters import TextParameters
from dizuo.operations.texts.reports import NOT_CLOSED, read_reports

PARAMETERS = TextParameters.load()


@pytest.fixture
def office(engine, clock):
    cases.metadata.create_all(engine)
    return CaseOffice(
        Log(engine, clock, [CaseProjection()]), Vault(bytes(32)), CaseTypes.load(),
        CalendarBook.load(),
    )  # fmt: skip


def reported(delivery, **told):
    return NewCase("urban_event", delivery, "collector", category="0101", **told)


def test_a_proposal_becomes_a_merger_by_a_person(office, engine, clock):
    kind = CaseTypes.load().get("urban_event")
    everybody = Actor("desk:1", kind.opened_by.union(*(one.roles for one in kind.actions.values())))
    with engine.begin() as connection:
        office.open(connection, [reported("1", x=0.0, y=0.0), reported("2")], everybody)
        clock.move(timedelta(days=1))
        office.open(connection, [reported("3", x=90.0, y=0.0)], everybody)
        found = read_reports(connection, open_only=True)
        assert len(found) == 3
        assert found.placed().tolist().count(True) == 2
        assert (found.closed == NOT_CLOSED).all()
        assert np.diff(found.opened).min() >= 0
        [(case, [one])] = propose_mergers(found, found, PARAMETERS)
        assert one_case(connection, case)["merged_into"] is None
        office.act(
            connection, case, "merge", everybody, {"into": one.into, "reason": one.reason.zh}
        )
        assert one_case(connection, case)["merged_into"] == one.into
        assert history(connection, case)[-1].actor == "desk:1"
        assert len(read_reports(connection, since=clock.now())) == 1
        assert len(read_reports(connection, simulated=True)) == 0
