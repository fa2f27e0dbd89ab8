"""A language model of a few made-up weights, packed as the real one is."""

import struct

import numpy as np

WIDTH, WIDE, LAYERS, HEADS, LONGEST = 64, 128, 2, 4, 8
LEAST_VARIANCE = 1e-12
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "垃圾", "垃", "圾", "桶", "▁road", "ro", "ad", "▁r"]
SCORES = [0, 0, 0, 0, -2, -3, -2, -2, -4, -1, -3, -3, -2]
BEGIN, PAD, END, UNKNOWN = range(4)


def packed_file(dice):
    """Return the bytes of a model, and its weights as reals."""
    parts, reals = [], {}

    def keep(name, numbers):
        reals[name] = numbers
        parts.append((name, 0, numbers.astype("<f4").tobytes(), numbers.size))

    def pack(name, shape):
        halves = dice.integers(0, 16, (*shape[:-1], shape[-1] // 32, 32), dtype=np.uint8)
        scales = dice.uniform(0.01, 0.05, halves.shape[:-1]).astype("<f2")
        blocks = np.empty(scales.shape, [("scale", "<f2"), ("halves", "u1", 16)])
        blocks["scale"], blocks["halves"] = scales, halves[..., :16] | halves[..., 16:] << 4
        reals[name] = ((halves.astype(float) - 8) * scales[..., None].astype(float)).reshape(shape)
        parts.append((name, 1, blocks.tobytes(), reals[name].size))

    def norm(name):
        keep(f"{name}.w", dice.uniform(0.5, 1.5, WIDTH))
        keep(f"{name}.b", dice.normal(0, 0.1, WIDTH))

    pack("emb.word", (len(PIECES), WIDTH))
    keep("emb.pos", dice.normal(0, 0.1, LONGEST * WIDTH))
    keep("emb.type", dice.normal(0, 0.1, 2 * WIDTH))
    norm("emb.ln")
    for layer in range(LAYERS):
        for step, outputs, inputs in (
            ("q", WIDTH, WIDTH), ("k", WIDTH, WIDTH), ("v", WIDTH, WIDTH), ("ao", WIDTH, WIDTH),
            ("fi", WIDE, WIDTH), ("fo", WIDTH, WIDE),
        ):  # fmt: skip
            pack(f"l{layer}.{step}.w", (outputs, inputs))
            keep(f"l{layer}.{step}.b", dice.normal(0, 0.1, outputs))
        norm(f"l{layer}.aln")
        norm(f"l{layer}.oln")
    return _written(parts), reals


def _written(parts):
    told = [piece.encode() for piece in PIECES]
    places = np.cumsum([0] + [len(one) for one in told]).astype("<u4")
    replaced = {ord("　"): " ", ord("\u200b"): "", ord("Ⓐ"): "ad"}
    head = struct.pack("<4sI", b"E5S1", 1)
    head += struct.pack("<7i", WIDTH, LAYERS, HEADS, WIDE, len(PIECES), LONGEST, 2)
    head += struct.pack("<fi", LEAST_VARIANCE, 32)
    head += struct.pack(
        "<5iQ", len(PIECES), BEGIN, END, PAD, UNKNOWN, sum(len(one) for one in told)
    )
    head += places.tobytes() + np.array(SCORES, "<f4").tobytes() + b"".join(told)
    norms = b"".join(
        struct.pack("<IB", code, len(to)) + np.array([ord(one) for one in to], "<u4").tobytes()
        for code, to in replaced.items()
    )
    head += struct.pack("<iI", len(replaced), len(norms)) + norms + struct.pack("<i", len(parts))
    at = len(head) + sum(2 + len(name) + 21 for name, *_ in parts)
    directory, content = b"", b""
    for name, kind, numbers, count in parts:
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, count, at + len(content), len(numbers))
        content += numbers
    return head + directory + content
