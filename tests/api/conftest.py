"""A server of a small town on loopback, on a clock of the tests' own."""

from pipes import pipes  # noqa: F401 - a fixture

import pytest
from pumped_town import client, pumped  # noqa: F401 - fixtures
from town_of_two_blocks import Town

from opened_city import let_in


@pytest.fixture(scope="module")
def unserved_town(tmp_path_factory):
    """A town whose server is reached inside this process; ``everything`` holds every role."""
    town = Town(tmp_path_factory.mktemp("town"))
    roles = [one for one in town.operations.entrance.policy.roles if one != "everybody"]
    town.keys["everything"] = let_in(town.operations, "everything", *roles)
    yield town
    town.operations.engine.dispose()


@pytest.fixture
def settings():
    """What the town sets for its operations; a module may say more."""
    return ""


@pytest.fixture
def town(tmp_path, settings):
    town = Town(tmp_path, settings=settings).serve()
    yield town
    town.stop()
