"""Ten million cases in the database: what a list, a window of the map and one case take.

The database is filled in bulk, with everything that the log has: events that are hashed, batches
that are chained and signed, the tables that follow. Every twentieth case has a history of six
steps. Then requests are drawn at random and their times are told by kind.

    python benchmarks/operations_many_cases.py                       (SQLite, short: 200,000 cases)
    python benchmarks/operations_many_cases.py --cases 10000000      (about 12 GB)
    python benchmarks/operations_many_cases.py --database postgresql://user@host/empty_database
"""

import argparse
import hashlib
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from sqlalchemy import text  # noqa: E402
from sqlalchemy.schema import CreateIndex, DropIndex  # noqa: E402

from dizuo.operations.cases.register import CaseFilter, history, list_cases, one_case  # noqa: E402
from dizuo.operations.cases.squares import square_of, wide_square_of  # noqa: E402
from dizuo.operations.cases.table import COUNTERS, cases  # noqa: E402
from dizuo.operations.event_log.event import LoggedEvent, as_text  # noqa: E402
from dizuo.operations.event_log.inserting import insert_rows  # noqa: E402
from dizuo.operations.event_log.sealing import FIRST_CHAIN, Batch, chain_of  # noqa: E402
from dizuo.operations.event_log.tables import batches, events, log_end  # noqa: E402
from dizuo.operations.opening import open_operations  # noqa: E402
from dizuo.operations.time import from_microseconds  # noqa: E402
from opened_city import write_city  # noqa: E402

SIDE = 12_000.0
CENTRES = 40
BEGIN = 1_700_000_000_000_000
A_STEP = 6_000_000
"""Microseconds between two cases: ten million are the cases of two years."""
STEPS = ("file", "dispatch", "accept", "feed_back", "close")
UNITS = [f"unit:{number:03}" for number in range(120)]
CATEGORIES = [f"{number:04}" for number in range(101, 301)]
TYPES = ["urban_event", "urban_component", "hotline", "inspection", "service", "alarm", "volunteer",
         "mediation"]  # fmt: skip
STATES = ["closed", "closed_unsolved", "merged", "void"]
OPEN_STATES = ["reported", "filed", "dispatched", "accepted", "suspended", "handled"]
A_PART = 20_000
A_BATCH = 5_000
COLUMNS = [column.name for column in cases.c]


def zipf(dice, count, size, power=1.0):
    """Draw numbers below ``count``, the first ones most often."""
    weights = 1.0 / np.arange(1, count + 1) ** power
    return np.searchsorted(np.cumsum(weights / weights.sum()), dice.random(size))


class City:
    """Draws cases: around centres, by classes of very different size, the newest still open."""

    def __init__(self, seed, count):
        self.dice, self.count = np.random.default_rng(seed), count
        self.centres = self.dice.uniform(500, SIDE - 500, (CENTRES, 2))

    def part(self, start, size):
        dice = self.dice
        centre = self.centres[zipf(dice, CENTRES, size, 0.7)]
        places = np.clip(centre + dice.normal(0, 600, (size, 2)), 0, SIDE - 1).round(2)
        opened = BEGIN + (start + np.arange(size)) * A_STEP
        age = (self.count - start - np.arange(size)) / self.count
        still = dice.random(size) < 0.001 + 0.6 * np.exp(-age * 120)
        return {
            "x": places[:, 0].tolist(), "y": places[:, 1].tolist(), "opened": opened.tolist(),
            "open": still.tolist(), "type": zipf(dice, len(TYPES), size, 1.5).tolist(),
            "category": zipf(dice, len(CATEGORIES), size).tolist(),
            "unit": zipf(dice, len(UNITS), size).tolist(),
            "state": zipf(dice, len(STATES), size, 4.0).tolist(),
            "stage": dice.integers(0, len(OPEN_STATES), size).tolist(),
        }  # fmt: skip


