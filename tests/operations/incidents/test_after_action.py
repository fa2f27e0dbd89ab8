"""The report on an incident says what its events say, in both languages."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from told_incidents import CENTRE, SANDBAGS, active, declared, do

from dizuo.model.errors import InputError
from dizuo.operations.incidents.after_action import read_history
from dizuo.operations.incidents.after_action_report import as_html, as_markdown

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def handled(desk, clock):
    """A leak confirmed five minutes late, cordoned in time, the rest skipped."""
    incident = active(desk, "IV")
    do(desk, "register", SANDBAGS)
    do(desk, "assign", incident, SANDBAGS.id, amount=40)
    do(desk, "start", incident, "confirm")
    clock.move(timedelta(minutes=20))
    do(desk, "finish", incident, "confirm", note="巡线员 <b>确认</b> | 泄漏")
    do(desk, "start", incident, "cordon")
    clock.move(timedelta(minutes=30))
    do(desk, "finish", incident, "cordon")
    for task in ("shut_valves", "repair", "measure", "restore"):
        do(desk, "skip", incident, task, reason="drill")
    do(desk, "release", incident, SANDBAGS.id, used=25)
    do(desk, "regrade", incident, "III", reason="for the drill")
    do(desk, "skip", incident, "evacuate", reason="drill")
    do(desk, "close", incident, reason="drill over")
    return incident


def history(desk, incident, vault=None, at=None):
    with desk.log.engine.connect() as connection:
        return read_history(connection, incident, at or desk.log.clock.now(), vault)


def test_times_to_task_and_what_was_late(desk, handled):
    found = history(desk, handled)
    tasks = {one.id: one for one in found.tasks}
    assert (tasks["confirm"].minutes(), tasks["cordon"].minutes()) == (20, 30)
    assert tasks["repair"].minutes() is None
    assert [(one.id, late) for one, late in found.late()] == [("confirm", 5)]
    assert (found.row["state"], found.row["worst"]) == ("closed", 1)


def test_resources_used(desk, handled):
    [sandbags] = history(desk, handled).resources
    assert (sandbags.given, sandbags.returned, sandbags.used, sandbags.holds) == (40, 40, 25, 0)


def test_what_is_under_way_is_late_as_of_the_report(desk, clock):
    incident = active(desk, "IV")
    clock.move(timedelta(hours=1))
    found = history(desk, incident)
    assert [(one.id, late) for one, late in found.late()] == [("confirm", 45)]
    earlier = history(desk, incident, at=clock.now() - timedelta(minutes=50))
    assert earlier.late() == []
    with pytest.raises(InputError, match="no incident"):
        history(desk, incident, at=clock.now() - timedelta(days=1))
    with pytest.raises(InputError, match="no incident 'incident:x'"):
        history(desk, "incident:x")


def test_the_report_reads_in_both_languages(desk, handled):
    found = history(desk, handled)
    english = as_markdown(found, desk.types, "en", SHANGHAI)
    assert english.startswith("# After-action report: Gas leak\n")
    assert "| Confirm and report | Command centre | finished | 2026-03-02 17:00:00 |" in english
    assert "| 2026-03-02 17:20:00 | Task finished | Confirm and report |" in english
    assert "Ⅳ Ordinary (blue) → Ⅲ Major (yellow)" in english
    assert "| stock:sandbags | 40 | 40 | 25 | 0 |" in english
    chinese = as_markdown(found, desk.types, "zh", SHANGHAI)
    assert chinese.startswith("# 事后评估报告：燃气泄漏\n")
    assert "## 超时情况" in chinese
    assert "Ⅳ 一般 (蓝色) → Ⅲ 较大 (黄色)" in chinese


def test_words_are_read_only_with_the_vault_and_stay_words(desk, handled):
    closed = as_markdown(history(desk, handled), desk.types, "zh", SHANGHAI)
    assert "巡线员" not in closed
    found = history(desk, handled, desk.vault)
    assert r"巡线员 &lt;b&gt;确认&lt;/b&gt; \| 泄漏" in as_markdown(
        found, desk.types, "zh", SHANGHAI
    )
    page = as_html(found, desk.types, "zh", SHANGHAI)
    assert "巡线员 &lt;b&gt;确认&lt;/b&gt; | 泄漏" in page
    assert page.startswith('<!doctype html><html lang="zh" data-language="zh">')
    assert "http" not in page  # it stands alone: no style, script or picture from elsewhere
    with desk.log.engine.begin() as connection:
        desk.erase(connection, handled, CENTRE)
    erased = as_html(history(desk, handled, desk.vault), desk.types, "en", SHANGHAI)
    assert "巡线员" not in erased
    assert "Confidences erased" in erased


def test_an_incident_without_a_plan_has_a_report_too(desk):
    incident = declared(desk, simulated=True)
    found = history(desk, incident)
    assert "| Simulated | yes |" in as_markdown(found, desk.types, "en", SHANGHAI)
    assert "<p>None.</p>" in as_html(found, desk.types, "en", SHANGHAI)
