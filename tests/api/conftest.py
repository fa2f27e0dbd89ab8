"""A server of a small town on loopback, on a clock of the tests' own."""

from pipes import pipes  # noqa: F401 - a fixture

import pytest
from town_of_two_blocks import Town


@pytest.fixture
def settings():
    """What the town sets for its operations; a module may say more."""
    return ""


@pytest.fixture
def town(tmp_path, settings):
    town = Town(tmp_path, settings=settings).serve()
    yield town
    town.stop()
