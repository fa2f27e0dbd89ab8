"""Somebody who is told: takes deliveries, checks the signature, answers as the test wants."""

from collections import defaultdict
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook

from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.webhooks.target import Answer, Target

BOSS = Actor("account:boss", frozenset({"desk", "centre", "unit", "resident"}))
EVERYWHERE = Target("https://receiver.example/hook")


class Receiver:
    """A transport that ends in memory: what came, by id and in order."""

    def __init__(self, answers=()):
        self.came, self.answers = [], list(answers)

    def __call__(self, target, headers, body, seconds):
        self.came.append((headers["webhook-id"], headers, body))
        status = self.answers.pop(0) if self.answers else 200
        return Answer(status, None if status == 200 else f"the receiver answered {status}")

    @property
    def ids(self):
        return [one[0] for one in self.came]


def report(operations, deliveries, **given):
    """Open a case for each name of a delivery, in one transaction."""
    given = {"case_type": "urban_event", "category": "0501", **given}
    new = [NewCase(delivery=one, channel="desk", **given) for one in deliveries]
    with operations.engine.begin() as connection:
        return [one.case for one in operations.office.open(connection, new, BOSS)]


def subscribe(operations, target=EVERYWHERE, **asked):
    with operations.engine.begin() as connection:
        return operations.webhooks.add(connection, target, BOSS, **asked)


def verified(secret, headers, body):
    """Check a delivery with the library of the specification; its time is taken as the test's."""
    webhook = Webhook(secret)
    time = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    signed = webhook.sign(headers["webhook-id"], time, body.decode())
    return signed in headers["webhook-signature"].split(" ")


def by_subject(receiver):
    """The numbers of events in the order in which each subject was told."""
    import json

    told = defaultdict(list)
    for _, _, body in receiver.came:
        data = json.loads(body)["data"]
        told[data["subject"]].append(data["number"])
    return told
