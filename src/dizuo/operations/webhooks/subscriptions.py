"""Who is told of what: subscriptions by kind of event, case type and unit, and their secrets."""

import base64
import json
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.office import Actor
from dizuo.operations.event_log.event import Event
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.time import from_microseconds, to_microseconds
from dizuo.operations.webhooks.settings import DeliverySettings
from dizuo.operations.webhooks.signature import new_secret, secret_bytes
from dizuo.operations.webhooks.tables import DROPPED, WAITING, deliveries, subscriptions
from dizuo.operations.webhooks.target import Target

__all__ = ["OWN_EVENTS", "Subscribed", "Subscription", "SubscriptionDesk", "all_subscriptions"]

OWN_EVENTS: Final = "webhook."
"""Begins the kinds of events about subscriptions, which nobody is told of."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one receiver is told; an empty list asks for all.

    Attributes
    ----------
    kinds
        Kinds of events, ``*`` for any part: ``case.closed``, ``incident.*``.
    case_types, units
        If given, only of cases of these types, with these units.
    active
        False when the receiver said that it is gone for good (410), or was removed.
    """

    id: str
    target: Target
    kinds: tuple[str, ...]
    case_types: tuple[str, ...]
    units: tuple[str, ...]
    active: bool
    sealed_secrets: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, row: Row[Any]) -> "Subscription":
        """Return what a row says."""
        kinds, types, units = (tuple(json.loads(one)) for one in (
            row.kinds, row.case_types, row.units))  # fmt: skip
        target = Target(row.url, row.allow_private)
        secrets = tuple(json.loads(row.secrets))
        return cls(row.subscription, target, kinds, types, units, row.active, secrets)

    def wants(self, kind: str, case_type: str | None, unit: str | None) -> bool:
        """Tell whether the receiver asked for an event."""
        return (
            (not self.kinds or any(fnmatchcase(kind, one) for one in self.kinds))
            and (not self.case_types or case_type in self.case_types)
            and (not self.units or unit in self.units)
        )


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A new subscription, and its secret, which is told this once."""

    subscription: str
    secret: str


@dataclass
class SubscriptionDesk:
    """Adds, removes and lists subscriptions, and changes their secrets.

    Parameters
    ----------
    vault
        Its master key encrypts the secrets.
    """

    log: Log
    vault: Vault
    settings: DeliverySettings
    randomness: Callable[[int], bytes] = os.urandom
    identify: Callable[[], str] = field(default=lambda: uuid.uuid4().hex)

    def add(
        self,
        connection: Connection,
        target: Target,
        actor: Actor,
        *,
        kinds: Sequence[str] = (),
        case_types: Sequence[str] = (),
        units: Sequence[str] = (),
        secret: str = "",
    ) -> Subscribed:
        """Tell a receiver from now on; without a secret of its own it is given a new one.

        Raises
        ------
        InputError
            If the secret is none.
        """
        self.log.take_the_end(connection)
        given = secret or new_secret(self.randomness)
        secret_bytes(given)
        subscription = f"webhook:{self.identify()}"
        row = {
            "subscription": subscription,
            "url": target.url,
            "kinds": json.dumps(list(kinds)),
            "case_types": json.dumps(list(case_types)),
            "units": json.dumps(list(units)),
            "secrets": json.dumps([self._sealed(subscription, given)]),
            "allow_private": target.private,
            "active": True,
            "created": to_microseconds(self.log.clock.now()),
            "ended": None,
        }
        connection.execute(subscriptions.insert().values(row))
        asked = {"kinds": list(kinds), "case_types": list(case_types), "units": list(units)}
        facts = {"host": target.parts().hostname, "private": target.private, **asked}
        self._write(connection, "added", subscription, actor, facts)
        return Subscribed(subscription, given)

    def remove(self, connection: Connection, subscription: str, actor: Actor) -> int:
        """Tell a receiver nothing more; return how many deliveries were dropped.

        Raises
        ------
        InputError
            If there is no such subscription.
        """
        self.log.take_the_end(connection)
        self.get(connection, subscription)
        now = to_microseconds(self.log.clock.now())
        waiting = (deliveries.c.subscription == subscription) & (deliveries.c.state == WAITING)
        dropped = connection.execute(
            deliveries.update().where(waiting).values(state=DROPPED, ended=now)
        )
        # Deliveries before subscriptions, as the workers lock them.
        this = subscriptions.c.subscription == subscription
        connection.execute(subscriptions.update().where(this).values(active=False, ended=now))
        self._write(connection, "removed", subscription, actor, {"dropped": dropped.rowcount})
        return dropped.rowcount

    def rotate(
        self, connection: Connection, subscription: str, actor: Actor, secret: str = ""
    ) -> Subscribed:
        """Sign with a new secret, for a while beside the one before.

        Raises
        ------
        InputError
            If there is no such subscription, or the secret is none.
        """
        self.log.take_the_end(connection)
        found = self.get(connection, subscription)
        given = secret or new_secret(self.randomness)
        secret_bytes(given)
        now = self.log.clock.now()
        until = to_microseconds(now + timedelta(seconds=self.settings.overlap_seconds))
        before = [
            {**one, "until": until if one["until"] is None else one["until"]}
            for one in found.sealed_secrets
            if one["until"] is None or one["until"] > to_microseconds(now)
        ]
        kept = json.dumps([self._sealed(subscription, given), *before])
        this = subscriptions.c.subscription == subscription
        connection.execute(subscriptions.update().where(this).values(secrets=kept))
        self._write(connection, "rotated", subscription, actor, {"until": until})
        return Subscribed(subscription, given)

    def secrets(self, one: Subscription) -> list[str]:
        """Return the secrets that sign now, the newest first."""
        now = to_microseconds(self.log.clock.now())
        return [
            self.vault.unwrap(base64.b64decode(each["sealed"]), one.id).decode("ascii")
            for each in one.sealed_secrets
            if each["until"] is None or each["until"] > now
        ]

    @staticmethod
    def get(connection: Connection, subscription: str) -> Subscription:
        """Return one subscription that was not removed.

        Raises
        ------
        InputError
            If there is none.
        """
        query = select(subscriptions).where(
            subscriptions.c.subscription == subscription, subscriptions.c.ended.is_(None)
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            raise InputError(
                Text(f"there is no subscription {subscription!r}", f"没有订阅 {subscription!r}"),
                field="subscription",
                cure=Text(
                    "See: dizuo operations CITY webhooks list.",
                    "请查看：dizuo operations CITY webhooks list。",
                ),
            )
        return Subscription.of(row)

    def _sealed(self, subscription: str, secret: str) -> dict[str, Any]:
        sealed = self.vault.wrap(secret.encode("ascii"), subscription)
        return {"sealed": base64.b64encode(sealed).decode("ascii"), "until": None}

    def _write(
        self, connection: Connection, what: str, subject: str, actor: Actor, facts: dict[str, Any]
    ) -> None:
        now = self.log.clock.now()
        kind = f"{OWN_EVENTS}{what}"
        event = Event(self.identify(), kind, subject, now, actor.id, "desk", facts)
        self.log.append(connection, [event])


def all_subscriptions(connection: Connection) -> list[tuple[Subscription, Mapping[str, Any]]]:
    """Return the subscriptions that were not removed, each with when it was made."""
    query = select(subscriptions).where(subscriptions.c.ended.is_(None))
    rows = connection.execute(query.order_by(subscriptions.c.created)).all()
    return [(Subscription.of(row), {"created": from_microseconds(row.created)}) for row in rows]
