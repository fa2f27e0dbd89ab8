"""Real observations for the tests of signals, and a town that takes them in."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from signal_town import DAWN

from dizuo.operations.opening import open_operations
from dizuo.operations.time import SetClock
from opened_city import write_city


@pytest.fixture
def town(engine, tmp_path):
    """Operations on each kind of database, at 9 o'clock of a day in March."""
    write_city(tmp_path)
    clock = SetClock(DAWN + timedelta(hours=1))
    url = engine.url.render_as_string(hide_password=False)
    opened = open_operations(tmp_path, url=url, clock=clock)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="session")
def beijing_air(root):
    """Files of hourly air in Beijing, a station each, for tests that are marked ``shared``."""
    shared = Path(os.environ.get("DIZUO_SHARED", root.parent / "shared"))
    files = sorted((shared / "data" / "beijing" / "air_quality").glob("PRSA_Data_*.csv*"))
    if not files:
        pytest.skip(f"there is no air of Beijing in {shared}; set DIZUO_SHARED")
    return files
