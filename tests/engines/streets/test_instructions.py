"""Machine instructions that numba does not offer, called from compiled code."""

import numpy as np
from numba import njit

from dizuo.engines.streets._kernels_instructions import lowest_bit, prefetch


@njit(cache=True)
def lowest_bits(words):
    found = np.empty(len(words), np.int64)
    for k in range(len(words)):
        found[k] = lowest_bit(words[k])
    return found


@njit(cache=True)
def added_up_with_foresight(values, ahead):
    total = 0
    for k in range(len(values)):
        prefetch(values, np.uint64(k + ahead))
        total += values[k]
    return total


def test_the_lowest_bit_of_a_word_is_found():
    bits = np.arange(64, dtype=np.uint64)
    alone = np.uint64(1) << bits
    above = np.random.default_rng(1).integers(0, 2**64, 64, dtype=np.uint64) << bits
    assert lowest_bits(alone).tolist() == list(range(64))
    assert lowest_bits(alone | above).tolist() == list(range(64))
    assert lowest_bits(np.full(1, 2**64 - 1, np.uint64)).tolist() == [0]


def test_asking_for_memory_ahead_changes_nothing():
    for kind in (np.int32, np.int64):
        values = np.arange(1, 101, dtype=kind)
        for ahead in (0, 16, 10_000):
            assert added_up_with_foresight(values, ahead) == 5_050
        assert values.tolist() == list(range(1, 101))
