"""Whoever has the events and the parameters gets the same rates, by a script of their own."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hand_made_log import GREEN, WEEK

from dizuo.operations.evaluation.histories import histories
from dizuo.operations.evaluation.indicators import indicators
from dizuo.operations.evaluation.three_rates import RATES, three_rates

SCRIPT = Path(__file__).parent / "outsider.py"


@pytest.fixture(scope="module")
def outside(played, parameters, tmp_path_factory):
    return recomputed(played[1], parameters, tmp_path_factory.mktemp("outsider"))


def recomputed(log, parameters, folder):
    """What an outsider finds in a log."""
    rows = [{k: v for k, v in asdict(one).items() if k != "hash"} for one in log]
    (folder / "events.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    known = {
        "steps": list(parameters.handling_steps),
        "reasons": list(parameters.excluded_reasons),
        "worth": dict(parameters.satisfaction),
        "not_settled": ["", "returned", "replaced", *parameters.states_not_valid,
                        *parameters.states_left],
    }  # fmt: skip
    (folder / "parameters.json").write_text(json.dumps(known), "utf-8")
    given = [folder / "events.jsonl", folder / "parameters.json"]
    period = [WEEK.begin.isoformat(), WEEK.end.isoformat()]
    done = subprocess.run(  # isolated, so that nothing of dizuo can be found
        [sys.executable, "-I", "-S", SCRIPT, *given, *period],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["on_time", "closure", "overdue_open", "settled_on_time"])
def test_an_outsider_counts_what_was_closed_in_time_alike(outside, told, parameters, name):
    rows = indicators(told, WEEK, parameters).rows
    own = rows[(rows["indicator"] == name) & (rows["denominator"] > 0)].set_index("unit")
    assert outside["rates"][name] == {
        unit: [row.numerator, row.denominator] for unit, row in own.iterrows()
    }


SUMS = dict(zip(RATES, ("contacted", "solved", "worth"), strict=True))


@pytest.mark.parametrize(("name", "sums"), SUMS.items())
def test_an_outsider_counts_answers_alike(outside, told, parameters, name, sums):
    rows = three_rates(told, WEEK, parameters, np.random.default_rng(1)).rows
    own = rows[rows["valid"] > 0].set_index("unit")
    assert outside["rates"][name] == {
        unit: [pytest.approx(row[sums]), row.valid] for unit, row in own.iterrows()
    }


def test_an_outsider_sees_the_same_ends_of_rounds(outside, told):
    assert outside["outcomes"] == told.rounds["outcome"].value_counts().to_dict()


def test_each_whose_reports_were_merged_answers_about_the_case_that_led(
    player, parameters, calendars, tmp_path
):
    """Three appeals about one thing: two of them merged, one by way of the other."""
    for name in ("between", "last"):
        player.open(name, "hotline_appeal")
    player.appeal("first", GREEN, 24, 10)
    player.do("last", 11, "merge", into=player.cases["between"], reason="the same")
    player.do("between", 11, "merge", into=player.cases["first"], reason="the same")
    player.call("first", 12, True, 5)
    player.call("between", 12, False, 1)
    player.call("last", 13, False, 1)
    player.call("last", 14, True, 3)  # who is called again counts once, as told last
    told = histories([player.log()], calendars, parameters, until=WEEK.end)
    (row,) = three_rates(told, WEEK, parameters, np.random.default_rng(1)).rows.to_dict("records")
    worth = parameters.satisfaction
    assert (row["unit"], row["valid"], row["contacted"], row["solved"]) == (GREEN, 3, 3, 2)
    assert row["worth"] == pytest.approx(worth["5"] + worth["1"] + worth["3"])
    outside = recomputed(player.log(), parameters, tmp_path)["rates"]
    assert outside["resolution"] == {GREEN: [2, 3]}
    assert outside["satisfaction"] == {GREEN: [pytest.approx(row["worth"]), 3]}
