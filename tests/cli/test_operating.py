"""Cases and their log from the command line, as somebody at the desk types it."""

import io
import shutil
import sqlite3

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from dizuo.operations.cases.office import CaseOffice
from dizuo.operations.event_log import tables
from dizuo.operations.event_log.database import SCHEMA_VERSION, open_database
from opened_city import write_city


@pytest.fixture
def town(tmp_path, monkeypatch):
    monkeypatch.delenv("DIZUO_DATABASE_URL", raising=False)
    return write_city(tmp_path)


@pytest.fixture
def case(dizuo, town):
    opened = dizuo("cases", town, "open", "--type", "urban_event", "--text", "路灯不亮", "--json")
    assert opened.code == 0, opened.err
    return opened.answer["case"]


def test_a_case_is_opened_dispatched_and_closed(dizuo, town, case):
    photo = town / "after.jpg"
    photo.write_bytes(b"jpeg")
    for step, *given in (
        ("file", "--give", "category=0501"),
        ("dispatch", "--give", "unit=unit:lamps", "--give", "limit=3 工作日"),
        ("accept",),
        ("feed_back", "--photo", photo),
        ("close", "--photo", photo),
        ("rate", "--give", "grade=5"),
    ):
        done = dizuo("cases", town, step, case, *given, "--json")
        assert done.code == 0, done.err
    answer = dizuo("cases", town, "show", case, "--json").answer
    assert (answer["state"], answer["unit"], answer["open"]) == ("closed", "unit:lamps", False)
    actions = ["opened", "file", "dispatch", "accept", "feed_back", "close", "rate"]
    assert [one["action"] for one in answer["history"]] == actions
    assert answer["history"][-1]["facts"] == {"grade": 5}
    assert "路灯不亮" not in dizuo("cases", town, "show", case).out


def test_cases_are_listed_in_both_languages(dizuo, town, case):
    assert "reported" in dizuo("cases", town).out
    assert "案件" in dizuo("cases", town, "--lang", "zh").out
    assert dizuo("cases", town, "--state", "closed", "--json").answer == []
    assert "可办理：" in dizuo("cases", town, "show", case, "--lang", "zh").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["open"], "a case needs a type"),
        (["open", "--type", "house"], "no case type 'house'"),
        (["show"], "no case is named. Name it after the step: dizuo cases CITY show CASE."),
        (["show", "case:none"], "no case 'case:none'"),
        (
            ["open", "--type", "urban_event", "--category", "9999"],
            "'9999' is no code of urban_event",
        ),
        (["open", "--type", "urban_event", "--at", "north"], "'north' is no place"),
        (["urge", "{case}", "--give", "unit=unit:x"], "unit cannot be told with urge"),
        (["close", "{case}"], "'close' cannot be done with a case that is 'reported'"),
        (["file", "{case}", "--give", "category"], "'category' is no name=value"),
        (["rate", "{case}", "--give", "grade=five"], "'five' is no whole number"),
        (["file", "{case}", "--give", "contacted=true"], "file needs category"),
    ],
)
def test_what_cannot_be_done_is_told(dizuo, town, case, arguments, message):
    done = dizuo("cases", town, *(one.format(case=case) for one in arguments))
    assert done.code == 2
    assert message in done.err


def test_a_photo_that_is_not_there_is_told(dizuo, town, case):
    done = dizuo("cases", town, "note", case, "--text", "x", "--photo", town / "none.jpg")
    assert done.code == 2
    assert "none.jpg" in done.err


def test_the_log_is_sealed_verified_backed_up_and_restored(dizuo, town, case, tmp_path):
    assert dizuo("operations", town, "--json").answer["unsealed"] == 0
    assert len((town / "operations" / "heads.jsonl").read_text().splitlines()) == 1
    assert dizuo("operations", town, "seal", "--json").answer == {"sealed": 0}
    assert dizuo("operations", town, "verify", "--json").answer == {"problems": 0, "events": 1}
    backup = tmp_path / "log.zip"
    assert dizuo("operations", town, "backup", "--file", backup, "--json").answer["events"] == 1
    for file in (town / "operations").glob("operations.sqlite*"):
        file.unlink()
    assert dizuo("operations", town, "--json").answer["cases"] == 0
    assert dizuo("operations", town, "restore", "--file", backup, "--json").answer["events"] == 1
    assert dizuo("operations", town, "rebuild", "--json").answer == {"events": 1}
    health = dizuo("operations", town, "--json").answer
    assert (health["cases"], health["open_cases"], health["unsealed"]) == (1, 1, 0)
    assert "cases          1" in dizuo("operations", town).out


