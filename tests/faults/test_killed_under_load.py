"""The server is killed again and again under load: nothing that was acknowledged is lost.

Several senders report, file and send again what was not acknowledged, while the server's process is
killed without warning. At the end every acknowledged case is there, once, dispatched once, and the
log verifies. ``DIZUO_KILLS=1000`` makes it a long night.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import httpx
import pytest
from served_town import write_town
from sqlalchemy import select

from dizuo.operations.cases.table import cases
from dizuo.operations.event_log import tables
from dizuo.operations.opening import open_operations
from opened_city import let_in

KILLS = int(os.environ.get("DIZUO_KILLS", "4"))
SENDERS = 6
SCRIPT = Path(__file__).with_name("served_town.py")
PLACE = {"service_code": "urban_event.0501", "lat": "43.73", "long": "7.42"}


class Server:
    """A server that can be killed and started again at the same address."""

    def __init__(self, folder, url):
        with socket.socket() as place:
            place.bind(("127.0.0.1", 0))
            self.port = place.getsockname()[1]
        self.command = [sys.executable, str(SCRIPT), str(folder), str(self.port), url]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command)
        address = f"http://127.0.0.1:{self.port}/open311/v2/services.json"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError("the server did not start")
            try:
                if httpx.get(address, timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise RuntimeError("the server does not answer")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Sender(threading.Thread):
    """Somebody who reports, files, and does each again until it is acknowledged."""

    def __init__(self, server, key, stop):
        super().__init__()
        self.address = f"http://127.0.0.1:{server.port}"
        self.staff, self.stop = {"Authorization": f"Bearer {key}"}, stop
        self.opened, self.filed, self.refused = {}, set(), []

    def run(self):
        with httpx.Client(base_url=self.address, timeout=10) as http:
            while not self.stop.is_set():
                delivery = uuid.uuid4().hex
                headers = {"Idempotency-Key": delivery}
                told = self.insist(http, "/open311/v2/requests.json", headers, data=PLACE)
                if told is None:
                    return
                case = told[0]["service_request_id"]
                self.opened[delivery] = case
                headers = {"Idempotency-Key": f"file-{delivery}", **self.staff}
                path = f"/api/cases/case:{case}/file"
                if self.insist(http, path, headers, json={"category": "0501"}) is None:
                    return
                self.filed.add(case)

    def insist(self, http, path, headers, **body):
        while True:
            try:
                answer = http.post(path, headers=headers, **body)
                if answer.status_code in {200, 201}:
                    return answer.json()
                self.refused.append(answer.text)
            except httpx.HTTPError:
                time.sleep(0.02)
            if self.stop.is_set():
                return None


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'operations.sqlite'}"
    return request.getfixturevalue("postgresql").new_database()


@pytest.mark.slow
@pytest.mark.systems("S22.6")
def test_nothing_that_was_acknowledged_is_lost_or_done_twice(tmp_path, database):
    write_town(tmp_path)
    operations = open_operations(tmp_path, url=database)
    operations.publish_rules()
    key = let_in(operations, "desk", "desk")
    server, dice, stop = Server(tmp_path, database), random.Random(7), threading.Event()
    senders = [Sender(server, key, stop) for _ in range(SENDERS)]
    for one in senders:
        one.start()
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.3, 1.5))
        server.kill()
        server.start()
    time.sleep(1.0)
    stop.set()
    for one in senders:
        one.join()
    server.kill()
    assert [one.refused for one in senders] == [[]] * SENDERS
    opened = {k: v for one in senders for k, v in one.opened.items()}
    filed = set().union(*(one.filed for one in senders))
    assert len(filed) > 10 * KILLS
    check_everything(open_operations(tmp_path, url=database), opened, filed)


def check_everything(operations, opened, filed):
    """Compare every acknowledged id with what the database holds."""
    with operations.engine.connect() as connection:
        kept = {row.case: row for row in connection.execute(select(cases))}
        written = connection.execute(select(tables.events.c.id, tables.events.c.subject,
                                            tables.events.c.kind)).all()  # fmt: skip
    by_delivery = {row.id: row.subject for row in written if row.kind == "case.opened"}
    for delivery, case in opened.items():
        assert by_delivery[f"open311:{delivery}"] == f"case:{case}"
    assert len(set(by_delivery.values())) == len(by_delivery) == len(kept)
    dispatched = Counter(row.subject for row in written if row.kind == "case.dispatch")
    assert set(dispatched.values()) <= {1}
    for case in filed:
        assert kept[f"case:{case}"].state == "dispatched"
        assert dispatched[f"case:{case}"] == 1
    operations.sequencer.seal()
    assert operations.verify() == []
    operations.engine.dispose()
