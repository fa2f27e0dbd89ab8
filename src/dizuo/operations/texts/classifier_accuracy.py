"""How right a classifier is on texts that it never saw, beside what anybody could do without it.

The measure is macro-F1, the mean of F1 over the classes: a rare class counts as much as a common
one. Intervals are of samples drawn from the held-out texts of each class, the same for all that is
compared, so a difference is measured on the same texts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.operations.texts.parameters import TextParameters

__all__ = ["Accuracy", "calibration_error", "macro_f1", "measure"]

Names = NDArray[np.str_]
Floats = NDArray[np.float64]

_BINS = 10
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What was measured in one language.

    Attributes
    ----------
    texts, classes
        How many texts were held out, and how many classes they have.
    macro_f1, low, high
        Of the classifier, with its 95 % interval.
    others
        Macro-F1 by what was measured beside it.
    best_other
        The strongest that must be beaten.
    ahead, ahead_low, ahead_high
        How far the classifier is ahead of that, with its 95 % interval.
    beats
        Whether it is ahead beyond chance, on enough texts. Otherwise classes are given by hand.
    calibration
        Mean distance of confidence and share of right ones, over ten bins of confidence.
    suggested, right
        Share of texts for which a suggestion is made, and share of those that is right.
    """

    texts: int
    classes: int
    macro_f1: float
    low: float
    high: float
    others: Mapping[str, float]
    best_other: str
    ahead: float
    ahead_low: float
    ahead_high: float
    beats: bool
    calibration: float
    suggested: float
    right: float | None


def measure(
    truth: Names,
    guessed: Names,
    confidence: Floats,
    sure_from: float,
    others: Mapping[str, Names],
    to_beat: frozenset[str],
    parameters: TextParameters,
    generator: np.random.Generator,
) -> Accuracy:
    """Measure a classifier on held-out texts of one language.

    Parameters
    ----------
    truth, guessed, confidence
        Of each text.
    sure_from
        Confidence from which suggestions are made.
    others
        What else guessed, by its name.
    to_beat
        Names of those that the classifier must beat to be used.
    """
    rows = _resampled(truth, parameters.resamples, generator)
    own, own_samples = _scores(truth, guessed, rows)
    scored = {name: _scores(truth, guesses, rows) for name, guesses in others.items()}
    best = max(sorted(to_beat), key=lambda name: scored[name][0])
    differences = own_samples - scored[best][1]
    low, high = _ends(own_samples)
    ahead_low, ahead_high = _ends(differences)
    right = guessed == truth
    made = confidence >= sure_from
    return Accuracy(
        texts=len(truth),
        classes=len(np.unique(truth)),
        macro_f1=own,
        low=low,
        high=high,
        others={name: score for name, (score, _) in scored.items()},
        best_other=best,
        ahead=own - scored[best][0],
        ahead_low=ahead_low,
        ahead_high=ahead_high,
        beats=ahead_low > 0 and len(truth) >= parameters.least_held_out,
        calibration=calibration_error(confidence, right),
        suggested=float(made.mean()),
        right=float(right[made].mean()) if made.any() else None,
    )


def macro_f1(truth: Names, guessed: Names) -> float:
    """Return the mean F1 of the classes that the texts have."""
    return _scores(truth, guessed, np.arange(len(truth))[np.newaxis])[0]


def calibration_error(confidence: Floats, right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error, over ten bins of equal width (Naeini et al. 2015)."""
    bins = np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)
    gaps = np.bincount(bins, weights=confidence - right, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def _resampled(truth: Names, samples: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Draw as many texts of each class as there are, again and again; a row a sample."""
    parts = []
    for code in np.unique(truth):
        own = np.flatnonzero(truth == code)
        parts.append(own[generator.integers(0, len(own), (samples, len(own)))])
    return np.hstack(parts)


def _scores(truth: Names, guessed: Names, rows: NDArray[np.int64]) -> tuple[float, Floats]:
    """Return the macro-F1 of all texts, and that of each sample."""
    classes = np.unique(truth)
    at = np.searchsorted(classes, truth)
    guess = np.searchsorted(classes, guessed).clip(max=len(classes) - 1)
    guess = np.where(classes[guess] == guessed, guess, len(classes))
    return float(_f1(at[np.newaxis], guess[np.newaxis], len(classes))[0]), _f1(
        at[rows], guess[rows], len(classes)
    )


def _f1(truth: NDArray[np.int64], guessed: NDArray[np.int64], classes: int) -> Floats:
    total = np.zeros(len(truth))
    for code in range(classes):
        is_it, said = truth == code, guessed == code
        total += 2 * (is_it & said).sum(axis=1) / (is_it.sum(axis=1) + said.sum(axis=1))
    return total / classes


def _ends(samples: Floats) -> tuple[float, float]:
    tail = (1 - _LEVEL) / 2
    low, high = np.quantile(samples, (tail, 1 - tail))
    return float(low), float(high)
