"""Ten thousand real requests, through the doors: the log tells the share that was settled in time.

Each is opened through Open311 and settled through the staff's door, on a clock that is set to the
file's own times; what the log tells is compared with the file.
"""

import asyncio
import sqlite3
from datetime import UTC, timedelta

import geopandas as gpd
import httpx
import pandas as pd
import pytest
from pyproj import CRS
from shapely.geometry import box

from dizuo.api.application import application
from dizuo.model.errors import StoreError
from dizuo.operations.event_log.log import read_events
from dizuo.operations.ground import Ground
from dizuo.operations.opening import open_operations
from dizuo.operations.time import SetClock
from opened_city import let_in

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.no_cover,
    pytest.mark.systems("S22.6", "S23.2"),
]

REQUEST = """
id = "service_request"
version = "1"
en = "Service request"
zh = "服务请求"
source = "City of Baltimore, 311"
certainty = "sure"
taxonomy = "baltimore_311"
public = true
public_place = "exact"
opened_by = ["resident"]
first = "new"
[states.new]
en = "New"
zh = "新建"
[states.open]
en = "Open"
zh = "办理中"
[states.closed]
en = "Closed"
zh = "办结"
final = true
[actions.dispatch]
en = "Dispatch"
zh = "派单"
from = ["new"]
to = "open"
roles = ["desk"]
needs = ["unit"]
clock = "start"
[actions.close]
en = "Close"
zh = "办结"
from = ["new", "open"]
to = "closed"
roles = ["desk"]
clock = "stop"
"""


class OneBlock:
    crs = CRS("EPSG:32618")

    def layer(self, name):
        if name != "places":
            raise StoreError(f"there is no layer {name}")
        return gpd.GeoDataFrame({"kind": ["block"]}, geometry=[box(0, 0, 1, 1)], crs=self.crs)


def read_requests(file):
    rows = pd.read_csv(file, dtype=str)
    for name in ("CreatedDate", "DueDate", "CloseDate"):
        times = pd.to_datetime(rows[name], format="%m/%d/%Y %I:%M:%S %p")
        local = times.dt.tz_localize(
            "America/New_York", ambiguous=True, nonexistent="shift_forward"
        )
        rows[name] = local.dt.tz_convert(UTC)
    return rows


def write_city(folder, rows):
    own = folder / "operations"
    (own / "case_types").mkdir(parents=True)
    (own / "taxonomy").mkdir()
    (folder / "city.toml").write_text(
        '[city]\nid = "baltimore"\nname = "Baltimore"\nname_zh = "巴尔的摩"\n'
        'reference_date = 2019-02-13\ncrs = "EPSG:32618"\n[population]\ntotal = 600000\n'
        'date = 2019-01-01\nsource = "census"\n[[sources]]\nid = "osm"\nkind = "osm"\n'
        'file = "map.osm"\nlicence = "ODbL-1.0"\nattribution = "x"\ndate = 2015-02-27\n'
        'evidence = "measured"\n',
        encoding="utf-8",
    )
    (folder / "map.osm").touch()
    (own / "settings.toml").write_text('calendar = "us_default"\n')
    (own / "case_types" / "service_request.toml").write_text(REQUEST, encoding="utf-8")
    codes = {name: f"{number:02x}" for number, name in enumerate(sorted(rows["SRType"].unique()))}
    entries = [f"[[code]]\ncode = \"{code}\"\nen = '''{name}'''\nzh = '''{name}'''\n"
               for name, code in codes.items()]  # fmt: skip
    head = (
        '[code_list]\nid = "baltimore_311"\nen = "Baltimore 311"\nzh = "巴尔的摩 311"\n'
        'source = "City of Baltimore"\nedition = "2019"\nvalid_from = 2014-01-01\n'
        'certainty = "sure"\n'
    )
    (own / "taxonomy" / "baltimore_311.toml").write_text("\n".join([head, *entries]), "utf-8")
    return {name: f"service_request.{code}" for name, code in codes.items()}


async def replay(rows, codes, operations, clock, key):
    """Do everything at its time: reports as they came, closings on the day of the file."""
    transport = httpx.ASGITransport(application(operations, Ground(OneBlock(), None)))
    staff = {"Authorization": f"Bearer {key}"}
    steps = [(row.CreatedDate, 0, row) for row in rows.itertuples()]
    steps += [(row.CloseDate, 1, row) for row in rows.itertuples() if pd.notna(row.CloseDate)]
    cases = {}
    async with (
        transport.app.router.lifespan_context(transport.app),
        httpx.AsyncClient(transport=transport, base_url="http://town") as http,
    ):
        for time, kind, row in sorted(steps, key=lambda step: step[:2]):
            clock.set(time.to_pydatetime())
            if kind:
                done = await http.post(f"/api/cases/{cases[row.SRRecordID]}/close", headers=staff)
                assert done.status_code == 200, done.text
                continue
            place = {"address_string": str(row.Address)}
            if pd.notna(row.Latitude) and float(row.Latitude) % 1:  # 892 are rounded to 39, -77
                place = {"lat": row.Latitude, "long": row.Longitude}
            opened = await http.post(
                "/open311/v2/requests.json",
                data={"service_code": codes[row.SRType], **place},
                headers={"Idempotency-Key": row.SRRecordID},
            )
            assert opened.status_code == 201, opened.text
            case = f"case:{opened.json()[0]['service_request_id']}"
            cases[row.SRRecordID] = case
            if pd.notna(row.DueDate):
                given = {"unit": f"unit:{row.Agency}", "due": row.DueDate.isoformat()}
                done = await http.post(f"/api/cases/{case}/dispatch", json=given, headers=staff)
                assert done.status_code == 200, done.text


def told_by_the_log(operations):
    """When each case was due and closed, from its events alone."""
    due, closed = {}, {}
    with operations.engine.connect() as connection:
        for page in read_events(connection):
            for one in page:
                if one.kind == "case.dispatch":
                    due[one.subject] = one.known()["changes"]["due"]
                if one.kind == "case.close":
                    closed[one.subject] = one.happened
    return due, closed


def test_the_log_tells_the_share_that_was_settled_in_time(tmp_path, las_palmas):
    rows = read_requests(las_palmas.parent / "baltimore" / "311_sample.csv")
    codes = write_city(tmp_path, rows)
    clock = SetClock(rows["CreatedDate"].min().to_pydatetime() - timedelta(days=1))
    operations = open_operations(tmp_path, clock=clock)
    key = let_in(operations, "desk", "desk")
    asyncio.run(replay(rows, codes, operations, clock, key))
    due, closed = told_by_the_log(operations)
    settled = [closed[case] <= due[case] for case in due if case in closed]
    both = rows.dropna(subset=["DueDate", "CloseDate"])
    assert (len(due), len(closed)) == (9_714, 9_792)
    assert len(settled) == len(both)
    assert sum(settled) == (both["CloseDate"] <= both["DueDate"]).sum() == 7_988
    assert round(100 * sum(settled) / len(settled), 1) == 83.6
    operations.sequencer.seal()
    assert operations.verify() == []
    health = operations.health()
    assert (health.cases, health.open_cases) == (10_000, 208)
    operations.engine.dispose()
    assert sqlite3.connect(tmp_path / "operations" / "operations.sqlite").execute(
        "PRAGMA integrity_check"
    ).fetchone() == ("ok",)
