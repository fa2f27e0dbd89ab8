"""The layer of the base: complete, dated, without small counts and without anybody."""

import json
from collections import Counter
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from hand_made_log import GREEN, ROADS, WEEK, hour
from hypothesis import given, settings
from hypothesis import strategies as st

from dizuo.model.errors import InputError
from dizuo.operations.evaluation.histories import histories
from dizuo.operations.evaluation.indicators import graded, indicators
from dizuo.operations.evaluation.integrity import look_for_gaming
from dizuo.operations.evaluation.layer import COLUMNS, _sums, evaluation_layer
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.suppression import hidden
from dizuo.operations.evaluation.three_rates import three_rates

SEED = 20260302
TOO_HEAVY = """
[three_rate_weights]
value = { response = 0.3, resolution = 0.5, satisfaction = 0.4 }
source = "s"
certainty = "sure"
"""


def dice():
    return np.random.default_rng(SEED)


@pytest.fixture(scope="module")
def layer(told, parameters):
    return evaluation_layer(told, WEEK, parameters, dice())


def test_a_layer_has_a_row_for_each_unit_place_and_indicator(layer):
    assert list(layer) == list(COLUMNS)
    assert layer["id"].is_unique
    assert set(layer["kind"]) == {"city", "unit", "community", "grid"}
    row = layer.set_index(["kind", "key", "case_type", "indicator"])
    roads = row.loc[("unit", ROADS, "urban_event", "on_time")]
    # on time, late, overdue, ours after all
    assert (roads.numerator, roads.denominator) == (2, 4)
    assert (roads.value, roads.value_evidence, roads.hidden) == (50, "measured", "")
    assert set(layer["period_begin"]) == {WEEK.begin.isoformat()}


def test_few_answers_and_few_appeals_are_not_told(layer):
    people = layer[layer["case_type"] == "hotline_appeal"]
    small = people[people["hidden"] == "small_group"]
    assert {"response", "score", "on_time"} <= set(small["indicator"])
    numbers = ["value", "low", "high", "numerator", "denominator", "excluded"]
    assert small[numbers].isna().all(axis=None)
    assert set(small["value_evidence"]) == {"missing"}
    assert not (people["denominator"].between(1, 9)).any()
    assert (layer.loc[layer["case_type"] == "urban_event", "hidden"] == "").all()


def test_a_layer_is_written_and_read_as_parquet(layer, tmp_path):
    layer.to_parquet(tmp_path / "evaluation.parquet")
    again = pd.read_parquet(tmp_path / "evaluation.parquet")
    pd.testing.assert_frame_equal(again, layer, check_dtype=False)


def test_one_simulated_case_marks_its_unit_and_place(player, calendars, parameters):
    player.urban("a", ROADS, 8, fed_back=2, closed=3, simulated=True)
    player.urban("b", GREEN, 8, fed_back=2, closed=3)
    told = histories([player.log()], calendars, parameters, until=WEEK.end)
    rows = evaluation_layer(told, WEEK, parameters, dice()).query("indicator == 'on_time'")
    marks = rows.set_index(["kind", "key"])["value_evidence"]
    assert marks["unit", ROADS] == "simulated"
    assert marks["unit", GREEN] == "measured"
    assert marks["city", "city"] == "simulated"


def everything(told, parameters):
    by = [("unit",), ("grid",), ("community", "case_type"), ()]
    frames = [told.cases, told.rounds, told.answers, told.moves, told.contents]
    for one in by:
        found = indicators(told, WEEK, parameters, by=one)
        rates = three_rates(told, WEEK, parameters, dice(), by=one)
        frames += [found.rows, found.exclusions, rates.rows, rates.exclusions]
        frames.append(graded(found, parameters, by=one))
    gaming = look_for_gaming(told, parameters)
    return [
        *frames,
        gaming.rows,
        gaming.looked_at,
        evaluation_layer(told, WEEK, parameters, dice()),
    ]


