"""Kill a town's server and worker at random under load, many times, and count what it lost.

    python benchmarks/operations_faults.py                       (SQLite, short: 20 kills)
    python benchmarks/operations_faults.py --kills 1000
    python benchmarks/operations_faults.py --database postgresql://user@host/empty_database

Every acknowledged report and step is compared with the database, and the log is verified.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "faults"), str(ROOT / "tests")]

from harness import Load, wrong  # noqa: E402

LONGEST = 6.0
"""Seconds between two kills at most; half of them come within an eighth of it."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", help="URL of an empty database; SQLite if not given")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=60.0, help="stop after so many")
    parser.add_argument("--senders", type=int, default=6)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    dice, kills, begin = random.Random(given.seed), 0, time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        url = given.database or f"sqlite:///{folder / 'operations.sqlite'}"
        with Load(folder, url, senders=given.senders) as load:
            while kills < given.kills and time.monotonic() - begin < 60 * given.minutes:
                time.sleep(LONGEST * dice.random() ** 3)
                kind = dice.choice(["serve", "serve", "work"])
                load.town.kill(kind)
                load.town.start(kind)
                kills += 1
                if kills % 50 == 0:
                    print(f"  {kills} kills, {len(load.filed):,} cases filed, "
                          f"{time.monotonic() - begin:.0f} s", flush=True)  # fmt: skip
            load.drain()
        found = load.count()
    print("| database | kills | " + " | ".join(found) + " |")
    print("| --- " * (len(found) + 2) + "|")
    print(f"| {url.split(':')[0]} | {kills} | " + " | ".join(map(str, found.values())) + " |")
    if wrong(found):
        sys.exit(f"wrong: {wrong(found)}")


if __name__ == "__main__":
    main()
