"""A unit may own more assets than a database takes parameters."""

import pytest
from sqlalchemy import Column, MetaData, String, Table, select, text

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


def test_an_index_is_read_for_it(engine):
    """Both databases were seen to read the whole table for conditions that say the same."""
    with engine.begin() as connection:
        things.create(connection)
        many = [{"name": f"lamp:{number}"} for number in range(5_000)]
        connection.execute(things.insert(), many)
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE things")
        query = select(things.c.name).where(is_one_of(things.c.name, ["lamp:7"]))
        told = query.compile(engine, compile_kwargs={"literal_binds": True})
        how = "EXPLAIN " if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        plan = str(connection.execute(text(how + str(told).replace(":", "\\:"))).all())
    assert "Index" in plan or "INDEX" in plan
    assert "SCAN things" not in plan
    assert "Seq Scan on things" not in plan
