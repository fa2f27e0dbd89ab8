"""A database for each test, of both kinds."""

from datetime import UTC, datetime

import pytest

from dizuo.operations.event_log.database import open_database, prepare
from dizuo.operations.time import SetClock


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def engine(request, tmp_path):
    """An empty database of each kind, with its tables."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'operations.sqlite'}"
    else:
        url = request.getfixturevalue("postgresql").new_database()
    engine = open_database(url)
    prepare(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def clock():
    return SetClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
