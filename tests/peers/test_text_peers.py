"""Hot spots of 10,000 reports against PySAL esda."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dizuo.operations.texts.hot_spots import count_by_kind, g_star, within_band
from dizuo.operations.texts.nearness import DAY
from dizuo.operations.texts.reports import NOT_CLOSED, Reports

SIDE, WIDTH, BAND = 50, 100.0, 350.0


def test_scores_of_ten_thousand_reports_are_those_of_esda(ask):
    dice = np.random.default_rng(4)
    count = 10_000
    x, y = dice.uniform(0, SIDE * WIDTH, (2, count))
    x[:600], y[:600] = dice.normal(1500, 200, (2, 600))
    reports = Reports(
        np.array([f"case:{at:06d}" for at in range(count)]),
        np.array(["urban_event/0101", "urban_event/0501", "urban_event/0107"])[
            np.concatenate((np.zeros(600, int), dice.choice(3, count - 600, p=[0.3, 0.5, 0.2])))
        ],
        x, y, dice.integers(0, DAY, count), np.full(count, NOT_CLOSED), (),
    )  # fmt: skip
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    middles = np.column_stack((column + 0.5, row + 0.5)) * WIDTH
    cell_of = (y // WIDTH).astype(np.int64) * SIDE + (x // WIDTH).astype(np.int64)
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    counted = count_by_kind(reports, cell_of, len(middles), begin, begin + timedelta(days=1))
    assert sum(counts.sum() for counts in counted.values()) == count
    weights = within_band(middles[:, 0], middles[:, 1], BAND)
    answer = ask(
        "esda_hot_spots", middles=middles, band=BAND, counts=np.array(list(counted.values()))
    )
    for counts, theirs in zip(counted.values(), answer["scores"], strict=True):
        assert g_star(counts, weights) == pytest.approx(theirs, abs=1e-9)
