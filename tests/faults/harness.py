"""A town under load whose server and workers are killed; and the count of what it acknowledged."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from served_town import write_town
from sqlalchemy import func, select

from dizuo.operations.cases.office import Actor
from dizuo.operations.cases.table import cases
from dizuo.operations.event_log import tables
from dizuo.operations.opening import open_operations
from dizuo.operations.webhooks.target import Target
from opened_city import let_in

SCRIPT = Path(__file__).with_name("served_town.py")
PLACE = {"service_code": "urban_event.0501", "lat": "43.73", "long": "7.42"}
BOSS = Actor("account:boss", frozenset({"desk"}))
AGAIN = 0.3
"""How often something that was acknowledged is sent once more: late, and out of order."""


class Town:
    """A server and a worker that can be killed and started again at the same address."""

    def __init__(self, folder, url):
        with socket.socket() as place:
            place.bind(("127.0.0.1", 0))
            self.port = place.getsockname()[1]
        command = [sys.executable, str(SCRIPT), str(folder), str(self.port), url, "orders"]
        pipe = subprocess.PIPE
        self.maker = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self.processes = {}
        self.start("serve")

    def order(self, *words):
        print(*words, file=self.maker.stdin, flush=True)
        answer = self.maker.stdout.readline().strip()
        if not answer:
            raise RuntimeError("the maker of servers has ended")
        return answer

    def start(self, kind):
        self.processes[kind] = int(self.order(kind))
        if kind != "serve":
            return
        address = f"http://127.0.0.1:{self.port}/open311/v2/services.json"
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(address, timeout=2).status_code == 200:
                    return
            time.sleep(0.02)
        raise RuntimeError("the server does not answer")

    def kill(self, kind):
        process = self.processes.pop(kind)
        os.kill(process, signal.SIGKILL)
        self.order("bury", process)

    def end(self):
        for kind in list(self.processes):
            self.kill(kind)
        self.maker.stdin.close()
        self.maker.wait()


class Receiver:
    """Somebody at the other end of a webhook, who writes down what comes."""

    def __init__(self):
        self.came, lock = defaultdict(Counter), threading.Lock()
        came = self.came

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["content-length"])
                told = self.rfile.read(length)
                if len(told) < length:
                    return  # whoever sent it was killed meanwhile
                body = json.loads(told)
                with lock:
                    came[body["data"]["subject"]][self.headers["webhook-id"]] += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def end(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Sender(threading.Thread):
    """Somebody who reports, files, and does each again until it is acknowledged; and once more."""

    def __init__(self, town, key, stop, seed):
        super().__init__()
        self.address = f"http://127.0.0.1:{town.port}"
        self.staff, self.stop = {"Authorization": f"Bearer {key}"}, stop
        self.dice = random.Random(seed)
        self.opened, self.filed, self.refused, self.other = {}, {}, Counter(), []

    def run(self):
        with httpx.Client(base_url=self.address, timeout=10) as http:
            while not self.stop.is_set():
                delivery = uuid.uuid4().hex
                if (case := self.report(http, delivery)) is None:
                    return
                self.opened[delivery] = case
                if not self.file(http, delivery, case):
                    return
                self.filed[delivery] = case
                if self.dice.random() < AGAIN:
                    self.send_again(http)

    def send_again(self, http):
        """Something old comes a second time; nothing may come of it."""
        delivery = self.dice.choice(list(self.filed))
        told = self.report(http, delivery)
        if told is not None and told != self.opened[delivery]:
            self.other.append((delivery, told))
        self.file(http, delivery, self.opened[delivery])

    def report(self, http, delivery):
        headers = {"Idempotency-Key": delivery}
        about = PLACE | {"address_id": delivery}  # by which its case is known afterwards
        told = self.insist(http, "/open311/v2/requests.json", headers, data=about)
        return told and told[0]["service_request_id"]

    def file(self, http, delivery, case):
        headers = {"Idempotency-Key": f"file-{delivery}", **self.staff}
        return self.insist(http, f"/api/cases/case:{case}/file", headers, json={"category": "0501"})

    def insist(self, http, path, headers, **body):
        while True:
            try:
                answer = http.post(path, headers=headers, **body)
                if answer.status_code in {200, 201}:
                    return answer.json()
                self.refused[answer.status_code] += 1
            except httpx.HTTPError:
                pass
            if self.stop.wait(0.02):
                return None


class Load:
    """Senders, a receiver, and a town: what was acknowledged is compared with what is there."""

    def __init__(self, folder, url, *, senders=6):
        self.folder, self.url = folder, url
        write_town(folder)
        operations = open_operations(folder, url=url)
        operations.publish_rules()
        self.receiver = Receiver()
        with operations.engine.begin() as connection:
            target = Target(self.receiver.url, private=True)
            operations.webhooks.add(connection, target, BOSS, kinds=["case.dispatch"])
        key = let_in(operations, "desk", "desk")
        operations.engine.dispose()
        self.town, self.stop = Town(folder, url), threading.Event()
        self.town.start("work")
        self.senders = [Sender(self.town, key, self.stop, seed) for seed in range(senders)]

    def __enter__(self):
        for one in self.senders:
            one.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for one in self.senders:
            one.join()
        self.town.end()
        self.receiver.end()

    @property
    def filed(self):
        return {case for one in self.senders for case in one.filed.copy().values()}

    @property
    def refused(self):
        return sum((one.refused for one in self.senders), Counter())

    def go_on(self, more, seconds=300):
        """Wait until so many more cases were filed: whatever happened, the town works on."""
        wanted, deadline = len(self.filed) + more, time.monotonic() + seconds
        while len(self.filed) < wanted:
            if time.monotonic() > deadline:
                raise AssertionError("the town does not work on")
            time.sleep(0.05)

    def drain(self, seconds=300):
        """Stop reporting, and wait until all that was dispatched was told to the receiver."""
        self.stop.set()
        for one in self.senders:
            one.join()
        deadline = time.monotonic() + seconds
        while {f"case:{one}" for one in self.filed} - set(self.receiver.came):
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)

    def count(self):
        """Compare every acknowledged id with what the database holds; return what is wrong."""
        operations = open_operations(self.folder, url=self.url)
        with operations.engine.connect() as connection:
            kept = {row.case: row for row in connection.execute(select(cases))}
            query = select(tables.events.c.subject, tables.events.c.kind)
            written = connection.execute(query).all()
        opened = {k: v for one in self.senders for k, v in one.opened.items()}
        by_delivery = defaultdict(list)
        for row in kept.values():
            by_delivery[row.place].append(row.case)
        begun = Counter(row.subject for row in written if row.kind == "case.opened")
        dispatched = Counter(row.subject for row in written if row.kind == "case.dispatch")
        lost = [
            case for delivery, case in opened.items()
            if f"case:{case}" not in by_delivery[delivery] or begun[f"case:{case}"] != 1
        ]  # fmt: skip
        undone = [
            case for case in self.filed
            if kept[f"case:{case}"].state != "dispatched" or dispatched[f"case:{case}"] != 1
        ]  # fmt: skip
        told = self.receiver.came
        operations.sequencer.seal()
        found = {
            "reports acknowledged": len(opened),
            "steps acknowledged": len(self.filed),
            "lost": len(lost),
            "opened twice": sum(len(made) > 1 for made in by_delivery.values()),
            "not dispatched": len(undone),
            "dispatched twice": sum(many > 1 for many in dispatched.values()),
            "never told": len({f"case:{one}" for one in self.filed} - set(told)),
            "told as two": sum(len(ids) > 1 for ids in told.values()),
            "told again after a kill": sum(sum(ids.values()) - 1 for ids in told.values()),
            "answered otherwise": sum(len(one.other) for one in self.senders),
            "problems in the log": len(operations.verify()),
            "oldest unsealed, s": oldest_unsealed(operations.engine),
        }
        operations.engine.dispose()
        return found


WRONG = ("lost", "opened twice", "not dispatched", "dispatched twice", "never told", "told as two",
         "answered otherwise", "problems in the log")  # fmt: skip


def wrong(found):
    """Return what must be nothing, and is something."""
    return {name: found[name] for name in WRONG if found[name]}


def oldest_unsealed(engine):
    """How long an event waited for its batch at most, in seconds, by the log itself."""
    with engine.connect() as connection:
        batch, event = tables.batches, tables.events
        age = func.max(batch.c.sealed - event.c.recorded)
        query = select(age).join_from(batch, event, event.c.number == batch.c.first)
        return (connection.execute(query).scalar() or 0) / 1e6
