"""Real observations for the tests of signals."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def beijing_air(root):
    """Files of hourly air in Beijing, a station each, for tests that are marked ``shared``."""
    shared = Path(os.environ.get("DIZUO_SHARED", root.parent / "shared"))
    files = sorted((shared / "data" / "beijing" / "air_quality").glob("PRSA_Data_*.csv*"))
    if not files:
        pytest.skip(f"there is no air of Beijing in {shared}; set DIZUO_SHARED")
    return files
