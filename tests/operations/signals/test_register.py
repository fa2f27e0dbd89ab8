"""The register of devices: read from tables, corrected by calibrations, and how devices are."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import openpyxl
import pytest

from dizuo.model.errors import InputError
from dizuo.operations.signals.observations import NEVER, Observations, Quality
from dizuo.operations.signals.register import Calibration, Device, Register, Stream
from dizuo.operations.signals.register_files import read_register
from dizuo.operations.time import to_microseconds

DEVICES = """device,asset,stream,kind,unit,interval_s,lateness_s,reference,x,y,installed
d1,chamber:7,d1.ch4,methane,%VOL,1800,600,,100.5,200,2024-05-01
d1,chamber:7,d1.level,water_level,m,1800,,,100.5,200,2024-05-01
d2,pipe:3,d2.p,water_pressure,MPa,300,60,0.38,,,
"""
CALIBRATIONS = """stream,date,valid_until,factor,offset
d2.p,2026-02-01,2026-03-01,1.1,
d2.p,2025-02-01,,1,0.5
"""


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(folder, devices=DEVICES, calibrations=CALIBRATIONS):
    return read_register(
        write(folder, "devices.csv", devices), write(folder, "calibrations.csv", calibrations)
    )


def day(text, hour=0):
    return to_microseconds(datetime.fromisoformat(text).replace(hour=hour, tzinfo=UTC))


def test_a_row_is_a_stream_and_devices_are_gathered(tmp_path):
    found = read(tmp_path)
    assert [one.id for one in found.devices] == ["d1", "d2"]
    assert found.devices[0] == Device("d1", "chamber:7", "", date(2024, 5, 1), 100.5, 200.0)
    pressure = found.streams[2]
    assert pressure == Stream(
        "d2.p", "d2", "water_pressure", "MPa", timedelta(seconds=300), timedelta(seconds=60), 0.38,
        (Calibration(date(2025, 2, 1), None, 1.0, 0.5),
         Calibration(date(2026, 2, 1), date(2026, 3, 1), 1.1, 0.0)),
    )  # fmt: skip
    assert found.number("d2.p") == 2
    assert found.asset_of(pressure) == "pipe:3"
    assert found.lateness().tolist() == [600_000_000, 0, 60_000_000]


def test_a_workbook_says_the_same(tmp_path):
    book = openpyxl.Workbook()
    for row in DEVICES.splitlines():
        book.active.append(row.split(","))
    book.save(tmp_path / "devices.xlsx")
    assert read_register(tmp_path / "devices.xlsx").devices == read(tmp_path).devices


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("d1.level", "d1.ch4", r"row 3, field stream: the stream d1\.ch4 stands in a row before"),
        ("interval_s", "every", r"row 1: there is no column interval_s\. The columns are: device,"),
        (",installed", ",colour", r"nobody knows the column colour"),
        ("MPa,300", "MPa,fast", r"row 4, field interval_s: 'fast' is no number"),
        ("MPa,300", "MPa,0", r"field interval_s: a stream without an interval"),
        ("MPa,300", "MPa,-1", r"field interval_s: -1 seconds are too few"),
        ("MPa,300", "MPa,1e300", r"field interval_s: 1e\+300 seconds are more than a century"),
        ("MPa,300", "MPa,", r"field interval_s: the cell is empty"),
        ("MPa,", ",", r"row 4, field unit: the cell is empty\. Every row needs it"),
        ("2024-05-01\nd1", "May\nd1", r"row 2, field installed: 'May' is no date\. Write 2026"),
        ("0.38,,,", "0.38,,,,,,too much", r"row 4: the row has 14 cells, the header 11"),
        ("d1,chamber:7,d1.level", "d1,chamber:8,d1.level", r"d1 is told otherwise in a row before"),
    ],
)
def test_a_table_of_devices_that_is_wrong_is_refused_with_the_place(tmp_path, old, new, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, DEVICES.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2026-02-01,2026-03-01", "2026-02-01,2026-01-01", r"lies before the calibration itself"),
        ("2025-02-01", "2026-02-01", r"row 3, field date: a row before holds a calibration"),
        ("2025-02-01", "", r"row 3, field date: the cell is empty"),
        ("1.1,", "0,", r"a factor of zero"),
        ("d2.p,2025", "d9,2025", r"calibrations of streams that no device has: d9"),
    ],
)
def test_calibrations_that_are_wrong_are_refused(tmp_path, old, new, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, calibrations=CALIBRATIONS.replace(old, new, 1))


def test_calibrations_correct_what_was_read_on_their_days(tmp_path):
    times = [day("2025-01-31"), day("2025-02-01"), day("2026-02-01", 5), day("2026-03-02")]
    raw = Observations.of([2] * 4 + [0], [*times, times[0]], [1.0] * 5)
    found = read(tmp_path).calibrated(raw)
    assert found.value.tolist() == pytest.approx([1.0, 1.5, 1.1, 1.1, 1.0])
    # From the second of March the last calibration is no longer valid.
    assert found.quality.tolist() == [0, 0, 0, Quality.SUSPECT, 0]
    bad = Observations.of([2], [times[3]], [1.0], quality=[Quality.BAD])
    assert read(tmp_path).calibrated(bad).quality.tolist() == [Quality.BAD]


def test_how_devices_are(tmp_path):
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    moment = to_microseconds(now)
    newest = np.array([moment - 3 * 1800_000_000, moment - 10**6, moment - 901_000_000])
    one, two = read(tmp_path).health(newest, now)
    assert (one.device, one.online) == ("d1", True)
    assert one.last_seen == now - timedelta(seconds=1)
    assert (one.calibration_age, one.calibrated) == (None, True)
    assert (two.online, two.calibration_age) == (False, timedelta(days=29))
    assert two.calibrated is False
    silent, _ = read(tmp_path).health(np.array([NEVER, moment, moment]), now)
    assert (silent.online, silent.last_seen) == (False, now)
    nobody, _ = read(tmp_path).health(np.full(3, NEVER), now)
    assert (nobody.online, nobody.last_seen) == (False, None)


def test_a_register_that_contradicts_itself_is_refused():
    device = Device("d", "asset")
    stream = Stream("s", "d", "level", "m", timedelta(minutes=1))
    with pytest.raises(InputError, match=r"two of the register are the stream 's'"):
        Register((device,), (stream, stream))
    with pytest.raises(InputError, match=r"belongs to no device"):
        Register((), (stream,))
    twice = Stream("s", "d", "level", "m", timedelta(minutes=1),
                   calibrations=(Calibration(date(2026, 1, 1)),) * 2)  # fmt: skip
    with pytest.raises(InputError, match=r"rising days"):
        Register((device,), (twice,))
    with pytest.raises(InputError, match=r"no stream 'x'"):
        Register((device,), (stream,)).number("x")
