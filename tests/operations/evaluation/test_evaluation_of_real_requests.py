"""The city's own share of requests settled in time, from a log with the city's own dates."""

import json

import pandas as pd
import pytest

from dizuo.operations.evaluation.histories import histories
from dizuo.operations.evaluation.indicators import indicators
from dizuo.operations.evaluation.integrity import look_for_gaming
from dizuo.operations.evaluation.tallies import Period
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.time import to_microseconds

pytestmark = [pytest.mark.shared, pytest.mark.systems("S22.6")]


def read_requests(file):
    rows = pd.read_csv(
        file, usecols=["SRRecordID", "CreatedDate", "DueDate", "CloseDate", "Agency"]
    )
    for name in ("CreatedDate", "DueDate", "CloseDate"):
        rows[name] = pd.to_datetime(rows[name], format="%m/%d/%Y %I:%M:%S %p").dt.tz_localize("UTC")
    return rows


def as_log(rows):
    """Write what each row tells as the events that an office would have written."""
    log = []

    def write(case, version, kind, time, changes):
        when = to_microseconds(time.to_pydatetime())
        facts = json.dumps({"changes": changes})
        parts = (f"case.{kind}", case, version, when, when, "account:a", "city", facts, b"")
        log.append(LoggedEvent(len(log) + 1, str(len(log)), *parts))

    for row in rows.itertuples():
        case, version = f"case:{row.SRRecordID}", 1
        opened = to_microseconds(row.CreatedDate.to_pydatetime())
        state = {"case_type": "service_request", "state": "new", "open": True, "opened": opened}
        write(case, version, "opened", row.CreatedDate, state)
        if pd.notna(row.DueDate):
            version += 1
            deadline = json.dumps({"given": row.DueDate.isoformat()})
            told = {"state": "open", "open": True, "unit": row.Agency, "deadline": deadline}
            write(case, version, "dispatch", row.CreatedDate, told)
        if pd.notna(row.CloseDate):
            closed = {"state": "closed", "open": False}
            write(case, version + 1, "close", row.CloseDate, closed)
    return log


def test_ten_thousand_requests_have_the_share_that_the_city_tells(
    las_palmas, calendars, parameters
):
    rows = read_requests(las_palmas.parent / "baltimore" / "311_sample.csv")
    told = histories([as_log(rows)], calendars, parameters)
    period = Period(rows["CreatedDate"].min().to_pydatetime(), told.until)
    found = indicators(told, period, parameters, by=()).rows.set_index("indicator")
    both = rows.dropna(subset=["DueDate", "CloseDate"])
    in_time = int((both["CloseDate"] <= both["DueDate"]).sum())
    row = found.loc["settled_on_time"]
    assert (row.numerator, row.denominator) == (in_time, len(both)) == (7_988, len(both))
    assert round(row.value, 1) == 83.6
    by_unit = indicators(told, period, parameters).rows
    by_unit = by_unit[by_unit["indicator"] == "settled_on_time"].set_index("unit")
    plain = (both["CloseDate"] <= both["DueDate"]).groupby(both["Agency"]).agg(["sum", "size"])
    numbers = by_unit.loc[plain.index, ["numerator", "denominator"]]
    assert (numbers.to_numpy() == plain.to_numpy()).all()
    assert set(by_unit.index) == set(plain.index)
    assert look_for_gaming(told, parameters).rows["check"].isin(["fast_closure"]).all()
