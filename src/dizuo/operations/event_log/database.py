"""Open the database of operations: SQLite in the city's folder, or PostgreSQL by its URL."""

import contextlib
import os
import sqlite3
import threading
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from dizuo.model.errors import InputError, StoreError
from dizuo.model.text import Text
from dizuo.operations.event_log import tables

__all__ = [
    "SCHEMA_VERSION",
    "at_one_moment",
    "database_url",
    "found_version",
    "hold",
    "open_database",
    "prepare",
    "put_in_place",
    "unusable",
]

SCHEMA_VERSION: Final = 4
_APPEND_ONLY: Final = ("events", "batches")
_WAITS_FOR_A_LOCK: Final = 30_000
"""Milliseconds that a writer waits for another one."""
_PAGES_NOT_YET_IN_PLACE: Final = 20_000
"""Pages of SQLite's write-ahead log at which a writer puts them in place itself; a server has
:func:`put_in_place` for it, so that nobody who reports waits for it."""
_SECONDS_NOT_IN_PLACE: Final = 2.0
_FILE: Final = "file"
"""Of a connection to SQLite: which file it was opened to."""
_TURN: Final = "turn"
"""Marks a connection that may write now."""
_MAPPED: Final = 1 << 36
"""Bytes of SQLite's file that are read through memory at most: the system decides what stays."""


def database_url(folder: Path, given: str | None) -> str:
    """Return the URL of a database of operations.

    Parameters
    ----------
    folder
        Where the log's keys stand.
    given
        What ``DIZUO_DATABASE_URL`` says, or None: then SQLite in the folder.
    """
    if given:
        return given
    return f"sqlite:///{(folder / 'operations.sqlite').as_posix()}"


