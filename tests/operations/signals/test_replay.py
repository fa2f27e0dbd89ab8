"""Files are replayed as signals: in the order of their results, at any speed."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest

from dizuo.model.errors import InputError
from dizuo.operations.signals.replay import ReplayFile, replay
from dizuo.operations.time import SetClock, from_microseconds

HOUR = timedelta(hours=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
HOURLY = "year,month,day,hour,PM2.5,O3\n2026,3,1,8,12,NA\n2026,3,1,9,13.5,40\n"


def file(folder, text=HOURLY, name="air.csv", **more):
    path = folder / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    settings = {"columns": {"PM2.5": 0, "O3": 1}, "offset": timedelta(hours=8), "interval": HOUR}
    return ReplayFile(path, **(settings | more))


def told(batches):
    return [
        (int(s), from_microseconds(int(t)), from_microseconds(int(r)), float(v))
        for one in batches
        for s, t, r, v in zip(one.stream, one.phenomenon, one.result, one.value, strict=True)
    ]


@pytest.mark.parametrize("name", ["air.csv", "air.csv.gz"])
def test_hours_come_one_by_one_when_their_results_are_there(tmp_path, name):
    clock = SetClock(START - 99 * HOUR)
    times, seen = [], []
    for one in replay([file(tmp_path, name=name)], clock):
        times.append(clock.now())
        seen.append(one)
    assert times == [START + HOUR, START + 2 * HOUR]
    assert told(seen) == [
        (0, START, START + HOUR, 12.0),
        (0, START + HOUR, START + 2 * HOUR, 13.5),
        (1, START + HOUR, START + 2 * HOUR, 40.0),
    ]


def test_a_time_may_mark_the_end_of_what_it_covers(tmp_path):
    (first, *_) = told(replay([file(tmp_path, marks="end")], SetClock(START)))
    assert first == (0, START - HOUR, START, 12.0)


def test_a_time_may_stand_in_one_column_and_results_may_take_their_time(tmp_path):
    text = "when,level\n2026-03-01T08:00:00,1\n2026-03-01T00:30:00Z,2\n"
    one = file(tmp_path, text, columns={"level": 3}, time="when", delay=HOUR)
    assert told(replay([one], SetClock(START))) == [
        (3, START, START + 2 * HOUR, 1.0),
        (3, START + HOUR / 2, START + 2.5 * HOUR, 2.0),
    ]


def test_files_are_read_side_by_side_and_in_batches(tmp_path):
    text = "when,a\n" + "".join(f"2026-03-01T{h:02}:00:00Z,{h}\n" for h in range(6))
    even = file(tmp_path, text, "even.csv", columns={"a": 0}, time="when")
    odd = file(tmp_path, text, "odd.csv", columns={"a": 1}, time="when")
    assert [len(one) for one in replay([even, odd], SetClock(START))] == [2] * 6
    clock = SetClock(START)
    batches = list(replay([even, odd], clock, batch=3 * HOUR))
    # Results of 1 and 2 o'clock, of 3 to 5, and of 6 o'clock.
    assert [len(one) for one in batches] == [4, 6, 2]
    assert clock.now() == START + 6 * HOUR


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("year,month,day,hour,PM2.5\n", r"row 1: there is no column 'O3'\. The columns are: year"),
        (HOURLY + "2026,3,1,10,high,1\n", r"row 4, field PM2\.5: 'high' is no number"),
        (HOURLY + "2026,3,1,8,1,1\n", r"row 4: the row is older than the row before it"),
        (HOURLY + "2026,2,30,8,1,1\n", r"row 4: the time cannot be read"),
        (HOURLY + "2026,3,1\n", r"row 4: the row is shorter than the header"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        list(replay([file(tmp_path, text)], SetClock(START)))


def test_a_file_that_is_not_there(tmp_path):
    one = file(tmp_path)
    one.file.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        list(replay([one], SetClock(START)))
