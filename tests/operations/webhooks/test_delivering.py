"""Deliveries: tried again, in order, never twice once acknowledged, and signed."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from receiving import BOSS, EVERYWHERE, Receiver, by_subject, report, subscribe, verified

from dizuo.model.errors import InputError, StoreError
from dizuo.operations.webhooks.deliverer import Deliverer
from dizuo.operations.webhooks.register import deliver_again, list_deliveries
from dizuo.operations.webhooks.settings import DeliverySettings
from dizuo.operations.webhooks.subscriptions import Subscription, all_subscriptions
from dizuo.operations.webhooks.target import Target


def states(operations):
    with operations.engine.connect() as connection:
        return dict(Counter(row["state"] for row in list_deliveries(connection)))


def step(operations, case, action, **told):
    with operations.engine.begin() as connection:
        operations.act(connection, case, action, BOSS, given=told)


def test_what_was_acknowledged_is_not_sent_again(operations, worker, receiver):
    subscribe(operations)
    report(operations, ["a", "b", "c"])
    assert worker.deliver_due() == 3
    operations.log.clock.move(timedelta(days=30))
    assert worker.deliver_due() == 0
    assert Deliverer(operations.webhooks, receiver).deliver_due() == 0
    assert len(receiver.ids) == len(set(receiver.ids)) == 3


def test_a_delivery_is_tried_again_after_growing_pauses_under_one_id(operations, worker, receiver):
    """5 s, 25 s and 125 s: the first pause, and each five times the one before."""
    subscribe(operations)
    receiver.answers += [500, 302, 404]
    report(operations, ["a"])
    assert worker.deliver_due() == 0
    for pause in (5, 25, 125):
        operations.log.clock.move(timedelta(seconds=pause, microseconds=-1))
        before = len(receiver.ids)
        worker.deliver_due()
        assert len(receiver.ids) == before
        operations.log.clock.move(timedelta(microseconds=1))
        worker.deliver_due()
        assert len(receiver.ids) == before + 1
    assert len(set(receiver.ids)) == 1
    assert states(operations) == {"done": 1}


def test_what_a_clock_that_ran_ahead_put_off_is_sent_when_it_is_set_back(
    operations, worker, receiver
):
    subscribe(operations)
    operations.log.clock.move(timedelta(hours=2))
    report(operations, ["never tried"])
    operations.log.clock.move(timedelta(hours=-2))
    assert worker.deliver_due() == 1
    operations.log.clock.move(timedelta(days=30))
    receiver.answers += [500]
    report(operations, ["tried once"])
    assert worker.deliver_due() == 0
    operations.log.clock.move(timedelta(days=-30))
    assert worker.deliver_due() == 1
    assert states(operations) == {"done": 2}


def test_a_hold_that_a_clock_that_ran_ahead_gave_ends_when_it_is_set_back(operations, receiver):
    subscribe(operations)
    report(operations, ["a"])
    operations.log.clock.move(timedelta(hours=2))
    dead = Deliverer(operations.webhooks, receiver)
    with operations.engine.begin() as connection:
        assert len(dead.take(connection, {})) == 1
    assert Deliverer(operations.webhooks, receiver).deliver_due() == 0
    operations.log.clock.move(timedelta(hours=-2))
    assert Deliverer(operations.webhooks, receiver).deliver_due() == 1


@given(attempts=st.integers(1, 2000), dice=st.floats(0, 1))
def test_pauses_grow_up_to_the_longest_and_spread_only_downwards(attempts, dice):
    rules = DeliverySettings.load()
    pause = rules.pause(attempts, lambda: dice).total_seconds()
    whole = min(5 * 5.0 ** min(attempts - 1, 40), 36000)
    assert 0.8 * whole - 1e-3 <= pause <= whole


def test_who_never_answers_leaves_dead_letters_that_can_be_sent_again(operations, worker, receiver):
    subscribe(operations)
    receiver.answers += [503] * 10
    report(operations, ["a"])
    for _ in range(12):
        worker.deliver_due()
        operations.log.clock.move(timedelta(hours=11))
    assert len(receiver.ids) == 10
    with operations.engine.connect() as connection:
        (dead,) = list_deliveries(connection, state="dead")
    assert (dead["status"], dead["problem"]) == (503, "the receiver answered 503")
    with operations.engine.begin() as connection:
        deliver_again(connection, dead["delivery"], operations.log.clock)
    assert worker.deliver_due() == 1
    assert len(set(receiver.ids)) == 1
    assert states(operations) == {"done": 1}


def test_a_case_is_told_in_order_and_a_stuck_one_does_not_hold_up_others(
    operations, worker, receiver
):
    subscribe(operations)
    a, b = report(operations, ["a", "b"])
    step(operations, a, "file", category="0501")
    step(operations, b, "file", category="0501")
    receiver.answers += [500]
    for _ in range(4):
        worker.deliver_due()
    assert by_subject(receiver) == {a: [2], b: [3, 5]}
    operations.log.clock.move(timedelta(seconds=5))
    for _ in range(3):
        worker.deliver_due()
    assert by_subject(receiver)[a] == [2, 2, 4]


def test_a_dead_letter_lets_the_later_ones_pass(operations, worker, receiver):
    subscribe(operations)
    (case,) = report(operations, ["a"])
    step(operations, case, "file", category="0501")
    receiver.answers += [500] * 10
    for _ in range(12):
        worker.deliver_due()
        operations.log.clock.move(timedelta(hours=11))
    assert by_subject(receiver)[case] == [2] * 10 + [3]


def test_a_receiver_that_is_gone_is_told_no_more(operations, worker, receiver):
    subscribe(operations)
    receiver.answers += [410]
    report(operations, ["a"])
    worker.deliver_due()
    report(operations, ["b"])
    assert states(operations) == {"dead": 1}
    with operations.engine.begin() as connection:
        ((one, _),) = all_subscriptions(connection)
        assert not one.active
        (dead,) = list_deliveries(connection)
        deliver_again(connection, dead["delivery"], operations.log.clock)
    assert worker.deliver_due() == 1


def test_whatever_a_removed_receiver_waits_for_is_dropped(operations, worker, receiver):
    made = subscribe(operations)
    report(operations, ["a"])
    with operations.engine.begin() as connection:
        assert operations.webhooks.remove(connection, made.subscription, BOSS) == 1
    assert worker.deliver_due() == 0
    assert states(operations) == {"dropped": 1}
    with operations.engine.begin() as connection:
        (gone,) = list_deliveries(connection)
        with pytest.raises(InputError, match="the subscription was removed"):
            deliver_again(connection, gone["delivery"], operations.log.clock)
        with pytest.raises(InputError, match="there is no subscription"):
            operations.webhooks.rotate(connection, made.subscription, BOSS)
        with pytest.raises(InputError, match="there is no delivery"):
            deliver_again(connection, "msg_none", operations.log.clock)


def test_a_delivery_held_by_a_worker_that_died_is_taken_up_by_another(operations, receiver):
    subscribe(operations)
    report(operations, ["a"])
    first, second = (Deliverer(operations.webhooks, receiver) for _ in range(2))
    with operations.engine.begin() as connection:
        held = first.take(connection, {})
    assert len(held) == 1
    assert second.deliver_due() == 0
    operations.log.clock.move(timedelta(seconds=121))
    assert second.deliver_due() == 1
    with operations.engine.begin() as connection:
        first.write_down(connection, [(held[0], receiver(EVERYWHERE, {"webhook-id": "x"}, b"", 1))])
    assert states(operations) == {"done": 1}


def test_two_workers_at_once_send_everything_once_and_in_order(operations):
    subscribe(operations)
    receiver, stop, lock = Receiver(), threading.Event(), threading.Lock()

    def transport(*given):
        with lock:
            return receiver(*given)

    workers = [
        threading.Thread(target=Deliverer(operations.webhooks, transport).run, args=(stop,))
        for _ in range(2)
    ]
    for one in workers:
        one.start()
    cases = report(operations, [f"r{k}" for k in range(10)])
    for case in cases:
        step(operations, case, "file", category="0501")
    _until(lambda: states(operations) == {"done": 20})
    stop.set()
    for one in workers:
        one.join()
    assert len(receiver.ids) == len(set(receiver.ids)) == 20
    assert all(numbers == sorted(numbers) for numbers in by_subject(receiver).values())


def _until(reached):
    import time

    deadline = time.monotonic() + 60
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert reached()


def test_a_sender_that_fails_is_an_attempt_that_failed(operations):
    def broken(*_):
        raise RuntimeError("no route")

    subscribe(operations)
    report(operations, ["a"])
    assert Deliverer(operations.webhooks, broken).deliver_due() == 0
    with operations.engine.connect() as connection:
        (one,) = list_deliveries(connection)
    assert (one["state"], one["problem"]) == ("waiting", "RuntimeError: no route")


def test_the_library_of_the_specification_accepts_the_signature(operations, worker, receiver):
    made = subscribe(operations)
    report(operations, ["a"])
    worker.deliver_due()
    ((_, headers, body),) = receiver.came
    assert verified(made.secret, headers, body)
    assert not verified(made.secret, headers, body + b" ")
    assert headers["webhook-timestamp"] == "1772442000"


def test_a_rotated_secret_signs_beside_the_new_one_for_a_day(operations, worker, receiver):
    old = subscribe(operations)
    with operations.engine.begin() as connection:
        new = operations.webhooks.rotate(connection, old.subscription, BOSS)
    report(operations, ["a"])
    worker.deliver_due()
    operations.log.clock.move(timedelta(days=1, seconds=1))
    report(operations, ["b"])
    worker.deliver_due()
    (_, first, body), (_, second, later) = receiver.came
    assert verified(old.secret, first, body)
    assert verified(new.secret, first, body)
    assert not verified(old.secret, second, later)
    assert verified(new.secret, second, later)


def test_secrets_are_kept_encrypted(operations):
    made = subscribe(operations)
    with operations.engine.connect() as connection:
        ((one, _),) = all_subscriptions(connection)
    assert made.secret not in str(one.sealed_secrets)
    assert operations.webhooks.secrets(one) == [made.secret]
    other = Subscription(
        "webhook:other", EVERYWHERE, (), (), (), active=True, sealed_secrets=one.sealed_secrets
    )
    with pytest.raises(StoreError, match="cannot be decrypted"):
        operations.webhooks.secrets(other)


@pytest.mark.parametrize("secret", ["whsec_YWJj", "nothing", "whsec_?", "YWJj" * 8])
def test_what_is_no_secret_is_refused(operations, secret):
    with pytest.raises(InputError, match="a secret is whsec_"):
        subscribe(operations, secret=secret)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=st.lists(st.sampled_from([200, 200, 500, 404, 503]), max_size=30))
def test_whatever_is_answered_order_holds_and_nothing_comes_after_its_acknowledgement(
    operations, answers
):
    target = Target(f"https://receiver.example/{len(answers)}")
    made = subscribe(operations, target)
    receiver = Receiver(answers)
    worker = Deliverer(operations.webhooks, receiver)
    (case,) = report(operations, [made.subscription])
    step(operations, case, "file", category="0501")
    for _ in range(30):
        worker.deliver_due()
        operations.log.clock.move(timedelta(hours=11))
    with operations.engine.begin() as connection:
        operations.webhooks.remove(connection, made.subscription, BOSS)
    told = by_subject(receiver)[case]
    assert told == sorted(told)
    assert len(set(told)) == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("attempts = 3", "cannot be read"),
        ("attempts = 'many'", "cannot be read"),
        ("[", "not TOML"),
    ],
)
def test_faulty_settings_are_refused(tmp_path, text, problem):
    file = tmp_path / "webhooks.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=problem):
        DeliverySettings.load(file)


def test_a_delivery_must_be_held_longer_than_an_attempt_lasts(tmp_path):
    from importlib.resources import files

    shipped = files("dizuo.operations.webhooks").joinpath("delivering.toml").read_text("utf-8")
    file = tmp_path / "webhooks.toml"
    file.write_text(shipped.replace("held_seconds = 120", "held_seconds = 20"))
    with pytest.raises(InputError, match="twice as long"):
        DeliverySettings.load(file)
