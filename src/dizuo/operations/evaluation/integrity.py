"""Signs that numbers were made to look better than the work, as findings to be looked into.

A finding names a case and its unit, never a person, and proves nothing by itself.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from dizuo.model.text import Text
from dizuo.operations.evaluation.histories import Histories
from dizuo.operations.evaluation.indicators import settled_rounds
from dizuo.operations.evaluation.parameters import EvaluationParameters

__all__ = ["CHECKS", "Findings", "look_for_gaming"]

CHECKS: Final[dict[str, Text]] = {
    "closed_without_evidence": Text("Settled without the evidence that it needs", "无证据结案"),
    "silent_reopening": Text(
        "Settled, and reported anew at the same place", "结案后同地同类再次上报"
    ),
    "copied_forward": Text("The same photo in several cases", "照片重复使用"),
    "fast_closure": Text("Settled faster than anybody can have been there", "异常快速结案"),
    "late_extension": Text("Extended at the last minute", "临期延期"),
    "late_suspension": Text("Suspended at the last minute", "临期挂账"),
    "merged_near_due": Text("Merged away just before it was due, or after", "临期或超期并案"),
    "own_call_back": Text("Called back by whoever handled it", "承办单位自行回访"),
    "backdated_closure": Text("In time only by a date told after it was due", "超期后补录按期结案"),
    "deadline_not_proven": Text("The deadline does not follow from its record", "时限与记录不符"),
}
"""What is looked for."""
_COLUMNS: Final = (
    "check",
    "case",
    "round",
    "unit",
    "case_type",
    "other",
    "at",
    "amount",
    "simulated",
)
_APART: Final = 10.0
_MINUTE: Final = np.timedelta64(1, "m")
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found, and what was looked at.

    Attributes
    ----------
    rows
        ``check``, ``case``, ``round`` (0: none), ``unit``, ``case_type``, ``other`` (another case
        that it is about, or ""), ``at``, ``amount`` (minutes, days for silent reopenings, cases for
        copied photos; NaN where nothing is measured), ``simulated``.
    looked_at
        For each check how many things it looked at (``looked_at``), how many it ``found``, and
        whether the log lets it see anything (``visible``).
    """

    rows: pd.DataFrame
    looked_at: pd.DataFrame


def look_for_gaming(told: Histories, parameters: EvaluationParameters) -> Findings:
    """Look for signs of gaming in histories.

    Whether a photo was used in several cases can be seen only where events carry a keyed hash of
    its content (``content`` beside the digest): the digests themselves are of what is encrypted,
    and differ for equal photos. Where there is none, the check is told not to be visible.
    """
    rounds = told.rounds
    settled = settled_rounds(rounds, parameters)
    needed = rounds["case_type"].map(dict(parameters.evidence_needed))
    asked = settled & needed.notna().to_numpy()
    shown = [
        isinstance(need, str) and need in evidence.split()
        for need, evidence in zip(needed, rounds["evidence"], strict=True)
    ]
    took = _minutes(rounds["ended"] - rounds["dispatched"])
    late = _minutes(rounds["recorded"] - rounds["ended"])
    in_time = settled & (rounds["ended"] <= rounds["due"]).to_numpy()
    backdated = (
        in_time
        & (rounds["recorded"] > rounds["due"]).to_numpy()
        & (late > parameters.backdating_minutes)
    )
    due, due_told = _plain(rounds["due"]), _plain(rounds["due_told"])
    differs = (due != due_told) & ~(np.isnat(due) & np.isnat(due_told))
    calls = told.answers[told.answers["kind"] == "call_back"]
    found = {
        "closed_without_evidence": (
            _pick(rounds, asked & ~np.array(shown, dtype=bool)),
            asked.sum(),
        ),
        "silent_reopening": _silent(told, settled, parameters),
        "copied_forward": _copied(told),
        "fast_closure": (
            _pick(rounds, settled & (took < parameters.fast_closure_minutes), amount=took),
            settled.sum(),
        ),
        "late_extension": _late(told, "extension", parameters),
        "late_suspension": _late(told, "suspension", parameters),
        "merged_near_due": _merged(told, parameters),
        "own_call_back": (_pick(calls, calls["own"].to_numpy(), at="at"), len(calls)),
        "backdated_closure": (_pick(rounds, backdated, amount=late), in_time.sum()),
        "deadline_not_proven": (_pick(rounds, differs), (rounds["clock"] != "").sum()),
    }
    rows = [one.assign(check=check) for check, (one, _) in found.items() if len(one)]
    looked = pd.DataFrame(
        {
            "check": list(found),
            "looked_at": [int(count) for _, count in found.values()],
            "found": [len(one) for one, _ in found.values()],
        }
    )
    looked["visible"] = (looked["check"] != "copied_forward") | (len(told.contents) > 0)
    empty = _pick(rounds, np.zeros(len(rounds), dtype=bool)).assign(check="")
    table = pd.concat(rows or [empty], ignore_index=True)[list(_COLUMNS)]
    return Findings(table.sort_values(["check", "case", "round"], ignore_index=True), looked)


