"""A unit may own more assets than a database takes parameters."""

import pytest
from sqlalchemy import Column, MetaData, String, Table, select

from dizuo.operations.access.membership import is_one_of

things = Table("things", MetaData(), Column("name", String, primary_key=True))
NAMES = ["pipe:1", "pipe:2", '":\\', "', '", "井盖:7"]


@pytest.mark.parametrize(
    "wanted", [[], ["pipe:1"], NAMES, [*(f"lamp:{n}" for n in range(100_000)), "pipe:2"]]
)
def test_one_of_many_is_found_on_both_databases(engine, wanted):
    with engine.begin() as connection:
        things.create(connection)
        connection.execute(things.insert(), [{"name": name} for name in NAMES])
        query = select(things.c.name).where(is_one_of(things.c.name, wanted))
        assert set(connection.execute(query).scalars()) == set(NAMES) & set(wanted)
