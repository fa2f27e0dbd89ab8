"""Write events and what is derived from them, in one transaction."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Protocol

from sqlalchemy import Connection, Engine, bindparam, func, or_, select

from dizuo.model.errors import StoreError
from dizuo.model.text import Text
from dizuo.operations.event_log.event import Event, LoggedEvent
from dizuo.operations.event_log.inserting import insert_rows
from dizuo.operations.event_log.portions import portions
from dizuo.operations.event_log.tables import events, log_end
from dizuo.operations.time import Clock

__all__ = ["Log", "Outlet", "Projection", "read_events"]
__systems__ = ("S22.6",)

_AS_ROW = attrgetter(*(column.name for column in events.c))
_END = select(log_end.c.number).where(log_end.c.one == 1).with_for_update()
_SET_END = log_end.update().values(number=bindparam("last"))
_KNOWN = select(events.c.id).where(events.c.id.in_(bindparam("ids", expanding=True)))
_VERSIONS = (
    select(events.c.subject, func.max(events.c.version))
    .where(events.c.subject.in_(bindparam("subjects", expanding=True)))
    .group_by(events.c.subject)
)
_A_PAGE = 5_000


class Projection(Protocol):
    """Tables that follow from the events: kept up in their transaction, or made anew from them."""

    def apply(self, connection: Connection, added: Sequence[LoggedEvent]) -> None:
        """Take in events, in their order."""
        ...

    def clear(self, connection: Connection) -> None:
        """Empty the tables."""
        ...


class Outlet(Protocol):
    """Is told of new events in their transaction, and of none when tables are made anew."""

    def take(self, connection: Connection, added: Sequence[LoggedEvent]) -> None:
        """Take in events that were written just now, after all that is derived from them."""
        ...


class Log:
    """The one writer of events.

    Parameters
    ----------
    projections
        Tables that are derived from events, written in the same transaction.
    outlets
        Are told of new events, in the same transaction.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        projections: Sequence[Projection] = (),
        outlets: Sequence[Outlet] = (),
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.projections = tuple(projections)
        self.outlets = tuple(outlets)

    def append(self, connection: Connection, new: Sequence[Event]) -> list[LoggedEvent]:
        """Write events within a transaction of the caller; nothing counts before its commit.

        Events that the log has already, by their id, are not written again.

        Returns
        -------
        list of LoggedEvent
            What was added, in order: shorter than ``new`` where something came twice.
        """
        end = self.take_the_end(connection)
        fresh = self._not_yet_known(connection, new)
        if not fresh:
            return []
        versions = self._versions(connection, {one.subject for one in fresh})
        return self._write(connection, end, fresh, versions)

    def append_first(
        self, connection: Connection, end: int, new: Sequence[Event]
    ) -> list[LoggedEvent]:
        """Write events of subjects that nothing was written of, as :meth:`append` does.

        Whoever holds the end of the log has looked that none of the events is there: where many
        cases are opened at once, looking once more would cost as much as writing.

        Parameters
        ----------
        end
            What :meth:`take_the_end` returned in this transaction.
        """
        return self._write(connection, end, new, Counter()) if new else []

    def _write(
        self, connection: Connection, end: int, new: Sequence[Event], versions: Counter[str]
    ) -> list[LoggedEvent]:
        recorded = self.clock.now()
        added = []
        for number, one in enumerate(new, start=end + 1):
            versions[one.subject] += 1
            added.append(LoggedEvent.of(one, number, versions[one.subject], recorded))
        insert_rows(connection, events, [_AS_ROW(one) for one in added])
        connection.execute(_SET_END, {"last": added[-1].number})
        for projection in self.projections:
            projection.apply(connection, added)
        for outlet in self.outlets:
            outlet.take(connection, added)
        return added

    def rebuild(self, connection: Connection) -> int:
        """Make all derived tables anew from the events; return how many events there were."""
        for projection in self.projections:
            projection.clear(connection)
        count = 0
        for page in read_events(connection):
            for projection in self.projections:
                projection.apply(connection, page)
            count += len(page)
        return count

    @staticmethod
    def take_the_end(connection: Connection) -> int:
        """Lock the end of the log until the transaction ends, and return its number.

        Whoever decides by what the log or its tables say takes it first, so that nobody else
        changes them before the decision is written.

        Raises
        ------
        StoreError
            If the end is not known.
        """
        end = connection.execute(_END).scalar_one_or_none()
        if end is None:
            raise StoreError(
                Text(
                    "the operations database is damaged: the end of its log is not known",
                    "运行数据库已损坏：日志末端未知",
                )
            )
        return int(end)

    @staticmethod
    def _not_yet_known(connection: Connection, new: Sequence[Event]) -> list[Event]:
        by_id = {one.id: one for one in reversed(new)}
        known = set[str]()
        for part in portions(list(by_id)):
            known.update(connection.execute(_KNOWN, {"ids": part}).scalars())
        return [one for one in new if one.id not in known and by_id.pop(one.id, None) is not None]

    @staticmethod
    def _versions(connection: Connection, subjects: Iterable[str]) -> Counter[str]:
        found: Counter[str] = Counter()
        for part in portions(sorted(subjects)):
            rows = connection.execute(_VERSIONS, {"subjects": part})
            found.update({row[0]: row[1] for row in rows})
        return found


def read_events(
    connection: Connection, *, after: int = 0, until: int | None = None, of: Sequence[str] = ()
) -> Iterator[list[LoggedEvent]]:
    """Read events in their order, a page at a time.

    Parameters
    ----------
    after, until
        Numbers: events after the one, up to and with the other.
    of
        Beginnings of kinds, ``alarm.``: others stay in the database. Every kind if none is named.
    """
    kinds = [events.c.kind.startswith(one, autoescape=True) for one in of]
    while True:
        query = select(events).where(events.c.number > after).order_by(events.c.number)
        if until is not None:
            query = query.where(events.c.number <= until)
        if kinds:
            query = query.where(or_(*kinds))
        page = [LoggedEvent(*row) for row in connection.execute(query.limit(_A_PAGE))]
        if not page:
            return
        yield page
        after = page[-1].number