def test_a_database_of_an_older_dizuo_asks_to_be_migrated(dizuo, town, case):
    engine = open_database(f"sqlite:///{town / 'operations' / 'operations.sqlite'}")
    with engine.begin() as connection:
        connection.execute(tables.schema_version.update().values(version=1))
    engine.dispose()
    refused = dizuo("cases", town)
    assert refused.code == 5
    assert "dizuo operations CITY migrate" in refused.err
    done = dizuo("operations", town, "migrate", "--json").answer
    assert done["schema_version"] == SCHEMA_VERSION
    assert len(done["done"]) == SCHEMA_VERSION - 1
    assert case in dizuo("cases", town, "show", case).out


def test_an_altered_log_is_not_passed_over(dizuo, town, case):
    dizuo("operations", town, "seal")
    engine = open_database(f"sqlite:///{town / 'operations' / 'operations.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE cases SET category = '0501'"))
    engine.dispose()
    done = dizuo("operations", town, "verify", "--lang", "zh")
    assert done.code == 5
    assert "1 行与事件不符" in done.err


def test_accounts_are_kept_by_commands(dizuo, town, monkeypatch):
    def account(*given):
        return dizuo("operations", town, "account", *given)

    made = account("add", "anna", "--role", "desk", "--unit", "roads", "--json").answer
    assert made["roles"] == ["desk"]
    assert len(account("key", "anna", "--json").answer["key"]) > 40
    assert account("roles", "anna", "--role", "centre", "--json").answer["roles"] == ["centre"]
    assert account("unit", "anna", "--unit", "parks", "--json").answer["unit"] == "parks"
    placed = account("grids", "anna", "--grid", "440305*", "--json").answer
    assert placed["grids"] == ["440305*"]
    assert account("disable", "anna", "--json").answer["enabled"] is False
    assert account("enable", "anna", "--json").answer["enabled"] is True
    monkeypatch.setattr("sys.stdin", io.StringIO("quiet rivers move old stones\n"))
    account("password", "anna")
    listed = account("list")
    assert "anna" in listed.out
    assert [one["account"] for one in account("--json").answer] == ["anna"]
    assert dizuo("operations", town, "verify").code == 0


def test_accounts_that_cannot_be_are_refused(dizuo, town, monkeypatch):
    def refusal(*given):
        return dizuo("operations", town, "account", *given).err

    dizuo("operations", town, "account", "add", "anna", "--role", "desk")
    assert "there is an account 'anna'" in refusal("add", "anna", "--role", "desk")
    assert "king is no role" in refusal("add", "ben", "--role", "king")
    assert "needs a role" in refusal("add", "ben")
    assert "needs a name" in refusal("add", "--role", "desk")
    assert "there is no account 'ben'" in refusal("disable", "ben")
    assert "cannot be done with accounts" in refusal("promote", "anna")
    assert "is no name" in refusal("add", "a b", "--role", "desk")
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert "a password has 15" in refusal("password", "anna")


def test_a_backup_needs_a_file(dizuo, town):
    assert "a backup needs a file" in dizuo("operations", town, "backup").err


def test_a_folder_without_a_city_has_no_operations(dizuo, tmp_path):
    done = dizuo("cases", tmp_path)
    assert done.code == 2
    assert "city.toml" in done.err
    assert not (tmp_path / "operations").exists()


def test_a_day_is_made_up_apart_from_the_city_s_log(dizuo, examined_town, tmp_path):
    town = shutil.copytree(examined_town, tmp_path / "copy")
    made = dizuo("simulate", town, "--reports", "8", "--devices", "1", "--seed", "3", "--json")
    assert made.code == 0, made.err
    assert made.answer["simulated"] is True
    done = made.answer["done"]
    assert done["report"] >= done["close"] > 0
    assert done["observe"] > 90
    assert done["judge_true"] > 0
    again = dizuo("simulate", town, "--reports", "8", "--seed", "3")
    assert "was made up before" in again.err
    assert "greater than 0" in dizuo("simulate", town, "--reports", "0").err
    told = dizuo(
        "simulate", town, "--reports", "2", "--devices", "0", "--seed", "4", "--speed", "1e9"
    )
    assert "simulated" in told.out


def test_a_made_up_day_is_evaluated_and_marked(dizuo, examined_town, tmp_path):
    town = shutil.copytree(examined_town, tmp_path / "copy")
    day = ("--on", "2026-03-02", "--reports", "30", "--devices", "0")
    dizuo("simulate", town, *day, "--seed", "3")
    period = ("--from", "2026-03-02", "--to", "2026-03-31")
    made = town / "operations" / "simulated" / "seed-3"
    told = dizuo("evaluate", town, *period, "--simulated", made, "--json")
    assert told.code == 0, told.err
    rates = {
        one["indicator"]: one for one in told.answer["city"] if one["case_type"] == "urban_event"
    }
    assert rates["closure"]["value"] > 90
    assert rates["closure"]["low"] <= rates["closure"]["value"] <= rates["closure"]["high"]
    assert {one["value_evidence"] for one in told.answer["city"]} <= {"simulated", "missing"}
    assert "Settled of what" in dizuo("evaluate", town, *period, "--simulated", made).out
    real = dizuo("evaluate", town, *period, "--json")
    assert [one for one in real.answer["city"] if one["value"] is not None] == []
    backwards = dizuo("evaluate", town, "--from", "2026-03-02", "--to", "2026-03-01")
    assert "ends before it begins" in backwards.err


