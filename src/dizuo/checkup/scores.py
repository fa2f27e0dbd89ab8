"""Scores of articles and sets, with what they rest on and how far they may be off."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.model.evidence import Evidence
from dizuo.model.text import Text

__all__ = ["Scored", "score_sets"]
__systems__ = ("S9x.2",)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """One indicator's share in a score.

    ``score`` is NaN for what is missing; ``low`` and ``high`` are its scores when the estimated
    inputs are taken otherwise; ``thin`` and ``full`` when the sources were less or more complete,
    NaN where their completeness is not known. ``source`` says which layer is how complete, and who
    says so.
    """

    id: str
    indicator_set: str
    article: int
    score: float
    low: float
    high: float
    thin: float
    full: float
    weight: float
    evidence: Evidence
    source: Text | None = None


def score_sets(
    scored: list[Scored],
    titles: Mapping[int, Text],
    generator: np.random.Generator,
    draws: int = 400,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every article of every indicator set, and each set as a whole.

    Sets are never mixed. A score is the weighted mean of the indicators that have one; ``coverage``
    says how much of the weight that is.

    Parameters
    ----------
    generator
        Source of the random weights.
    draws
        How many times weights are drawn, each within half and one and a half times its own.

    Returns
    -------
    The table of scores, whose range spans every cause of doubt, and the table of causes.
    """
    scores: list[dict[str, object]] = []
    causes: list[dict[str, object]] = []
    groups: dict[tuple[str, int], list[Scored]] = {}
    for one in scored:
        groups.setdefault((one.indicator_set, 0), []).append(one)
        groups.setdefault((one.indicator_set, one.article), []).append(one)
    for (indicator_set, article), members in sorted(groups.items()):
        ranges = _ranges(members, generator, draws)
        value = _mean(np.array([one.score for one in members]), _weights(members))
        ends = [end for pair in ranges.values() for end in pair if np.isfinite(end)]
        title = titles[article]
        scores.append(
            {
                "indicator_set": indicator_set,
                "article": article,
                "title_en": title.en,
                "title_zh": title.zh,
                "score": value,
                "low": min([value, *ends]) if np.isfinite(value) else np.nan,
                "high": max([value, *ends]) if np.isfinite(value) else np.nan,
                "weight": sum(one.weight for one in members),
                "indicators": len(members),
                **_shares(members),
            }
        )
        causes.extend(
            {
                "indicator_set": indicator_set,
                "article": article,
                "cause": cause,
                "low": low,
                "high": high,
                **_statement(cause, low, high, members),
            }
            for cause, (low, high) in ranges.items()
        )
    return pd.DataFrame(scores), pd.DataFrame(causes)


def _weights(members: list[Scored]) -> Floats:
    return np.array([one.weight for one in members])


def _mean(score: Floats, weight: Floats) -> float:
    known = np.isfinite(score)
    total = weight[known].sum()
    return float((score[known] * weight[known]).sum() / total) if total > 0 else float("nan")


def _ranges(
    members: list[Scored], generator: np.random.Generator, draws: int
) -> dict[str, tuple[float, float]]:
    weight = _weights(members)
    score = np.array([one.score for one in members])
    drawn = weight * generator.uniform(0.5, 1.5, size=(draws, len(members)))
    means = np.array([_mean(score, row) for row in drawn])
    by_weight = (
        (float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975)))
        if np.isfinite(means).all()
        else (float("nan"), float("nan"))
    )
    thin = np.array([one.thin for one in members])
    full = np.array([one.full for one in members])
    stated = np.isfinite(thin) & np.isfinite(full)
    completeness = (
        (_mean(np.where(stated, thin, score), weight), _mean(np.where(stated, full, score), weight))
        if stated.any()
        else (float("nan"), float("nan"))
    )
    return {
        "weights": by_weight,
        "estimated_inputs": (
            _mean(np.array([one.low for one in members]), weight),
            _mean(np.array([one.high for one in members]), weight),
        ),
        "source_completeness": completeness,
    }


def _shares(members: list[Scored]) -> dict[str, float]:
    total = sum(one.weight for one in members)
    shares = {
        mark.value: sum(one.weight for one in members if one.evidence is mark) / total
        if total
        else 0.0
        for mark in Evidence
    }
    return {"coverage": 1.0 - shares[Evidence.MISSING.value], **shares}


_CAUSES = {
    "weights": Text(
        "when every weight varies between half and one and a half times its value",
        "各权重在 0.5–1.5 倍之间变化时",
    ),
    "estimated_inputs": Text(
        "when estimated residents and floor areas are spread otherwise over the same buildings",
        "估算的人口与建筑面积在同样的建筑间以其他方式分配时",
    ),
    "source_completeness": Text(
        "when the sources are as incomplete as their own publishers state",
        "数据源的完整程度按其发布方说明变化时",
    ),
}


def _statement(cause: str, low: float, high: float, members: list[Scored]) -> dict[str, str]:
    text = _CAUSES[cause]
    if not (np.isfinite(low) and np.isfinite(high)):
        return {
            "statement_en": f"Unknown {text.en}: no source states it.",
            "statement_zh": f"{text.zh}：未知，没有数据源说明。",
        }
    en, zh = "", ""
    if cause == "source_completeness":
        said = sorted({one.source for one in members if one.source}, key=lambda one: one.en)
        en = "".join(f" ({one.en})" for one in said)
        zh = "".join(f"（{one.zh}）" for one in said)
    return {
        "statement_en": f"{low:.0f} to {high:.0f} {text.en}{en}.",
        "statement_zh": f"{text.zh}{zh}，得分为 {low:.0f}–{high:.0f}。",
    }
