import pytest
from town_of_powers import town_of_powers

from dizuo.articles.registry import all_indicators


@pytest.fixture(scope="session")
def computed_indicators():
    """Every indicator that is computed from layers; those that read a table have a row's name."""
    return {name: one for name, one in all_indicators().items() if name[3].islower()}


@pytest.fixture(scope="session")
def frames_of_powers():
    """Layers of the town of powers of two. Copy before changing."""
    return town_of_powers().frames()
