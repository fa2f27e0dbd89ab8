"""Products of rows with the weights of a model, by what the processor can do."""

from typing import Protocol

import llvmlite.binding as llvm  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from dizuo.engines.language._kernels_encoder import in_bytes
from dizuo.engines.language._kernels_products import BLOCK, OUTPUTS, multiplied
from dizuo.engines.language.packed_model import PackedWeights

__all__ = ["InBytes", "InReals", "Product", "Rows", "multiplies_bytes"]

Float32 = NDArray[np.float32]


class Product(Protocol):
    """Multiplies with the weights of one step."""

    def of(self, rows: "Rows") -> Float32:
        """Return a row of outputs for each row."""
        ...


class Rows:
    """Rows in bytes, blocks of 32 with a size each: what a model of 4 bits multiplies with."""

    def __init__(self, reals: Float32) -> None:
        blocks = reals.size // BLOCK
        self.shape = reals.shape
        self.bytes = np.empty(reals.size, np.int8)
        self.sizes = np.empty(blocks, np.float32)
        self.starts = np.empty(blocks, np.int32)
        in_bytes(reals, self.bytes, self.sizes, self.starts)

    def reals(self) -> Float32:
        """Return the numbers that the bytes mean."""
        return (self.bytes.reshape(-1, BLOCK) * self.sizes[:, None]).reshape(self.shape)


class InBytes:
    """Multiplies bytes: needs a processor that has the instruction."""

    def __init__(self, weights: PackedWeights) -> None:
        outputs, inputs = weights.wholes.shape
        tiles, blocks = outputs // OUTPUTS, inputs // BLOCK
        beside = weights.wholes.reshape(tiles, OUTPUTS, blocks, BLOCK // 4, 4)
        self._weights = beside.transpose(0, 2, 3, 1, 4).flatten()
        self._scales = weights.scales.reshape(tiles, OUTPUTS, blocks).transpose(0, 2, 1).flatten()
        self._offsets = np.ascontiguousarray(weights.offsets)
        self._outputs, self._blocks = outputs, blocks

    def of(self, rows: Rows) -> Float32:
        """Return a row of outputs for each row; of rows there are a multiple of four."""
        out = np.empty((rows.shape[0], self._outputs), np.float32)
        multiplied(
            self._weights, self._scales, self._offsets, rows.bytes, rows.sizes, rows.starts,
            out.ravel(), rows.shape[0], self._outputs, self._blocks,
        )  # fmt: skip
        return out


class InReals:
    """Multiplies the same numbers as reals, on any processor."""

    def __init__(self, weights: PackedWeights) -> None:
        outputs, inputs = weights.wholes.shape
        blocks = weights.wholes.reshape(outputs, -1, BLOCK).astype(np.float32) - np.float32(8)
        self._weights = (blocks * weights.scales[:, :, None]).reshape(outputs, inputs).T.copy()
        self._offsets = weights.offsets

    def of(self, rows: Rows) -> Float32:
        """Return a row of outputs for each row."""
        out: Float32 = rows.reals() @ self._weights + self._offsets
        return out


def multiplies_bytes() -> bool:
    """Whether the processor has the instruction that :class:`InBytes` needs."""
    try:
        return bool(llvm.get_host_cpu_features().get("avx512vnni"))
    except RuntimeError:  # some systems do not tell
        return False
