# ruff: noqa: E501 - tables read best as rows
import numpy as np
import pandas as pd
import pytest
from paper_town import make_town

from dizuo.checkup.compare import Comparison


@pytest.fixture(scope="session")
def town():
    """A checkup of the town drawn on paper."""
    return make_town()


@pytest.fixture(scope="session")
def comparison(town):
    values = pd.DataFrame(
        [
            ("08.kindergarten_reach", "network", "city:papertown", "city", "%", 80.0, 85.5, 5.5, 5.0, 0.5),
            ("09.green_share", "", "city:papertown", "city", "%", 30.0, 30.0, 0.0, 0.0, 0.0),
            ("09.green_share", "", "block:1", "block", "%", 1.0, 77.7, 76.7, 0.0, 76.7),
            ("10.road_density", "", "city:papertown", "city", "km/km²", np.nan, np.nan, np.nan, np.nan, np.nan),
        ],
        columns=["indicator", "variant", "place", "place_kind", "unit", "old", "new", "change", "in_city", "in_map"],
    )  # fmt: skip
    statuses = ["gained", "lost", "kept"]
    findings = pd.concat(
        [town.findings.head(3 + number).assign(status=status) for number, status in enumerate(statuses)],
        ignore_index=True,
    )  # fmt: skip
    scores = town.scores.rename(
        columns={"score": "score_old", "low": "low_old", "high": "high_old", "coverage": "coverage_old"}
    ).assign(score_new=60.0, low_new=50.0, high_new=70.0, coverage_new=1.0, change=5.0)  # fmt: skip
    layers = pd.DataFrame(
        [{"layer": "buildings", "added_in_city": 11, "removed_in_city": 0, "altered_in_city": 0,
          "added_in_map": 222, "removed_in_map": 3, "altered_in_map": 4}]
    )  # fmt: skip
    return Comparison(
        old={**town.city, "reference_date": "2023-06-30"},
        new=town.city,
        values=values,
        findings=findings,
        scores=scores,
        layers=layers,
    )