def _pick(
    table: pd.DataFrame,
    rows: Bools,
    *,
    amount: NDArray[np.float64] | None = None,
    at: str = "ended",
) -> pd.DataFrame:
    """Return some rows of rounds, answers or moves as findings."""
    some = table[rows]
    return pd.DataFrame(
        {
            "case": some["case"],
            "round": some["round"],
            "unit": some["unit"],
            "case_type": some["case_type"],
            "other": "",
            "at": some[at],
            "amount": np.nan if amount is None else amount[rows],
            "simulated": some["simulated"],
        }
    )


def _plain(times: "pd.Series[Any]") -> NDArray[np.datetime64]:
    """Return times as numpy has them, in UTC."""
    return np.asarray(times.dt.tz_localize(None), dtype="datetime64[us]")


def _minutes(spans: "pd.Series[Any]") -> NDArray[np.float64]:
    return np.asarray(spans.to_numpy() / _MINUTE, dtype=np.float64)


def _late(told: Histories, kind: str, parameters: EvaluationParameters) -> tuple[pd.DataFrame, int]:
    """Return changes of a clock that came when it had almost run out."""
    moves = told.moves[told.moves["kind"] == kind]
    left = _minutes(moves["due_before"] - moves["at"])
    return _pick(moves, left <= parameters.last_minutes, amount=left, at="at"), len(moves)


def _merged(told: Histories, parameters: EvaluationParameters) -> tuple[pd.DataFrame, int]:
    """Return rounds that ended by a merger shortly before they were due, or later."""
    rounds = told.rounds
    into = told.cases.set_index("case")["merged_into"]
    ended = rounds["outcome"].eq("merged").to_numpy()
    left = _minutes(rounds["due"] - rounds["ended"])
    near = ended & (left <= 60 * parameters.merged_before_due_hours)
    found = _pick(rounds, near, amount=left)
    return found.assign(other=found["case"].map(into)), int(ended.sum())


def _copied(told: Histories) -> tuple[pd.DataFrame, int]:
    """Return uses of a photo in later cases than the first, by its keyed hash."""
    photos = told.contents.merge(told.cases[["case", "opened", "unit"]], on="case")
    photos = photos.sort_values(["opened", "case"]).drop_duplicates(["content", "case"])
    shared = photos.groupby("content", sort=False)
    photos["amount"] = shared["case"].transform("size").astype(float)
    photos["other"] = shared["case"].transform("first")
    again = (photos["case"] != photos["other"]).to_numpy()
    found = _pick(photos, again, amount=photos["amount"].to_numpy(), at="opened")
    return found.assign(other=photos.loc[again, "other"]), len(told.contents)


