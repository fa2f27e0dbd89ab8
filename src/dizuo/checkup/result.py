"""What a checkup gives: tidy tables, one row a fact."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

__all__ = ["Checkup"]


@dataclass(frozen=True, eq=False)
class Checkup:
    """A city, examined on one date.

    Attributes
    ----------
    city
        Id, names, reference date, CRS, population, attribution of the sources.
    values
        One row for each indicator, variant and place: value, unit, numerator, denominator,
        evidence, rule, whether it passes, score. ``NaN`` is missing, with the reason.
    building_values
        One row a building, one column an indicator and variant: what each building's own value is.
    findings
        One row for each place that breaks a rule, gravest first.
    scores
        One row for each indicator set and article; article 0 is the whole set.
    sensitivity
        What each cause of doubt does to a score.
    indicators, rules, articles
        What was asked, by which rules, under which headings.
    places
        Every place, in the city's metric CRS.
    layers
        Context for maps, in the same CRS.
    effective_settings
        Every setting that the run used, defaults included.
    elapsed
        Seconds by stage.
    """

    city: Mapping[str, Any]
    values: pd.DataFrame
    building_values: pd.DataFrame
    findings: pd.DataFrame
    scores: pd.DataFrame
    sensitivity: pd.DataFrame
    indicators: pd.DataFrame
    rules: pd.DataFrame
    articles: pd.DataFrame
    places: gpd.GeoDataFrame
    layers: Mapping[str, gpd.GeoDataFrame]
    effective_settings: Mapping[str, Any]
    elapsed: Mapping[str, float]
