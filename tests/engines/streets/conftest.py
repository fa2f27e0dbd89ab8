"""Fixtures of the streets' tests."""

import numpy as np
import pytest
from plain_twins import grid_streets


@pytest.fixture(scope="session")
def town():
    """A town of 400 junctions: node count and streets."""
    return 400, grid_streets(20, np.random.default_rng(8))