class Filler:
    """Makes rows of events and cases, and the chain over them."""

    def __init__(self, key, dice):
        self.key, self.dice = key, dice
        self.number, self.chain, self.batch, self.waiting = 0, FIRST_CHAIN, 0, []
        self.event_rows, self.case_rows, self.batch_rows = [], [], []

    def event(self, name, kind, case, version, at, actor, channel, facts):
        self.number += 1
        parts = (self.number, name, kind, case, version, at, at, actor, channel, facts)
        digest = fast_hash(parts)
        if self.number <= 100 and not LoggedEvent(*parts, digest).proves():
            sys.exit("the quick hash is not the log's")
        self.event_rows.append((*parts, digest))
        self.waiting.append(digest)
        if len(self.waiting) == A_BATCH:
            self.seal(at)

    def seal(self, at):
        if not self.waiting:
            return
        self.batch += 1
        first = self.number - len(self.waiting) + 1
        self.chain = chain_of(self.chain, self.batch, first, at, self.waiting)
        unsigned = Batch(self.batch, first, self.number, at, self.chain, b"")
        signature = self.key.sign(unsigned.signed())
        self.batch_rows.append((self.batch, first, self.number, at, self.chain, signature))
        self.waiting = []

    def take(self, part, start):
        names = self.dice.bytes(24 * len(part["x"])).hex()
        for at in range(len(part["x"])):
            name = f"{start + at:012x}{names[48 * at : 48 * at + 20]}"
            token = names[48 * at + 12 : 48 * at + 48]
            self.case(f"case:{name}", token, start + at, {k: v[at] for k, v in part.items()})

    def case(self, case, token, number, one):
        walked = number % 20 == 0
        opened = one["opened"]
        if one["open"]:
            state, closed = OPEN_STATES[one["stage"]], None
            due, walked = opened + 86_400_000_000, False
        else:
            state, closed, due = STATES[one["state"]], opened + 3_600_000_000, None
        unit = UNITS[one["unit"]]
        changes = {
            "case_type": TYPES[one["type"]], "type_version": "1", "token": token,
            "state": "reported" if walked else state, "open": one["open"] or walked,
            "channel": "open311", "category": CATEGORIES[one["category"]], "nature": None,
            "severity": 1, "grid": None, "place": None, "x": one["x"], "y": one["y"],
            "asset": None, "unit": None if walked else unit, "opened": opened, "entered": opened,
            "stage_due": None, "due": due, "closed": None if walked else closed,
            "listed": True, "simulated": True,
        }  # fmt: skip
        facts = as_text({"changes": changes})
        self.event(f"open311:{case}", "case.opened", case, 1, opened, "public", "open311", facts)
        version, changed = 1, opened
        for step in STEPS if walked else ():
            version, changed = version + 1, changed + 600_000_000
            told = {"state": step, "entered": changed}
            if step == "dispatch":
                told["unit"] = unit
            if step == "close":
                told |= {"state": state, "open": False, "closed": closed}
            changes |= told
            self.event(f"{step}-{case}", f"case.{step}", case, version, changed, "account:desk",
                       "desk", as_text({"changes": told}))  # fmt: skip
        row = dict.fromkeys(COUNTERS, 0) | changes
        row |= {"case": case, "version": version, "changed": changed,
                "square": square_of(one["x"], one["y"]),
                "wide_square": wide_square_of(one["x"], one["y"])}  # fmt: skip
        self.case_rows.append(tuple(map(row.get, COLUMNS)))

    def flush(self):
        made = self.event_rows, self.case_rows, self.batch_rows
        self.event_rows, self.case_rows, self.batch_rows = [], [], []
        return made


def fast_hash(parts):
    """The hash of an event in one call; compared with the log's own on the first ones."""
    written = [str(one).encode() for one in parts]
    return hashlib.sha256(
        b"".join(b for one in written for b in (len(one).to_bytes(8, "big"), one))
    ).digest()


