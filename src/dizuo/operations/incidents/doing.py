"""Do with an incident what somebody names, from whichever door it is named."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.incidents.desk import By, IncidentDesk

__all__ = ["INCIDENT_DEEDS", "do"]

_Deed = Callable[[IncidentDesk, Connection, str, By, Mapping[str, Any]], LoggedEvent | None]


def _needed(given: Mapping[str, Any], name: str) -> Any:
    if given.get(name) in (None, ""):
        raise InputError(Text(f"this needs {name}", f"须给出 {name}"), field=name)
    return given[name]


INCIDENT_DEEDS: Final[Mapping[str, _Deed]] = {
    "regrade": lambda desk, c, one, by, given: desk.regrade(
        c, one, _needed(given, "grade"), by, reason=_needed(given, "reason")
    ),
    "activate": lambda desk, c, one, by, given: desk.activate(c, one, _needed(given, "plan"), by),
    "start": lambda desk, c, one, by, given: desk.start(c, one, _needed(given, "task"), by),
    "finish": lambda desk, c, one, by, given: desk.finish(
        c, one, _needed(given, "task"), by, note=given.get("note") or ""
    ),
    "skip": lambda desk, c, one, by, given: desk.skip(
        c, one, _needed(given, "task"), by, reason=_needed(given, "reason")
    ),
    "assign": lambda desk, c, one, by, given: desk.assign(
        c, one, _needed(given, "resource"), by, amount=given.get("amount") or 1
    ),
    "release": lambda desk, c, one, by, given: desk.release(
        c, one, _needed(given, "resource"), by, amount=given.get("amount"),
        used=given.get("used") or 0,
    ),
    "note": lambda desk, c, one, by, given: desk.note(c, one, by, text=_needed(given, "text")),
    "close": lambda desk, c, one, by, given: desk.close(
        c, one, by, reason=_needed(given, "reason")
    ),
}  # fmt: skip
"""What can be done, by the word for it."""


def do(
    desk: IncidentDesk,
    connection: Connection,
    incident: str,
    deed: str,
    by: By,
    given: Mapping[str, Any],
) -> LoggedEvent | None:
    """Do one thing with an incident, within a transaction of the caller.

    Parameters
    ----------
    given
        What the deed needs: ``grade``, ``plan``, ``task``, ``resource``, ``amount``, ``used``,
        ``reason``, ``note``, ``text``.

    Raises
    ------
    InputError
        If there is no such deed, something is missing, or it cannot be done now.
    AccessError
        If the actor has no role for it.
    """
    if deed not in INCIDENT_DEEDS:
        raise InputError(
            Text(f"{deed!r} cannot be done with an incident", f"事件没有操作 {deed!r}"),
            field="deed",
            cure=Text(
                f"Known are: {', '.join(INCIDENT_DEEDS)}.", f"可用：{'、'.join(INCIDENT_DEEDS)}。"
            ),
        )
    return INCIDENT_DEEDS[deed](desk, connection, incident, by, given)
