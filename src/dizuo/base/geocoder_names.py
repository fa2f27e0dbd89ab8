"""Find the names that a phrase may mean: an index of their words, forgiving about spelling.

A phrase and a name share words; rare words say more than frequent ones (inverse document
frequency). A word of the phrase stands for words of the names that are equal to it, that it
abbreviates, or that are one or two letters away from it. Chinese names are indexed by characters
and by pairs of neighbours.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from dizuo.base.gazetteer_text import fold, has_chinese, load_words, squeezed, tokens

__all__ = ["NameIndex", "NameMatch"]
__systems__ = ("S22.2",)

ABBREVIATED: Final = 0.97
PREFIX: Final = 0.8
CONTEXT_WEIGHT: Final = 0.08
"""What a word that names the city or its country weighs: it says nothing about where in it."""
UNKNOWN_WEIGHT: Final = 0.6
"""What a word that no name holds weighs, against the rarest word of a name."""
DIGITS_WEIGHT: Final = 0.35
KIND_WEIGHT: Final = 0.4
"""What a word for a kind of street weighs at most, against the rarest word of a name.

Below that it weighs half of what its rarity says: people leave it out.
"""
ONLY_CONTEXT: Final = 0.5
"""What stays of the city's own name where the text says more."""
LOOKED_AT: Final = 24
"""Names whose spelling is compared letter by letter."""


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A name that a phrase may mean: the thing's number, the name as written, and 0 to 1."""

    thing: int
    name: str
    score: float


