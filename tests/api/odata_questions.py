"""Questions in the language of OData that every entity understands, made from the entities.

What ``$filter``, ``$orderby`` and ``$expand`` may say is a grammar over the properties of each
entity, which no JSON schema tells: the description of the door names a format for each, and these
strategies make what such a format allows.
"""

from hypothesis import strategies as st

from dizuo.api.sensorthings.model import ENTITIES

__all__ = ["INTERVALS", "expansions", "filters", "orders"]

WORDS = st.text(alphabet="abc '%_é区", max_size=6).map(
    lambda text: "'" + text.replace("'", "''") + "'"
)
WHOLES = st.integers(-(10**6), 10**6).map(str)
NUMBERS = WHOLES | st.floats(-1e9, 1e9).map(lambda number: f"{number:.3f}")
TIMES = st.datetimes().map(lambda time: f"{time.isoformat()}Z")
DAYS = st.dates().map(lambda day: day.isoformat())
SPANS = st.sampled_from(["duration'P1D'", "duration'-PT0.5S'", "duration'PT1H30M'"])
SHAPES = st.sampled_from(["POINT (7.4 43.7)", "POLYGON ((7 43, 8 43, 8 44, 7 43))",
                          "LINESTRING (7 43, 8 44)", "POLYGON EMPTY"]).map(
    lambda text: f"geography'{text}'")  # fmt: skip
EQUAL, COMPARED = (
    st.sampled_from(["eq", "ne"]),
    st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]),
)
INTERVALS = st.tuples(st.datetimes(), st.datetimes()).map(
    lambda two: "/".join(f"{one.isoformat()}Z" for one in sorted(two))
)


def filters(plural, depth=2):
    """Conditions on the entities of a collection, some by way of others."""
    entity = ENTITIES[plural]
    simple = [_on_id("@iot.id"), _on_id("id")]
    for one in entity.properties:
        simple += _ON_PROPERTIES[one.kind](one.name)
    plain = st.one_of(simple)
    if depth == 0:
        return plain
    inner = st.deferred(lambda: filters(plural, depth - 1))
    some = [
        plain,
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda two: "({} {} {})".format(*two)
        ),
        inner.map(lambda one: f"not ({one})"),
    ]
    for leads in entity.navigations:
        there = st.deferred(lambda leads=leads: _ids_below(leads))
        some.append(there)
        if leads.many:
            some.append(_any_of(leads))
    return st.one_of(some)


def _ids_below(leads):
    return st.tuples(EQUAL, WORDS).map(lambda two: f"{leads.name}/@iot.id {two[0]} {two[1]}")


def _any_of(leads):
    name = "time" if leads.target == "HistoricalLocations" else "id"
    value = TIMES if name == "time" else WORDS
    return st.tuples(st.sampled_from(["any", "all"]), EQUAL, value).map(
        lambda told: f"{leads.name}/{told[0]}(x: x/{name} {told[1]} {told[2]})"
    )


def _on_id(name):
    some = st.lists(WORDS, min_size=1, max_size=3).map(", ".join)
    return st.one_of(
        st.tuples(EQUAL, WORDS).map(lambda two: f"{name} {two[0]} {two[1]}"),
        some.map(lambda texts: f"{name} in ({texts})"),
    )


def _compared(left, operators, right):
    return st.tuples(operators, right).map(lambda two: f"{left} {two[0]} {two[1]}")


def _on_text(name):
    return [
        _compared(name, COMPARED, WORDS),
        WORDS.map(lambda text: f"contains({name}, {text})"),
        WORDS.map(lambda text: f"substringof({text}, {name})"),
        WORDS.map(lambda text: f"startswith(tolower(trim({name})), {text})"),
        _compared(f"length({name})", COMPARED, WHOLES),
        _compared(f"indexof({name}, 'a')", COMPARED, WHOLES),
        _compared(f"substring(concat({name}, 'x'), 1)", EQUAL, WORDS),
    ]


def _on_json(name):
    return [
        _compared(f"{name}/depth", COMPARED, NUMBERS | WORDS),
        _compared(f"{name}/a/b", EQUAL, st.sampled_from(["true", "false", "null"])),
        _compared(name, EQUAL, st.just("null")),
    ]


def _on_time(name):
    part = st.sampled_from(["year", "month", "day", "hour", "minute", "second"])
    return [
        _compared(name, COMPARED, TIMES | DAYS | st.just("now()")),
        _compared(f"{name} sub duration'PT1H'", COMPARED, TIMES),
        st.tuples(part, COMPARED, WHOLES).map(
            lambda told: f"{told[0]}({name}) {told[1]} {told[2]}"
        ),
        _compared(f"date({name})", EQUAL, DAYS),
        _compared(f"(now() sub {name})", COMPARED, SPANS),
    ]


def _on_place(name):
    tests = st.sampled_from(["st_within", "st_intersects", "st_disjoint", "st_equals",
                             "geo.intersects"])  # fmt: skip
    return [
        st.tuples(tests, SHAPES).map(lambda two: f"{two[0]}({name}, {two[1]})"),
        st.tuples(SHAPES, COMPARED, WHOLES).map(
            lambda told: f"geo.distance({name}, {told[0]}) {told[1]} {told[2]}"
        ),
    ]


def _on_result(name):
    return [
        _compared(name, COMPARED, NUMBERS),
        _compared(name, EQUAL, WORDS | st.just("null")),
        _compared(f"({name} add 1 mul 2)", COMPARED, NUMBERS),
        _compared(f"floor({name})", COMPARED, NUMBERS),
    ]


_ON_PROPERTIES = {
    "text": _on_text, "json": _on_json, "geometry": _on_place, "instant": _on_time,
    "span": _on_time, "result": _on_result, "quality": _on_text,
}  # fmt: skip


def orders(plural):
    """What the entities of a collection can be sorted by."""
    entity = ENTITIES[plural]
    names = ["@iot.id", "id", *(one.name for one in entity.properties if one.kind != "geometry")]
    names += [f"length({one.name})" for one in entity.properties if one.kind == "text"]
    names += [f"{one.name}/id" for one in entity.navigations if not one.many]
    one = st.tuples(st.sampled_from(names), st.sampled_from(["", " asc", " desc"])).map("".join)
    return st.lists(one, min_size=1, max_size=3).map(", ".join)


def expansions(plural, depth=2):
    """Which of the entities that a collection leads to are told with its own."""
    entity = ENTITIES[plural]
    each = [st.deferred(lambda one=one: _expansion(one, depth)) for one in entity.navigations]
    return st.lists(st.one_of(each), min_size=1, max_size=1).map(",".join)


def _expansion(leads, depth):
    told = {
        "$select": st.sampled_from(["id", "@iot.selfLink"]),
        "$filter": filters(leads.target, 0),
    }
    if leads.many:
        told |= {
            "$top": st.integers(0, 3).map(str), "$skip": st.integers(0, 3).map(str),
            "$count": st.sampled_from(["true", "false"]), "$orderby": orders(leads.target),
        }  # fmt: skip
    if depth:
        told["$expand"] = expansions(leads.target, depth - 1)
    options = st.fixed_dictionaries({}, optional=told).map(
        lambda given: ";".join(f"{name}={value}" for name, value in given.items())
    )
    return options.map(lambda text: f"{leads.name}({text})" if text else leads.name)
