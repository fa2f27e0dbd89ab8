"""Chunks of work."""

import numpy as np
import pytest

from dizuo.engines.chunks import run_chunks


@pytest.mark.parametrize("count", [0, 1, 7, 1000])
@pytest.mark.parametrize("smallest", [0, 1, 5000])
def test_chunks_cover_the_range_once(count, smallest):
    seen = np.zeros(count, dtype=int)

    def mark(first, last):
        seen[first:last] += 1

    run_chunks(mark, count, smallest=smallest)
    assert (seen == 1).all()


def test_a_failure_is_passed_on():
    def fail(first, last):
        raise ValueError(first, last)

    with pytest.raises(ValueError, match="0"):
        run_chunks(fail, 3)
