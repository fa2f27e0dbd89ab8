"""Train a classifier on texts of a city's own, and measure it in the same run.

The held-out texts are never learnt. Beside the classifier are measured TF-IDF with logistic
regression, by words and by parts of words, the title that lies nearest, and the most frequent
class. Only where it is ahead of TF-IDF beyond chance are its suggestions made.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.taxonomy.code_list import CodeList
from dizuo.operations.texts.classifier import Classifier, fit_classifier, nearest_titles
from dizuo.operations.texts.classifier_accuracy import Accuracy, measure
from dizuo.operations.texts.embedding import Embedder
from dizuo.operations.texts.labelled import LabelledTexts
from dizuo.operations.texts.parameters import TextParameters

__all__ = ["BASELINES", "Trained", "train"]

Names = NDArray[np.str_]

BASELINES: Final = frozenset({"tf-idf words", "tf-idf characters"})
"""What must be beaten, both of them."""
_LOOSENESS: Final = 30.0
"""Of the baselines: of 1 and 30 the stronger on other texts, so that none is beaten for show."""
_WORD: Final = re.compile(r"[一-鿿]|[^\W一-鿿]+")
"""A Chinese character counts for a word."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A classifier, and how right it is.

    Attributes
    ----------
    learnt
        How many texts it learnt from.
    left_out
        Classes with too few texts, or that the list has no more.
    accuracy
        By language, on held-out texts.
    """

    classifier: Classifier
    model: str
    learnt: int
    left_out: tuple[str, ...]
    accuracy: Mapping[str, Accuracy]

    @property
    def in_force(self) -> tuple[str, ...]:
        """Languages in which suggestions are made."""
        return tuple(language for language, one in self.accuracy.items() if one.beats)


def train(
    labelled: LabelledTexts,
    codes: CodeList,
    embedder: Embedder,
    parameters: TextParameters,
    seed: int,
) -> Trained:
    """Learn from most of the labelled texts, and measure on the rest.

    Parameters
    ----------
    codes
        The list that the classes are of: its titles are measured too.
    seed
        Of what is held out, of the folds and of the samples.

    Raises
    ------
    InputError
        If fewer than two classes have enough texts.
    """
    names, sizes = np.unique(labelled.codes, return_counts=True)
    known = np.array([str(name) in codes for name in names], dtype=np.bool_)
    enough = known & (sizes >= parameters.least_examples)
    taken = names[enough]
    if len(taken) < 2:
        raise InputError(
            Text(
                f"two classes with {parameters.least_examples} texts at least are needed; "
                f"{len(labelled)} texts have a class, and {len(taken)} classes have enough",
                f"至少需要两个类别各有{parameters.least_examples}条文本；"
                f"现有{len(labelled)}条已分类文本，满足条件的类别{len(taken)}个",
            ),
            cure=Text(
                "Until then classes are given by hand. Texts that were classified elsewhere are "
                "given as --labelled FILE.",
                "在此之前由人工分类。其他来源的已分类文本可用 --labelled FILE 提供。",
            ),
        )
    rows = np.flatnonzero(np.isin(labelled.codes, taken))
    from sklearn.model_selection import train_test_split  # noqa: PLC0415 - an extra

    seen, held = train_test_split(
        rows, test_size=parameters.held_out_share, stratify=labelled.codes[rows], random_state=seed
    )
    vectors = embedder.embed(labelled.texts)
    classifier = fit_classifier(
        vectors[seen], labelled.codes[seen], labelled.languages[seen], parameters, seed
    )
    guessed, confidence = classifier.best(vectors[held])
    others = _others(labelled, seen, held, seed)
    titles = [
        embedder.embed([codes.lookup(str(code)).title.in_(language) for code in taken])
        for language in ("en", "zh")
    ]
    others["nearest title"] = nearest_titles(vectors[held], titles, taken)
    accuracy = {}
    for language in np.unique(labelled.languages[held]).tolist():
        own = labelled.languages[held] == language
        accuracy[language] = measure(
            labelled.codes[held][own],
            guessed[own],
            confidence[own],
            classifier.sure_from.get(language, 2.0),
            {name: guesses[own] for name, guesses in others.items()},
            BASELINES,
            parameters,
            np.random.default_rng(seed),
        )
    left_out = tuple(names[~enough].tolist())
    return Trained(classifier, embedder.name, len(seen), left_out, accuracy)


def _others(
    labelled: LabelledTexts, seen: NDArray[np.int64], held: NDArray[np.int64], seed: int
) -> dict[str, Names]:
    """Let what needs no language model guess the classes of the held-out texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - an extra
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415

    texts, truth = np.array(labelled.texts, dtype=object), labelled.codes[seen]
    words = TfidfVectorizer(
        tokenizer=_WORD.findall, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True
    )
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    guessed: dict[str, Names] = {}
    for name, weighing in (("tf-idf words", words), ("tf-idf characters", characters)):
        # Of the solvers the quickest on sparse tables; all of them end at the same weights.
        learner = LogisticRegression(C=_LOOSENESS, max_iter=2000, solver="saga", random_state=seed)
        model = make_pipeline(weighing, learner)
        guessed[name] = model.fit(texts[seen], truth).predict(texts[held])
    found, sizes = np.unique(truth, return_counts=True)
    guessed["most frequent"] = np.full(len(held), found[sizes.argmax()])
    return guessed
