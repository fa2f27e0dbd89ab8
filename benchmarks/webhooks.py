"""From the commit of an event to its webhook's dispatch: one server, one receiver, on loopback.

Reports are opened one by one at a steady rate, and the time is noted when the commit is done. A
receiver in another process notes when each delivery reaches it, by the same clock. At the end every
event must have come once.

    python benchmarks/webhooks.py                                  (SQLite)
    python benchmarks/webhooks.py --database postgresql://user@host/empty_database
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.opening import open_operations
from dizuo.operations.webhooks.deliverer import Deliverer
from dizuo.operations.webhooks.register import count_by_state
from dizuo.operations.webhooks.target import Target

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from opened_city import write_city  # noqa: E402

BOSS = Actor("account:boss", frozenset({"desk", "resident"}))


def receive(address, came):
    """Answer deliveries, and note when each came."""
    times = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            now = time.monotonic()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            times.append((body["data"]["subject"], now))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address.put(server.server_port)
    came.get()
    came.put(times)


def load(operations, rate, seconds):
    """Open cases at a rate; return when the commit of each was known."""
    committed = {}
    begun = time.monotonic()
    for number in range(int(rate * seconds)):
        left = begun + number / rate - time.monotonic()
        if left > 0:
            time.sleep(left)
        new = NewCase("urban_event", str(number), "desk", category="0501")
        with operations.engine.begin() as connection:
            (opened,) = operations.office.open(connection, [new], BOSS)
        committed[opened.case] = time.monotonic()
    return committed


def measure(folder, url, rate, seconds):
    operations = open_operations(write_city(folder), url=url)
    address, came = multiprocessing.Queue(), multiprocessing.Queue()
    receiver = multiprocessing.Process(target=receive, args=(address, came), daemon=True)
    receiver.start()
    target = Target(f"http://127.0.0.1:{address.get()}/", private=True)
    with operations.engine.begin() as connection:
        operations.webhooks.add(connection, target, BOSS, kinds=["case.*"])
    stop = threading.Event()
    worker = threading.Thread(target=Deliverer(operations.webhooks).run, args=(stop,), daemon=True)
    worker.start()
    committed = load(operations, rate, seconds)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with operations.engine.connect() as connection:
            if not count_by_state(connection)["waiting"]:
                break
        time.sleep(0.2)
    stop.set()
    worker.join()
    came.put(None)
    time.sleep(0.2)
    told = came.get()
    receiver.join()
    operations.engine.dispose()
    counted = Counter(subject for subject, _ in told)
    waits = [1000 * (at - committed[subject]) for subject, at in told]
    lost = len(set(committed) - set(counted))
    twice = sum(count > 1 for count in counted.values())
    return waits, lost, twice


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", help="URL of an empty database; SQLite if not given")
    parser.add_argument("--rate", type=float, default=50.0, help="events a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        waits, lost, twice = measure(Path(place), given.database, given.rate, given.seconds)
    p50, p99 = np.percentile(waits, [50, 99])
    kind = (given.database or "sqlite").split(":")[0]
    print("| database | events/s | p50 | p99 | delivered | lost | twice |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print(f"| {kind} | {given.rate:g} | {p50:.0f} ms | {p99:.0f} ms "
          f"| {len(waits):,} | {lost} | {twice} |")  # fmt: skip


if __name__ == "__main__":
    main()
