"""A database of an older dizuo is refused with the cure, and brought up to this one in place."""

from pathlib import Path

import pytest
from sqlalchemy import select, text

from dizuo.model.errors import StoreError
from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.cases.register import CaseFilter, list_cases
from dizuo.operations.cases.table import cases
from dizuo.operations.event_log import migration, tables
from dizuo.operations.event_log.database import SCHEMA_VERSION, open_database
from dizuo.operations.opening import migrate_operations, open_operations
from opened_city import write_city

OLD = Path(__file__).with_name("schema_1")
TRUTH = (tables.keys, tables.confidences, tables.events, tables.batches)
DESK = Actor("account:desk", frozenset({"desk", "centre"}))


QUERIES = {
    "sqlite": (
        "SELECT type, name, tbl_name FROM sqlite_master ORDER BY 1, 2",
        (
            "SELECT m.name, c.* FROM sqlite_master m, pragma_table_info(m.name) c "
            "WHERE m.type IN ('table', 'index') ORDER BY m.name, c.cid"
        ),
    ),
    "postgresql": (
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname",
        (
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'public' ORDER BY 1, 2"
        ),
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    ),
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def databases(request, tmp_path):
    """Two empty databases of one kind."""
    if request.param == "sqlite":
        return [f"sqlite:///{tmp_path / 'operations' / name}.sqlite" for name in ("new", "old")]
    server = request.getfixturevalue("postgresql")
    return [server.new_database(), server.new_database()]


@pytest.fixture
def town(tmp_path, databases, clock):
    """A town with three cases, sealed, in a database as the first version made it."""
    folder, (new, old) = write_city(tmp_path), databases
    operations = open_operations(folder, url=new, clock=clock)
    with operations.engine.begin() as connection:
        reports = [
            NewCase("urban_event", str(n), "desk", category="0511", x=x, y=-1.0,
                    confidences=[("text", b"sand")])
            for n, x in enumerate((-1.0, 10.0, 3000.0))
        ]  # fmt: skip
        opened = operations.office.open(connection, reports, DESK)
        operations.office.act(connection, opened[0].case, "file", DESK, {"category": "0511"})
    operations.sequencer.seal()
    copy_as_first_version(operations.engine, old)
    operations.engine.dispose()
    return folder


def copy_as_first_version(engine, url):
    """Make the tables by the statements of the first version, and fill them."""
    old = open_database(url)
    statements = (OLD / f"{old.dialect.name}.sql").read_text("utf-8").split(";;\n")
    with old.begin() as target, engine.connect() as source:
        for statement in statements:
            target.exec_driver_sql(statement.replace("%", "%%"))
        for table in TRUTH:
            rows = [dict(row) for row in source.execute(select(table)).mappings()]
            target.execute(table.insert(), rows)
        end = source.execute(select(tables.log_end.c.number)).scalar_one()
        target.execute(tables.log_end.insert().values(one=1, number=end))
        kept = [column for column in cases.c if not column.name.endswith("square")]
        for row in source.execute(select(*kept)).mappings():
            target.execute(cases.insert().values(dict(row)))
    old.dispose()


def test_an_older_database_is_refused_with_the_cure(town, databases):
    with pytest.raises(StoreError, match=r"of version 1, this dizuo needs 4.*CITY migrate") as told:
        open_operations(town, url=databases[1])
    assert "请停止服务并备份数据库" in told.value.in_("zh")


def test_it_is_brought_up_in_place_and_verifies(town, databases, clock):
    done = migrate_operations(town, url=databases[1])
    assert [one.version for one in done] == [2, 3, 4]
    operations = open_operations(town, url=databases[1], clock=clock)
    assert operations.verify() == []
    with operations.engine.connect() as connection:
        found = list_cases(connection, CaseFilter(box=(-5, -5, 50, 5)))
        assert {(row["x"], row["state"]) for row in found} == {(10.0, "reported"), (-1.0, "filed")}
    assert shape(operations.engine) == shape(open_database(databases[0]))
    assert migrate_operations(town, url=databases[1]) == []


def shape(engine):
    """Every table, column, index and trigger, as the database itself tells them."""
    queries = QUERIES[engine.dialect.name]
    with engine.connect() as connection:
        return [[tuple(row) for row in connection.execute(text(query))] for query in queries]


def test_a_step_that_fails_leaves_the_database_as_it_was(town, databases, monkeypatch):
    faulty = migration.Migration(
        2, migration.MIGRATIONS[0].what, ("ALTER TABLE nowhere ADD x INT",)
    )
    monkeypatch.setattr(migration, "MIGRATIONS", (*migration.MIGRATIONS, faulty))
    before = shape(open_database(databases[1]))
    with pytest.raises(StoreError, match="was not changed"):
        migrate_operations(town, url=databases[1])
    assert shape(open_database(databases[1])) == before


def test_a_database_of_a_newer_dizuo_is_left_alone(town, databases):
    with open_database(databases[1]).begin() as connection:
        connection.execute(tables.schema_version.update().values(version=SCHEMA_VERSION + 1))
    for work in (migrate_operations, open_operations):
        with pytest.raises(StoreError, match=r"of version 5.*newer dizuo"):
            work(town, url=databases[1])


def test_an_empty_database_becomes_one_of_this_version(tmp_path, databases):
    folder = write_city(tmp_path)
    assert migrate_operations(folder, url=databases[1]) == []
    assert open_operations(folder, url=databases[1]).verify() == []


def test_every_version_has_its_step():
    assert [one.version for one in migration.MIGRATIONS] == [*range(2, SCHEMA_VERSION + 1)]
