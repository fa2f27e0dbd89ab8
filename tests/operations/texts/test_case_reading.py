"""What the desk is offered about a case, and what the log keeps of what a person made of it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from made_up_desk import EVERYBODY

from dizuo.model.errors import EngineError
from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.cases.office import NewCase
from dizuo.operations.cases.register import history
from dizuo.operations.opening import open_operations
from dizuo.operations.texts.classifier import fit_classifier
from dizuo.operations.texts.classifier_accuracy import measure
from dizuo.operations.texts.kept_models import keep_model
from dizuo.operations.texts.labelled import labelled_cases
from dizuo.operations.texts.parameters import TextParameters
from dizuo.operations.texts.training import Trained
from opened_city import write_city

pytestmark = pytest.mark.systems("S23.2")

PARAMETERS = replace(TextParameters.load(), least_held_out=5)
GARBAGE, STALL = "0102", "0501"
EVENT = CaseTypes.load().get("urban_event")


class TwoWords:
    """A language model that knows two words, and sees what it is shown."""

    name = "two words"

    def __init__(self):
        self.shown = []

    def embed(self, texts):
        self.shown += texts
        rows = [[1.0 * ("垃圾" in text), 1.0 * ("摊" in text), 0.1] for text in texts]
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def keep_head(folder, clock, model, *, beats=True):
    """A head that learnt garbage and stalls, measured on the like."""
    texts = ["垃圾成堆", "摆摊占道"] * 40
    codes = np.array([GARBAGE, STALL] * 40)
    head = fit_classifier(model.embed(texts), codes, np.full(80, "zh"), PARAMETERS, 1)
    other = np.roll(codes, 1) if beats else codes
    accuracy = measure(
        codes, codes, np.full(80, 0.99), 0.5, {"other": other}, frozenset({"other"}), PARAMETERS,
        np.random.default_rng(1),
    )  # fmt: skip
    keep_model(folder, "urban_event", Trained(head, model.name, 80, (), {"zh": accuracy}),
               clock.now())  # fmt: skip


@pytest.fixture
def model():
    """The language model of these tests."""
    return TwoWords()


@pytest.fixture
def town(tmp_path, clock, model):
    opened = open_operations(write_city(tmp_path), clock=clock)
    object.__setattr__(opened.texts, "embedder", lambda: model)
    yield opened
    opened.engine.dispose()


def report(town, text, x=0.0, **told):
    new = NewCase(
        "urban_event", f"{text}{x}{told}", "desk", x=x, y=0.0,
        confidences=[("text", text.encode())] if text else [], **told,
    )  # fmt: skip
    with town.engine.begin() as connection:
        return town.office.open(connection, [new], EVERYBODY)[0].case


def act(town, case, action, **given):
    photo = [("photo", b"jpeg")] if action in {"feed_back", "close"} else []
    with town.engine.begin() as connection:
        return town.act(connection, case, action, EVERYBODY, given=given, confidences=photo)


def read(town, case):
    with town.engine.connect() as connection:
        return town.texts.read(connection, case)


def test_nothing_is_suggested_before_something_was_measured(town):
    assert read(town, report(town, "楼下垃圾成堆")).as_dict() == {
        "suggestion": None, "unread": None, "mergers": [], "before": [],
    }  # fmt: skip


def test_a_class_is_suggested_and_a_person_decides(town, model, clock):
    keep_head(town.texts.folder, clock, model)
    model.shown.clear()
    case = report(town, "王女士13800138000反映楼下垃圾成堆")
    suggested = read(town, case).suggestion
    assert (suggested.code, suggested.by.split(", head ")[0]) == (GARBAGE, "two words")
    assert suggested.confidence > 0.8
    assert model.shown
    assert not any("13800138000" in text for text in model.shown)
    # Nothing was decided: the case has no class until a person gives one.
    assert "suggested" not in act(town, case, "note", text="x").known()
    filed = act(town, case, "file", category=STALL).known()
    assert filed["category"] == STALL
    assert filed["suggested"] == suggested.as_dict()


def test_an_override_says_who_and_why_and_is_learnt_from(town, model, clock):
    keep_head(town.texts.folder, clock, model)
    case = report(town, "楼下垃圾成堆", category=GARBAGE)
    with town.engine.connect() as connection:
        assert len(labelled_cases(connection, town.office.vault, EVENT)) == 0
    act(town, case, "classify", category=STALL, reason="是摊贩留下的")
    with town.engine.connect() as connection:
        step = history(connection, case)[-1]
        assert (step.action, step.actor) == ("classify", "account:desk")
        assert step.facts["category"] == STALL
        assert step.facts["suggested"]["code"] == GARBAGE
        assert "摊贩" not in str(step.facts)
        learnt = labelled_cases(connection, town.office.vault, EVENT)
    assert learnt.codes.tolist() == [STALL]
    with town.engine.begin() as connection:
        town.office.erase(connection, case, EVERYBODY)
        assert len(labelled_cases(connection, town.office.vault, EVENT)) == 0
    assert read(town, case).suggestion is None


def test_nobody_can_tell_the_log_another_suggestion(town):
    case = report(town, "楼下垃圾成堆")
    given = {"category": GARBAGE, "suggested": {"code": STALL}}
    assert "suggested" not in act(town, case, "file", **given).known()


def test_a_head_that_did_not_win_suggests_nothing(town, model, clock):
    keep_head(town.texts.folder, clock, model, beats=False)
    assert read(town, report(town, "楼下垃圾成堆")).suggestion is None


def test_an_unsure_text_another_language_and_a_retired_class_stay_with_persons(town, model, clock):
    keep_head(town.texts.folder, clock, model)
    for text in ("有事情要反映一下情况", "garbage at the gate", ""):
        assert read(town, report(town, text)).suggestion is None
    day = clock.now().date() - timedelta(days=10_000)
    assert town.texts.suggest_all(EVENT, ["垃圾成堆"], day) == [None]


def test_a_head_of_another_language_model_is_told_and_holds_up_nobody(town, model, clock):
    keep_head(town.texts.folder, clock, model)
    model.name = "three words"
    case = report(town, "楼下垃圾成堆")
    assert "Train it again" in str(read(town, case).unread)
    assert act(town, case, "file", category=GARBAGE).known()["category"] == GARBAGE
    with pytest.raises(EngineError, match="three words"):
        town.texts.suggest_all(EVENT, ["垃圾成堆"], clock.now().date())


def test_repeats_are_offered_by_place_class_and_time_and_merged_by_a_person(town, model, clock):
    keep_head(town.texts.folder, clock, model)
    first = report(town, "门口垃圾成堆没人清", category=GARBAGE)
    report(town, "门口垃圾成堆没人清", x=300.0, category=GARBAGE)
    report(town, "摆摊", category=STALL)
    clock.move(timedelta(days=6))
    again = report(town, "门口垃圾成堆，还是没人清", x=100.0)
    (one,) = read(town, again).mergers
    assert (one.into, one.distance) == (first, 100)
    assert one.alike > 0.5
    assert [line.zh for line in read(town, again).in_words()][-1].startswith("疑似重复")
    assert read(town, first).mergers == ()
    act(town, again, "merge", into=first, reason=one.reason.zh)
    with town.engine.connect() as connection:
        assert history(connection, again)[-1].facts["into"] == first
    clock.move(timedelta(days=2))
    assert read(town, report(town, "门口垃圾成堆", category=GARBAGE)).mergers == ()


def test_a_settled_matter_that_comes_again_is_told(town, clock):
    first = report(town, "垃圾", category=GARBAGE)
    for action, given in (
        ("file", {"category": GARBAGE}),
        ("dispatch", {"unit": "unit:1", "limit": "1 working_days"}),
        ("accept", {}), ("feed_back", {}), ("close", {}),
    ):  # fmt: skip
        act(town, first, action, **given)
    clock.move(timedelta(days=89))
    assert read(town, report(town, "又有垃圾", x=10.0, category=GARBAGE)).before == (first,)
    clock.move(timedelta(days=2))
    assert first not in read(town, report(town, "又有垃圾", category=GARBAGE)).before
