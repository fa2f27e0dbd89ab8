"""Real addresses and names from the raw file, written the way people write, with the truth.

Shares no code with dizuo: the file is read once more, names are compared by a plain folding of
their own, and a name counts as ambiguous when no point of the city lies within 50 m of all that
bear it.
"""

import unicodedata
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import osmium
import shapely
from pyproj import Transformer

NEAR = 50.0
TYPES = {
    "Rue": "R.",
    "Avenue": "Av.",
    "Boulevard": "Bd",
    "Place": "Pl.",
    "Chemin": "Ch.",
    "Escalier": "Esc.",
    "Impasse": "Imp.",
    "Allée": "All.",
    "Quai": "Q.",
    "Square": "Sq.",
    "Passage": "Pass.",
    "Promenade": "Prom.",
    "Ruelle": None,
    "Calle": "C/",
    "Avenida": "Avda.",
    "Plaza": "Pza.",
    "Paseo": "Pº",
    "Carretera": "Ctra.",
    "Camino": "Cno.",
    "Pasaje": "Pje.",
    "Callejón": None,
    "Travesía": "Trv.",
    "Urbanización": "Urb.",
}
SHORT = {"Doctor": "Dr.", "Saint": "St", "Sainte": "Ste", "Santa": "Sta.", "General": "Gral."}
FLATS = [", Apt 3B", ", 2º izda", ", piso 4", " appt 12", ", flat 7", ", étage 3"]
NOT_PLACES = {"highway", "boundary", "route", "waterway"}


