import numpy as np
import pytest

from dizuo.checkup.scores import Scored, score_sets
from dizuo.model.evidence import Evidence
from dizuo.model.text import Text

pytestmark = pytest.mark.systems("S9x.2")

TITLES = {0: Text("Whole", "整体"), 8: Text("Eight", "八"), 9: Text("Nine", "九")}
NAN = float("nan")


def scored(name, score, *, article=8, weight=1.0, evidence=Evidence.MEASURED, **more):
    columns = {"low": score, "high": score, "thin": NAN, "full": NAN, **more}
    return Scored(
        id=name,
        indicator_set="mohurd",
        article=article,
        score=score,
        weight=weight,
        evidence=evidence,
        **{key: columns[key] for key in ("low", "high", "thin", "full")},
    )


def table(*members, draws=100):
    scores, causes = score_sets(list(members), TITLES, np.random.default_rng(0), draws)
    return scores.set_index(["indicator_set", "article"]), causes.set_index(
        ["indicator_set", "article", "cause"]
    )


def test_a_score_is_the_weighted_mean_of_what_is_known():
    scores, _ = table(
        scored("a", 100.0, weight=3.0),
        scored("b", 20.0),
        scored("c", NAN, weight=4.0, evidence=Evidence.MISSING),
        scored("d", 0.0, article=9, evidence=Evidence.ESTIMATED),
    )
    eight = scores.loc[("mohurd", 8)]
    assert eight["score"] == 80.0
    assert (eight["weight"], eight["indicators"], eight["coverage"]) == (8.0, 3, 0.5)
    assert (eight["measured"], eight["missing"]) == (0.5, 0.5)
    whole = scores.loc[("mohurd", 0)]
    assert whole["score"] == 64.0  # (300 + 20 + 0) / 5
    assert whole["estimated"] == pytest.approx(1 / 9)


def test_sets_are_never_mixed():
    one, other = scored("a", 100.0), scored("b", 0.0)
    other = Scored(**{**other.__dict__, "indicator_set": "mnr"})
    scores, _ = table(one, other)
    assert scores.loc[("mohurd", 0)]["score"] == 100.0
    assert scores.loc[("mnr", 0)]["score"] == 0.0


def test_what_has_no_score_at_all_has_no_range_and_says_so():
    scores, causes = table(scored("a", NAN, evidence=Evidence.MISSING))
    assert scores.loc[("mohurd", 8), ["score", "low", "high"]].isna().all()
    for cause in ("weights", "estimated_inputs", "source_completeness"):
        row = causes.loc[("mohurd", 8, cause)]
        assert row["statement_en"].startswith("Unknown")
        assert "未知" in row["statement_zh"]


def test_weights_move_a_score_within_what_its_members_have():
    scores, causes = table(scored("a", 0.0), scored("b", 100.0), draws=2000)
    row = causes.loc[("mohurd", 8, "weights")]
    # weights of half to one and a half: the score is w / (w + v), from a quarter to three
    assert 25.0 <= row["low"] < 40.0
    assert 60.0 < row["high"] <= 75.0
    assert scores.loc[("mohurd", 8), "low"] <= row["low"]


def test_equal_scores_do_not_hang_on_weights():
    _, causes = table(scored("a", 70.0), scored("b", 70.0))
    row = causes.loc[("mohurd", 8, "weights")]
    assert (row["low"], row["high"]) == (pytest.approx(70.0), pytest.approx(70.0))


def test_the_range_spans_every_cause_and_holds_the_score():
    scores, causes = table(
        scored("a", 60.0, low=40.0, high=70.0, thin=60.0, full=90.0), scored("b", 80.0)
    )
    assert causes.loc[("mohurd", 8, "estimated_inputs"), "low"] == 60.0  # (40 + 80) / 2
    assert causes.loc[("mohurd", 8, "estimated_inputs"), "high"] == 75.0
    assert causes.loc[("mohurd", 8, "source_completeness"), "high"] == 85.0  # (90 + 80) / 2
    row = scores.loc[("mohurd", 8)]
    assert row["low"] <= 60.0
    assert row["high"] >= 85.0
    assert row["low"] <= row["score"] <= row["high"]


def test_the_same_seed_gives_the_same_ranges():
    members = [scored("a", 10.0), scored("b", 90.0)]
    first, second = table(*members)[1], table(*members)[1]
    assert first.equals(second)