class NameIndex:
    """An index of the names of things.

    Parameters
    ----------
    names
        Names of each thing, as written.
    """

    def __init__(self, names: Sequence[Sequence[str]]) -> None:
        self._names: list[str] = []
        self._thing: list[int] = []
        holders: dict[str, list[int]] = defaultdict(list)
        for thing, own in enumerate(names):
            for name in own:
                for token in dict.fromkeys(tokens(fold(name))):
                    holders[token].append(len(self._names))
                self._names.append(name)
                self._thing.append(thing)
        self._folded = [" ".join(tokens(fold(name))) for name in self._names]
        self._squeezed = [squeezed(fold(name)) for name in self._names]
        self._vocabulary = sorted(holders)
        self._number = {token: k for k, token in enumerate(self._vocabulary)}
        self._holders = [np.array(holders[token], dtype=np.int32) for token in self._vocabulary]
        count = np.array([len(rows) for rows in self._holders] or [1], dtype=float)
        self._weight = np.log1p(max(len(self._names), 1) / count).astype(np.float32)
        self._heaviest = float(np.log1p(max(len(self._names), 1)))
        kinds = [k for token, k in self._number.items() if token in load_words().street_words]
        most = KIND_WEIGHT * self._heaviest
        self._weight[kinds] = np.minimum(self._weight[kinds] / 2, most)
        self._total = np.zeros(len(self._names), dtype=np.float32)
        for rows, weight in zip(self._holders, self._weight, strict=False):
            self._total[rows] += weight
        self._by_length = self._words_by_length()
        self._short_forms = self._short_forms_of()
        self._meant: dict[tuple[str, bool], list[tuple[int, float]]] = {}

    def _words_by_length(self) -> Mapping[int, tuple[list[str], NDArray[np.intp]]]:
        table: dict[int, list[int]] = defaultdict(list)
        for number, token in enumerate(self._vocabulary):
            if not has_chinese(token) and not token.isdigit():
                table[len(token)].append(number)
        return {
            length: ([self._vocabulary[k] for k in rows], np.array(rows, dtype=np.intp))
            for length, rows in table.items()
        }

    def _short_forms_of(self) -> Mapping[str, list[int]]:
        """Return for each full word the words of names that abbreviate it."""
        table: dict[str, list[int]] = defaultdict(list)
        for short, words in load_words().long_forms.items():
            if short in self._number:
                for word in words:
                    table[word].append(self._number[short])
        return table

    def search(
        self,
        phrase: str,
        *,
        context: frozenset[str] = frozenset(),
        most: int = 8,
        joined: bool = False,
    ) -> list[NameMatch]:
        """Return the names that a folded phrase may mean, best first, one a thing.

        Parameters
        ----------
        phrase
            Folded text.
        context
            Words that may stand beside a name without saying which.
        most
            How many things to return at most.
        joined
            Look too for names whose words are joined or cut elsewhere; this takes longer.
        """
        words = list(dict.fromkeys(tokens(phrase)))
        if not words or not self._names:
            return []
        shortened = {piece[:-1] for piece in phrase.split() if piece.endswith(".")}
        score = self._token_scores(words, shortened, context)
        rows = np.argpartition(-score, min(LOOKED_AT, len(score) - 1))[:LOOKED_AT]
        rows = rows[score[rows] > 0]
        best: dict[int, NameMatch] = {}
        for row, value in self._compared(phrase, words, rows, score[rows], context):
            thing = self._thing[row]
            if thing not in best or value > best[thing].score:
                best[thing] = NameMatch(thing, self._names[row], value)
        found = sorted(best.values(), key=lambda match: (-match.score, match.thing))
        if joined:
            told = "".join(word for word in words if word not in context)
            found = sorted([*found, *self._joined(told, best)], key=lambda m: (-m.score, m.thing))
        return found[:most]

    def _token_scores(
        self, words: list[str], shortened: set[str], context: frozenset[str]
    ) -> NDArray[np.float32]:
        """Return for each name how much of it, and of the phrase, the shared words make up."""
        size = len(self._names)
        shared, covered = np.zeros(size, np.float32), np.zeros(size, np.float32)
        best, weight = np.zeros(size, np.float32), np.zeros(size, np.float32)
        whole = 0.0
        for word in words:
            meant = self._meanings(word, word in shortened)
            if word in context:
                # "Las Palmas" is never a misspelt "Palmar".
                meant = [pair for pair in meant if self._vocabulary[pair[0]] == word]
            own = self._word_weight(word, meant, context)
            whole += own
            if not meant:
                continue
            best[:] = 0
            for number, alike in meant:
                rows = self._holders[number]
                better = rows[best[rows] < alike]
                best[better] = alike
                weight[better] = self._weight[number]
            shared += best * weight
            covered += best * np.float32(own)
        recall = np.minimum(shared / self._total, 1.0)
        coverage = covered / np.float32(max(whole, 1e-6))
        result: NDArray[np.float32] = recall**0.8 * coverage**0.6
        return result

    def _word_weight(
        self, word: str, meant: list[tuple[int, float]], context: frozenset[str]
    ) -> float:
        if meant:
            number, alike = max(meant, key=lambda pair: pair[1])
            weight = float(self._weight[number])
            if alike < 1:
                weight = max(weight, UNKNOWN_WEIGHT * self._heaviest * (1 - alike))
        else:
            weight = UNKNOWN_WEIGHT * self._heaviest
        if word in context or (not meant and word in load_words().street_words):
            # "Grimaldi Street" for "Rue Grimaldi": the other language's word tells nothing.
            return weight * CONTEXT_WEIGHT
        return weight * DIGITS_WEIGHT if word.isdigit() else weight

    def _meanings(self, word: str, shortened: bool) -> list[tuple[int, float]]:
        """Return the words of names that a word may stand for, each with how alike they are."""
        key = (word, shortened)
        if key not in self._meant:
            if len(self._meant) > 50_000:
                self._meant.clear()
            self._meant[key] = self._look_up(word, shortened=shortened)
        return self._meant[key]

    def _look_up(self, word: str, *, shortened: bool) -> list[tuple[int, float]]:
        found: dict[int, float] = {}
        if word in self._number:
            found[self._number[word]] = 1.0
        for full in load_words().long_forms.get(word, ()):
            if full in self._number:
                found.setdefault(self._number[full], ABBREVIATED)
        for number in self._short_forms.get(word, ()):
            found.setdefault(number, ABBREVIATED)
        if shortened and not word.isdigit():
            for number in self._beginning_with(word):
                found.setdefault(number, PREFIX)
        if not has_chinese(word) and not word.isdigit() and len(word) >= 3:
            for number, alike in self._nearly(word):
                found[number] = max(found.get(number, 0.0), alike)
        return list(found.items())

    def _beginning_with(self, word: str) -> list[int]:
        first = bisect_left(self._vocabulary, word)
        rows = []
        for number in range(first, min(first + 40, len(self._vocabulary))):
            if not self._vocabulary[number].startswith(word):
                break
            rows.append(number)
        return rows

    def _nearly(self, word: str) -> list[tuple[int, float]]:
        """Return words that one edit leads to, two where the word is long."""
        edits = 1 if len(word) < 8 else 2
        found = []
        for length in range(len(word) - edits, len(word) + edits + 1):
            if length < 3 or length not in self._by_length:
                continue
            words, rows = self._by_length[length]
            distance = process.cdist(
                [word], words, scorer=OSA.distance, score_cutoff=edits, dtype=np.uint8
            )[0]
            for k in np.flatnonzero(distance <= edits):
                alike = 1 - float(distance[k]) / max(len(word), length)
                found.append((int(rows[k]), alike**0.7))
        return found

    def _compared(
        self,
        phrase: str,
        words: list[str],
        rows: NDArray[np.intp],
        scores: NDArray[np.float32],
        context: frozenset[str],
    ) -> list[tuple[int, float]]:
        """Blend the scores with how alike the letters are, in any order of words."""
        if has_chinese(phrase):
            bare = squeezed(phrase)
            return [(int(row), chinese_likeness(self._squeezed[row], bare)) for row in rows]
        told = [word for word in words if word not in context]
        # Any order of words will do; between two names, the one in the text's order is meant.
        texts = [" ".join(words), " ".join(told)] if told else [" ".join(words)]
        compared = []
        for row, score in zip(rows, scores, strict=True):
            name = self._folded[row]
            letters = max(
                0.75 * fuzz.token_sort_ratio(name, text) + 0.25 * fuzz.ratio(name, text)
                for text in texts
            )
            value = 0.8 * float(score) + 0.2 * letters / 100
            if told and context.issuperset(name.split()):
                value *= ONLY_CONTEXT
            compared.append((int(row), value))
        return compared

    def _joined(self, bare: str, known: Mapping[int, NameMatch]) -> list[NameMatch]:
        """Return names that are alike when all spaces are taken out."""
        if len(bare) < 5 or has_chinese(bare):
            return []
        near = process.extract(
            bare, self._squeezed, scorer=OSA.normalized_similarity, score_cutoff=0.8, limit=5
        )
        return [
            NameMatch(self._thing[row], self._names[row], float(score) * 0.95)
            for _, score, row in near
            if self._thing[row] not in known or known[self._thing[row]].score < score
        ]


def chinese_likeness(name: str, phrase: str) -> float:
    """Return how alike a Chinese name and a phrase are, 0 to 1.

    The phrase may lack the ending that says what kind of thing it is, and something that stands
    before or behind the name is forgiven in part.
    """
    if name == phrase:
        return 1.0
    whole = OSA.normalized_similarity(name, phrase)
    endings = load_words().streets_zh
    bare = next((name[: -len(end)] for end in endings if name.endswith(end)), "")
    if len(bare) >= 2:
        whole = max(whole, 0.93 * OSA.normalized_similarity(bare, phrase))
    if len(phrase) <= len(name) or len(name) < 2:
        return float(whole)
    found = fuzz.partial_ratio_alignment(name, phrase)
    if found is None:
        return float(whole)
    inside = phrase[found.dest_start : found.dest_end]
    alike = OSA.normalized_similarity(name, inside)
    rest = 1 - len(inside) / len(phrase)
    return float(max(whole, alike * (1 - 0.45 * rest)))
