"""A classifier: what it learns, how sure it is of it, and what it is measured by."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from dizuo.model.errors import EngineError, StoreError
from dizuo.operations.texts.classifier import fit_classifier, nearest_titles
from dizuo.operations.texts.classifier_accuracy import calibration_error, macro_f1, measure
from dizuo.operations.texts.kept_models import keep_model, read_model
from dizuo.operations.texts.parameters import TextParameters
from dizuo.operations.texts.training import Trained

PARAMETERS = TextParameters.load()


def clouds(count, spread, classes=("a", "b", "c"), seed=1):
    """Directions around one axis for each class, and some of another class by mistake."""
    dice = np.random.default_rng(seed)
    codes = np.array(classes)[np.arange(count) % len(classes)]
    axes = np.eye(6)[np.arange(count) % len(classes)]
    vectors = axes + dice.normal(0, spread, axes.shape)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), codes


def fitted(count=300, spread=0.5, **given):
    vectors, codes = clouds(count, spread, **given)
    return fit_classifier(vectors, codes, np.full(count, "zh"), PARAMETERS, seed=3)


@pytest.mark.parametrize("classes", [("a", "b"), ("a", "b", "c")])
def test_texts_that_lie_apart_are_told_apart(classes):
    model = fitted(spread=0.1, classes=classes)
    vectors, codes = clouds(90, 0.1, classes=classes, seed=2)
    found, sure = model.best(vectors)
    assert (found == codes).all()
    assert np.allclose(model.confidences(vectors).sum(axis=1), 1)
    assert sure.min() > 0.9
    assert model.sure_from["zh"] < sure.max()


def test_confidence_is_the_share_of_right_ones_on_texts_that_were_not_seen():
    model = fitted(3000, 0.8)
    vectors, codes = clouds(3000, 0.8, seed=2)
    found, sure = model.best(vectors)
    assert 0.6 < (found == codes).mean() < 0.9
    assert calibration_error(sure, found == codes) < 0.03
    made = sure >= model.sure_from["zh"]
    assert 0.05 < made.mean() < 0.95
    assert (found == codes)[made].mean() == pytest.approx(PARAMETERS.sure_share, abs=0.03)


def test_where_nothing_can_be_learnt_nothing_is_suggested():
    vectors, codes = clouds(300, 0.1)
    shuffled = np.random.default_rng(5).permutation(codes)
    model = fit_classifier(vectors, shuffled, np.full(300, "zh"), PARAMETERS, seed=3)
    assert model.sure_from["zh"] > 1
    with pytest.raises(EngineError, match="two classes or more"):
        fit_classifier(vectors, np.full(300, "a"), np.full(300, "zh"), PARAMETERS, seed=3)


def test_the_order_of_texts_changes_no_confidence():
    vectors, codes = clouds(30, 0.5)
    order = np.random.default_rng(6).permutation(30)
    model = fitted()
    assert (model.confidences(vectors)[order] == model.confidences(vectors[order])).all()
    assert (nearest_titles(vectors, [np.eye(6)[:3]], np.array(["a", "b", "c"])) == codes).any()


def test_macro_f1_on_paper():
    truth = np.array(["a", "a", "a", "b"])
    guessed = np.array(["a", "a", "b", "b"])
    # a: 2·2/(3+2) = 0.8; b: 2·1/(1+2) = 2/3.
    assert macro_f1(truth, guessed) == pytest.approx((0.8 + 2 / 3) / 2)
    assert macro_f1(truth, np.full(4, "z")) == 0
    dice = np.random.default_rng(7)
    for _ in range(20):
        truth, guessed = dice.choice(list("abcd"), (2, 40))
        known = np.unique(truth)
        expected = f1_score(truth, guessed, labels=known, average="macro", zero_division=0)
        assert macro_f1(truth, guessed) == pytest.approx(expected)


def test_calibration_error_on_paper():
    # Two of 0.95 of which one is right: a gap of 0.45; two of 0.25, none right: 0.25.
    confidence = np.array([0.95, 0.95, 0.25, 0.25])
    right = np.array([True, False, False, False])
    assert calibration_error(confidence, right) == pytest.approx((2 * 0.45 + 2 * 0.25) / 4)


def measured(guessed, other, truth, **changed):
    return measure(
        truth, guessed, np.full(len(truth), 0.9), 0.5, {"other": other, "free": truth},
        frozenset({"other"}), replace(PARAMETERS, **changed), np.random.default_rng(1),
    )  # fmt: skip


def test_a_classifier_counts_only_where_it_is_ahead_beyond_chance():
    truth = np.array(list("abcd") * 25)
    wrong = np.roll(truth, 1)
    worse = np.where(np.arange(100) % 3 == 0, wrong, truth)
    hardly = np.where(np.arange(100) == 0, wrong, truth)
    ahead = measured(truth, worse, truth)
    assert ahead.beats
    assert (ahead.macro_f1, ahead.best_other, ahead.suggested, ahead.right) == (1, "other", 1, 1)
    assert 0 < ahead.ahead_low <= ahead.ahead <= ahead.ahead_high
    assert not measured(truth, truth, truth).beats
    assert not measured(truth, hardly, truth).beats
    assert not measured(worse, truth, truth).beats
    assert not measured(truth, worse, truth, least_held_out=101).beats
    assert ahead.others == {"other": pytest.approx(macro_f1(truth, worse)), "free": 1}


def test_a_kept_model_is_read_as_it_was_measured_and_an_altered_one_is_refused(tmp_path, clock):
    model = fitted()
    truth = np.array(list("abc") * 20)
    accuracy = {"zh": measured(truth, np.roll(truth, 1), truth)}
    kept = keep_model(
        tmp_path, "urban_event", Trained(model, "m 1", 210, (), accuracy), clock.now()
    )
    again = read_model(tmp_path, "urban_event")
    assert again.digest == kept.digest
    assert again.card == kept.card
    assert again.suggests_in("zh")
    assert not again.suggests_in("latin")
    vectors, _ = clouds(30, 0.5)
    assert (again.classifier.confidences(vectors) == model.confidences(vectors)).all()
    assert read_model(tmp_path, "urban_component") is None
    file = tmp_path / "urban_event.npz"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(StoreError, match="not the one that was measured") as told:
        read_model(tmp_path, "urban_event")
    assert "重新训练" in told.value.in_("zh")