def test_what_was_told_in_confidence_is_erased_for_ever(dizuo, town, case):
    assert dizuo("cases", town, "erase", case, "--json").answer == {"case": case, "erased": 1}
    shown = dizuo("cases", town, "show", case, "--json").answer
    assert [one["action"] for one in shown["history"]] == ["opened", "erased"]
    assert dizuo("operations", town, "verify").code == 0
    assert dizuo("operations", town, "rebuild").code == 0
    backup = town / "log.zip"
    assert dizuo("operations", town, "backup", "--file", backup, "--json").answer["keys"] == 0


def test_confidences_of_cases_that_were_closed_long_ago_are_erased_together(dizuo, town, case):
    other = dizuo("cases", town, "open", "--type", "urban_event", "--text", "x", "--json").answer
    dizuo("cases", town, "reject", case, "--give", "reason=nothing there")

    def erased(day):
        return dizuo("operations", town, "erase", "--before", day, "--json").answer

    booked = {"bookings": 0, "contacts": 0}  # of shared services; there are none here
    assert erased("2020-01-01") == {"cases": 0, "confidences": 0} | booked
    assert erased("2999-01-01") == {"cases": 1, "confidences": 2} | booked
    assert other["open"]
    assert "erasing needs a day" in dizuo("operations", town, "erase").err
    assert dizuo("operations", town, "verify").code == 0


def test_a_case_is_told_in_chinese(dizuo, town, case):
    shown = dizuo("cases", town, "show", case, "--lang", "zh").out
    for words in ("类型", "事件案件 urban_event", "上报 reported", "登记 opened", "立案 file"):
        assert words in shown
    refused = dizuo("cases", town, "close", case, "--lang", "zh").err
    assert "案件处于“上报”（reported），不能办理 close" in refused
    assert "未封存" in dizuo("operations", town, "--lang", "zh").out


@pytest.mark.systems("S21.2")
def test_what_is_stuck_is_listed_until_the_leader_decides(dizuo, town, case):
    assert dizuo("cases", town, "stuck", "--json").answer == []
    raised = dizuo("cases", town, "escalate_to_leader", case, "--give", "reason=two units")
    assert raised.code == 0, raised.err
    listed = dizuo("cases", town, "stuck", "--json").answer
    assert [(one["case"], one["why"]) for one in listed] == [(case, ["raised"])]
    assert "raised" in dizuo("cases", town, "stuck").out
    decision = ("--give", "reason=roads lead", "--give", "supervisor=unit:roads")
    assert dizuo("cases", town, "decide_escalation", case, *decision).code == 0
    assert dizuo("cases", town, "stuck", "--json").answer == []


def test_a_merged_report_is_shown_with_the_case_that_leads(dizuo, town):
    given = ("--type", "urban_event", "--category", "0501", "--json")
    stays, goes = (dizuo("cases", town, "open", *given).answer["case"] for _ in range(2))
    dizuo("cases", town, "merge", goes, "--give", f"into={stays}", "--give", "reason=the same")
    shown = dizuo("cases", town, "show", goes).out.split()
    assert shown[shown.index("led_by") + 1] == stays
    assert dizuo("cases", town, "show", stays, "--json").answer["merged"] == [goes]


def test_an_empty_list_says_so_and_none_has_fewer_than_one_row(dizuo, town):
    assert dizuo("cases", town).out == "No case is like that.\n"
    assert dizuo("cases", town, "stuck", "--lang", "zh").out == "没有卡滞案件。\n"
    for most in ("0", "-1"):
        assert dizuo("cases", town, "stuck", "--most", most).code == 2


def test_a_database_that_cannot_be_used_is_no_fault_of_dizuo(dizuo, town, case, monkeypatch):
    file = town / "operations" / "operations.sqlite"
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("dizuo.operations.event_log.database._WAITS_FOR_A_LOCK", 50)
    held = dizuo("cases", town, "urge", case)
    assert held.code == 5
    assert "cannot be used: database is locked. See that" in held.err
    other.rollback()
    other.close()
    for one in file.parent.glob("operations.sqlite*"):
        one.unlink()
    file.write_bytes(b"no database" * 100)
    for language, said in (("en", "file is not a database. See that"), ("zh", "请从备份恢复")):
        damaged = dizuo("cases", town, "--lang", language)
        assert damaged.code == 5
        assert str(file) in damaged.err
        assert said in damaged.err


def test_a_lock_that_comes_in_the_middle_is_no_fault_of_dizuo_either(
    dizuo, town, case, monkeypatch
):
    def locked(*_, **__):
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr(CaseOffice, "act", locked)
    held = dizuo("cases", town, "urge", case)
    assert (held.code, "database is locked. See that" in held.err) == (5, True)
