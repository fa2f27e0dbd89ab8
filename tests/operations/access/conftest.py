"""A log with accounts, and what logins need, on a clock of the tests' own."""

from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from dizuo.operations.access.account_table import AccountProjection
from dizuo.operations.access.entrance import open_entrance
from dizuo.operations.event_log.log import Log

UNITS = frozenset({"roads", "parks"})
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashes as Argon2 does, without taking the time it is for."""


@pytest.fixture
def log(engine, clock):
    projection = AccountProjection()
    with engine.begin() as connection:
        for table in projection.tables:
            table.create(connection)
    return Log(engine, clock, [projection])


@pytest.fixture
def entrance(log, tmp_path):
    opened = open_entrance(log, b"m" * 32, tmp_path, tmp_path, {}, UNITS)
    return replace(opened, logins=replace(opened.logins, hasher=CHEAP))


@pytest.fixture
def accounts(entrance):
    return entrance.accounts
