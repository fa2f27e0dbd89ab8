"""Observations a second through MQTT, durable before they are acknowledged; and how live ones fare.

    python benchmarks/signals_load.py                       (SQLite)
    python benchmarks/signals_load.py --database postgresql://user@host/empty_database
    python benchmarks/signals_load.py --postgresql          (a server of its own, fsync on)

mosquitto, the listener (a process of its own) and the publisher share the machine. Measured are:

- what is published and taken in at the highest rate: from the first message to the last commit;
- a backlog that waited for the listener: how long it drains, and meanwhile the time from the
  publishing of a live observation over its level to the commit of its alarm and its case;
- the same for live observations alone.

Every observation is counted in the database at the end.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from sqlalchemy import func, select  # noqa: E402

from dizuo.operations.cases.office import Actor  # noqa: E402
from dizuo.operations.event_log.tables import observations  # noqa: E402
from dizuo.operations.opening import open_operations  # noqa: E402
from dizuo.operations.signals.alarm_table import alarms  # noqa: E402
from dizuo.operations.signals.observation_store import observation_batches  # noqa: E402
from dizuo.operations.signals.register import Device, Register, Stream  # noqa: E402
from dizuo.operations.signals.registering import RegisterDesk  # noqa: E402
from mosquitto_broker import Broker, Publisher, mosquitto_program  # noqa: E402
from opened_city import write_city  # noqa: E402

LIVE = 200
A_MESSAGE = 500
MICROSECONDS = 1_000_000


def register(streams):
    """Streams of methane, and those of the live probe, each at an asset of its own."""
    names = [f"s{n}" for n in range(streams)] + [f"live{n}" for n in range(LIVE)]
    devices = tuple(Device(f"d-{name}", f"chamber-{name}") for name in names)
    made = tuple(Stream(name, f"d-{name}", "methane", "%VOL", timedelta(hours=1)) for name in names)
    return Register(devices, made)


class Fleet:
    """Messages of many streams in turn; each stream sends every ten seconds, up to now."""

    def __init__(self, streams, begin):
        self.streams, self.begin, self.sent = streams, begin, 0
        self.random = np.random.default_rng(1)

    def messages(self, count):
        for _ in range(count // A_MESSAGE):
            turn = np.arange(self.sent, self.sent + A_MESSAGE)
            self.sent += A_MESSAGE
            times = self.begin + turn // self.streams * 10 * MICROSECONDS + turn % self.streams
            yield json.dumps(
                {
                    "stream": [f"s{n}" for n in (turn % self.streams).tolist()],
                    "time": times.tolist(),
                    "value": (self.random.integers(0, 90, A_MESSAGE) / 100).tolist(),
                }
            )


def now():
    return time.time_ns() // 1000


def count(engine):
    """By the batches: to count millions of rows would slow down what is measured."""
    query = select(func.sum(observation_batches.c["count"]))
    with engine.connect().execution_options(reads_only=True) as connection:
        return int(connection.execute(query).scalar() or 0)


def count_rows(engine):
    with engine.connect().execution_options(reads_only=True) as connection:
        return connection.execute(select(func.count()).select_from(observations)).scalar()


class Probe(threading.Thread):
    """Publishes live observations over their level, and sees when alarm and case are committed."""

    def __init__(self, broker, engine, streams, pause=0.25):
        super().__init__()
        self.publisher, self.engine, self.streams = Publisher(broker), engine, streams
        self.stop, self.waits, self.pause = threading.Event(), [], pause

    def run(self):
        for name in self.streams:
            if self.stop.is_set():
                break
            begin = time.perf_counter()
            self.publisher.publish(json.dumps({"stream": name, "time": [now()], "value": [9.0]}))
            query = select(alarms.c.case).where(alarms.c.stream == name)
            while True:
                with self.engine.connect().execution_options(reads_only=True) as connection:
                    if connection.execute(query).scalar() is not None:
                        break
                time.sleep(0.002)
            self.waits.append(time.perf_counter() - begin)
            self.stop.wait(self.pause)
        self.publisher.close()

    def told(self):
        if not self.waits:
            return "none"
        p50, p99, worst = np.percentile(self.waits, [50, 99, 100]) * 1000
        return f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, most {worst:.0f} ms of {len(self.waits)}"


def listener(folder, url, broker):
    command = [sys.executable, "-m", "dizuo.cli", "signals", str(folder), "listen"]
    where = ["--port", str(broker.port), "--json"]
    return subprocess.Popen(
        [*command, *where], env=os.environ | {"DIZUO_DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def publish(broker, messages):
    publisher = Publisher(broker)
    for one in messages:
        publisher.publish(one)
        if len(publisher.sent) > 200:
            publisher.sent[-200].wait_for_publish(60)
            del publisher.sent[:-200]
    publisher.close()


def until(engine, wanted):
    while (have := count(engine)) < wanted:
        time.sleep(0.1 if wanted - have < 200_000 else 1.0)


def measure(folder, url, broker, given):
    operations = open_operations(folder, url=url)
    with operations.engine.begin() as connection:
        RegisterDesk(operations.log).replace(
            connection, register(given.streams), Actor("benchmark", frozenset())
        )
    turns = (given.rate + given.backlog) // given.streams + 1
    fleet = Fleet(given.streams, now() - (turns * 10 + 60) * MICROSECONDS)
    process = listener(folder, url, broker)
    names = [f"live{n}" for n in range(LIVE)]
    first = list(fleet.messages(20 * A_MESSAGE))
    while count(operations.engine) < fleet.sent:  # until it has subscribed, and compiled
        publish(broker, first)
        time.sleep(2)
    alone = Probe(broker, operations.engine, names[:40], pause=0.05)
    alone.start()
    alone.join()
    begun, begin = count(operations.engine), time.perf_counter()
    publish(broker, fleet.messages(given.rate))
    until(operations.engine, begun + given.rate)
    rate = given.rate / (time.perf_counter() - begin)
    process.terminate()
    process.wait()
    begun = count(operations.engine)
    publish(broker, fleet.messages(given.backlog))
    process, begin = listener(folder, url, broker), time.perf_counter()
    probe = Probe(broker, operations.engine, names[40:])
    while count(operations.engine) == begun:
        time.sleep(0.05)
    probe.start()
    until(operations.engine, begun + given.backlog)
    drained = time.perf_counter() - begin
    probe.stop.set()
    probe.join()
    process.terminate()
    process.wait()
    sent = fleet.sent + len(alone.waits) + len(probe.waits)
    kept = count_rows(operations.engine)
    print(f"{operations.engine.dialect.name}, {given.streams:,} streams, {A_MESSAGE} a message")
    print(f"  taken in           {rate:,.0f} observations a second")
    print(f"  live, nothing else {alone.told()}")
    print(f"  backlog            {given.backlog:,} in {drained:.0f} s, "
          f"{given.backlog / drained:,.0f} a second")  # fmt: skip
    print(f"  live meanwhile     {probe.told()}")
    print(f"  published {sent:,}, kept {kept:,}")
    operations.engine.dispose()
    return kept == sent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", help="URL of an empty database; SQLite if not given")
    parser.add_argument("--postgresql", action="store_true", help="start a server of its own")
    parser.add_argument("--streams", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=500_000, help="observations to measure by")
    parser.add_argument("--backlog", type=int, default=5_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        folder = write_city(Path(place) / "city")
        queue = Path(place) / "broker"
        queue.mkdir()
        broker = Broker(queue, mosquitto_program())
        server = None
        try:
            if given.postgresql:
                server = own_postgresql()
                given.database = server.new_database()
            url = given.database or f"sqlite:///{folder / 'operations' / 'operations.sqlite'}"
            whole = measure(folder, url, broker, given)
        finally:
            broker.stop()
            if server is not None:
                server.stop()
                shutil.rmtree(server.folder, ignore_errors=True)
    sys.exit(0 if whole else "observations are missing")


def own_postgresql():
    from postgresql_server import Server, postgresql_programs

    folder = Path(tempfile.mkdtemp(prefix="dizuo-load-", dir="/tmp"))
    folder.chmod(0o755)
    return Server(folder, postgresql_programs())


if __name__ == "__main__":
    main()
