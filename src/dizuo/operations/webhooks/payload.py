"""What another system is told of an event: what it needs to ask further, nothing confidential."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from dizuo.operations.cases.table import CHANGES
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.time import from_microseconds

__all__ = ["delivery_id", "payload"]

_FACTS: Final = frozenset(
    {"reason_code", "clause", "contacted", "solved", "satisfaction", "grade", "result", "limit",
     "asset", "rule", "measure", "level", "severity", "value", "label_en", "label_zh", "colour",
     "simulated", "plan", "plan_version", "task", "resource", "amount", "used", "before", "after",
     "message", "message_type"}
)  # fmt: skip
"""Facts that are told. Whatever is not named here is not: digests, deliveries, words."""
_COLUMNS: Final = frozenset(
    {"case_type", "state", "open", "channel", "category", "nature", "severity", "grid", "asset",
     "unit", "supervisor", "dispatched_by", "merged_into", "listed", "simulated", "incident_type",
     "grade", "plan", "alarm", "case"}
)  # fmt: skip
"""Columns of a case or an incident that are told: never the tracking number, never the very place,
which may be a home; the cell of the unit grid stands for it."""
_TIMES: Final = frozenset({"opened", "due", "stage_due", "closed", "declared", "activated"})


def delivery_id(subscription: str, event: LoggedEvent) -> str:
    """Return the name of a delivery: the same for the same event and receiver, whatever happens."""
    named = f"{subscription}\n{event.id}".encode()
    return f"msg_{hashlib.sha256(named).hexdigest()[:32]}"


def payload(event: LoggedEvent, about: Mapping[str, Any]) -> str:
    """Write what is told of an event, in the form of Standard Webhooks: type, timestamp, data.

    Parameters
    ----------
    about
        The case type and the unit of the case after the event, and the case that it was merged
        into; empty if it is of no case.
    """
    facts = event.known()
    changes = facts.get(CHANGES, {})
    if not event.kind.startswith("case."):
        changes = changes.get("incidents", {}).get(event.subject, {})
    data: dict[str, Any] = {
        "subject": event.subject,
        "number": event.number,
        "version": event.version,
        "channel": event.channel,
        **{name: value for name, value in about.items() if value is not None},
    }
    told = {name: value for name, value in changes.items() if name in _COLUMNS}
    told |= {name: _time(changes[name]) for name in sorted(_TIMES & changes.keys())}
    data["changes"] = told
    data["facts"] = {name: value for name, value in facts.items() if name in _FACTS}
    content = {"type": event.kind, "timestamp": _time(event.happened), "data": data}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _time(microseconds: int | None) -> str | None:
    return None if microseconds is None else from_microseconds(microseconds).isoformat()