def open_database(url: str) -> Engine:
    """Connect to a database.

    SQLite is opened with a write-ahead log and forces every commit to disk.

    Raises
    ------
    InputError
        If the URL is no URL of SQLite or PostgreSQL, or the driver is not installed.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            engine = create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
            _set_up_postgresql(engine)
        elif parsed.get_backend_name() == "sqlite":
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(parsed)
            _set_up_sqlite(engine)
        else:
            raise InputError(
                Text(
                    f"{parsed.get_backend_name()} is no database that dizuo can use",
                    f"dizuo 不支持数据库 {parsed.get_backend_name()}",
                ),
                cure=Text(
                    "Set DIZUO_DATABASE_URL to sqlite:///file or postgresql://user@host/name.",
                    "请将 DIZUO_DATABASE_URL 设为 sqlite:///file 或 postgresql://user@host/name。",
                ),
            )
    except ArgumentError as error:
        raise InputError(
            Text("the database URL cannot be read", "无法读取数据库 URL"),
            field="DIZUO_DATABASE_URL",
            cure=Text(
                "Write sqlite:///file or postgresql://user@host/name.",
                "请写 sqlite:///file 或 postgresql://user@host/name。",
            ),
        ) from error
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise InputError(
            Text("PostgreSQL's driver is not installed", "未安装 PostgreSQL 驱动"),
            cure=Text(
                "Install it: pip install 'dizuo[postgresql]'.",
                "请安装：pip install 'dizuo[postgresql]'。",
            ),
        ) from error
    return engine


def at_one_moment(engine: Engine) -> Connection:
    """Connect to read all as it is when the first of it is read, whoever writes meanwhile."""
    connection = engine.connect()
    if engine_is_postgresql(connection):
        return connection.execution_options(isolation_level="REPEATABLE READ")
    return connection.execution_options(reads_only=True)


def _set_up_postgresql(engine: Engine) -> None:
    """Compile no queries: ours read few rows, and the cost that is guessed for some is far off.

    The queue of stuck cases took 1.9 s to compile and 0.01 s to read.
    """

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.autocommit = True
        connection.execute("SET jit = off")
        connection.autocommit = False


def _set_up_sqlite(engine: Engine) -> None:
    turn = threading.Lock()

    file = engine.url.database

    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: ConnectionPoolEntry) -> None:
        # The driver's own transactions begin too late: SQLAlchemy's "begin" below does it.
        connection.isolation_level = None
        cursor = connection.cursor()
        for setting in (
            "journal_mode = WAL",
            "synchronous = FULL",
            f"wal_autocheckpoint = {_PAGES_NOT_YET_IN_PLACE}",
            f"mmap_size = {_MAPPED}",  # so that a list read all over the file costs no calls
            f"busy_timeout = {_WAITS_FOR_A_LOCK}",
            "secure_delete = ON",  # what is erased must not stay readable in the file
            "foreign_keys = ON",
        ):
            cursor.execute(f"PRAGMA {setting}")
        cursor.close()
        record.info[_FILE] = _which_file(file)

    @event.listens_for(engine, "checkout")
    def require_same_file(_: Any, record: ConnectionPoolEntry, __: Any) -> None:
        # One that was removed, or that another took the place of, is still written to unseen:
        # what was acknowledged then would be lost with it.
        if record.info.get(_FILE) != _which_file(file):
            raise DisconnectionError

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads_only", False)
        if not reads and _TURN not in connection.info:
            # SQLite lets writers look again after pauses that grow to a tenth of a second, in no
            # order. Those of one process wait here instead, and are woken.
            connection.info[_TURN] = turn.acquire(timeout=_WAITS_FOR_A_LOCK / 1000)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    @event.listens_for(engine, "invalidate")
    def end(_: Any, record: ConnectionPoolEntry, *_others: Any) -> None:
        if record.info.pop(_TURN, False):
            turn.release()


def _which_file(file: str | None) -> tuple[int, int] | None:
    """Tell which file stands under a name; None if there is none, or the database is in memory."""
    try:
        found = os.stat(file or "")  # noqa: PTH116 - asked before every transaction
    except OSError:
        return None
    return found.st_dev, found.st_ino


def prepare(engine: Engine) -> None:
    """Make the tables where there are none.

    Raises
    ------
    StoreError
        If the database is of another version, or cannot be reached.
    """
    try:
        with engine.begin() as connection:
            _prepare(connection)
    except DBAPIError as error:
        raise unusable(error, engine.url.render_as_string(hide_password=True)) from error


def unusable(error: DBAPIError, where: str = "") -> StoreError:
    """Return the refusal of a database that is away, locked, full, damaged or not to be written.

    Parameters
    ----------
    where
        Its URL, if that is known.
    """
    named = f"{where}: " if where else ""
    return StoreError(
        Text(
            f"{named}the operations database cannot be used: {error.orig}. See that it is there, "
            "that nobody else holds it, and that its folder has room and can be written; a damaged "
            "one is restored from a backup: dizuo operations CITY restore --file BACKUP",
            f"{named}无法使用运行数据库：{error.orig}。请确认数据库存在且未被占用，"
            "所在文件夹可写并有剩余空间；若已损坏，请从备份恢复："
            "dizuo operations CITY restore --file BACKUP",
        )
    )


def _prepare(connection: Connection) -> None:
    hold(connection)
    if inspect(connection).has_table(tables.schema_version.name):
        found = found_version(connection)
        if found != SCHEMA_VERSION:
            raise StoreError(
                Text(
                    f"the operations database is of version {found}, this dizuo needs "
                    f"{SCHEMA_VERSION}. Stop the server, take a backup of the database, and run: "
                    "dizuo operations CITY migrate",
                    f"运行数据库为第 {found} 版，本程序需要第 {SCHEMA_VERSION} 版。"
                    "请停止服务并备份数据库，然后运行：dizuo operations CITY migrate",
                )
            )
        tables.observations.create(connection, checkfirst=True)
        return
    tables.metadata.create_all(connection)
    connection.execute(tables.schema_version.insert().values(version=SCHEMA_VERSION))
    connection.execute(tables.log_end.insert().values(one=1, number=0))
    for name in _APPEND_ONLY:
        for statement in _append_only(name, postgresql=engine_is_postgresql(connection)):
            connection.exec_driver_sql(statement)


def hold(connection: Connection) -> None:
    """Let nobody else make or change tables until the transaction ends."""
    if engine_is_postgresql(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": 0x64697A756F})


def found_version(connection: Connection) -> int:
    """Return the version of a database that has its tables.

    Raises
    ------
    StoreError
        If it is none, or a newer one than this dizuo knows.
    """
    found = connection.execute(select(tables.schema_version.c.version)).scalar_one_or_none()
    if found is None or found > SCHEMA_VERSION:
        raise StoreError(
            Text(
                f"the operations database is of version {found}, this dizuo knows "
                f"{SCHEMA_VERSION} and older ones: install a newer dizuo",
                f"运行数据库为第 {found} 版，本程序仅识别至第 {SCHEMA_VERSION} 版：请升级程序",
            )
        )
    return int(found)


def put_in_place(engine: Engine, stop: threading.Event) -> None:
    """Let SQLite put in place what was written, again and again until told to stop.

    Neither who reads nor who writes waits for it. PostgreSQL does so by itself.
    """
    while engine.dialect.name == "sqlite" and not stop.wait(_SECONDS_NOT_IN_PLACE):
        with contextlib.suppress(DBAPIError, sqlite3.Error), engine.connect() as connection:
            driver = connection.connection.dbapi_connection
            if driver is not None:
                driver.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")


def engine_is_postgresql(connection: Connection) -> bool:
    """Tell which of the two databases this is."""
    return connection.dialect.name == "postgresql"


def _append_only(table: str, *, postgresql: bool) -> list[str]:
    """Statements that let nobody change or remove rows of a table by accident."""
    message = f"rows of {table} are only ever added"
    if not postgresql:
        return [
            f"CREATE TRIGGER {table}_no_{what} BEFORE {what} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            for what in ("UPDATE", "DELETE")
        ]
    function = (
        f"CREATE OR REPLACE FUNCTION {table}_only_added() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$"
    )
    trigger = (
        f"CREATE TRIGGER {table}_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_only_added()"
    )
    return [function, trigger]
