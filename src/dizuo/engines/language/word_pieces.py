"""Texts in the pieces of words that a language model knows (Kudo 2018)."""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.language._kernels_encoder import best_pieces
from dizuo.engines.language.packed_model import Vocabulary

__all__ = ["WordPieces"]

_SPACES: Final = re.compile(" {2,}")
_WORD_BEGINS: Final = "\u2581"
_WORSE_THAN_ANY: Final = 10.0
"""How much less likely than the rarest piece an unknown character is, as in SentencePiece."""


class WordPieces:
    """Cuts texts into the pieces that are likeliest together."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._unlikely = float(vocabulary.scores.min() - np.float32(_WORSE_THAN_ANY))
        self._longest: dict[str, int] = {}
        for piece in vocabulary.pieces:
            if piece:
                self._longest[piece[0]] = max(len(piece), self._longest.get(piece[0], 1))

    def of(self, text: str) -> NDArray[np.int64]:
        """Return the numbers of the pieces of a text, without those of its ends."""
        known = self._vocabulary
        plain = _SPACES.sub(" ", text.translate(known.replaced)).replace(" ", _WORD_BEGINS)
        if not plain.startswith(_WORD_BEGINS):
            plain = _WORD_BEGINS + plain
        starts, ends, pieces = [], [], []
        for start, character in enumerate(plain):
            last = min(start + self._longest.get(character, 0), len(plain))
            for end in range(start + 1, last + 1):
                piece = known.pieces.get(plain[start:end], known.unknown)
                if piece != known.unknown:
                    starts.append(start)
                    ends.append(end)
                    pieces.append(piece)
            starts.append(start)
            ends.append(start + 1)
            pieces.append(-1)
        numbers = np.array(pieces, np.int64)
        scores = np.where(numbers < 0, np.float32(self._unlikely), known.scores[numbers])
        numbers[numbers < 0] = known.unknown
        return best_pieces(
            np.array(starts, np.int64), np.array(ends, np.int64), numbers, scores, len(plain)
        )
