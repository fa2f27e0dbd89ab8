"""Tables of dispatch rules by a seed: sound ones, such with a planted fault, and wild ones.

A spec of a rule is a plain dict: for each axis the list of values it takes (absent: all), and its
outcome. It is written as the text of a row for the product, and read as it stands by the oracle.
"""

from dispatch_oracle import AXES, DUTY_UNIT, TYPES, VALUES

from dizuo.operations.dispatch.domain import CaseKind, Domain, Ground
from dizuo.operations.dispatch.reading import rule_from_texts
from dizuo.operations.dispatch.rules import RuleTable

COMMUNITY = {"c1": ["g11", "g12"], "c2": ["g21", "g22"]}
DISTRICT = {"d1": ["g11", "g12", "g21", "g22"]}
DUTIES = {"c2": DUTY_UNIT}

DOMAIN = Domain(
    kinds=tuple(
        CaseKind(
            case_type,
            categories=VALUES["category"],
            natures=VALUES["nature"],
            channels=VALUES["channel"],
            severities=VALUES["severity"],
            owners=VALUES["owner"],
            without_place=True,
        )
        for case_type in TYPES
    ),
    ground=Ground(
        cells=VALUES["place"][:-1],
        parents={cell: name for name, cells in COMMUNITY.items() for cell in cells}
        | dict.fromkeys(COMMUNITY, "d1"),
        duties=DUTIES,
    ),
    hours=VALUES["hours"],
    weekdays=VALUES["weekdays"],
    days=VALUES["season"],
)


def table_of(specs):
    """The table that the product reads."""
    return RuleTable(tuple(rule_from_texts(texts_of(spec), row=row) for row, spec in specs))


def numbered(specs):
    return list(enumerate(specs, start=2))


def texts_of(spec):
    texts = {"rule": spec["rule"], "responsible": spec["responsible"]}
    texts["supervising"] = spec.get("supervising", "")
    for axis in ("case_type", *AXES):
        if axis in spec:
            texts[axis] = _text(axis, spec[axis])
    return texts


def _text(axis, values):
    if axis == "place":
        return ";".join(_place_names(values))
    if axis == "category":
        whole = [value for value in VALUES["category"] if value.startswith("01")]
        if set(whole) <= set(values):
            return ";".join(["01*", *(value for value in values if value not in whole)])
    if axis == "hours":
        return ";".join(f"{hour}-{hour + 1}" for hour in values)
    if axis == "season":
        return ";".join(f"{month}-{day}..{month:02d}-{day:02d}" for month, day in values)
    if axis == "owner":
        return {True: "known", False: "unknown"}[values[0]]
    if axis == "severity":
        return f"{min(values)}-{max(values)}" if len(values) > 1 else str(values[0])
    return ";".join(str(value) or "none" for value in values)


def _place_names(values):
    """The largest places that make up the cells, so that every level is used."""
    left = set(values)
    for name, cells in {**DISTRICT, **COMMUNITY}.items():
        if set(cells) <= left:
            left -= set(cells)
            yield name
    yield from (cell or "none" for cell in sorted(left))


def subset(draw, axis):
    """Some values of an axis, such as a cell of the table can state."""
    values = VALUES[axis]
    if axis == "owner":
        return [draw.choice(values)]
    if axis == "severity":
        first = draw.randrange(len(values))
        return list(values[first : draw.randrange(first, len(values)) + 1])
    return sorted(draw.sample(values, draw.randint(1, len(values))))


def wild(draw):
    """Up to fifteen rules without plan: holes, shadows, overlaps, doubles as they come."""
    specs = []
    ask = draw.choice([0.2, 0.35, 0.5])
    for number in range(draw.randint(1, 15)):
        units = ["u1", "u2", "u3", "@owner", "@grid_duty"]
        spec = {"rule": f"r{number}", "responsible": draw.choice(units)}
        for axis in AXES:
            if draw.random() < ask:
                spec[axis] = subset(draw, axis)
        if draw.random() < 0.4:
            spec["case_type"] = [draw.choice(TYPES)]
        if draw.random() < 0.2:
            spec["supervising"] = "s1"
        if specs and draw.random() < 0.1:
            spec = {**draw.choice(specs), "rule": f"r{number}"}
        specs.append(spec)
    return specs


def sound(draw):
    """Rules that take every case exactly once, cut from the whole, in any order."""
    pieces = [{"case_type": [name]} for name in TYPES]
    for _ in range(draw.randint(2, 14)):
        piece = pieces.pop(draw.randrange(len(pieces)))
        pieces += cut(draw, piece)
    draw.shuffle(pieces)
    return [
        {"rule": f"r{number}", "responsible": f"u{number}", **piece}
        for number, piece in enumerate(pieces)
    ]


def cut(draw, piece):
    """Cut a piece in two along an axis on which it has more than one value."""
    axes = [axis for axis in AXES if len(piece.get(axis, VALUES[axis])) > 1]
    if not axes:
        return [piece]
    axis = draw.choice(axes)
    values = list(piece.get(axis, VALUES[axis]))
    if axis != "severity":
        draw.shuffle(values)
    at = draw.randrange(1, len(values))
    return [{**piece, axis: sorted(values[:at])}, {**piece, axis: sorted(values[at:])}]


def with_hole(draw, specs):
    """A sound table from one rule of which a piece was cut away, and that piece."""
    number = draw.randrange(len(specs))
    kept, *lost = cut(draw, specs[number])
    changed = list(specs)
    if not lost or draw.random() < 0.3:
        del changed[number]
        return changed, specs[number]
    changed[number] = kept
    return changed, lost[0]


def with_shadow(draw, specs):
    """A sound table with one more rule at its end, wholly within the union of the others."""
    spec = {"rule": "planted", "responsible": "nobody"}
    for axis in AXES:
        if draw.random() < 0.5:
            spec[axis] = subset(draw, axis)
    if draw.random() < 0.5:
        spec["case_type"] = [draw.choice(TYPES)]
    return [*specs, spec]
