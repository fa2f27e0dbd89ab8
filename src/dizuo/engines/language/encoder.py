"""Directions of texts by a model of the form of BERT (Devlin et al. 2019)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.language._kernels_encoder import attend, let_through, normalise
from dizuo.engines.language._kernels_products import ROWS
from dizuo.engines.language.packed_model import PackedModel
from dizuo.engines.language.products import InBytes, InReals, Product, Rows, multiplies_bytes
from dizuo.engines.language.word_pieces import WordPieces
from dizuo.engines.streets.threads import on_threads

__all__ = ["Encoder"]

Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]

_TOGETHER: Final = 192
"""Tokens that are worked on together: more do not stay near the processor."""


@dataclass(frozen=True, eq=False)
class _Window:
    """As many tokens of one text as the model reads at once, with its ends."""

    text: int
    tokens: Int64


@dataclass(frozen=True, eq=False)
class _Norm:
    weights: Float32
    offsets: Float32


@dataclass(frozen=True, eq=False)
class _Layer:
    """One layer: tokens of a text look at each other, then each is worked on by itself."""

    asked: Product
    keys: Product
    values: Product
    mixed: Product
    after_mixing: _Norm
    wide: Product
    narrow: Product
    after: _Norm


class Encoder:
    """Makes directions of texts.

    Parameters
    ----------
    prefix
        What each text is read after.
    in_bytes
        Whether to use the instruction that multiplies bytes; the directions are the same.
    """

    def __init__(
        self, model: PackedModel, prefix: str = "", *, in_bytes: bool | None = None
    ) -> None:
        product = InBytes if (multiplies_bytes() if in_bytes is None else in_bytes) else InReals
        self._model = model
        self._pieces = WordPieces(model.vocabulary)
        self._prefix = prefix
        first_sentence = model.numbers("emb.type")[: model.width]
        self._places = model.numbers("emb.pos").reshape(-1, model.width) + first_sentence
        self._first = _Norm(model.numbers("emb.ln.w"), model.numbers("emb.ln.b"))
        self._layers = [_layer(model, f"l{number}", product) for number in range(model.layers)]
        # Products of reals come from a library that has threads of its own.
        self._threads = None if product is InBytes else 1

    def directions(self, texts: Sequence[str]) -> Float32:
        """Return one row of length 1 for each text.

        A text that is longer than the model reads is read in parts, which count by their tokens.
        """
        windows = [window for at, text in enumerate(texts) for window in self._windows(at, text)]
        sums = np.zeros((len(texts), self._model.width), np.float32)
        found = on_threads(self._means, list(_together(windows)), self._threads)
        for window, mean in zip(windows, (row for rows in found for row in rows), strict=True):
            sums[window.text] += np.float32(max(len(window.tokens) - 2, 1)) * mean
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        directions: Float32 = (sums / np.where(lengths > 0, lengths, 1)).astype(np.float32)
        return directions

    def _windows(self, at: int, text: str) -> Iterator[_Window]:
        known = self._model.vocabulary
        tokens = self._pieces.of(self._prefix + text)
        size = self._model.longest - 2
        for begin in range(0, max(len(tokens), 1), size):
            part = tokens[begin : begin + size]
            yield _Window(at, np.concatenate(([known.begin], part, [known.end])))

    def _means(self, windows: Sequence[_Window]) -> Float32:
        """Return the mean of what the model makes of the tokens of each window."""
        model = self._model
        sizes = np.array([len(one.tokens) for one in windows])
        bounds = np.concatenate(([0], sizes.cumsum()))
        tokens = np.concatenate([one.tokens for one in windows])
        places = np.arange(len(tokens)) - np.repeat(bounds[:-1], sizes)
        # Products are of several rows at once: what is missing is made up, and nobody looks at it.
        rows = np.zeros((-(-len(tokens) // ROWS) * ROWS, model.width), np.float32)
        rows[: len(tokens)] = model.words(tokens)
        places_of = np.zeros_like(rows)
        places_of[: len(tokens)] = self._places[places]
        normalise(rows, places_of, self._first.weights, self._first.offsets, model.least_variance)
        for layer in self._layers:
            self._pass(layer, rows, bounds)
        sums = np.add.reduceat(rows[: len(tokens)], bounds[:-1], axis=0)
        means: Float32 = (sums / sizes[:, None]).astype(np.float32)
        return means

    def _pass(self, layer: _Layer, rows: Float32, bounds: Int64) -> None:
        least = self._model.least_variance
        own = Rows(rows)
        mixed = np.zeros_like(rows)
        attend(
            layer.asked.of(own), layer.keys.of(own), layer.values.of(own), bounds,
            self._model.heads, mixed,
        )  # fmt: skip
        norm = layer.after_mixing
        normalise(rows, layer.mixed.of(Rows(mixed)), norm.weights, norm.offsets, least)
        wide = layer.wide.of(Rows(rows))
        let_through(wide)
        norm = layer.after
        normalise(rows, layer.narrow.of(Rows(wide)), norm.weights, norm.offsets, least)


def _layer(model: PackedModel, name: str, kind: type[InBytes | InReals]) -> _Layer:
    def product(step: str) -> Product:
        return kind(model.weights(f"{name}.{step}"))

    def norm(step: str) -> _Norm:
        return _Norm(model.numbers(f"{name}.{step}.w"), model.numbers(f"{name}.{step}.b"))

    return _Layer(
        product("q"), product("k"), product("v"), product("ao"), norm("aln"),
        product("fi"), product("fo"), norm("oln"),
    )  # fmt: skip


def _together(windows: Sequence[_Window]) -> Iterator[list[_Window]]:
    """Yield windows in their order, as many at once as are worked on together."""
    some: list[_Window] = []
    tokens = 0
    for window in windows:
        if some and tokens + len(window.tokens) > _TOGETHER:
            yield some
            some, tokens = [], 0
        some.append(window)
        tokens += len(window.tokens)
    if some:
        yield some
