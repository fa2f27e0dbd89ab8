import pytest
from town_builder import values_of
from town_of_powers import town_of_powers

from dizuo.articles.registry import all_indicators


@pytest.fixture(scope="session")
def indicators():
    """Every indicator that is computed from layers; those that read a table have a row's name."""
    return {name: one for name, one in all_indicators().items() if name[3].islower()}


@pytest.fixture(scope="session")
def paper_values(indicators):
    """Values of every indicator in the town of powers, by indicator, variant and place."""
    values, _ = values_of(town_of_powers(), indicators)
    return {(row.indicator, row.variant, row.place): row for row in values.itertuples(index=False)}
