"""The disk fills, the database restarts, the clock jumps: what was acknowledged is there."""

import resource
import sys
import time

import pytest
from harness import Load, wrong

pytestmark = [pytest.mark.slow, pytest.mark.systems("S22.6")]


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are Linux's")
def test_a_full_disk_refuses_and_loses_nothing(tmp_path):
    """The server's files may not grow: SQLite is refused as by a full disk, until there is room."""
    with Load(tmp_path, f"sqlite:///{tmp_path / 'operations.sqlite'}") as load:
        load.go_on(10)
        server = load.town.processes["serve"]
        limits = resource.prlimit(server, resource.RLIMIT_FSIZE)
        resource.prlimit(server, resource.RLIMIT_FSIZE, (4096, limits[1]))
        deadline = time.monotonic() + 300
        while load.refused[503] < 10 and time.monotonic() < deadline:
            time.sleep(0.05)
        resource.prlimit(server, resource.RLIMIT_FSIZE, limits)
        load.go_on(10)
        load.drain()
    assert set(load.refused) == {503}
    assert load.refused[503] >= 10
    assert wrong(load.count()) == {}


@pytest.mark.postgresql
@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are Linux's")
def test_a_full_disk_of_postgresql_refuses_and_loses_nothing(tmp_path, postgresql):
    """Its tables may not grow over a megabyte, as its journal's files never do."""
    with Load(tmp_path, postgresql.new_database()) as load:
        load.go_on(10)
        postgresql.limit_files(1 << 20)
        deadline = time.monotonic() + 300
        while load.refused[503] < 10 and time.monotonic() < deadline:
            time.sleep(0.05)
        postgresql.limit_files(None)
        load.go_on(10)
        load.drain()
    assert set(load.refused) == {503}
    assert load.refused[503] >= 10
    assert wrong(load.count()) == {}


@pytest.mark.postgresql
def test_a_database_that_restarts_at_once_loses_nothing(tmp_path, postgresql):
    with Load(tmp_path, postgresql.new_database()) as load:
        for _ in range(2):
            load.go_on(10)
            postgresql.stop()
            postgresql.start()
        load.go_on(10)
        load.drain()
    assert set(load.refused) <= {503}
    assert wrong(load.count()) == {}


def test_a_clock_that_jumps_loses_nothing_and_puts_nothing_off(tmp_path):
    """Two hours on and an hour and a half back: never before the rules were published."""
    shift = tmp_path / "clock_shift"
    shift.write_text("0")
    with Load(tmp_path, f"sqlite:///{tmp_path / 'operations.sqlite'}") as load:
        for seconds in (7200, 1800):
            load.go_on(10)
            partial = shift.with_suffix(".partial")
            partial.write_text(str(seconds))
            partial.replace(shift)
        load.go_on(10)
        load.drain()
    assert load.refused == {}
    assert wrong(load.count()) == {}
