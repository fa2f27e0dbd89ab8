"""The history of every case as tables, from the events alone.

Nobody appears in them: accounts that acted are compared while events are read, and never told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.operations.cases.table import COUNTERS
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.reading_events import Told, ToldAnswer, ToldRound, read_cases
from dizuo.operations.evaluation.running_clocks import Clocks, run_clocks
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.time import from_microseconds, to_microseconds

__all__ = ["Histories", "histories"]

Whole = NDArray[np.int64]

NO_TIME: Final = np.iinfo(np.int64).min
"""How numpy writes that there is no time (NaT)."""
_TEXTS: Final = (
    "case_type",
    "type_version",
    "channel",
    "category",
    "nature",
    "grid",
    "place",
    "asset",
)
_SHARED: Final = ("case_type", "category", "nature", "grid", "community", "channel", "simulated")
"""What rounds and answers take over from their case, so that they can be grouped by it."""


@dataclass(frozen=True, eq=False)
class Histories:
    """What happened in every case. Times are UTC to the microsecond; NaT where there is none.

    Attributes
    ----------
    cases
        One row a case, by ``case``: what it is about and where; when it was opened, filed, first
        dispatched, due and closed (NaT while it is open); its last unit and state; how often it was
        returned, reworked and so on; what the last call-back and rating told (``""`` or missing
        where nothing was told); when a proposal was decided on, whether it was adopted, and how
        many took part.
    rounds
        One row for each handling of a case by one unit, by ``case`` and ``round`` (from 1).
        ``outcome`` is ``""`` while it runs, ``returned``, ``replaced``, or the last state.
        ``due`` is computed anew from the record of the deadline as it stood at the end of the
        round; ``due_told`` is what the record says. ``elapsed`` and ``limit`` count in ``clock``,
        the unit of the limit. ``evidence`` lists the kinds shown.
    answers
        Call-backs and ratings, in their order. ``own``: entered by whoever handled the case.
        After a report was merged, ``round`` and ``unit`` are those of the case that led it.
    moves
        Extensions and suspensions of running deadlines, with when it was due before.
    contents
        Keyed hashes of photos, where events give them.
    until
        The end of what is known: later events were not read.
    """

    cases: pd.DataFrame
    rounds: pd.DataFrame
    answers: pd.DataFrame
    moves: pd.DataFrame
    contents: pd.DataFrame
    until: datetime


def histories(
    pages: Iterable[Iterable[LoggedEvent]],
    calendars: CalendarBook,
    parameters: EvaluationParameters,
    *,
    until: datetime | None = None,
    communities: Mapping[str, str] | None = None,
    accounts: Mapping[str, str] | None = None,
) -> Histories:
    """Return what happened in every case of a log.

    Parameters
    ----------
    pages
        The events, as ``read_events`` gives them. Events of different cases may come in any order,
        those of a case in their own.
    until
        Events from then on are not read, so that a past day can be evaluated as it was.
    communities
        The community of each grid cell. Without it the first 12 digits of a 15-digit code.
    accounts
        The unit of each account, to tell more call-backs that a unit entered itself.

    Raises
    ------
    InputError
        If events of a case are missing, or a deadline's calendar is not known.
    """
    told, last = read_cases(
        pages, parameters, None if until is None else to_microseconds(until), accounts or {}
    )
    ones = [one for case in told for one in case.rounds]
    many = np.array([len(case.rounds) for case in told], dtype=np.int64)
    of_round = np.repeat(np.arange(len(told)), many)
    number = np.arange(len(ones)) - np.repeat(np.cumsum(many) - many, many) + 1
    clocks = run_clocks([one.deadline for one in ones], [one.ended for one in ones], calendars)
    cases = _cases(told, communities)
    handled = _rounds(ones, number, clocks, cases, of_round)
    answers, moves, contents = _answers(told, cases), _moves(told, cases), _contents(told, cases)
    _tell_last(cases, told, handled, of_round)
    return Histories(cases, handled, answers, moves, contents, until or from_microseconds(last + 1))


def _cases(told: Sequence[Told], communities: Mapping[str, str] | None) -> pd.DataFrame:
    known = [one.known for one in told]
    columns: dict[str, Any] = {"case": _text([one.case for one in told])}
    columns |= {name: _text([one.get(name) for one in known]) for name in _TEXTS}
    grids = [one.get("grid") or "" for one in known]
    columns["community"] = _text([_community(grid, communities) for grid in grids])
    columns |= {
        name: np.array([_number(one.get(name)) for one in known], dtype=np.float64)
        for name in ("x", "y")
    }
    columns |= {
        "simulated": np.array([bool(one.get("simulated")) for one in known], dtype=bool),
        "unit": _text([one.get("unit") for one in known]),
        "state": _text([one["state"] for one in known]),
        "open": np.array([one.open for one in told], dtype=bool),
        "merged_into": _text([one.get("merged_into") for one in known]),
        "opened": times([one.opened for one in told]),
        "filed": times([one.filed for one in told]),
        "dispatched": times([one.rounds[0].begun if one.rounds else None for one in told]),
        "closed": times([one.closed for one in told]),
        "recoded": np.array([one.recoded for one in told], dtype=np.int64),
        "excluded": _text([one.excluded for one in told]),
        "answered": times([one.answered for one in told]),
        "escalated": times([one.escalated for one in told]),
        "unstuck": times([one.unstuck for one in told]),
        "adopted": np.array([one.adopted for one in told], dtype=bool),
        "participants": np.array([one.participants for one in told], dtype=np.int64),
    }
    columns |= {
        name: np.array([one.get(name, 0) for one in known], dtype=np.int64) for name in COUNTERS
    }
    return pd.DataFrame(columns)


def _rounds(
    ones: Sequence[ToldRound], number: Whole, clocks: Clocks, cases: pd.DataFrame, of: Whole
) -> pd.DataFrame:
    columns = {
        "case": cases["case"].array.take(of),
        "round": number,
        "unit": _text([one.unit for one in ones]),
        "dispatched": times([one.begun for one in ones]),
        "fed_back": times([one.fed_back for one in ones]),
        "ended": times([one.ended for one in ones]),
        "recorded": times([one.recorded for one in ones]),
        "outcome": _text([one.outcome for one in ones]),
        "reopened": times([one.reopened for one in ones]),
        "reworks": np.array([one.reworks for one in ones], dtype=np.int64),
        "extensions": _count_moves(ones, "extension"),
        "suspensions": _count_moves(ones, "suspension"),
        "evidence": _text([" ".join(sorted(one.evidence)) for one in ones]),
        "clock": _text(clocks.unit),
        "limit": clocks.limit,
        "elapsed": clocks.elapsed,
        "due": _utc(clocks.due),
        "due_told": _utc(clocks.due_told),
    }
    return pd.DataFrame(columns | _shared(cases, of))


def _answers(told: Sequence[Told], cases: pd.DataFrame) -> pd.DataFrame:
    rows = [(k, one) for k, case in enumerate(told) for one in case.answers]
    of = np.array([k for k, _ in rows], dtype=np.int64)
    ones = [one for _, one in rows]
    columns = {
        "case": cases["case"].array.take(of),
        "round": np.array([one.round for one in ones], dtype=np.int64),
        "unit": _text([one.unit for one in ones]),
        "kind": _text([one.kind for one in ones]),
        "at": times([one.at for one in ones]),
        "contacted": _truths([one.contacted for one in ones]),
        "solved": _truths([one.solved for one in ones]),
        "satisfaction": _text([one.satisfaction for one in ones]),
        "own": np.array([one.own for one in ones], dtype=bool),
        "excluded": cases["excluded"].array.take(of),
    }
    return pd.DataFrame(columns | _shared(cases, of))


def _moves(told: Sequence[Told], cases: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (k, number, one.unit, move)
        for k, case in enumerate(told)
        for number, one in enumerate(case.rounds, 1)
        for move in one.moves
    ]
    of = np.array([row[0] for row in rows], dtype=np.int64)
    due = [
        None if row[3].due is None else to_microseconds(datetime.fromisoformat(row[3].due))
        for row in rows
    ]
    columns = {
        "case": cases["case"].array.take(of),
        "round": np.array([row[1] for row in rows], dtype=np.int64),
        "unit": _text([row[2] for row in rows]),
        "kind": _text([row[3].kind for row in rows]),
        "at": times([row[3].at for row in rows]),
        "due_before": times(due),
    }
    return pd.DataFrame(columns | _shared(cases, of))


def _contents(told: Sequence[Told], cases: pd.DataFrame) -> pd.DataFrame:
    rows = [(k, *one) for k, case in enumerate(told) for one in case.contents]
    of = np.array([row[0] for row in rows], dtype=np.int64)
    columns = {
        "case": cases["case"].array.take(of),
        "round": np.array([row[1] for row in rows], dtype=np.int64),
        "content": _text([row[2] for row in rows]),
    }
    return pd.DataFrame(columns | _shared(cases, of))


def _tell_last(
    cases: pd.DataFrame, told: Sequence[Told], rounds: pd.DataFrame, of_round: Whole
) -> None:
    """Add to each case what its last round and its last answers tell."""
    last = np.full(len(cases), -1, dtype=np.int64)
    last[of_round] = np.arange(len(of_round))  # rounds stand in their order: the last one remains
    due = np.full(len(cases), np.datetime64("NaT"), dtype="datetime64[us]")
    has = last >= 0
    due[has] = rounds["due"].to_numpy(dtype="datetime64[us]")[last[has]]
    cases["due"] = _utc(due)
    for kind in ("call_back", "rating"):
        last_of = [_last(case.answers, kind) for case in told]
        cases[kind if kind == "rating" else "satisfaction"] = _text(
            [None if one is None else one.satisfaction for one in last_of]
        )
        if kind == "call_back":
            cases["contacted"] = _truths([one.contacted if one else None for one in last_of])
            cases["solved"] = _truths([one.solved if one else None for one in last_of])
    counts = [sum(one.kind == "call_back" for one in case.answers) for case in told]
    cases["call_backs"] = np.array(counts, dtype=np.int64)


def _last(answers: Sequence[ToldAnswer], kind: str) -> ToldAnswer | None:
    return next((one for one in reversed(answers) if one.kind == kind), None)


def _truths(values: Sequence[bool | None]) -> Any:
    """Return what may be true, false, or not known."""
    return pd.array(np.array(values, dtype=object), dtype="boolean")


def _shared(cases: pd.DataFrame, of: Whole) -> dict[str, Any]:
    return {name: cases[name].array.take(of) for name in _SHARED}


def _count_moves(rounds: Sequence[ToldRound], kind: str) -> Any:
    return np.array(
        [sum(move.kind == kind for move in one.moves) for one in rounds], dtype=np.int64
    )


def _community(grid: str, communities: Mapping[str, str] | None) -> str:
    if communities is not None:
        return communities.get(grid, "")
    return grid[:12] if len(grid) == 15 and grid.isdigit() else ""


def _text(values: Sequence[str | None]) -> Any:
    # pandas infers the kind of a column from its values, and of none it would infer another one
    return pd.array([value or "" for value in values], dtype="str")


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def times(values: Sequence[int | None]) -> Any:
    """Return whole microseconds since 1970 as a column of times."""
    whole = np.array([NO_TIME if value is None else value for value in values], dtype=np.int64)
    return _utc(whole.view("datetime64[us]"))


def _utc(values: Any) -> Any:
    return pd.DatetimeIndex(values.astype("datetime64[us]")).tz_localize("UTC")