def test_nobody_who_acted_can_be_read_from_any_output(played, told, parameters):
    actors = {event.actor for event in played[1]}
    assert len(actors) >= 4
    for frame in everything(told, parameters):
        assert not {"actor", "account", "hands"} & set(frame)
        text = frame.to_csv()
        assert "account" not in text
        assert not any(actor in text for actor in actors)
    for field in fields(told):
        assert not isinstance(getattr(told, field.name), dict | list)


def test_an_answer_in_free_text_is_not_told(played, calendars, parameters):
    log = [
        replace(event, facts=event.facts.replace('"satisfaction":5', '"satisfaction":"Ms Liu: 5"'))
        for event in played[1]
    ]
    told = histories([log], calendars, parameters, until=WEEK.end)
    assert "Liu" not in told.answers.to_csv() + told.cases.to_csv()
    left = three_rates(told, WEEK, parameters, dice()).exclusions
    assert left.set_index(["unit", "reason"])["count"][GREEN, "answer_not_known"] == 1


def test_another_unit_changes_nothing_of_the_others(played, player, calendars, parameters, told):
    """Ranks and shrinkage are made of peers, and units of another kind are none."""
    player.appeal("call", ROADS, 24, 5)
    player.call("call", 6, True, 4)
    player.do("call", 7, "close")
    more = [
        replace(event, facts=event.facts.replace(ROADS, "unit:water")) for event in player.log()
    ]
    both = histories([played[1], more], calendars, parameters, until=WEEK.end)
    kinds = {ROADS: "office", GREEN: "office", "unit:water": "street"}
    for function in (
        lambda one: indicators(one, WEEK, parameters).rows,
        lambda one: three_rates(one, WEEK, parameters, dice(), peers=kinds).rows,
    ):
        before, after = function(told), function(both)
        kept = after[after["unit"].isin([ROADS, GREEN])].reset_index(drop=True)
        before = before[before["unit"].isin([ROADS, GREEN])].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, before)


def calls(player, unit, answers):
    for k, (solved, satisfaction) in enumerate(answers):
        name = f"{unit}-{k}"
        player.appeal(name, unit, 24, 2)
        player.call(name, 3, solved, satisfaction)


def test_units_are_ranked_only_with_numbers_and_apart(player, calendars, parameters):
    calls(player, ROADS, [(True, 5)] * 30)
    calls(player, GREEN, [(False, 1)] * 15 + [(True, 3)] * 15)
    calls(player, "unit:few", [(True, 5)] * 3)
    told = histories([player.log()], calendars, parameters)
    period = replace(WEEK, end=told.until)
    rows = three_rates(told, period, parameters, dice()).rows.set_index("unit")
    assert (rows.loc[ROADS, "rank"], rows.loc[GREEN, "rank"]) == (1, 2)
    assert rows.loc["unit:few", ["rank", "rank_best", "rank_worst"]].isna().all()
    # 10 + 50·½ + 40·0.45
    assert rows.loc[GREEN, "score"] == pytest.approx(53)
    assert rows.loc["unit:few", "score"] == 100
    assert rows.loc["unit:few", "score_shrunk"] < 100
    apart = three_rates(told, period, parameters, dice(), peers={GREEN: "street"}).rows
    assert apart.set_index("unit").loc[GREEN, "rank"] == 1


CLOCKS = ("handled.working_hours", "handled.urgent_hours")
amount = st.integers(0, 14)
cells = st.lists(st.tuples(amount, amount), min_size=1, max_size=4)


