"""Operations of a small town on both databases, and a worker that ends in memory."""

from datetime import UTC, datetime

import pytest
from receiving import Receiver

from dizuo.operations.opening import open_operations
from dizuo.operations.time import SetClock
from dizuo.operations.webhooks.deliverer import Deliverer
from opened_city import write_city


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def operations(request, tmp_path):
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").new_database()
    clock = SetClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    opened = open_operations(write_city(tmp_path), url=url, clock=clock)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
def worker(operations, receiver):
    return Deliverer(operations.webhooks, receiver, dice=lambda: 0.0)
