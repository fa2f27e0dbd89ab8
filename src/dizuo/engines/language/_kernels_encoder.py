"""Compiled steps between the products of an encoder. Rows are tokens, of many texts in a row."""

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dizuo.engines.language._kernels_products import BLOCK

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float32 = NDArray[np.float32]

_MOST: Final = np.float32(127.0)
_MIDDLE: Final = -8
"""A weight of 4 bits from 0 to 15 means 8 less."""
_ONE: Final = np.float32(1.0)
_HALF: Final = np.float32(0.5)
_ROOT_HALF: Final = np.float32(math.sqrt(0.5))
_ERF_ENDS: Final = np.float32(4.0)
# Rational approximation of the error function within 1e-6, as in XLA (OpenXLA, Apache-2.0).
_A1, _A3, _A5, _A7, _A9, _A11, _A13 = (
    np.float32(one)
    for one in (
        -1.60960333262415e-02, -2.95459980854025e-03, -7.34990630326855e-04,
        -5.69250639462346e-05, -2.10102402082508e-06, 2.77068142495902e-08, -2.72614225801306e-10,
    )
)  # fmt: skip
_B0, _B2, _B4, _B6, _B8 = (
    np.float32(one)
    for one in (
        -1.42647390514189e-02, -7.37332916720468e-03, -1.68282697438203e-03,
        -2.13374055278905e-04, -1.45660718464996e-05,
    )
)  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def in_bytes(rows: Float32, bytes_: Int8, sizes: Float32, starts: Int32) -> None:
    """Write each block of 32 numbers as whole ones up to 127 and a size; see the products."""
    flat = rows.ravel()
    for place in range(len(flat) // BLOCK):
        most = np.float32(0.0)
        for at in range(place * BLOCK, (place + 1) * BLOCK):
            most = max(most, abs(flat[at]))
        size = most / _MOST
        inverse = _ONE / size if size > 0 else np.float32(0.0)
        total = np.int32(0)
        for at in range(place * BLOCK, (place + 1) * BLOCK):
            whole = np.int32(min(np.rint(flat[at] * inverse), _MOST))
            bytes_[at] = whole
            total += whole
        sizes[place] = size
        starts[place] = _MIDDLE * total


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def normalise(
    rows: Float32, added: Float32, weights: Float32, offsets: Float32, least: float
) -> None:
    """Add to the rows, and bring each to mean 0 and variance 1, then to weights and offsets."""
    width = rows.shape[1]
    for row in range(rows.shape[0]):
        mean = np.float32(0.0)
        for at in range(width):
            rows[row, at] += added[row, at]
            mean += rows[row, at]
        mean /= np.float32(width)
        spread = np.float32(0.0)
        for at in range(width):
            apart = rows[row, at] - mean
            spread += apart * apart
        inverse = _ONE / np.sqrt(spread / np.float32(width) + np.float32(least))
        for at in range(width):
            rows[row, at] = (rows[row, at] - mean) * inverse * weights[at] + offsets[at]


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def let_through(rows: Float32) -> None:
    """Multiply each number with the share of a normal distribution below it (GELU)."""
    flat = rows.ravel()
    for at in range(len(flat)):
        x = min(max(flat[at] * _ROOT_HALF, -_ERF_ENDS), _ERF_ENDS)
        square = x * x
        over = _A13
        over = over * square + _A11
        over = over * square + _A9
        over = over * square + _A7
        over = over * square + _A5
        over = over * square + _A3
        over = over * square + _A1
        under = _B8
        under = under * square + _B6
        under = under * square + _B4
        under = under * square + _B2
        under = under * square + _B0
        flat[at] = _HALF * flat[at] * (_ONE + x * over / under)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def attend(
    asked: Float32, keys: Float32, values: Float32, bounds: Int64, heads: int, out: Float32
) -> None:
    """Mix, for each token and head, the values of the tokens of its own text by likeness."""
    width = asked.shape[1] // heads
    scale = _ONE / np.sqrt(np.float32(width))
    longest = 0
    for text in range(len(bounds) - 1):
        longest = max(longest, bounds[text + 1] - bounds[text])
    turned = np.empty((width, longest), np.float32)
    room = np.empty(longest, np.float32)
    for text in range(len(bounds) - 1):
        begin, end = bounds[text], bounds[text + 1]
        alike = room[: end - begin]
        for first in range(0, asked.shape[1], width):
            turned[:, : end - begin] = keys[begin:end, first : first + width].T
            for token in range(begin, end):
                mine = asked[token, first : first + width]
                alike[:] = 0.0
                for at in range(width):
                    part, others = mine[at] * scale, turned[at]
                    for other in range(len(alike)):
                        alike[other] += part * others[other]
                most, total = alike.max(), np.float32(0.0)
                for other in range(len(alike)):
                    alike[other] = np.exp(alike[other] - most)
                    total += alike[other]
                mixed = out[token, first : first + width]
                mixed[:] = 0.0
                for other in range(len(alike)):
                    share = alike[other] / total
                    theirs = values[begin + other, first : first + width]
                    for at in range(width):
                        mixed[at] += share * theirs[at]


@njit(cache=True, nogil=True)
def best_pieces(starts: Int64, ends: Int64, pieces: Int64, scores: Float32, length: int) -> Int64:
    """Return the pieces that cover characters from 0 to ``length`` with the greatest score.

    Candidates come in the order of where they start; of equal ones the first counts.
    """
    best = np.full(length + 1, -np.inf, np.float32)
    best[0] = 0.0
    chosen = np.full(length + 1, -1, np.int64)
    for one in range(len(starts)):
        score = best[starts[one]] + scores[one]
        if score > best[ends[one]]:
            best[ends[one]] = score
            chosen[ends[one]] = one
    found = np.empty(length, np.int64)
    count, at = 0, length
    while at > 0:
        found[count] = pieces[chosen[at]]
        at = starts[chosen[at]]
        count += 1
    return found[:count][::-1].copy()
