"""Reports made up for tests."""

import numpy as np

from dizuo.operations.texts.nearness import DAY
from dizuo.operations.texts.reports import NOT_CLOSED, Reports


def reports(*rows, texts=()):
    """Rows of id, kind, x, y, day opened, and day closed if it is."""
    full = [(*row, None) if len(row) == 5 else row for row in rows]
    case, kind, x, y, opened, closed = zip(*full, strict=True) if full else ((),) * 6
    return Reports(
        np.array(case, dtype=np.str_),
        np.array(kind, dtype=np.str_),
        np.array(x, dtype=float),
        np.array(y, dtype=float),
        np.array([round(day * DAY) for day in opened], dtype=np.int64),
        np.array([NOT_CLOSED if d is None else round(d * DAY) for d in closed], dtype=np.int64),
        texts,
    )


def many(count, generator, *, width, days, kinds):
    """Reports at random, some without place or class, some at the very same place and time."""
    x, y = generator.integers(0, width, (2, count)) * 1.0
    x[generator.random(count) < 0.02] = np.nan
    kind = np.array([f"urban_event/{k:04d}" for k in range(kinds)])
    chosen = kind[generator.integers(0, kinds, count)]
    chosen[generator.random(count) < 0.02] = ""
    return Reports(
        np.array([f"case:{at:08x}" for at in generator.permutation(count)]),
        chosen,
        x,
        y,
        generator.integers(0, days * 24, count) * (DAY // 24),
        np.full(count, NOT_CLOSED),
    )