def plain(text):
    """Fold a name: lower case, no accents, letters and digits only."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in bare if letter.isalnum())


@dataclass(frozen=True)
class Truth:
    """A text as the map has it, and where what it means is."""

    kind: str
    name: str
    number: str
    shapes: tuple

    def missed_by(self, x, y):
        point = shapely.Point(x, y)
        return min(shape.distance(point) for shape in self.shapes)


class RawNames:
    """All addresses and names in a file, in metres; samples come from inside the outline."""

    def __init__(self, file, epsg, inside):
        self.project = Transformer.from_crs(4326, epsg, always_xy=True).transform
        self.houses, self.places, self.streets = (defaultdict(list) for _ in range(3))
        self.inside = shapely.transform(
            inside, lambda c: np.column_stack(self.project(c[:, 0], c[:, 1]))
        )
        shapely.prepare(self.inside)
        factory = osmium.geom.WKBFactory()
        for thing in osmium.FileProcessor(str(file)).with_areas():
            tags = dict(thing.tags)
            if "name" not in tags and "addr:housenumber" not in tags:
                continue
            if thing.is_node():
                shape = shapely.Point(*self.project(thing.lon, thing.lat))
            elif thing.is_way() and ("highway" in tags or not thing.is_closed()):
                nodes = [(n.lon, n.lat) for n in thing.nodes if n.location.valid()]
                if len(nodes) < 2:
                    continue
                shape = shapely.LineString([self.project(*node) for node in nodes])
            elif thing.is_area():
                try:
                    shape = self.metric(shapely.from_wkb(factory.create_multipolygon(thing)))
                except (RuntimeError, osmium.InvalidLocationError):
                    continue
            else:
                continue
            self.take(tags, shape)

    def metric(self, shape):
        return shapely.transform(shape, lambda c: np.column_stack(self.project(c[:, 0], c[:, 1])))

    def take(self, tags, shape):
        if tags.get("addr:housenumber") and tags.get("addr:street"):
            key = (plain(tags["addr:street"]), plain(tags["addr:housenumber"]))
            self.houses[key].append((tags["addr:street"], tags["addr:housenumber"], shape))
        if "name" in tags:
            street = "highway" in tags and shape.geom_type == "LineString"
            if street and tags["highway"] not in {"platform", "bus_stop", "raceway", "elevator"}:
                self.streets[plain(tags["name"])].append((tags["name"], "", shape))
            elif not NOT_PLACES & set(tags) or tags.get("highway") == "bus_stop":
                self.places[plain(tags["name"])].append((tags["name"], "", shape))

    def truths(self):
        """Return what can be asked for, and of each kind how many names are ambiguous."""
        clear, ambiguous = [], defaultdict(list)
        bearers = defaultdict(list)
        for table in (self.places, self.streets):
            for key, rows in table.items():
                bearers[key] += [shape for _, _, shape in rows]
        for kind, table in (
            ("address", self.houses),
            ("place", self.places),
            ("street", self.streets),
        ):
            for key, rows in sorted(table.items()):
                shapes = tuple(shape for _, _, shape in rows)
                name, number, _ = rows[0]
                if not any(shapely.intersects(self.inside, shape) for shape in shapes):
                    continue
                if not key or not any(map(str.isalpha, name)):
                    continue
                truth = Truth(kind, name, number, shapes)
                # One street is many lines: it is one thing where they hang together.
                others = shapes if kind == "address" else tuple(bearers[key])
                alone = _clear(others, kind)
                (clear if alone else ambiguous[kind]).append(truth)
        return clear, ambiguous


def one_point_serves(shapes):
    """Whether some point is within reach of all shapes."""
    common = shapes[0].buffer(NEAR)
    for shape in shapes[1:]:
        common = common.intersection(shape.buffer(NEAR))
    return not common.is_empty


def hang_together(shapes):
    return shapely.union_all([shape.buffer(NEAR) for shape in shapes]).geom_type == "Polygon"


# How people change what the map says. Each takes a truth and a random generator and returns a
# text, or None where it does not apply.


def written(truth):
    """The usual order: French numbers stand before the street, Spanish ones behind."""
    if not truth.number:
        return truth.name
    if truth.name.split()[0] in {"Calle", "Avenida", "Plaza", "Paseo", "Carretera", "Camino"}:
        return f"{truth.name}, {truth.number}"
    return f"{truth.number} {truth.name}"


def with_name(truth, name):
    return written(Truth(truth.kind, name, truth.number, truth.shapes))


def _letters(name):
    return [k for k, letter in enumerate(name) if letter.isalpha()]


def swap(truth, rng):
    name = truth.name
    pairs = [
        k
        for k in range(len(name) - 1)
        if name[k].isalpha() and name[k + 1].isalpha() and name[k].lower() != name[k + 1].lower()
    ]
    if not pairs:
        return None
    k = rng.choice(pairs)
    return with_name(truth, name[:k] + name[k + 1] + name[k] + name[k + 2 :])


def drop(truth, rng):
    k = rng.choice(_letters(truth.name))
    return with_name(truth, truth.name[:k] + truth.name[k + 1 :])


def replace(truth, rng):
    k = rng.choice(_letters(truth.name))
    other = rng.choice(list("abcdefghijklmnoprstuvz"))
    return with_name(truth, truth.name[:k] + other + truth.name[k + 1 :])


def no_accents(truth, _rng):
    bare = unicodedata.normalize("NFKD", truth.name)
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return None if bare == truth.name else with_name(truth, bare)


def case(truth, rng):
    return written(truth).upper() if rng.random() < 0.5 else written(truth).lower()


def abbreviation(truth, _rng):
    words = [TYPES.get(word) or SHORT.get(word) or word for word in truth.name.split()]
    name = " ".join(words).replace("C/ ", "C/")
    return None if name == truth.name else with_name(truth, name)


def other_order(truth, _rng):
    if truth.number:
        first = written(truth).startswith(truth.number)
        return f"{truth.name} {truth.number}" if first else f"{truth.number}, {truth.name}"
    words = truth.name.split()
    return None if len(words) < 2 else " ".join([*words[1:], words[0]])


def no_type_word(truth, _rng):
    words = truth.name.split()
    if len(words) < 2 or words[0] not in TYPES:
        return None
    return with_name(truth, " ".join(words[1:]))


def city_behind(truth, rng, tails):
    return f"{written(truth)}, {rng.choice(tails)}"


def flat(truth, rng):
    if not truth.number:
        return None
    return f"{written(truth)}{rng.choice(FLATS)}"


def number_mark(truth, rng):
    if not truth.number:
        return None
    return f"{truth.name} {rng.choice(['nº ', 'n° ', 'No. ', '#'])}{truth.number}"


def several(truth, rng, tails):
    """A letter wrong, no accents, lower case, and the city behind."""
    worse = rng.choice([swap, drop, replace])(truth, rng)
    bare = unicodedata.normalize("NFKD", worse or written(truth)).lower()
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return f"{bare} {rng.choice(tails)}"


def perturbations(tails):
    """Return the ways to change a text by name."""
    return {
        "as it is": lambda truth, _rng: written(truth),
        "letters swapped": swap,
        "letter dropped": drop,
        "letter replaced": replace,
        "no accents": no_accents,
        "case": case,
        "abbreviation": abbreviation,
        "other order": other_order,
        "no type word": no_type_word,
        "city, postcode, country": lambda truth, rng: city_behind(truth, rng, tails),
        "flat": flat,
        "number mark": number_mark,
        "several at once": lambda truth, rng: several(truth, rng, tails),
    }


@dataclass
class Count:
    """Answers of one kind of change: right, wrong, and none."""

    right: int = 0
    wrong: int = 0
    none: int = 0

    @property
    def asked(self):
        return self.right + self.wrong + self.none

    @property
    def rate(self):
        return self.right / self.asked if self.asked else float("nan")


def bare_name(truth):
    words = truth.name.split()
    bare = words[1:] if len(words) > 1 and words[0] in TYPES else words
    return plain(" ".join(bare)), plain(truth.number)


def measure(geocoder, truths, ambiguous, tails, seed, each):
    """Ask for a sample under every change; return counts by change and kind, and what failed.

    Without its word for the kind, "Calle Faro" is as ambiguous as all that is called Faro: such
    texts are left out here and counted under their own key.
    """
    rng = np.random.default_rng(seed)
    by_kind = defaultdict(list)
    for truth in truths:
        by_kind[truth.kind].append(truth)
    bare = defaultdict(list)
    for truth in [*truths, *(one for rows in ambiguous.values() for one in rows)]:
        bare[bare_name(truth)] += truth.shapes
    counts, failed = defaultdict(Count), []
    for change, write in perturbations(tails).items():
        for kind, most in each.items():
            pool = by_kind[kind]
            for k in rng.permutation(len(pool))[:most]:
                truth = pool[k]
                text = write(truth, rng)
                if text is None:
                    continue
                label = change
                if change == "no type word" and not _clear(bare[bare_name(truth)], kind):
                    label = "no type word, ambiguous"
                answer = geocoder.locate(text)
                count = counts[label, kind]
                if answer is None:
                    count.none += 1
                elif truth.missed_by(answer.x, answer.y) <= NEAR:
                    count.right += 1
                    continue
                else:
                    count.wrong += 1
                failed.append((label, kind, text, truth, answer))
    return dict(counts), failed


def _clear(shapes, kind):
    return hang_together(shapes) if kind == "street" else one_point_serves(shapes)


def table(counts):
    """Return a Markdown table of the rates, and the overall one."""
    kinds = ("address", "place", "street")
    lines = ["| change | " + " | ".join(kinds) + " |", "| --- |" + " --- |" * len(kinds)]
    for change in dict.fromkeys(change for change, _ in counts):
        cells = []
        for kind in kinds:
            count = counts.get((change, kind))
            cells.append("" if count is None else f"{100 * count.rate:.1f} % of {count.asked}")
        lines.append(f"| {change} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def overall(counts):
    """Return the share right and the number asked, over all changes of texts that are clear."""
    clear = [count for (change, _), count in counts.items() if "ambiguous" not in change]
    asked = sum(count.asked for count in clear)
    return sum(count.right for count in clear) / asked, asked
