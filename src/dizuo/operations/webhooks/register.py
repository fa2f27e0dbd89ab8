"""Look deliveries up, and send one again."""

from typing import Any, Final

from sqlalchemy import Connection, select, update

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.time import Clock, from_microseconds, to_microseconds
from dizuo.operations.webhooks.tables import (
    DEAD,
    DONE,
    DROPPED,
    WAITING,
    deliveries,
    subscriptions,
)

__all__ = ["STATES", "deliver_again", "list_deliveries"]

STATES: Final = (WAITING, DONE, DEAD, DROPPED)
_TIMES: Final = ("due", "created", "ended")


def list_deliveries(
    connection: Connection,
    *,
    state: str | None = None,
    subscription: str | None = None,
    most: int = 50,
) -> list[dict[str, Any]]:
    """Return deliveries, the newest first, without what they say."""
    shown = [one for one in deliveries.columns if one.name not in {"body", "held_by", "held_until"}]
    query = select(*shown).order_by(deliveries.c.number.desc(), deliveries.c.delivery).limit(most)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    if subscription is not None:
        query = query.where(deliveries.c.subscription == subscription)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return [
        row | {name: from_microseconds(row[name]) for name in _TIMES if row[name] is not None}
        for row in rows
    ]


def deliver_again(connection: Connection, delivery: str, clock: Clock) -> None:
    """Let a delivery that has ended be sent anew, under the id that it had.

    Raises
    ------
    InputError
        If there is no such delivery, it waits already, or its subscription was removed.
    """
    query = (
        select(deliveries.c.state, subscriptions.c.ended)
        .join(subscriptions, subscriptions.c.subscription == deliveries.c.subscription)
        .where(deliveries.c.delivery == delivery)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise InputError(
            Text(f"there is no delivery {delivery!r}", f"没有投递 {delivery!r}"),
            field="delivery",
        )
    if row.state == WAITING:
        raise InputError(
            Text("this delivery waits to be sent", "该投递正在等待发送"), field="delivery"
        )
    if row.ended is not None:
        raise InputError(Text("the subscription was removed", "该订阅已删除"), field="delivery")
    now = to_microseconds(clock.now())
    values = {"state": WAITING, "attempts": 0, "due": now, "ended": None, "problem": None}
    this = deliveries.c.delivery == delivery
    connection.execute(update(deliveries).where(this).values(values))
    of = select(deliveries.c.subscription).where(this).scalar_subquery()
    connection.execute(
        update(subscriptions).where(subscriptions.c.subscription == of).values(active=True)
    )
