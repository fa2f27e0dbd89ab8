"""The accounts as they stand: a table derived from the events."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table

from dizuo.operations.access.tables import accounts
from dizuo.operations.event_log.event import LoggedEvent

__all__ = ["ADDED", "CHANGED", "SUBJECT", "AccountProjection"]

SUBJECT: Final = "account:"
ADDED: Final = "account.added"
CHANGED: Final = "account.changed"
_WRITTEN: Final = frozenset({"roles", "grids"})


@dataclass(frozen=True)
class AccountProjection:
    """Keeps the table of accounts up with the events."""

    tables: Sequence[Table] = (accounts,)

    def apply(self, connection: Connection, added: Sequence[LoggedEvent]) -> None:
        """Add and change accounts, in the order of the events."""
        for one in added:
            if one.kind not in {ADDED, CHANGED}:
                continue
            name = one.subject.removeprefix(SUBJECT)
            row = _row(one.known()) | {"changed": one.happened, "version": one.version}
            if one.kind == ADDED:
                connection.execute(accounts.insert().values(account=name, enabled=True, **row))
            else:
                known = accounts.update().where(accounts.c.account == name)
                connection.execute(known.values(**row))

    def clear(self, connection: Connection) -> None:
        """Remove every account."""
        connection.execute(accounts.delete())


def _row(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: json.dumps(value, ensure_ascii=False) if name in _WRITTEN else value
        for name, value in facts.items()
        if name in accounts.c
    }
