"""The server and its worker are killed again and again under load: nothing acknowledged is lost.

Several senders report, file, send again what was not acknowledged, and send old reports once more,
while the processes are killed without warning. At the end every acknowledged case is there, once,
dispatched once, told once, and the log verifies. ``benchmarks/operations_faults.py`` makes it a
long night.
"""

import random
import time

import pytest
from harness import Load, wrong

KILLS = 4


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'operations.sqlite'}"
    return request.getfixturevalue("postgresql").new_database()


@pytest.mark.slow
@pytest.mark.systems("S22.6")
def test_nothing_that_was_acknowledged_is_lost_or_done_twice(tmp_path, database):
    dice = random.Random(7)
    with Load(tmp_path, database) as load:
        for kind in ("serve", "work") * (KILLS // 2):
            time.sleep(dice.uniform(0.1, 0.8))
            load.town.kill(kind)
            load.town.start(kind)
        load.go_on(10)
        load.drain()
    found = load.count()
    assert wrong(found) == {}
    assert found["steps acknowledged"] > 10
    assert load.refused == {}
