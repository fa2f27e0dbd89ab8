"""``dizuo operations CITY webhooks``: who is told of what, and what became of it."""

import signal
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from dizuo.cli.session import Session
from dizuo.model.errors import InputError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.operations.cases.office import Actor
    from dizuo.operations.opening import Operations

__all__ = ["webhooks"]


def webhooks(
    session: Session,
    opened: "Operations",
    actor: "Actor",
    deed: str,
    subject: str,
    given: Mapping[str, Any],
) -> Any:
    """Do one thing with webhooks and return what is to be told.

    Raises
    ------
    InputError
        If there is no such deed, or what it needs is missing.
    """
    if deed not in _DEEDS:
        raise InputError(
            Text(f"{deed!r} is nothing to do with webhooks", f"webhooks 没有操作 {deed!r}"),
            cure=Text(f"Write one of: {', '.join(_DEEDS)}.", f"可用的操作：{'、'.join(_DEEDS)}。"),
        )
    if deed == "deliver":
        _deliver(session, opened)
        return {"delivered": "stopped"}
    return _DEEDS[deed](opened, actor, subject, given)


def _add(opened: "Operations", actor: "Actor", _: str, given: Mapping[str, Any]) -> Any:
    from dizuo.operations.webhooks.target import Target  # noqa: PLC0415

    if not given["url"]:
        raise InputError(
            Text("a webhook needs an address", "webhook 需要接收地址"),
            field="--url",
            cure=Text("Add: --url https://host/path.", "请添加：--url https://主机/路径。"),
        )
    target = Target(given["url"], given["allow_private"])
    with opened.engine.begin() as connection:
        made = opened.webhooks.add(
            connection, target, actor, kinds=given["kind"], case_types=given["case_type"],
            units=given["unit"], secret=given["secret"],
        )  # fmt: skip
    return {"subscription": made.subscription, "secret": made.secret}


def _list(opened: "Operations", *_: Any) -> Any:
    from dizuo.operations.webhooks.subscriptions import all_subscriptions  # noqa: PLC0415

    with opened.engine.connect().execution_options(reads_only=True) as connection:
        found = all_subscriptions(connection)
    return [
        {
            "subscription": one.id,
            "url": one.target.url,
            "active": one.active,
            "kinds": list(one.kinds),
            "case_types": list(one.case_types),
            "units": list(one.units),
            "private": one.target.private,
            "created": row["created"],
        }
        for one, row in found
    ]


def _remove(opened: "Operations", actor: "Actor", subject: str, _: Mapping[str, Any]) -> Any:
    with opened.engine.begin() as connection:
        dropped = opened.webhooks.remove(connection, subject, actor)
    return {"subscription": subject, "dropped": dropped}


def _rotate(opened: "Operations", actor: "Actor", subject: str, given: Mapping[str, Any]) -> Any:
    with opened.engine.begin() as connection:
        made = opened.webhooks.rotate(connection, subject, actor, given["secret"])
    return {"subscription": made.subscription, "secret": made.secret}


def _deliveries(opened: "Operations", _: "Actor", subject: str, given: Mapping[str, Any]) -> Any:
    from dizuo.operations.webhooks.register import list_deliveries  # noqa: PLC0415

    with opened.engine.connect().execution_options(reads_only=True) as connection:
        return list_deliveries(connection, state=given["state"], subscription=subject or None)


def _redeliver(opened: "Operations", _: "Actor", subject: str, __: Mapping[str, Any]) -> Any:
    from dizuo.operations.webhooks.register import deliver_again  # noqa: PLC0415

    with opened.engine.begin() as connection:
        deliver_again(connection, subject, opened.log.clock)
    return {"delivery": subject, "state": "waiting"}


def _deliver(session: Session, opened: "Operations") -> None:
    """Be a worker until interrupted."""
    from dizuo.operations.webhooks.deliverer import Deliverer  # noqa: PLC0415

    stop = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stop.set())
    session.notice(Text("Delivering; Ctrl-C stops.", "正在投递，按 Ctrl-C 停止。"))
    Deliverer(opened.webhooks).run(stop)


_DEEDS: Final[Mapping[str, Callable[..., Any]]] = {
    "add": _add,
    "list": _list,
    "remove": _remove,
    "rotate": _rotate,
    "deliveries": _deliveries,
    "redeliver": _redeliver,
    "deliver": _deliver,
}