def put_sqlite(file, parts):
    connection = sqlite3.connect(file, isolation_level=None)
    for setting in ("synchronous = OFF", "journal_mode = WAL", "cache_size = -2000000"):
        connection.execute(f"PRAGMA {setting}")
    for made in parts:
        connection.execute("BEGIN")
        for table, rows in zip((events, cases, batches), made, strict=True):
            marks = ", ".join("?" * len(table.c))
            connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)  # noqa: S608
        connection.execute("COMMIT")
    connection.close()


def put_postgresql(engine, parts):
    for made in parts:
        with engine.begin() as connection:
            for table, rows in zip((events, cases, batches), made, strict=True):
                insert_rows(connection, table, rows)


def fill(operations, count, seed):
    """Fill an empty database; return the events written."""
    engine, city = operations.engine, City(seed, count)
    filler = Filler(operations.sequencer.key, city.dice)
    indexes = sorted(cases.indexes, key=lambda one: one.name)
    later = []
    if engine.dialect.name == "postgresql":
        later = postgresql_constraints(engine)
    with engine.begin() as connection:
        for one in indexes:
            connection.execute(DropIndex(one, if_exists=True))
        for statement, _ in later:
            connection.exec_driver_sql(statement)

    def parts():
        begin = time.perf_counter()
        for start in range(0, count, A_PART):
            size = min(A_PART, count - start)
            filler.take(city.part(start, size), start)
            if start + size == count:
                filler.seal(filler.event_rows[-1][6])
            if start and start % (50 * A_PART) == 0:
                print(f"  {start:,} cases, {time.perf_counter() - begin:.0f} s", flush=True)
            yield filler.flush()

    if engine.dialect.name == "sqlite":
        engine.dispose()
        put_sqlite(engine.url.database, parts())
    else:
        put_postgresql(engine, parts())
    print(f"  {count:,} cases written; making indexes", flush=True)
    with engine.begin() as connection:
        connection.execute(log_end.update().values(number=filler.number))
        for _, statement in later:
            connection.exec_driver_sql(statement)
        for one in indexes:
            connection.execute(CreateIndex(one))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    operations.sequencer.export()
    return filler.number