def _silent(
    told: Histories, settled: Bools, parameters: EvaluationParameters
) -> tuple[pd.DataFrame, int]:
    """Return settled rounds after which the same was reported anew, and not as a reopening."""
    days = timedelta(days=parameters.silent_reopening_days)
    cases = told.cases
    rounds = told.rounds[settled].merge(cases[["case", "x", "y", "asset", "place"]], on="case")
    valid = ~cases["state"].isin(parameters.states_not_valid)
    new = cases[valid & (cases["category"] != "")]
    near = [_near(rounds, new, parameters)]
    near += [_same(rounds, new, name, days) for name in ("asset", "place")]
    closed, opened = (np.concatenate(side) for side in zip(*near, strict=True))
    first, then = rounds.iloc[closed], new.iloc[opened]
    gap = _plain(then["opened"]) - _plain(first["ended"])
    alike = first["case"].to_numpy() != then["case"].to_numpy()
    alike &= (gap >= np.timedelta64(0, "us")) & (gap <= np.timedelta64(days))
    found = _pick(first, alike, amount=gap / np.timedelta64(1, "D"))
    found["other"] = then["case"].to_numpy()[alike]
    found = found.sort_values(["case", "round", "amount", "other"])
    return found.drop_duplicates(["case", "round"]), len(rounds)


def _same(
    rounds: pd.DataFrame, new: pd.DataFrame, name: str, days: timedelta
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the next case of a class with the same asset; or place, where no coordinates tell."""
    keys = ["case_type", "category", name]
    left, right = (one.reset_index(drop=True).reset_index() for one in (rounds, new))
    left, right = left[left[name] != ""], right[right[name] != ""]
    if name == "place":
        left = left[left["x"].isna()]
    met = pd.merge_asof(
        left[["index", "ended", *keys]].sort_values("ended"),
        right[["index", "opened", *keys]].sort_values("opened").rename(columns={"index": "next"}),
        left_on="ended", right_on="opened", by=keys, direction="forward", tolerance=days,
    )  # fmt: skip
    met = met[met["next"].notna()]
    return met["index"].to_numpy(dtype=np.int64), met["next"].to_numpy(dtype=np.int64)


def _near(
    rounds: pd.DataFrame, new: pd.DataFrame, parameters: EvaluationParameters
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of a class whose coordinates lie near each other, and their times too."""
    nothing = np.empty(0, dtype=np.int64)
    here, there = (np.flatnonzero(one["x"].notna() & one["y"].notna()) for one in (rounds, new))
    if not len(here) or not len(there):
        return nothing, nothing
    both = pd.concat(
        [rounds[["case_type", "category"]].iloc[here], new[["case_type", "category"]].iloc[there]]
    )
    kind = both.groupby(["case_type", "category"]).ngroup().to_numpy() * _APART
    span = pd.Timedelta(days=max(parameters.silent_reopening_days, 1e-6))
    radius = max(parameters.silent_reopening_radius, 1e-6)
    origin = rounds["ended"].iloc[here].min()
    before, after = (
        np.column_stack(
            [
                table["x"].iloc[at] / radius,
                table["y"].iloc[at] / radius,
                kinds,
                (table[when].iloc[at] - origin) / span,
            ]
        )
        for table, at, kinds, when in (
            (rounds, here, kind[: len(here)], "ended"),
            (new, there, kind[len(here) :], "opened"),
        )
    )
    # Closures half a span later, so that the box reaches from the closure to a span after it.
    before[:, 3] += 0.5
    before[:, 3] *= 2
    after[:, 3] *= 2
    found = KDTree(before).query_ball_tree(KDTree(after), r=1.0 + 1e-9, p=np.inf)
    many = np.array([len(one) for one in found], dtype=np.int64)
    left = np.repeat(np.arange(len(here)), many)
    right = np.array([k for one in found for k in one], dtype=np.int64)
    apart = np.hypot(*(before[left, :2] - after[right, :2]).T) if len(left) else np.empty(0)
    near = apart <= 1.0
    return here[left[near]], there[right[near]]
