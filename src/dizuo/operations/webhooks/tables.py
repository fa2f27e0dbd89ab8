"""Who is told of what, and what is to be delivered: tables that no event gives back.

They are not derived. A log that is made anew tells nobody what they were told before.
"""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table, Text

from dizuo.operations.event_log.backup import KeptBeside
from dizuo.operations.event_log.tables import WHOLE

__all__ = [
    "DEAD", "DONE", "DROPPED", "WAITING", "deliveries", "subscriptions", "webhook_tables",
    "webhooks_backed_up",
]  # fmt: skip

WAITING: Final = "waiting"
DONE: Final = "done"
DEAD: Final = "dead"
DROPPED: Final = "dropped"

_METADATA = MetaData()

subscriptions = Table(
    "webhook_subscriptions",
    _METADATA,
    Column("subscription", String, primary_key=True),
    Column("url", Text, nullable=False),
    Column("kinds", Text, nullable=False),
    Column("case_types", Text, nullable=False),
    Column("units", Text, nullable=False),
    Column("secrets", Text, nullable=False),
    Column("allow_private", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created", WHOLE, nullable=False),
    Column("ended", WHOLE),
)
"""``kinds``, ``case_types``, ``units`` are lists as JSON; empty asks for all. ``secrets`` are
encrypted, the newest first, each with the time until which it signs."""

deliveries = Table(
    "webhook_deliveries",
    _METADATA,
    Column("delivery", String, primary_key=True),
    Column("subscription", String, nullable=False),
    Column("number", WHOLE, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", WHOLE, nullable=False),
    Column("held_until", WHOLE),
    Column("held_by", String),
    Column("created", WHOLE, nullable=False),
    Column("ended", WHOLE),
    Column("status", Integer),
    Column("problem", Text),
    Index("webhook_deliveries_due", "state", "subscription", "due"),
    Index("webhook_deliveries_order", "subscription", "subject", "state", "number"),
)
"""The outbox: one row for each event and each who is told of it. ``number`` is the event's."""

webhook_tables: Final = (subscriptions, deliveries)

webhooks_backed_up: Final = (
    KeptBeside(subscriptions),
    KeptBeside(deliveries, deliveries.c.state.in_((WAITING, DEAD))),
)
"""What a backup holds of them: who is told, with the secrets as they are kept (encrypted with the
master key), and what was not told yet. A delivery keeps its id, by which a receiver knows it if it
was told after the backup all the same."""