def postgresql_constraints(engine):
    """Statements that take the unique constraints away, and that bring them back."""
    query = (
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype IN ('p', 'u') AND conrelid::regclass::text IN ('events', 'cases')"
    )
    with engine.connect() as connection:
        found = connection.exec_driver_sql(query).all()
    return [
        (f"ALTER TABLE {table} DROP CONSTRAINT {name}",
         f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        for table, name, definition in found
    ]  # fmt: skip


def window(dice, city, side):
    """A window of some metres around one of the places where much happens, or anywhere."""
    if dice.random() < 0.7:
        x, y = city.centres[dice.integers(CENTRES)] + dice.normal(0, 600, 2)
    else:
        x, y = dice.uniform(0, SIDE, 2)
    return (x - side / 2, y - side / 2, x + side / 2, y + side / 2)


def questions(city, seed, found):
    """Name → a function that draws a request; ``found`` are cases that are there."""
    dice = np.random.default_rng(seed)
    span = city.count * A_STEP

    def any_row():
        return found[dice.integers(len(found))]

    def time_within():
        return from_microseconds(BEGIN + int(dice.integers(span)))

    def by(*names, **more):
        return lambda: CaseFilter(**{name: any_row()[name] for name in names}, **more)

    def of_one(*names):
        def draw():
            row = any_row()
            return CaseFilter(**{name: row[name] for name in names})

        return draw

    def boxed(side, *names, **more):
        def draw():
            row = any_row()
            told = {name: row[name] for name in names}
            return CaseFilter(box=window(dice, city, side), **told, **more)

        return draw

    return {
        "newest": by(),
        "a later page": lambda: CaseFilter(after=(time_within(), "case:8")),
        "state": by("state"),
        "type": by("case_type"),
        "unit": by("unit"),
        "category": by("category"),
        "unit and category of one case": of_one("unit", "category"),
        "unit and category, any two": by("unit", "category"),
        "type, state and category of one case": of_one("case_type", "state", "category"),
        "open": lambda: CaseFilter(open=True),
        "open, of a unit": by("unit", open=True),
        "open, of a category": by("category", open=True),
        "open, of a unit and a category": by("unit", "category", open=True),
        "overdue": lambda: CaseFilter(overdue_at=from_microseconds(BEGIN + span)),
        "overdue, of a unit": by("unit", overdue_at=from_microseconds(BEGIN + span)),
        "unit, before a time": lambda: CaseFilter(unit=any_row()["unit"], before=time_within()),
        "window of 300 m": boxed(300),
        "window of 1 km": boxed(1_000),
        "window of 3 km": boxed(3_000),
        "window of the whole city": lambda: CaseFilter(box=(0, 0, SIDE, SIDE)),
        "window of 300 m, open": boxed(300, open=True),
        "window of 1 km, overdue": boxed(1_000, overdue_at=from_microseconds(BEGIN + span)),
        "window of 300 m, category": boxed(300, "category"),
        "window of 1 km, category": boxed(1_000, "category"),
        "window of 1 km, unit and state": boxed(1_000, "unit", "state"),
        "window of 3 km, category": boxed(3_000, "category"),
        "window of 3 km, open, of a unit": boxed(3_000, "unit", open=True),
        "whole city, unit and category": lambda: CaseFilter(
            box=(0, 0, SIDE, SIDE), unit=any_row()["unit"], category=any_row()["category"]
        ),
    }


def measure(operations, city, requests, seed):
    """Time every kind of request; return its rows of the table."""
    engine = operations.engine
    with engine.connect() as connection:
        dice = np.random.default_rng(seed)
        found = []
        for one in dice.integers(0, city.count, 300):
            at = from_microseconds(BEGIN + int(one) * A_STEP)
            found += list_cases(connection, CaseFilter(after=(at, "case:")), most=1)
    kinds = questions(city, seed, found)
    lines = []

    def timed(name, ask):
        waits, rows = [], []
        for _ in range(requests):
            begin = time.perf_counter()
            with engine.connect().execution_options(reads_only=True) as connection:
                rows.append(ask(connection))
            waits.append(1000 * (time.perf_counter() - begin))
        p50, p95 = np.percentile(waits, [50, 95])
        lines.append((name, np.median(rows), p50, p95, max(waits)))
        print(f"| {name} | {np.median(rows):.0f} | {p50:.1f} | {p95:.1f} | {max(waits):.0f} |",
              flush=True)  # fmt: skip

    print("| request | rows, median | p50, ms | p95, ms | slowest |")
    print("| --- | --- | --- | --- | --- |")
    for name, draw in kinds.items():
        timed(name, lambda c, draw=draw: len(list_cases(c, draw())))
    walked = [row["case"] for row in found]
    timed("one case with its history", lambda c: open_one(c, walked[dice.integers(len(walked))]))
    timed("one case by its tracking number",
          lambda c: open_one(c, found[dice.integers(len(found))]["token"]))  # fmt: skip
    return lines


def open_one(connection, named):
    row = one_case(connection, named)
    return len(history(connection, row["case"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", help="URL of an empty database; SQLite if not given")
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--requests", type=int, default=100, help="of each kind")
    parser.add_argument("--folder", type=Path, help="keep the city here, and use what is in it")
    parser.add_argument("--seed", type=int, default=7, help="of what is filled in")
    parser.add_argument("--draw", type=int, default=7, help="seed of the requests")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = given.folder or Path(place)
        write_city(folder)
        operations = open_operations(folder, url=given.database)
        city = City(given.seed, given.cases)
        if operations.health().events == 0:
            begin = time.perf_counter()
            count = fill(operations, given.cases, given.seed)
            print(f"filled in {time.perf_counter() - begin:.0f} s: {count:,} events", flush=True)
        print(f"{operations.engine.dialect.name}, {given.cases:,} cases")
        lines = measure(operations, city, given.requests, given.draw)
        print(f"largest p95: {max(one[3] for one in lines):.0f} ms; goal 60 ms")
        operations.engine.dispose()


if __name__ == "__main__":
    main()
