"""Read entities: one query a page, and one for each expansion of each entity of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, func, select, union
from sqlalchemy.sql import visitors

from dizuo.api.sensorthings.conditions import Compiler, observation_key
from dizuo.api.sensorthings.geometries import Project
from dizuo.api.sensorthings.model import ENTITIES, EntityType, Names, Navigation, Property, Rows
from dizuo.api.sensorthings.newest import spans_of_first, time_limit
from dizuo.api.sensorthings.options import LARGEST_PAGE, Expansion, Options
from dizuo.api.sensorthings.paging import SortKey, after, read_token, sort_keys, token
from dizuo.api.sensorthings.words import refused
from dizuo.api.sensorthings.writing import address, next_query, property_value
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.sensing import tables

__all__ = ["Condition", "Found", "Reader", "by_key", "led_from"]

_PAGE: Final = 100
"""Entities of a page where the request does not say."""
_MOST_QUERIES: Final = 5_000
"""Queries that one request may cause."""
Condition = Callable[[Rows], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Found:
    """Entities of a page, as JSON knows them.

    Attributes
    ----------
    rows
        The rows behind them, by names of expressions.
    count
        Of all that the filter lets pass, where it was asked for.
    next_token
        Where the next page goes on, if there is one.
    """

    told: list[dict[str, Any]]
    rows: list[Mapping[str, Any]]
    count: int | None
    next_token: str | None


@dataclass
class Reader:
    """Reads for one request.

    Attributes
    ----------
    base
        The address of the service.
    now
        The time, in microseconds.
    assets
        What whoever asks may know of; None for everything.
    """

    connection: Connection
    base: str
    now: int
    project: Project
    assets: frozenset[str] | None = None
    _queries: int = field(default=0, init=False)

    def page(
        self, entity: EntityType, options: Options, conditions: Sequence[Condition] = ()
    ) -> Found:
        """Return a page of entities that meet the conditions and the filter.

        Raises
        ------
        InputError
            If the options do not fit the entity.
        """
        names = Names(self.assets)
        rows = names.rows(entity)
        compiler = Compiler(self.connection, self.now, self.project, names)
        wanted = [rows.within, *[one(rows) for one in conditions]]
        if options.filter_ is not None:
            wanted.append(compiler.condition(options.filter_, rows))
        keys = sort_keys(options.order, rows, replace(compiler, option="$orderby"))
        most = min(_PAGE if options.top is None else options.top, LARGEST_PAGE)
        shown = _Shown.of(entity, options, *(("stream",) if options.form == "dataArray" else ()))
        count = self._count(rows, wanted) if options.count else None
        found = self._look(rows, shown, wanted, keys, options, most + 1) if most else []
        more = len(found) > most
        found = found[:most]
        last = [found[-1][f"sort_{k}"] for k in range(len(keys))] if more else None
        told = self._tell(entity, shown, options, found)
        return Found(told, found, count, token(last) if last is not None else None)

    def links(self, entity: EntityType, page: Found) -> list[str]:
        """Return the addresses of the entities of a page."""
        return [address(self.base, entity, row["id"]) for row in page.rows]

    def links_of_streams(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the addresses of datastreams by the numbers of their streams."""
        table = tables.datastreams
        query = select(table.c.number, table.c.id).where(table.c.number.in_(numbers))
        there = ENTITIES["Datastreams"]
        return {
            number: address(self.base, there, key) for number, key in self.connection.execute(query)
        }

    def _look(
        self,
        rows: Rows,
        shown: "_Shown",
        wanted: Sequence[ColumnElement[bool]],
        keys: Sequence[SortKey],
        options: Options,
        most: int,
    ) -> list[Mapping[str, Any]]:
        """Return the rows of a page; those of all streams by time from where they are."""
        begin, newest = None, keys[0].descending
        given = wanted
        if options.after is not None:
            values = read_token(options.after, keys)
            given = [*wanted, after(keys, values)]
            begin = values[0]
        if not _are_of_all_by_time(rows, keys, wanted):
            return self._fetch(rows, shown, given, keys, most, options.skip)
        if begin is None:
            begin = time_limit(options.filter_, newest=newest)
        time, every = rows.columns["phenomenon"], select(tables.datastreams.c.number)
        spans = spans_of_first(
            self.connection, most + options.skip, newest=newest, beyond=begin, assets=self.assets
        )
        for end in spans:
            # All streams are named, so that each is read by its own times.
            within = (rows.columns["stream"].in_(every), time >= end if newest else time <= end)
            found = self._fetch(rows, shown, [*given, *within], keys, most, options.skip)
            if len(found) == most:
                return found
        return self._fetch(rows, shown, given, keys, most, options.skip)

    def _count(self, rows: Rows, wanted: Sequence[ColumnElement[bool]]) -> int:
        query = select(func.count()).select_from(rows.source).where(*wanted)
        return int(self.connection.execute(query).scalar_one())

    def _fetch(
        self,
        rows: Rows,
        shown: "_Shown",
        wanted: Sequence[ColumnElement[bool]],
        keys: Sequence[SortKey],
        most: int | None,
        skip: int,
    ) -> list[Mapping[str, Any]]:
        self._queries += 1
        if self._queries > _MOST_QUERIES:
            raise InputError(
                Text(
                    f"the request would need more than {_MOST_QUERIES:,} queries",
                    f"该请求需要超过 {_MOST_QUERIES:,} 次查询",
                ),
                field="$expand",
                cure=Text("Ask for a smaller $top, or expand less.", "请减小 $top 或减少展开。"),
            )
        columns = [rows.columns[name].label(name) for name in shown.columns]
        columns += [key.element.label(f"sort_{k}") for k, key in enumerate(keys)]
        query = select(*columns).select_from(rows.source).where(*wanted)
        query = query.order_by(*[key.order() for key in keys])
        if most is not None:
            query = query.limit(most)
        if skip:
            query = query.offset(skip)
        names = [column.name for column in columns]
        return [dict(zip(names, row, strict=True)) for row in self.connection.execute(query)]

    def _tell(
        self,
        entity: EntityType,
        shown: "_Shown",
        options: Options,
        found: Sequence[Mapping[str, Any]],
    ) -> list[dict[str, Any]]:
        told = [self._one(entity, shown, row) for row in found]
        for expansion in options.expand:
            leads = _navigation(entity, expansion)
            if leads.many:
                self._expand_many(entity, leads, expansion, found, told)
            else:
                self._expand_one(leads, expansion, found, told)
        return told

    def _one(self, entity: EntityType, shown: "_Shown", row: Mapping[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {}
        here = address(self.base, entity, row["id"])
        if shown.id:
            told["@iot.id"] = row["id"]
        if shown.link:
            told["@iot.selfLink"] = here
        for one in shown.properties:
            value = property_value(one, row, self.project)
            if value is not None or one.required or one.name == "resultTime":
                told[one.name] = value
        for name in shown.links:
            told[f"{name}@iot.navigationLink"] = f"{here}/{name}"
        return told

    def _expand_one(
        self,
        leads: Navigation,
        expansion: Expansion,
        found: Sequence[Mapping[str, Any]],
        told: Sequence[dict[str, Any]],
    ) -> None:
        """Put the one entity where each leads into it: all of them by one query."""
        there = ENTITIES[leads.target]
        wanted = sorted({row[leads.local] for row in found if row[leads.local] is not None})
        options = replace(expansion.options, order=(), after=None)
        names = Names(self.assets)
        rows = names.rows(there)
        compiler = Compiler(self.connection, self.now, self.project, names)
        conditions = [rows.within, rows.columns[leads.remote].in_(wanted)]
        if options.filter_ is not None:
            conditions.append(compiler.condition(options.filter_, rows))
        shown = _Shown.of(there, options, leads.remote)
        others = self._fetch(rows, shown, conditions, (), None, 0) if wanted else []
        made = self._tell(there, shown, options, others)
        by_key = {row[leads.remote]: one for row, one in zip(others, made, strict=True)}
        for row, one in zip(found, told, strict=True):
            one.pop(f"{leads.name}@iot.navigationLink", None)
            one[leads.name] = by_key.get(row[leads.local])

    def _expand_many(
        self,
        entity: EntityType,
        leads: Navigation,
        expansion: Expansion,
        found: Sequence[Mapping[str, Any]],
        told: Sequence[dict[str, Any]],
    ) -> None:
        there = ENTITIES[leads.target]
        for row, one in zip(found, told, strict=True):
            inner = self.page(there, expansion.options, [led_from(leads, row[leads.local])])
            one.pop(f"{leads.name}@iot.navigationLink", None)
            one[leads.name] = inner.told
            if inner.count is not None:
                one[f"{leads.name}@iot.count"] = inner.count
            if inner.next_token is not None:
                here = f"{address(self.base, entity, row['id'])}/{leads.name}"
                query = next_query(expansion.options, inner.next_token)
                one[f"{leads.name}@iot.nextLink"] = f"{here}?{query}"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What of an entity is told, and the expressions that this needs."""

    id: bool
    link: bool
    properties: tuple[Property, ...]
    links: tuple[str, ...]
    columns: tuple[str, ...]

    @classmethod
    def of(cls, entity: EntityType, options: Options, *needed: str) -> "_Shown":
        select_ = ["@iot.id" if name == "id" else name for name in options.select]
        for name in select_:
            if name not in {"@iot.id", "@iot.selfLink"} and entity.find(name) is None:
                raise refused(
                    "$select",
                    f"a {entity.name} has no {name}; it has {entity.names()}",
                    f"{entity.name} 没有 {name}；它有 {entity.names()}",
                    1,
                )
        shown = tuple(
            one for one in entity.properties
            if (one.name in select_ if select_ else not one.asked)
        )  # fmt: skip
        columns = dict.fromkeys(("id", *needed))
        columns |= dict.fromkeys(name for one in shown for name in one.columns)
        for expansion in options.expand:
            columns[_navigation(entity, expansion).local] = None
        links = [one.name for one in entity.navigations if not select_ or one.name in select_]
        return cls(
            not select_ or "@iot.id" in select_,
            not select_ or "@iot.selfLink" in select_,
            shown,
            tuple(links),
            tuple(columns),
        )


def _navigation(entity: EntityType, expansion: Expansion) -> Navigation:
    found = entity.find(expansion.name)
    if not isinstance(found, Navigation):
        there = ", ".join(one.name for one in entity.navigations)
        raise refused(
            "$expand",
            f"a {entity.name} leads to {there}, not to {expansion.name}",
            f"{entity.name} 可展开 {there}，没有 {expansion.name}",
            expansion.at,
        )
    return found


def _are_of_all_by_time(
    rows: Rows, keys: Sequence[SortKey], wanted: Sequence[ColumnElement[bool]]
) -> bool:
    """Tell whether observations are sorted by their time, and not looked for by their stream."""
    if rows.entity.plural != "Observations" or keys[0].element is not rows.columns["phenomenon"]:
        return False
    stream = rows.columns["stream"]
    return not any(part is stream for one in wanted for part in visitors.iterate(one))


def by_key(entity: EntityType, key: str) -> Condition:
    """Return the condition that a row is that of a key."""

    def condition(rows: Rows) -> ColumnElement[bool]:
        if len(entity.keys) == 1:
            return rows.columns["id"] == key
        parts = observation_key(key) or (-1, -1)
        pairs = zip(entity.keys, parts, strict=True)
        return and_(*[rows.columns[name] == part for name, part in pairs])

    return condition


def led_from(leads: Navigation, value: Any) -> Condition:
    """Return the condition that a navigation leads to a row, from an entity with this value."""

    def condition(rows: Rows) -> ColumnElement[bool]:
        remote = rows.columns[leads.remote]
        if leads.through is not None:
            table, mine, other = leads.through
            return remote.in_(select(table.c[other]).where(table.c[mine] == value))
        if leads.target == "Observations" and leads.remote == "feature":
            return and_(rows.columns["stream"].in_(_streams_about(value)), remote == value)
        same: ColumnElement[bool] = remote == value
        return same

    return condition


def _streams_about(feature: str) -> Any:
    """Return the streams of which some observation may be about a feature."""
    streams, details = tables.datastreams, tables.observation_details
    return union(
        select(streams.c.number).where(streams.c.feature == feature),
        select(details.c.stream).where(details.c.feature == feature),
    )
