"""Full intakes a second over HTTP on loopback: from the form of a resident to the forced commit.

The server runs in a process of its own; the load comes from this one, over connections that stay
open, so both share the machine. Every acknowledged case is looked up at the end.

    python benchmarks/operations_load.py                       (SQLite)
    python benchmarks/operations_load.py --database postgresql://user@host/empty_database
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import uvloop

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "faults"), str(ROOT / "tests")]

from harness import oldest_unsealed  # noqa: E402
from served_town import write_town  # noqa: E402
from sqlalchemy import func, select  # noqa: E402

from dizuo.operations.cases.table import cases  # noqa: E402
from dizuo.operations.opening import open_operations  # noqa: E402

BODY = urlencode(
    {
        "service_code": "urban_event.0501",
        "lat": "43.7305",
        "long": "7.4240",
        "description": "A stall stands on the pavement, nobody gets by.",
        "phone": "13800000000",
    }
).encode()
HEAD = (
    "POST /open311/v2/requests.json HTTP/1.1\r\nHost: town\r\nIdempotency-Key: {}-{}\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\n"
    f"Content-Length: {len(BODY)}\r\n\r\n"
)
"""One report as a browser's form sends it, with words and a telephone number."""
FOUND = re.compile(rb'"service_request_id":"([0-9a-f]{32})"')


class Sender(asyncio.Protocol):
    """One connection that reports, waits for the answer, and reports again.

    It shares the cores with the server, so it does no more than it must.
    """

    def __init__(self, until, waits, acknowledged, done):
        self.until, self.waits, self.acknowledged, self.done = until, waits, acknowledged, done
        self.name, self.number, self.answer = uuid.uuid4().hex, 0, b""

    def connection_made(self, transport):
        self.transport = transport
        self.report()

    def report(self):
        self.number += 1
        self.begin = time.perf_counter()
        self.transport.write(HEAD.format(self.name, self.number).encode() + BODY)

    def data_received(self, data):
        self.answer += data
        if not self.answer.endswith(b"}]"):
            return
        now = time.perf_counter()
        self.waits.append(now - self.begin)
        self.acknowledged.append(FOUND.search(self.answer)[1].decode())
        self.answer = b""
        if now < self.until:
            self.report()
        else:
            self.transport.close()

    def connection_lost(self, error):
        if not self.done.done():
            self.done.set_result(error)


async def load(port, seconds, connections):
    waits, acknowledged = [], []
    loop, begin = asyncio.get_running_loop(), time.perf_counter()
    done = [loop.create_future() for _ in range(connections)]
    for one in done:
        await loop.create_connection(
            lambda one=one: Sender(begin + seconds, waits, acknowledged, one), "127.0.0.1", port
        )
    if any(await asyncio.gather(*done)):
        sys.exit("a connection broke")
    return time.perf_counter() - begin, np.array(waits), acknowledged


async def answers(port):
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    sys.exit("the server does not answer")


def processor_seconds(process):
    """Seconds that a process has computed so far, by Linux's own account."""
    told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", help="URL of an empty database; SQLite if not given")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--port", type=int, default=8399)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        url = given.database or f"sqlite:///{folder / 'operations.sqlite'}"
        write_town(folder)
        script = ROOT / "tests" / "faults" / "served_town.py"
        server = subprocess.Popen([sys.executable, script, folder, str(given.port), url])
        try:
            uvloop.run(answers(given.port))
            uvloop.run(load(given.port, 1.0, given.connections))
            before = processor_seconds(server.pid)
            spent, waits, acknowledged = uvloop.run(
                load(given.port, given.seconds, given.connections)
            )
            used = 1000 * (processor_seconds(server.pid) - before) / len(waits)
        finally:
            server.terminate()
            server.wait()
        operations = open_operations(folder, url=url)
        with operations.engine.connect() as connection:
            kept = set(connection.execute(select(cases.c.case)).scalars())
            count = connection.execute(select(func.count()).select_from(cases)).scalar()
        oldest = oldest_unsealed(operations.engine)
        lost = len({f"case:{one}" for one in acknowledged} - kept)
    p50, p99 = 1000 * np.percentile(waits, [50, 99])
    print("| database | intakes/s | p50 | p99 | own time | oldest unsealed | acknowledged | lost |")
    print("| --- " * 8 + "|")
    print(
        f"| {url.split(':')[0]} | {len(waits) / spent:,.0f} | {p50:.0f} ms | {p99:.0f} ms "
        f"| {used:.2f} ms | {oldest:.1f} s | {len(acknowledged):,} of {count:,} | {lost} |"
    )


if __name__ == "__main__":
    main()
