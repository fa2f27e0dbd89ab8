"""An event and what is to be told of it are written together, or neither is."""

import json

import pytest
from receiving import BOSS, report, subscribe
from sqlalchemy import func, select

from dizuo.operations.cases.office import NewCase
from dizuo.operations.webhooks.register import list_deliveries
from dizuo.operations.webhooks.tables import deliveries

SECRETS = ["13800000000", "路灯不亮 Mr Li", "12 Rue Grimaldi"]


def waiting(operations, **asked):
    with operations.engine.connect() as connection:
        return list_deliveries(connection, **asked)


def test_what_is_rolled_back_is_told_to_nobody(operations):
    subscribe(operations)
    new = NewCase("urban_event", "a", "desk", category="0501")
    with operations.engine.connect() as connection, connection.begin() as transaction:
        operations.office.open(connection, [new], BOSS)
        assert connection.execute(select(func.count()).select_from(deliveries)).scalar() == 1
        transaction.rollback()
    assert waiting(operations) == []


def test_only_what_comes_after_is_told(operations):
    report(operations, ["before"])
    subscribe(operations)
    (case,) = report(operations, ["after"])
    assert [one["subject"] for one in waiting(operations)] == [case]


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        ({}, ["case.opened", "case.file", "case.dispatch"]),
        ({"kinds": ["case.opened"]}, ["case.opened"]),
        ({"kinds": ["case.*"], "case_types": ["urban_event"]}, [
            "case.opened", "case.file", "case.dispatch"]),
        ({"case_types": ["mediation"]}, []),
        ({"units": ["unit:roads"]}, ["case.dispatch"]),
        ({"units": ["unit:parks"]}, []),
        ({"kinds": ["incident.*"]}, []),
    ],
)  # fmt: skip
def test_each_is_told_what_it_asked_for(operations, asked, kinds):
    subscribe(operations, **asked)
    (case,) = report(operations, ["a"])
    with operations.engine.begin() as connection:
        operations.act(connection, case, "file", BOSS, given={"category": "0501"})
        given = {"unit": "unit:roads", "limit": "1 working_days"}
        operations.act(connection, case, "dispatch", BOSS, given=given)
    assert [one["kind"] for one in reversed(waiting(operations))] == kinds


def test_nothing_confidential_is_told(operations):
    subscribe(operations)
    told = [("contact", SECRETS[0]), ("text", SECRETS[1]), ("address", SECRETS[2])]
    (case,) = report(
        operations, ["named-by-li"], x=373_030.5, y=4_843_060.5, grid="000000000000001",
        confidences=[(kind, word.encode()) for kind, word in told],
    )  # fmt: skip
    with operations.engine.begin() as connection:
        given = {"category": "0501", "note": SECRETS[1]}
        operations.act(connection, case, "file", BOSS, given=given)
        bodies = connection.execute(select(deliveries.c.body)).scalars().all()
        token = operations.office._row(connection, case)["token"]
    assert len(bodies) == 2
    for word in [*SECRETS, token, "digest", "373030", "4843060", "named-by-li"]:
        assert not any(word in body for body in bodies), word
    first = json.loads(bodies[0])
    assert first["type"] == "case.opened"
    assert first["timestamp"] == "2026-03-02T09:00:00+00:00"
    assert first["data"]["changes"]["grid"] == "000000000000001"


def test_of_a_merged_report_is_told_which_case_leads_it(operations):
    subscribe(operations)
    goes, stays = report(operations, ["a", "b"])
    with operations.engine.begin() as connection:
        given = {"into": stays, "reason": "the same"}
        operations.act(connection, goes, "merge", BOSS, given=given)
        told = connection.execute(
            select(deliveries.c.body).where(deliveries.c.subject == goes).order_by("number")
        )
        opened, merged = (json.loads(body)["data"] for body in told.scalars())
    assert "merged_into" not in opened
    assert merged["merged_into"] == merged["changes"]["merged_into"] == stays


def test_making_the_tables_anew_tells_nobody_again(operations, worker, receiver):
    subscribe(operations)
    report(operations, ["a", "b"])
    assert worker.deliver_due() == 2
    operations.rebuild()
    assert worker.deliver_due() == 0
    assert len(receiver.ids) == 2
    operations.sequencer.seal()
    assert operations.verify() == []


def test_subscriptions_stand_in_the_log_without_their_secret(operations):
    made = subscribe(operations, kinds=["case.*"])
    with operations.engine.begin() as connection:
        operations.webhooks.rotate(connection, made.subscription, BOSS)
        operations.webhooks.remove(connection, made.subscription, BOSS)
        from dizuo.operations.cases.register import history

        steps = history(connection, made.subscription)
    assert [one.action for one in steps] == ["webhook.added", "webhook.rotated", "webhook.removed"]
    assert steps[0].facts["host"] == "receiver.example"
    assert made.secret not in json.dumps([one.facts for one in steps])
