"""What the policy costs: lists and one case as several visitors reach them, among a million.

The cases are those of ``operations_many_cases.py``; here they get cells of 100 m, and one in twenty
a supervising unit. Requests are drawn at random; the condition of nobody is the measure.
SQLite works in the process, so its times are the processor's own, whatever else the machine does.

    python benchmarks/operations_policy.py                    (SQLite, short: 100,000 cases)
    python benchmarks/operations_policy.py --cases 1000000
    python benchmarks/operations_policy.py --database postgresql://user@host/empty_database
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "benchmarks"))

from sqlalchemy import Integer, String, cast, func, literal, select, update  # noqa: E402
from sqlalchemy import case as case_of  # noqa: E402
from sqlalchemy.schema import CreateIndex, DropIndex  # noqa: E402

from dizuo.operations.access.visitor import Visitor  # noqa: E402
from dizuo.operations.cases.office import Actor  # noqa: E402
from dizuo.operations.cases.register import CaseFilter, list_cases, one_case  # noqa: E402
from dizuo.operations.cases.table import cases  # noqa: E402
from dizuo.operations.opening import open_operations  # noqa: E402
from dizuo.operations.time import from_microseconds  # noqa: E402
from opened_city import write_city  # noqa: E402
from operations_many_cases import A_STEP, BEGIN, CATEGORIES, SIDE, STATES, UNITS, fill  # noqa: E402

CELL = 100


def place_cases(engine):
    """Give every case its cell, and some a supervisor; indexes are made after it, all at once."""
    number = func.floor(cases.c.x / CELL) * 1000 + func.floor(cases.c.y / CELL) + 1_000_000
    cell = literal("44030500").concat(cast(cast(number, Integer), String))
    some = cases.c.case.like("%7") | cases.c.case.like("%3f")
    with engine.begin() as connection:
        placed = select(cases.c.case).where(cases.c.grid.is_not(None))
        if connection.execute(placed.limit(1)).first() is None:
            for one in cases.indexes:
                connection.execute(DropIndex(one, if_exists=True))
            supervisor = case_of((some, UNITS[17]))
            connection.execute(update(cases).values(grid=cell, supervisor=supervisor))
            for one in cases.indexes:
                connection.execute(CreateIndex(one))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE) cases")
    with engine.connect() as connection:
        return [row[0] for row in connection.execute(select(cases.c.grid).distinct())]


def visitors(policy, cells, dice):
    """Name → whoever asks."""

    def known(role, **reach):
        return Visitor(Actor("account:x", frozenset({role}), **reach), "cases.read", policy)

    def some(count):
        return frozenset(dice.choice(cells, count, replace=False).tolist())

    return {
        "nobody's condition": None,
        "desk: all": known("desk"),
        "unit with most cases": known("unit", unit=UNITS[0]),
        "unit with fewest cases": known("unit", unit=UNITS[-1]),
        "unit without cases": known("unit", unit="unit:none"),
        "collector of 20 cells": known("collector", grids=some(20)),
        "collector of 500 cells": known("collector", grids=some(500)),
        "collector of all that begin so": known("collector", grids=frozenset({"440305001010*"})),
        "volunteer": known("volunteer"),
        "no role": known("none"),
    }


def measure(engine, policy, cells, requests):
    dice = np.random.default_rng(7)
    with engine.connect() as connection:
        named = [row["case"] for row in list_cases(connection, most=1000)]

        cases_end = A_STEP * connection.execute(select(func.count()).select_from(cases)).scalar()

    def box():
        x, y = dice.uniform(0, SIDE - 1000, 2)
        return CaseFilter(box=(x, y, x + 1000, y + 1000))

    tick = time.thread_time if engine.dialect.name == "sqlite" else time.perf_counter
    asked = {
        "newest 100": CaseFilter,
        "open": lambda: CaseFilter(open=True),
        "overdue": lambda: CaseFilter(overdue_at=from_microseconds(BEGIN + cases_end)),
        "of a class": lambda: CaseFilter(category=str(dice.choice(CATEGORIES))),
        "of a state": lambda: CaseFilter(state=str(dice.choice(STATES))),
        "window of 1 km": box,
    }
    print(f"| visitor | {' | '.join(asked)} | one case | rows |")
    print(f"| --- {'| --- ' * len(asked)}| --- | --- |")
    for name, visitor in visitors(policy, cells, dice).items():
        within = None if visitor is None else visitor.rows()
        times, found = [], 0
        for ask in (
            *(
                lambda c, w=within, one=one: list_cases(c, one(), within=w)
                for one in asked.values()
            ),
            lambda c, w=within: reached(c, named[dice.integers(len(named))], w),
        ):
            waits = []
            for number in range(requests):
                begin = tick()
                with engine.connect().execution_options(reads_only=True) as connection:
                    rows = ask(connection)
                waits.append(1000 * (tick() - begin))
                found = len(rows) if not times and not number else found
            times.append(f"{np.median(waits):.1f} / {np.percentile(waits, 95):.1f}")
        print(f"| {name} | {' | '.join(times)} | {found} |", flush=True)


def reached(connection, case, within):
    try:
        return [one_case(connection, case, within=within)]
    except Exception:
        return []


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", help="URL of an empty database; SQLite if not given")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=30, help="of each kind")
    parser.add_argument("--folder", type=Path, help="keep the city here, and use what is in it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = given.folder or Path(place)
        write_city(folder)
        operations = open_operations(folder, url=given.database)
        if operations.health().events == 0:
            fill(operations, given.cases, 7)
        cells = place_cases(operations.engine)
        print(f"{operations.engine.dialect.name}, {given.cases:,} cases, {len(cells):,} cells")
        print("median / 95th percentile, ms")
        measure(operations.engine, operations.entrance.policy, cells, given.requests)
        operations.engine.dispose()


if __name__ == "__main__":
    main()
