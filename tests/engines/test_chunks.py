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


def test_every_thread_gets_some_pieces_but_none_too_small(monkeypatch):
    monkeypatch.setattr("dizuo.engines.chunks.thread_count", lambda: 3)

    def chunks(count, **options):
        seen = []
        run_chunks(lambda first, last: seen.append((first, last)), count, **options)
        return sorted(seen)

    six = [(0, 16), (16, 33), (33, 50), (50, 66), (66, 83), (83, 100)]
    assert chunks(100, smallest=1, pieces=2) == six
    assert chunks(100, smallest=30) == [(0, 33), (33, 66), (66, 100)]
    assert chunks(100, smallest=101) == [(0, 100)]
    assert chunks(2, smallest=0, pieces=1) == [(0, 1), (1, 2)]


def test_a_failure_is_passed_on():
    def fail(first, last):
        raise ValueError(first, last)

    with pytest.raises(ValueError, match="0"):
        run_chunks(fail, 3)
