"""Compiled products of activations of 8 bits with weights of 4.

Both stand in blocks of 32 with a scale each, so a product is one of whole numbers, scaled once a
block. Weights lie sixteen outputs side by side, four of their inputs together: so one instruction
of newer processors (VNNI) multiplies and adds 64 at once.
"""

from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Int8 = NDArray[np.int8]
UInt8 = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Float32 = NDArray[np.float32]

BLOCK: Final = 32
OUTPUTS: Final = 16
ROWS: Final = 4
"""Rows that are multiplied together; the number of rows is a multiple."""
_INPUTS: Final = 4
_STEPS: Final = BLOCK // _INPUTS
_BYTES: Final = BLOCK * OUTPUTS

_building: Any = cgutils
_WHOLE, _PLACE = ir.IntType(32), ir.IntType(64)
_WHOLES = ir.VectorType(_WHOLE, OUTPUTS)
_REALS = ir.VectorType(ir.FloatType(), OUTPUTS)


def _four_rows(
    typingctx: Any,  # noqa: ARG001
    weights: Any, scales: Any, offsets: Any, bytes_: Any, sizes: Any, starts: Any, out: Any,
    tile: Any, row: Any, outputs: Any, blocks: Any,
) -> Any:  # fmt: skip
    """Multiply four rows with the weights of sixteen outputs, and add the offsets."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = [
            context.make_array(kind)(context, builder, value).data
            for kind, value in zip(signature.args[:7], arguments[:7], strict=True)
        ]
        _Rows(builder, *data, *arguments[7:]).write()
        return context.get_dummy_value()

    arrays = (weights, scales, offsets, bytes_, sizes, starts, out)
    return types.void(*arrays, *(types.int64 for _ in (tile, row, outputs, blocks))), generate


class _Rows:
    """Writes the instructions that multiply four rows with sixteen outputs' weights."""

    def __init__(
        self, builder: Any, weights: Any, scales: Any, offsets: Any, bytes_: Any, sizes: Any,
        starts: Any, out: Any, tile: Any, row: Any, outputs: Any, blocks: Any,
    ) -> None:  # fmt: skip
        self.builder = builder
        self.weights, self.scales, self.offsets = weights, scales, offsets
        self.bytes, self.sizes, self.starts, self.out = bytes_, sizes, starts, out
        self.tile, self.outputs, self.blocks = tile, outputs, blocks
        self.rows = [builder.add(row, _PLACE(one)) for one in range(ROWS)]
        wholes, reals = [_WHOLES] * 3, [_REALS] * 3
        self.multiply_bytes = _building.get_or_insert_function(
            builder.module, ir.FunctionType(_WHOLES, wholes), "llvm.x86.avx512.vpdpbusd.512"
        )
        self.multiply_reals = _building.get_or_insert_function(
            builder.module, ir.FunctionType(_REALS, reals), f"llvm.fma.v{OUTPUTS}f32"
        )

    def write(self) -> None:
        builder = self.builder
        sums = [_building.alloca_once(builder, _REALS) for _ in self.rows]
        first = self._load(self.offsets, builder.mul(self.tile, _PLACE(OUTPUTS)), _REALS)
        for one in sums:
            builder.store(first, one)
        with _building.for_range(builder, self.blocks) as loop:
            self._add_block(loop.index, sums)
        for row, one in zip(self.rows, sums, strict=True):
            at = builder.add(
                builder.mul(row, self.outputs), builder.mul(self.tile, _PLACE(OUTPUTS))
            )
            told = builder.store(builder.load(one), self._address(self.out, at, _REALS))
            told.align = 4

    def _add_block(self, block: Any, sums: list[Any]) -> None:
        builder = self.builder
        tile = builder.add(builder.mul(self.tile, self.blocks), block)
        places = [builder.add(builder.mul(row, self.blocks), block) for row in self.rows]
        wholes = [self._spread(builder.load(builder.gep(self.starts, [at]))) for at in places]
        for step in range(_STEPS):
            at = builder.add(builder.mul(tile, _PLACE(_BYTES)), _PLACE(step * _INPUTS * OUTPUTS))
            weights = self._load(self.weights, at, _WHOLES)
            for one, place in enumerate(places):
                at = builder.add(builder.mul(place, _PLACE(BLOCK)), _PLACE(step * _INPUTS))
                four = self._spread(self._load(self.bytes, at, _WHOLE))
                wholes[one] = builder.call(self.multiply_bytes, [wholes[one], weights, four])
        scales = self._load(self.scales, builder.mul(tile, _PLACE(OUTPUTS)), _REALS)
        for whole, place, one in zip(wholes, places, sums, strict=True):
            size = self._spread(builder.load(builder.gep(self.sizes, [place])))
            added = [builder.sitofp(whole, _REALS), builder.fmul(scales, size), builder.load(one)]
            builder.store(builder.call(self.multiply_reals, added), one)

    def _address(self, data: Any, at: Any, kind: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(data, [at]), kind.as_pointer())

    def _load(self, data: Any, at: Any, kind: Any) -> Any:
        loaded = self.builder.load(self._address(data, at, kind))
        loaded.align = 1
        return loaded

    def _spread(self, value: Any) -> Any:
        """Return the value in each of sixteen lanes."""
        none = ir.Constant(ir.VectorType(value.type, OUTPUTS), ir.Undefined)
        one = self.builder.insert_element(none, value, _WHOLE(0))
        return self.builder.shuffle_vector(one, none, ir.Constant(_WHOLES, [0] * OUTPUTS))


_rows = cast("Callable[..., None]", intrinsic(_four_rows))


@njit(cache=True, nogil=True)
def multiplied(
    weights: UInt8, scales: Float32, offsets: Float32, bytes_: Int8, sizes: Float32, starts: Int32,
    out: Float32, rows: int, outputs: int, blocks: int,
) -> None:  # fmt: skip
    """Multiply rows with the weights of all outputs, and add the offsets.

    ``starts`` has -8 times the sum of each block: so far the weights lie above their values.
    """
    for tile in range(outputs // OUTPUTS):
        for row in range(0, rows, ROWS):
            _rows(weights, scales, offsets, bytes_, sizes, starts, out, tile, row, outputs, blocks)
