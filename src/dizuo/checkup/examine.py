"""Examine a base: the whole checkup, stage by stage."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from dizuo.base.config import Completeness
from dizuo.checkup.compute import Computed, compute, tabulate
from dizuo.checkup.doubt import estimate_range, source_range, stated_completeness
from dizuo.checkup.findings import find
from dizuo.checkup.result import Checkup
from dizuo.checkup.scores import Scored, score_sets
from dizuo.checkup.single_buildings import own_values
from dizuo.model.evidence import Evidence
from dizuo.model.indicator import Indicator
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import PlaceValues, Support, Values
from dizuo.resources.analysis import Analysis
from dizuo.resources.kept_hierarchies import KeptHierarchies
from dizuo.resources.land import PlaceAmounts
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places
from dizuo.resources.privacy import HiddenPlaces
from dizuo.resources.wiring import Workshop, load_resources
from dizuo.standards.opinions import load_articles
from dizuo.standards.rule_book import RuleBook, rule_as_dict

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Examination", "examine"]

Progress = Callable[[str, float], None]

_CONTEXT_LAYERS = (
    "boundary",
    "buildings",
    "street_edges",
    "green",
    "water",
    "facilities",
    "stops",
)


@dataclass(frozen=True)
class Examination:
    """What a checkup is made of.

    Attributes
    ----------
    layers
        The base's layers, or those of a what-if.
    rules
        The rule book, a city's own rules included.
    indicators
        What is asked, by id.
    city
        Facts for the head of the report.
    jurisdictions
        Whose rules apply, in order of precedence.
    weights
        Weight of each indicator by id, where it is not 1.
    hierarchies
        Networks that the base keeps prepared.
    completeness
        By layer, the share of the real things that it holds and who says so, where a source
        states it.
    """

    layers: Layers
    rules: RuleBook
    analysis: Analysis
    city: Mapping[str, Any]
    day: date
    jurisdictions: tuple[str, ...]
    indicators: Mapping[str, Indicator]
    weights: Mapping[str, float] = field(default_factory=dict)
    completeness: Mapping[str, Completeness] = field(default_factory=dict)
    hierarchies: KeptHierarchies = field(default_factory=KeptHierarchies)

    def workshop(self) -> Workshop:
        """Return a fresh workshop over these inputs."""
        load_resources()
        return Workshop(
            {
                "layers": self.layers,
                "analysis": self.analysis,
                "day": self.day,
                "hierarchies": self.hierarchies,
            }
        )


def examine(
    examination: Examination,
    *,
    indicators: Mapping[str, Indicator] | None = None,
    generator: np.random.Generator | None = None,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Checkup:
    """Compute, judge, find and score.

    Parameters
    ----------
    indicators
        What is asked, by id; all that the examination holds by default.
    generator
        Source of the random weights of the sensitivity; seeded with 0 by default.
    progress
        Called with what is being done and the share that is done.
    """
    elapsed: dict[str, float] = {}

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        begun = clock()
        yield
        elapsed[name] = clock() - begun

    asked = indicators if indicators is not None else examination.indicators
    workshop = examination.workshop()
    with stage("resources"):
        places: Places = workshop.get("places")
        amounts: PlaceAmounts = workshop.get("place_amounts")
        hidden: HiddenPlaces = workshop.get("hidden_places")
    with stage("indicators"):
        computed = compute(
            asked,
            workshop,
            examination.rules,
            examination.day,
            examination.jurisdictions,
            progress,
        )
    with stage("values"):
        values = tabulate(computed, places, amounts, hidden)
    with stage("findings"):
        findings = find(computed, places, amounts, hidden)
    with stage("scores"):
        titles = _titles()
        scored = _scored(computed, values, examination)
        scores, causes = score_sets(scored, titles, generator or np.random.default_rng(0))
    return Checkup(
        city=examination.city,
        values=values,
        building_values=_building_values(computed),
        findings=findings,
        scores=scores,
        sensitivity=causes,
        indicators=_indicator_table(asked),
        rules=_rule_table(computed),
        articles=pd.DataFrame(
            [
                {"article": number, "title_en": text.en, "title_zh": text.zh}
                for number, text in titles.items()
            ]
        ),
        places=_place_table(places, amounts, hidden),
        layers=_context(examination.layers),
        effective_settings={
            "city": {**examination.city, "reference_date": examination.day.isoformat()},
            "analysis": asdict(examination.analysis),
            "weights": dict(examination.weights),
            "standards": list(examination.jurisdictions),
        },
        elapsed=elapsed,
    )


def _titles() -> dict[int, Text]:
    """Titles of the articles; 0 stands for a whole set."""
    articles = load_articles().items()
    return {**{number: one.title for number, one in articles}, 0: Text("Whole set", "整套指标")}


def _scored(
    computed: Mapping[str, Computed], values: pd.DataFrame, examination: Examination
) -> list[Scored]:
    """One entry for each indicator that can be scored or whose value is missing."""
    city = values[values["place_kind"] == PlaceKind.CITY.value]
    keys = zip(city["indicator"], city["variant"], strict=True)
    numbers = zip(city["value"].tolist(), city["score"].tolist(), strict=True)
    by_key: dict[tuple[str, str], tuple[float, float]] = dict(zip(keys, numbers, strict=True))
    scored = []
    for name, one in computed.items():
        if one.indicator.better == "none" or (one.rules and one.scaled is None):
            continue
        variant, result = one.leading
        value, mark = by_key.get((name, variant), (float("nan"), float("nan")))
        known = isinstance(result, Values | PlaceValues) and np.isfinite(mark)
        evidence = result.evidence if isinstance(result, Values | PlaceValues) else None
        low, high = estimate_range(result, value, one.scaled)
        known_of = stated_completeness(one.indicator, examination.completeness)
        thin, full = source_range(
            result, value, known_of[1].share if known_of else None, one.scaled
        )
        scored.append(
            Scored(
                id=name,
                indicator_set=one.indicator.indicator_set,
                article=one.indicator.article,
                score=float(mark),
                low=low if np.isfinite(low) else float(mark),
                high=high if np.isfinite(high) else float(mark),
                thin=thin,
                full=full,
                source=_who_says(*known_of) if known_of and np.isfinite(full) else None,
                weight=examination.weights.get(name, 1.0),
                evidence=evidence if known and evidence is not None else Evidence.MISSING,
            )
        )
    return scored


def _who_says(layer: str, known: Completeness) -> Text:
    return Text(
        f"{layer} {known.share:.0%} complete, says {known.source}",
        f"图层 {layer} 的完整度为 {known.share:.0%}，据{known.source}",
    )


def _context(layers: Layers) -> dict[str, gpd.GeoDataFrame]:
    """Layers for maps, without the residents that were modelled for single buildings."""
    found = {name: layers[name] for name in _CONTEXT_LAYERS}
    persons = ["residents", "residents_evidence"]
    return {**found, "buildings": found["buildings"].drop(columns=persons)}


def _building_values(computed: Mapping[str, Computed]) -> pd.DataFrame:
    """Each building's own value, for indicators that stand on homes or buildings.

    NaN where the indicator does not look at a building.
    """
    own: dict[str, tuple[Support, NDArray[np.float64]]] = {}
    for name, one in computed.items():
        for variant, result in one.results.items():
            found = own_values(result)
            if found is not None:
                own[f"{name}/{variant}" if variant else name] = found
    looked_at = {id(support): support.ids for support, _ in own.values()}
    ids = np.unique(np.concatenate([np.empty(0, dtype=str), *looked_at.values()]))
    rows = {key: np.searchsorted(ids, names) for key, names in looked_at.items()}
    columns: dict[str, NDArray[Any]] = {"id": ids.astype(object)}
    for label, (support, value) in own.items():
        columns[label] = np.full(len(ids), np.nan, dtype=np.float32)
        columns[label][rows[id(support)]] = value
    return pd.DataFrame(columns)


def _indicator_table(asked: Mapping[str, Indicator]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "id": one.id,
                "article": one.article,
                "indicator_set": one.indicator_set,
                "row": one.row,
                "systems": list(one.systems),
                "title_en": one.title.en,
                "title_zh": one.title.zh,
                "definition_en": one.definition.en,
                "definition_zh": one.definition.zh,
                "formula": one.formula,
                "source": one.source,
                "unit": one.unit,
                "better": one.better,
                "place_kind": one.place.value,
                "rules": list(one.rules.values()),
                "variants": list(one.variants),
                "largest_distance": one.largest_distance,
            }
            for one in asked.values()
        ]
    )


def _rule_table(computed: Mapping[str, Computed]) -> pd.DataFrame:
    used = {rule.id: rule for one in computed.values() for rule in one.rules.values()}
    used |= {one.scaled.id: one.scaled for one in computed.values() if one.scaled}
    rows = []
    for name in sorted(used):
        plain = rule_as_dict(used[name])
        title = plain.pop("title")
        rows.append({**plain, "title_en": title["en"], "title_zh": title["zh"]})
    columns = [one.name for one in fields(Rule) if one.name != "title"]
    return pd.DataFrame(rows, columns=[*columns, "title_en", "title_zh"])


def _place_table(places: Places, amounts: PlaceAmounts, hidden: HiddenPlaces) -> gpd.GeoDataFrame:
    parts = []
    for kind, table in places.tables.items():
        people = amounts[kind]["residents"]
        told = np.where(hidden[kind], np.nan, people)
        parts.append(
            gpd.GeoDataFrame(
                {
                    "id": table.ids,
                    "kind": kind.value,
                    "name": table.names,
                    "name_zh": table.names_zh,
                    "area": table.area * 1e6,
                    "residents": told,
                },
                geometry=table.geometry,
                crs=places.crs,
            )
        )
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=places.crs)
