"""Put what is to be told into the outbox, in the transaction of the events themselves."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from dizuo.operations.cases.table import cases
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.portions import portions
from dizuo.operations.webhooks.payload import delivery_id, payload
from dizuo.operations.webhooks.subscriptions import OWN_EVENTS, Subscription
from dizuo.operations.webhooks.tables import WAITING, deliveries, subscriptions

__all__ = ["Outbox"]

_ABOUT: Final = (cases.c.case_type, cases.c.unit, cases.c.merged_into)
"""What is told of a case with each of its events."""


class Outbox:
    """An outlet of the log: new events become deliveries, an event that is rolled back none.

    The subscriptions are read in the same transaction, so that whoever subscribed in another
    process is told from their commit on.
    """

    def take(self, connection: Connection, added: Sequence[LoggedEvent]) -> None:
        """Add a delivery for each event and each who asked for it."""
        query = select(subscriptions).where(subscriptions.c.active)
        asked = [Subscription.of(row) for row in connection.execute(query)]
        if not asked:
            return
        about = _about(connection, [one.subject for one in added if one.kind.startswith("case.")])
        rows = [
            _row(one, each, about.get(one.subject, {}))
            for one in added
            if not one.kind.startswith(OWN_EVENTS)
            for each in asked
            if each.wants(one.kind, *(about.get(one.subject, {}).get(name) for name in (
                "case_type", "unit")))
        ]  # fmt: skip
        if rows:
            connection.execute(deliveries.insert(), rows)


def _row(event: LoggedEvent, to: Subscription, about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "delivery": delivery_id(to.id, event),
        "subscription": to.id,
        "number": event.number,
        "kind": event.kind,
        "subject": event.subject,
        "body": payload(event, about),
        "state": WAITING,
        "attempts": 0,
        "due": event.recorded,
        "created": event.recorded,
    }


def _about(connection: Connection, subjects: Sequence[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for part in portions(subjects):
        query = select(cases.c.case, *_ABOUT).where(
            cases.c.case.in_(bindparam("cases", expanding=True))
        )
        for row in connection.execute(query, {"cases": part}):
            found[row.case] = {column.name: getattr(row, column.name) for column in _ABOUT}
    return found
