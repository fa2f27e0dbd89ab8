"""Take deliveries in hand, send them, write down what came of it: at least once, in order.

A delivery is held by one worker at a time; of one subject only the first that still waits can be
taken, so a receiver hears of a case in the order in which it happened. What was acknowledged is
written down and never sent again; between the answer and that commit a crash leaves the delivery
waiting, and it comes again under the same id.
"""

import queue
import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import DBAPIError

from dizuo import __version__
from dizuo.operations.time import to_microseconds
from dizuo.operations.webhooks.signature import signed_headers
from dizuo.operations.webhooks.subscriptions import Subscription, SubscriptionDesk
from dizuo.operations.webhooks.tables import DEAD, DONE, WAITING, deliveries, subscriptions
from dizuo.operations.webhooks.target import Answer, Target, send

__all__ = ["Deliverer", "Held", "Transport"]

_GONE: Final = 410
_SECONDS_BETWEEN_LOOKS: Final = 0.02
"""How soon a worker sees what another process wrote."""
_SECONDS_WITHOUT_DATABASE: Final = 1.0
_BETWEEN_LOOKS_AHEAD: Final = timedelta(minutes=1)


class Transport(Protocol):
    """Sends one delivery."""

    def __call__(
        self, target: Target, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Answer:
        """Return what came of it."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery that this worker has in hand."""

    delivery: str
    to: Subscription
    body: str
    attempts: int
    held_until: int


_Result = tuple[Held, Answer]


@dataclass
class Deliverer:
    """One worker. Several may run, in one process or many, on one database.

    Parameters
    ----------
    transport
        Sends one delivery; the network by default.
    dice
        Gives numbers from 0 to 1 that spread the pauses.
    worker
        Names this worker.
    """

    desk: SubscriptionDesk
    transport: Transport = send
    dice: Callable[[], float] = field(default=random.random)
    worker: str = field(default_factory=lambda: uuid.uuid4().hex)
    _looked: datetime | None = field(default=None, init=False)
    _looked_ahead: datetime | None = field(default=None, init=False)

    def deliver_due(self) -> int:
        """Send what is due once, in this thread; return how many were acknowledged."""
        with self.desk.log.engine.begin() as connection:
            self.forget_other_clocks(connection)
            held = self.take(connection, {})
        done = [(one, self.attempt(one)) for one in held]
        with self.desk.log.engine.begin() as connection:
            self.write_down(connection, done)
        return sum(answer.taken for _, answer in done)

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop; what is under way is then finished and written down.

        While the database cannot be reached, answers are kept and nothing new is taken in hand.
        """
        answers: queue.SimpleQueue[_Result] = queue.SimpleQueue()
        in_hand: dict[str, Held] = {}
        done: list[_Result] = []
        with ThreadPoolExecutor(self.desk.settings.at_once, "dizuo-webhook") as senders:
            while in_hand or not stop.is_set():
                done += _all_of(answers, _SECONDS_BETWEEN_LOOKS)
                try:
                    new = self._turn(done, in_hand, stopping=stop.is_set())
                except DBAPIError:
                    if stop.wait(_SECONDS_WITHOUT_DATABASE) and len(done) == len(in_hand):
                        return
                    continue
                for held, _ in done:
                    in_hand.pop(held.delivery, None)
                done = []
                for one in new:
                    in_hand[one.delivery] = one
                    senders.submit(self._answer, one, answers)

    def _answer(self, held: Held, answers: "queue.SimpleQueue[_Result]") -> None:
        answers.put((held, self.attempt(held)))

    def _turn(
        self, done: Sequence[_Result], in_hand: Mapping[str, Held], *, stopping: bool
    ) -> list[Held]:
        """Write answers down and take more in hand, in one transaction."""
        anew = self._must_look_ahead()
        if not done and (stopping or not (anew or self._is_due())):
            return []
        with self.desk.log.engine.begin() as connection:
            self.write_down(connection, done)
            if stopping:
                return []
            if anew:
                self.forget_other_clocks(connection)
            still = set(in_hand) - {held.delivery for held, _ in done}
            busy = Counter(in_hand[one].to.id for one in still)
            # A clock that was set forward must not put twice what is still under way.
            return [one for one in self.take(connection, busy) if one.delivery not in still]

    def _must_look_ahead(self) -> bool:
        """Tell whether the clock was set back since the last turn, or a while has passed."""
        now = self.desk.log.clock.now()
        back = self._looked is not None and now < self._looked
        self._looked = now
        last = self._looked_ahead
        return back or last is None or now - last > _BETWEEN_LOOKS_AHEAD

    def forget_other_clocks(self, connection: Connection) -> None:
        """Let nothing wait for a time that only a clock told which was ahead and was set back.

        No pause and no hold reaches farther than the settings say, and what was never tried has
        no pause at all.
        """
        now, settings = self.desk.log.clock.now(), self.desk.settings
        self._looked_ahead = now
        moment = to_microseconds(now)
        longest = timedelta(seconds=settings.longest_pause_seconds)
        untried = (deliveries.c.attempts == 0) & (deliveries.c.due > moment)
        beyond = deliveries.c.due > to_microseconds(now + longest)
        waiting = update(deliveries).where(deliveries.c.state == WAITING)
        connection.execute(waiting.where(untried | beyond).values(due=moment))
        held = to_microseconds(now + timedelta(seconds=settings.held_seconds))
        connection.execute(
            waiting.where(deliveries.c.held_until > held).values(held_until=None, held_by=None)
        )

    def _is_due(self) -> bool:
        """Look, without holding up whoever writes."""
        now = to_microseconds(self.desk.log.clock.now())
        with self.desk.log.engine.connect().execution_options(reads_only=True) as connection:
            query = select(deliveries.c.delivery).where(
                deliveries.c.state == WAITING,
                deliveries.c.due <= now,
                deliveries.c.held_until.is_(None) | (deliveries.c.held_until < now),
            )
            return connection.execute(query.limit(1)).first() is not None

    def take(self, connection: Connection, busy: Mapping[str, int]) -> list[Held]:
        """Take in hand what is due, the first of each subject, and no more than may go at once.

        Parameters
        ----------
        busy
            How many this worker is sending to each subscription.
        """
        settings = self.desk.settings
        free = settings.at_once - sum(busy.values())
        query = select(subscriptions).where(subscriptions.c.active)
        taken: list[Held] = []
        for one in [Subscription.of(row) for row in connection.execute(query)]:
            most = min(free, settings.at_once_to_one - busy.get(one.id, 0))
            if most > 0:
                found = self._take_for(connection, one, most)
                taken += found
                free -= len(found)
        return taken

    def _take_for(self, connection: Connection, one: Subscription, most: int) -> list[Held]:
        now = self.desk.log.clock.now()
        moment = to_microseconds(now)
        until = to_microseconds(now + timedelta(seconds=self.desk.settings.held_seconds))
        earlier = deliveries.alias("earlier")
        blocked = (
            select(earlier.c.delivery)
            .where(
                earlier.c.subscription == deliveries.c.subscription,
                earlier.c.subject == deliveries.c.subject,
                earlier.c.state == WAITING,
                earlier.c.number < deliveries.c.number,
            )
            .exists()
        )
        query = (
            select(deliveries.c.delivery, deliveries.c.body, deliveries.c.attempts)
            .where(
                deliveries.c.state == WAITING,
                deliveries.c.subscription == one.id,
                deliveries.c.due <= moment,
                deliveries.c.held_until.is_(None) | (deliveries.c.held_until < moment),
                ~blocked,
            )
            .order_by(deliveries.c.due, deliveries.c.number)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        rows = connection.execute(query).all()
        if rows:
            these = deliveries.c.delivery.in_([row.delivery for row in rows])
            connection.execute(
                update(deliveries).where(these).values(held_until=until, held_by=self.worker)
            )
        return [Held(row.delivery, one, row.body, row.attempts, until) for row in rows]

    def attempt(self, held: Held) -> Answer:
        """Sign and send one delivery; whatever hinders it is an answer."""
        now = self.desk.log.clock.now()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"dizuo/{__version__}",
            **signed_headers(held.delivery, now, held.body, self.desk.secrets(held.to)),
        }
        seconds = self.desk.settings.answer_within_seconds
        try:
            return self.transport(held.to.target, headers, held.body.encode(), seconds)
        except Exception as error:  # noqa: BLE001 - a sender that fails must not stop the worker
            return Answer(None, f"{type(error).__name__}: {error}")

    def write_down(self, connection: Connection, done: Sequence[_Result]) -> None:
        """Write down what came of attempts; what another worker holds by now is theirs to tell."""
        for held, answer in done:
            mine = (
                (deliveries.c.delivery == held.delivery)
                & (deliveries.c.state == WAITING)
                & ((deliveries.c.held_by == self.worker) | answer.taken)
            )
            connection.execute(update(deliveries).where(mine).values(self._after(held, answer)))
            if answer.status == _GONE:
                this = subscriptions.c.subscription == held.to.id
                connection.execute(update(subscriptions).where(this).values(active=False))

    def _after(self, held: Held, answer: Answer) -> dict[str, Any]:
        now = self.desk.log.clock.now()
        attempts = held.attempts + 1
        told: dict[str, Any] = {
            "attempts": attempts,
            "status": answer.status,
            "problem": answer.problem,
            "held_until": None,
            "held_by": None,
        }
        if answer.taken:
            return told | {"state": DONE, "ended": to_microseconds(now)}
        if attempts >= self.desk.settings.attempts or answer.status == _GONE:
            return told | {"state": DEAD, "ended": to_microseconds(now)}
        due = now + self.desk.settings.pause(attempts, self.dice)
        return told | {"due": to_microseconds(due)}


def _all_of(answers: "queue.SimpleQueue[_Result]", seconds: float) -> list[_Result]:
    """Return what has come, waiting so long for the first."""
    try:
        found = [answers.get(timeout=seconds)]
    except queue.Empty:
        return []
    while not answers.empty():
        found.append(answers.get())
    return found