@settings(max_examples=150)
@given(streets=st.lists(cells, min_size=1, max_size=4), dice=st.randoms(use_true_random=False))
def test_no_hidden_count_follows_from_those_that_are_told(streets, dice):
    """Solve all sums for what is hidden: none of them may be fixed by the rest."""
    known, communities = Counter(), {}
    for street, own in enumerate(streets):
        for number, both in enumerate(own):
            cell = f"{street}.{number}"
            communities[cell] = f"street {street}"
            unit = f"unit {dice.randrange(3)}"
            for clock, count in zip(CLOCKS, both, strict=True):
                for counted in (clock, "handled"):
                    for place in (("grid", cell), ("community", f"street {street}"),
                                  ("unit", unit), ("city", "city")):  # fmt: skip
                        known[*place, counted] += count
    sums = list(_sums(list(known), communities))
    gone = sorted(hidden(known, sums, 10))
    assert {name for name, count in known.items() if 0 < count < 10} <= set(gone)
    assert all(known[name] > 0 for name in gone)
    place = {name: k for k, name in enumerate(gone)}
    matrix = np.zeros((len(sums), len(gone)))
    for row, (total, members) in zip(matrix, sums, strict=True):
        assert known[total] == sum(known[one] for one in members)
        for name, sign in [(total, -1.0), *((one, 1.0) for one in members)]:
            if name in place:
                row[place[name]] += sign
    # a count is fixed if its own direction lies in the space of the sums
    space = np.linalg.pinv(matrix) @ matrix if gone else matrix
    assert (np.diag(space) < 1 - 1e-9).all()


def test_a_city_lays_its_own_parameters_over_ours(tmp_path):
    file = tmp_path / "evaluation.toml"
    file.write_text(
        '[basically_satisfied_factor]\nvalue = 0.8\nsource = "our council"\ncertainty = "sure"\n'
    )
    own = EvaluationParameters.load(file)
    assert own.satisfaction["3"] == 0.8
    assert own.origins["basically_satisfied_factor"].source == "our council"
    assert own.least_ranked == EvaluationParameters.load().least_ranked
    assert json.loads(json.dumps(own.as_dict()))["basically_satisfied_factor"] == 0.8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = [", "this is not TOML"),
        ('[speed]\nvalue = 1\nsource = "s"\ncertainty = "sure"', "this parameter is not known"),
        ("[least_ranked]\nvalue = 5", "a value, a source and a certainty"),
        ('[least_ranked]\nvalue = 5\nsource = "s"\ncertainty = "perhaps"', "sure or check"),
        ('[least_ranked]\nvalue = 5\nsource = 7\ncertainty = "sure"', "must be a text"),
        ('[least_ranked]\nvalue = 5\nsource = "s"\ncertainty = "sure"\nvalid_from = "now"',
         "must be a day"),
        ('[least_ranked]\nvalue = "5"\nsource = "s"\ncertainty = "sure"', "of another kind"),
        ('[interval_level]\nvalue = 1.5\nsource = "s"\ncertainty = "sure"', "must lie between"),
        ('[bootstrap_draws]\nvalue = 5\nsource = "s"\ncertainty = "sure"', "needs 100 draws"),
        ('[grades]\nvalue = {A = 90}\nsource = "s"\ncertainty = "sure"', "lowest grade"),
        (TOO_HEAVY, "add up to 1"),
        ('[three_rate_weights]\nvalue = {response = 1.0}\nsource = "s"\ncertainty = "sure"',
         "needs response, resolution"),
        ('[satisfaction_answers]\nvalue = {happy = ["1"]}\nsource = "s"\ncertainty = "sure"',
         "an answer means"),
    ],
)  # fmt: skip
def test_parameters_that_cannot_be_are_refused(tmp_path, text, message):
    file = tmp_path / "evaluation.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        EvaluationParameters.load(file)


def test_a_due_date_that_was_given_counts_without_a_clock(player, calendars, parameters):
    player.open("a")
    player.do("a", 0, "file", category="01")
    player.do("a", 1, "dispatch", unit=ROADS, due=hour(9).isoformat())
    player.do("a", 1, "accept", _staff())
    player.settle("a", ROADS, 5, 6)
    told = histories([player.log()], calendars, parameters, until=WEEK.end)
    own = told.rounds.iloc[0]
    assert (own["due"], own["clock"]) == (hour(9), "given")
    assert np.isnan(own["elapsed"])
    rows = indicators(told, WEEK, parameters).rows.set_index("indicator")
    assert rows.loc["on_time", "value"] == 100
    assert not any(name.startswith("handling") for name in rows.index)


def _staff():
    from hand_made_log import staff

    return staff(ROADS)
