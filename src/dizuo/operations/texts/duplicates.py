"""Reports that may be about the same thing, and matters that come again.

Found by class, place and time, never by who reported. A merger is only proposed: a person decides,
and the log says who.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from rapidfuzz import fuzz

from dizuo.model.text import Text
from dizuo.operations.texts.nearness import DAY, near_pairs, near_pairs_by_part
from dizuo.operations.texts.parameters import TextParameters
from dizuo.operations.texts.reports import Reports

__all__ = ["MergeProposal", "Recurrence", "likeness", "propose_mergers", "recurrences"]


@dataclass(frozen=True, slots=True)
class MergeProposal:
    """That one report be merged into an earlier one.

    Attributes
    ----------
    confidence
        From 0 to 1, the weighted mean of nearness in place and time and of like wording. It ranks
        proposals; it is no measured share of right ones.
    distance, days
        Metres and days between the two.
    alike
        How alike the wording is, from 0 to 1; None where one has no text.
    """

    case: str
    into: str
    confidence: float
    distance: float
    days: float
    alike: float | None

    @property
    def reason(self) -> Text:
        """Why, to be told with the action ``merge``."""
        en = f"same class, {self.distance:.0f} m and {self.days:.1f} days apart"
        zh = f"同类，相距{self.distance:.0f}米，间隔{self.days:.1f}天"
        if self.alike is None:
            return Text(en, zh)
        return Text(f"{en}, wording {self.alike:.0%} alike", f"{zh}，文本相似度{self.alike:.0%}")

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON knows it, with the reason in both languages."""
        return {
            "case": self.case,
            "into": self.into,
            "confidence": round(self.confidence, 3),
            "metres": round(self.distance, 1),
            "days": round(self.days, 2),
            "alike": None if self.alike is None else round(self.alike, 3),
            "reason": self.reason.en,
            "reason_zh": self.reason.zh,
        }


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A matter that came again at its place after it was settled.

    ``before`` are the cases that it was before, the latest first.
    """

    case: str
    before: tuple[str, ...]


def propose_mergers(
    new: Reports, standing: Reports, parameters: TextParameters
) -> Iterator[tuple[str, tuple[MergeProposal, ...]]]:
    """Propose for each new report the open cases that it may be merged into, the likeliest first.

    Of very many candidates, the nearest in place and time are compared by their wording.

    Parameters
    ----------
    standing
        Cases into which may be merged. Those that were closed when the new one came are passed
        over. May be the new ones themselves: then each is held against those before it.

    Yields
    ------
    tuple
        The id of a new report, and at least one proposal.
    """
    radius, days = parameters.duplicate_radius, parameters.duplicate_days
    names = np.unique(standing.case, return_inverse=True)[1]
    for pairs in near_pairs_by_part(new, standing, radius, days):
        still_open = standing.closed[pairs.earlier] > new.opened[pairs.later]
        i, j, distance, gap = (column[still_open] for column in pairs)
        near = parameters.place_weight * (1 - distance / radius)
        near += parameters.time_weight * (1 - gap / (days * DAY))
        order = np.lexsort((names[j], -near, i))
        place = np.arange(len(i)) - np.searchsorted(i, i)
        order = order[place < parameters.most_compared]
        columns = (column[order].tolist() for column in (i, j, distance, gap, near))
        for at, rows in groupby(zip(*columns, strict=True), key=lambda row: row[0]):
            yield str(new.case[at]), tuple(_likeliest(new, standing, rows, parameters))


def _likeliest(
    new: Reports,
    standing: Reports,
    rows: Iterator[tuple[int, int, float, int, float]],
    parameters: TextParameters,
) -> list[MergeProposal]:
    """Return the likeliest of the candidates of one report, which come the nearest first."""
    places, wording = parameters.place_weight + parameters.time_weight, parameters.text_weight
    made: list[MergeProposal] = []
    for i, j, distance, gap, near in rows:
        enough = made[parameters.most_proposals - 1 : parameters.most_proposals]
        if enough and max(near / places, (near + wording) / (places + wording)) < (
            enough[0].confidence
        ):
            break  # were the wording the same, this one and all further ones would come after
        mine, other = new.text(i), standing.text(j)
        alike = None if mine is None or other is None else likeness(mine, other)
        sure = near / places
        if alike is not None:
            sure = (near + wording * alike) / (places + wording)
        case, into = str(new.case[i]), str(standing.case[j])
        made.append(MergeProposal(case, into, sure, distance, gap / DAY, alike))
        made.sort(key=lambda one: (-one.confidence, one.into))
    return made[: parameters.most_proposals]


def recurrences(new: Reports, past: Reports, parameters: TextParameters) -> Iterator[Recurrence]:
    """Find the new reports whose matter was settled at the place not long before.

    Counted from the opening of the earlier case; it must have been closed when the new one came.
    """
    pairs = near_pairs(new, past, parameters.recurrence_radius, parameters.recurrence_days)
    settled = past.closed[pairs.earlier] <= new.opened[pairs.later]
    i, j = pairs.later[settled], pairs.earlier[settled]
    order = np.lexsort((j, -past.opened[j], i))
    columns = (i[order].tolist(), j[order].tolist())
    for at, rows in groupby(zip(*columns, strict=True), key=lambda row: row[0]):
        yield Recurrence(str(new.case[at]), tuple(str(past.case[one]) for _, one in rows))


def likeness(one: str, other: str) -> float:
    """How alike two texts are, from 0 to 1: by pairs of characters, or by words in any order.

    The pairs (Dice 1945) serve Chinese, which does not part words; the words serve English.
    """
    (mine, pairs), (theirs, others) = (_pairs_of(text) for text in (one, other))
    if not mine or not theirs:
        return 0.0
    size = len(pairs) + len(others)
    dice = 2 * len(pairs & others) / size if size else float(mine == theirs)
    if not mine.isascii() or not theirs.isascii():
        return dice
    return max(dice, fuzz.token_sort_ratio(one.casefold(), other.casefold()) / 100)


@lru_cache(maxsize=4096)
def _pairs_of(text: str) -> tuple[str, frozenset[tuple[str, str]]]:
    """Return a text without case and spaces, and its pairs of characters."""
    plain = "".join(text.casefold().split())
    return plain, frozenset(pairwise(plain))
