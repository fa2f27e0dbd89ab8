"""Compiled sweeps over a hierarchy: up in the order the nodes were taken out, then down.

Costs stand in rows, one row a node and one lane a question; a row is lowered by another in a few
vector instructions. Costs are unsigned, so that ``FAR`` plus any cost does not wrap round and
never wins.
"""

from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from dizuo.engines.streets._kernels_contraction import Whole

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt32 = NDArray[np.uint32]
UInt64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]
Labels = NDArray[np.unsignedinteger[Any]]
"""Unsigned numbers of 32 bits, or of 64 with an item's number in the low half."""
Label = np.unsignedinteger[Any]

FAR: Final = np.uint32(np.iinfo(np.int32).max)
NO_LABEL: Final = np.uint64((int(FAR) << 32) | 0xFFFFFFFF)
LOW_WORD: Final = 0xFFFFFFFF


def _lower(width: Whole) -> Callable[..., bool]:
    """Make ``lower(costs, into, source, step)`` for ``width`` lanes.

    It sets ``costs[into:] = minimum(costs[into:], costs[source:] + step)`` and tells whether any
    lane changed.
    """

    def lower(typingctx: Any, costs: Any, into: Any, source: Any, step: Any) -> Any:  # noqa: ARG001
        from llvmlite import ir  # type: ignore[import-untyped]  # noqa: PLC0415

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            bits = signature.args[0].dtype.bitwidth
            row = ir.VectorType(ir.IntType(bits), width)

            def place(index: Any) -> Any:
                return builder.bitcast(builder.gep(array.data, [index]), row.as_pointer())

            old = builder.load(place(arguments[1]), align=bits // 8)
            new = builder.add(
                builder.load(place(arguments[2]), align=bits // 8),
                _repeated(builder, arguments[3], width),
            )
            less = builder.icmp_unsigned("<", new, old)
            builder.store(builder.select(less, new, old), place(arguments[1]), align=bits // 8)
            lanes = builder.bitcast(less, ir.IntType(width))
            return builder.icmp_unsigned("!=", lanes, ir.Constant(ir.IntType(width), 0))

        return types.boolean(costs, types.intp, types.intp, costs.dtype), generate

    return cast("Callable[..., bool]", intrinsic(lower))


def _repeated(builder: Any, value: Any, width: Whole) -> Any:
    from llvmlite import ir  # noqa: PLC0415

    nothing = ir.Constant(ir.VectorType(value.type, width), ir.Undefined)
    one = builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
    return builder.shuffle_vector(one, nothing, zeros)


lower_4 = _lower(4)
lower_8 = _lower(8)
lower_16 = _lower(16)


def _add_within(
    typingctx: Any,  # noqa: ARG001
    sums: Any,
    at: Any,  # noqa: ARG001
    costs: Any,
    row: Any,  # noqa: ARG001
    cutoff: Any,  # noqa: ARG001
    weight: Any,  # noqa: ARG001
) -> Any:
    from llvmlite import ir  # noqa: PLC0415

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        totals = context.make_array(signature.args[0])(context, builder, arguments[0])
        reached = context.make_array(signature.args[2])(context, builder, arguments[2])
        bits = signature.args[0].dtype.bitwidth
        total_row = ir.VectorType(ir.IntType(bits), 16)
        cost_row = ir.VectorType(ir.IntType(32), 16)
        place = builder.bitcast(builder.gep(totals.data, [arguments[1]]), total_row.as_pointer())
        found = builder.bitcast(builder.gep(reached.data, [arguments[3]]), cost_row.as_pointer())
        near = builder.icmp_unsigned(
            "<=", builder.load(found, align=4), _repeated(builder, arguments[4], 16)
        )
        nothing = ir.Constant(total_row, [0] * 16)
        share = builder.select(near, _repeated(builder, arguments[5], 16), nothing)
        total = builder.add(builder.load(place, align=bits // 8), share)
        builder.store(total, place, align=bits // 8)
        return context.get_dummy_value()

    signature = types.void(sums, types.intp, costs, types.intp, types.uint32, sums.dtype)
    return signature, generate


add_within_16 = cast("Callable[..., None]", intrinsic(_add_within))
"""``add_within_16(sums, at, costs, row, cutoff, weight)`` adds ``weight`` to those of
``sums[at:at + 16]`` where ``costs[row:row + 16] <= cutoff``."""


@njit(cache=True, nogil=True, inline="always")
def lower_row(costs: Labels, into: Whole, source: Whole, step: Label, width: Whole) -> bool:
    """Lower a row of ``width`` lanes by another row plus a step; tell whether it changed."""
    changed = False
    for lane in range(0, width // 16 * 16, 16):
        changed |= lower_16(costs, into + lane, source + lane, step)
    for lane in range(width // 16 * 16, width // 4 * 4, 4):
        changed |= lower_4(costs, into + lane, source + lane, step)
    for lane in range(width // 4 * 4, width):
        new = costs[source + lane] + step
        if new < costs[into + lane]:
            costs[into + lane] = new
            changed = True
    return changed


# Every node, a few questions each ------------------------------------------------------------


@njit(cache=True, nogil=True)
def fill(costs: Labels, begin: Whole, end: Whole, value: Label) -> None:
    """Set ``costs[begin:end]``."""
    costs[begin:end] = value


@njit(cache=True, nogil=True)
def climb(
    nodes: Int32,
    offsets: Int32,
    targets: Int32,
    steps: Labels,
    begin: Whole,
    end: Whole,
    far: Label,
    costs: Labels,
    width: Whole,
    reached: Bool,
) -> None:
    """Carry rows from ``nodes[begin:end]``, in this order, up to their targets."""
    for place in range(begin, end):
        node = nodes[place]
        if not reached[node]:
            continue
        row = np.int64(node) * width
        for arc in range(offsets[place], offsets[place + 1]):
            step = steps[arc]
            if step != far:
                reached[targets[arc]] = True
                lower_row(costs, np.int64(targets[arc]) * width, row, step, width)


@njit(cache=True, nogil=True)
def descend(
    nodes: Int32,
    offsets: Int32,
    targets: Int32,
    steps: Labels,
    begin: Whole,
    end: Whole,
    costs: Labels,
    width: Whole,
) -> None:
    """Fetch rows for ``nodes[begin:end]``, in reverse, from their targets."""
    for place in range(end - 1, begin - 1, -1):
        row = np.int64(nodes[place]) * width
        for arc in range(offsets[place], offsets[place + 1]):
            lower_row(costs, row, np.int64(targets[arc]) * width, steps[arc], width)


@njit(cache=True, nogil=True)
def settle_core(
    core: Int32,
    offsets: Int32,
    targets: Int32,
    steps: Labels,
    far: Label,
    costs: Labels,
    width: Whole,
    waiting: Bool,
) -> None:
    """Carry rows along the arcs of the core, to and fro, until none changes.

    ``waiting`` says from which places of the core there may be something to carry.
    """
    count = len(core)
    forward = True
    more = True
    while more:
        more = False
        for turn in range(count):
            place = turn if forward else count - 1 - turn
            if not waiting[place]:
                continue
            waiting[place] = False
            row = np.int64(core[place]) * width
            for arc in range(offsets[place], offsets[place + 1]):
                target = targets[arc]
                step = steps[arc]
                if step != far and lower_row(
                    costs, np.int64(core[target]) * width, row, step, width
                ):
                    waiting[target] = True
                    more = True
        forward = not forward


@njit(cache=True, nogil=True)
def sow(
    rows: Int32,
    lanes: Int32,
    labels: Labels,
    begin: Whole,
    end: Whole,
    costs: Labels,
    width: Whole,
    reached: Bool,
) -> None:
    """Put labels into the rows ``begin:end``, each into its lane."""
    for seed in range(len(rows)):
        row = rows[seed]
        if begin <= row < end:
            at = np.int64(row) * width + lanes[seed]
            if labels[seed] < costs[at]:
                costs[at] = labels[seed]
                reached[row] = True


# Several items each ---------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def insert(best: UInt64, row: Whole, label: np.uint64, k: Whole) -> bool:
    """Put a label below the last of an ascending list into it, one label an item.

    Tells whether it went in: not if the item stands there with a smaller cost.
    """
    item = label & np.uint64(LOW_WORD)
    place = k - 1
    for rank in range(k):
        if best[row + rank] & np.uint64(LOW_WORD) == item:
            if best[row + rank] <= label:
                return False
            place = rank
            break
    while place > 0 and best[row + place - 1] > label:
        best[row + place] = best[row + place - 1]
        place -= 1
    best[row + place] = label
    return True


@njit(cache=True, nogil=True)
def merge(best: UInt64, into: Whole, source: Whole, step: np.uint64, k: Whole) -> bool:
    """Merge an ascending list, a step dearer, into another; tell whether it changed."""
    changed = False
    if best[into] == NO_LABEL:
        for rank in range(k):
            label = best[source + rank] + step
            if label >= NO_LABEL:
                break
            best[into + rank] = label
            changed = True
        return changed
    for rank in range(k):
        label = np.uint64(best[source + rank] + step)
        if label >= best[into + k - 1]:
            break
        changed |= insert(best, into, label, k)
    return changed


@njit(cache=True, nogil=True)
def sow_several(
    rows: Int32, labels: UInt64, begin: Whole, end: Whole, best: UInt64, k: Whole, reached: Bool
) -> None:
    """Put labels into the lists of rows ``begin:end``."""
    for seed in range(len(rows)):
        row = rows[seed]
        at = np.int64(row) * k
        if begin <= row < end and labels[seed] < best[at + k - 1]:
            insert(best, at, labels[seed], k)
            reached[row] = True


@njit(cache=True, nogil=True)
def climb_several(
    nodes: Int32,
    offsets: Int32,
    targets: Int32,
    steps: UInt64,
    begin: Whole,
    end: Whole,
    best: UInt64,
    k: Whole,
    reached: Bool,
) -> None:
    """Carry lists from ``nodes[begin:end]``, in this order, up to their targets."""
    for place in range(begin, end):
        node = nodes[place]
        if reached[node]:
            for arc in range(offsets[place], offsets[place + 1]):
                target = targets[arc]
                reached[target] |= merge(
                    best, np.int64(target) * k, np.int64(node) * k, steps[arc], k
                )


@njit(cache=True, nogil=True)
def descend_several(
    nodes: Int32,
    offsets: Int32,
    targets: Int32,
    steps: UInt64,
    begin: Whole,
    end: Whole,
    best: UInt64,
    k: Whole,
) -> None:
    """Fetch lists for ``nodes[begin:end]``, in reverse, from their targets."""
    for place in range(end - 1, begin - 1, -1):
        row = np.int64(nodes[place]) * k
        for arc in range(offsets[place], offsets[place + 1]):
            merge(best, row, np.int64(targets[arc]) * k, steps[arc], k)


@njit(cache=True, nogil=True)
def settle_core_several(
    core: Int32,
    offsets: Int32,
    targets: Int32,
    steps: UInt64,
    best: UInt64,
    k: Whole,
    waiting: Bool,
) -> None:
    """Carry lists along the arcs of the core, to and fro, until none changes."""
    count = len(core)
    forward = True
    more = True
    while more:
        more = False
        for turn in range(count):
            place = turn if forward else count - 1 - turn
            if not waiting[place]:
                continue
            waiting[place] = False
            row = np.int64(core[place]) * k
            for arc in range(offsets[place], offsets[place + 1]):
                target = targets[arc]
                if merge(best, np.int64(core[target]) * k, row, steps[arc], k):
                    waiting[target] = True
                    more = True
        forward = not forward


# Results ---------------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def clear_beyond(costs: UInt32, begin: Whole, end: Whole, last: Whole) -> None:
    """Turn costs above ``last`` into ``FAR``."""
    for at in range(begin, end):
        if costs[at] > last:
            costs[at] = FAR


@njit(cache=True, nogil=True)
def unpack(
    labels: UInt64, begin: Whole, end: Whole, last: Whole, costs: Int32, items: Int32
) -> None:
    """Part labels into costs and items; ``FAR`` and -1 above ``last``."""
    for at in range(begin, end):
        cost = np.int64(labels[at] >> np.uint64(32))
        costs[at] = cost if cost <= last else FAR
        items[at] = np.int64(labels[at] & np.uint64(LOW_WORD)) if cost <= last else -1
