"""Give a text the class that texts like it were given, and how sure that is.

Logistic regression on the directions of texts. Its raw probabilities are too sure or too unsure of
themselves; one temperature (Guo et al. 2017), fitted on texts that each fold had not seen, sets
them right. Below the confidence from which enough were right, there is no suggestion.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from dizuo.model.errors import EngineError
from dizuo.operations.texts.embedding import Vectors
from dizuo.operations.texts.parameters import TextParameters

__all__ = ["Classifier", "fit_classifier", "nearest_titles"]

Floats = NDArray[np.float64]
Names = NDArray[np.str_]

_FOLDS = 5
_FEWEST_SURE = 20
"""A share of right ones among fewer is hardly a share."""
_MOST_HEAT = 5.0
"""The temperature lies between this and its inverse."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """What was learnt: a direction of each class.

    Attributes
    ----------
    classes
        Their codes, sorted.
    centre
        The mean direction of the texts that were learnt from.
    weights, offsets
        A row and a number for each class.
    temperature
        What scores are divided by before they become confidences.
    sure_from
        By language, the confidence from which a suggestion is made; above 1 where none is.
    """

    classes: Names
    centre: Floats
    weights: Floats
    offsets: Floats
    temperature: float
    sure_from: Mapping[str, float]

    def confidences(self, vectors: Vectors) -> Floats:
        """Return how likely each text, a row, is of each class, a column."""
        scores = _centred(vectors, self.centre) @ self.weights.T + self.offsets
        likely: Floats = softmax(scores / self.temperature, axis=1)
        return likely

    def best(self, vectors: Vectors) -> tuple[Names, Floats]:
        """Return the likeliest class of each text, and how likely it is."""
        likely = self.confidences(vectors)
        at = likely.argmax(axis=1)
        return self.classes[at], likely[np.arange(len(likely)), at]


def fit_classifier(
    vectors: Vectors, codes: Names, languages: Names, parameters: TextParameters, seed: int
) -> Classifier:
    """Learn the classes of texts.

    Parameters
    ----------
    vectors, codes, languages
        Of each text.
    seed
        Of the folds.

    Raises
    ------
    EngineError
        If there are less than two classes, or less than 5 texts of one.
    """
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415 - an extra

    classes, sizes = np.unique(codes, return_counts=True)
    if len(classes) < 2 or sizes.min() < _FOLDS:
        raise EngineError(f"A classifier learns two classes or more, of {_FOLDS} texts or more.")
    scores = np.empty((len(codes), len(classes)))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    for seen, unseen in folds.split(vectors, codes):
        centre, weights, offsets = _learnt(vectors[seen], codes[seen], parameters.looseness)
        scores[unseen] = _centred(vectors[unseen], centre) @ weights.T + offsets
    truth = np.searchsorted(classes, codes)
    temperature = _temperature(scores, truth)
    likely = softmax(scores / temperature, axis=1)
    right = likely.argmax(axis=1) == truth
    sure = {
        str(language): _sure_from(
            likely[languages == language].max(axis=1),
            right[languages == language],
            parameters.sure_share,
        )
        for language in np.unique(languages)
    }
    learnt = _learnt(vectors, codes, parameters.looseness)
    return Classifier(classes, *learnt, temperature, sure)


def _centred(vectors: Vectors, centre: Floats) -> Floats:
    """Return directions from the middle of all texts: those of one model crowd on one side."""
    apart = vectors - centre
    lengths = np.linalg.norm(apart, axis=1, keepdims=True)
    directions: Floats = apart / np.where(lengths > 0, lengths, 1.0)
    return directions


def _learnt(vectors: Vectors, codes: Names, looseness: float) -> tuple[Floats, Floats, Floats]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - an extra

    centre = vectors.mean(axis=0, dtype=np.float64)
    model = LogisticRegression(C=looseness, max_iter=2000).fit(_centred(vectors, centre), codes)
    weights, offsets = model.coef_, model.intercept_
    if len(weights) == 1:  # two classes share one row: half of it for the one, half against
        weights, offsets = np.vstack((-weights, weights)) / 2, np.append(-offsets, offsets) / 2
    return centre, weights, offsets


def _temperature(scores: Floats, truth: NDArray[np.intp]) -> float:
    rows = np.arange(len(truth))

    def surprise(logarithm: float) -> float:
        return -float(log_softmax(scores / np.exp(logarithm), axis=1)[rows, truth].mean())

    # Where no text was mistaken the best temperature is 0: sure of everything, from a few texts.
    most = np.log(_MOST_HEAT)
    found = minimize_scalar(surprise, bounds=(-most, most), method="bounded")
    return float(np.exp(found.x))


def _sure_from(confidence: Floats, right: NDArray[np.bool_], wanted: float) -> float:
    """Return the least confidence from which at least the wanted share was right."""
    order = np.argsort(-confidence, kind="stable")
    share = right[order].cumsum() / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share >= wanted)
    if not len(enough) or enough[-1] + 1 < _FEWEST_SURE:
        return 2.0
    return float(confidence[order][enough[-1]])


def nearest_titles(vectors: Vectors, titles: Sequence[Vectors], classes: Names) -> Names:
    """Return the class whose title, in any of its languages, lies nearest to each text."""
    near = np.max([vectors @ one.T for one in titles], axis=0)
    found: Names = classes[near.argmax(axis=1)]
    return found
