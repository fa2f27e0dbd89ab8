"""Full intakes a second over HTTP on loopback: from the form of a resident to the forced commit.

The server runs in a process of its own; the load comes from this one, over connections that stay
open, so both share the machine. Every acknowledged case is looked up at the end.

    python benchmarks/operations_load.py                       (SQLite)
    python benchmarks/operations_load.py --database postgresql://user@host/empty_database
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "faults"))

from served_town import write_town  # noqa: E402
from sqlalchemy import func, select  # noqa: E402

from dizuo.operations.cases.table import cases  # noqa: E402
from dizuo.operations.opening import open_operations  # noqa: E402


def request():
    """One report as a browser's form sends it, with words and a telephone number."""
    body = urlencode(
        {
            "service_code": "urban_event.0501",
            "lat": "43.7305",
            "long": "7.4240",
            "description": "A stall stands on the pavement, nobody gets by.",
            "phone": "13800000000",
        }
    ).encode()
    head = (
        f"POST /open311/v2/requests.json HTTP/1.1\r\nHost: town\r\n"
        f"Idempotency-Key: {uuid.uuid4().hex}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def sender(port, until, waits, acknowledged):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        begin = time.perf_counter()
        writer.write(request())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        body = await reader.readexactly(length)
        waits.append(time.perf_counter() - begin)
        acknowledged.append(json.loads(body)[0]["service_request_id"])
    writer.close()


async def load(port, seconds, connections):
    waits, acknowledged = [], []
    begin = time.perf_counter()
    senders = [sender(port, begin + seconds, waits, acknowledged) for _ in range(connections)]
    await asyncio.gather(*senders)
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
            asyncio.run(answers(given.port))
            asyncio.run(load(given.port, 1.0, given.connections))
            spent, waits, acknowledged = asyncio.run(
                load(given.port, given.seconds, given.connections)
            )
        finally:
            server.terminate()
            server.wait()
        operations = open_operations(folder, url=url)
        with operations.engine.connect() as connection:
            kept = set(connection.execute(select(cases.c.case)).scalars())
            count = connection.execute(select(func.count()).select_from(cases)).scalar()
        lost = len({f"case:{one}" for one in acknowledged} - kept)
    p50, p99 = 1000 * np.percentile(waits, [50, 99])
    print("| database | intakes/s | p50 | p99 | acknowledged | lost |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(
        f"| {url.split(':')[0]} | {len(waits) / spent:,.0f} | {p50:.0f} ms | {p99:.0f} ms "
        f"| {len(acknowledged):,} of {count:,} | {lost} |"
    )


if __name__ == "__main__":
    main()
