import pytest
from paper_town import make_town


@pytest.fixture(scope="session")
def town():
    """A checkup of the town drawn on paper."""
    return make_town()
