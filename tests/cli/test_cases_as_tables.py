"""Cases brought in from tables and taken out as tables, as somebody types it."""

import csv
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.operations.event_log import tables
from dizuo.operations.exchange.spreadsheet import safe_cell
from dizuo.operations.opening import open_operations
from opened_city import write_city

HEAD = "external_id,case_type,category,happened,longitude,latitude,text,phone\n"
GOOD = "A1,urban_event,0501,2026-03-01 09:00,7.42,43.73,stall,13800000000\n"


def rows_of(file):
    return list(csv.DictReader(Path(file).read_text("utf-8-sig").splitlines()))


@pytest.fixture
def town(tmp_path, monkeypatch):
    monkeypatch.delenv("DIZUO_DATABASE_URL", raising=False)
    return write_city(tmp_path / "town")


@pytest.fixture
def bring(dizuo, town, tmp_path):
    def run(text, *given, encoding="utf-8", name="in.csv"):
        file = tmp_path / name
        file.write_bytes(text.encode(encoding))
        return dizuo("cases", town, "import", file, *given, "--json")

    return run


@pytest.fixture
def take_out(dizuo, town, tmp_path):
    def run(*given, name="out.csv"):
        file = tmp_path / name
        done = dizuo("cases", town, "export", file, *given, "--json")
        assert done.code == 0, done.err
        return rows_of(file)

    return run


def test_a_table_is_brought_in_once_however_often_it_is_read(bring, take_out):
    assert bring(HEAD + GOOD).answer == {"opened": 1, "known": 0, "rejected": 0, "rejects": None}
    again = bring(HEAD + GOOD + GOOD.replace("A1", "A2"))
    assert (again.answer["opened"], again.answer["known"]) == (1, 1)
    other = bring(HEAD + GOOD, "--source", "hotline")
    assert other.answer["opened"] == 1
    rows = take_out()
    assert len(rows) == 3
    assert rows[0]["opened"] == "2026-03-01T01:00:00+00:00"
    assert (float(rows[0]["longitude"]), float(rows[0]["latitude"])) == pytest.approx((7.42, 43.73))


def test_what_was_told_in_confidence_is_in_the_vault_and_in_no_export(bring, take_out, town):
    bring(HEAD + GOOD)
    assert "13800000000" not in str(take_out())
    assert "stall" not in str(take_out(name="again.csv"))
    opened = open_operations(town)
    with opened.engine.connect() as connection:
        facts = connection.execute(tables.events.select()).one().facts
        found = connection.execute(tables.confidences.select()).all()
        told = {one.kind: opened.office.vault.read(connection, one.digest) for one in found}
    assert "13800000000" not in facts
    assert told == {"text": b"stall", "contact": b"phone=13800000000"}
    opened.engine.dispose()


def test_bad_rows_go_to_a_file_with_their_reasons_and_good_rows_are_kept(bring, dizuo, tmp_path):
    rows = [
        GOOD,
        "A2,house,0501,,,,,\n",
        "A3,urban_event,9999,,,,,\n",
        "A4,urban_event,0501,yesterday,,,,\n",
        "A5,urban_event,0501,2999-01-01 00:00,,,,\n",
        "A6,urban_event,0501,,7.42,,,\n",
        ",urban_event,0501,,,,,\n",
        "A1,urban_event,0501,,,,,\n",
        "13800138000,urban_event,0501,,,,,\n",
        "A7,urban_event,0501,,,,=cmd|x,\n",
        "A8,urban_event,0501,,nan,1e400,,\n",
        "A9,urban_event,0501,,,,,,extra\n",
    ]
    done = bring(HEAD + "".join(rows))
    assert (done.answer["opened"], done.answer["rejected"]) == (2, 10)
    told = rows_of(done.answer["rejects"])
    reasons = {int(one["row"]): one["reason"] for one in told}
    assert sorted(reasons) == [3, 4, 5, 6, 7, 8, 9, 10, 12, 13]
    for row, word in {
        3: "no case type", 4: "no code of", 5: "no time", 6: "future", 7: "both be degrees",
        8: "external_id is empty", 9: "row 2 has the external id", 10: "points at a person",
        12: "both be degrees", 13: "cells",
    }.items():  # fmt: skip
        assert word in reasons[row]
    assert all(one["原因"] for one in told)
    assert told[0]["external_id"] == "A2"
    second = bring(HEAD + rows[1])
    assert second.answer["rejects"] != done.answer["rejects"]


def test_a_file_of_a_chinese_office_is_read_by_its_own_headings(bring, take_out):
    head = "工单号,案件类型,分类编码,上报时间,问题描述,姓名\n"
    text = head + "甲1,urban_event,0501,2026/03/01 09:00,摊位占道,李四\n"
    done = bring(text, "--map", "工单号=external_id", encoding="gbk")
    assert done.answer["opened"] == 1, done.err
    assert "李四" not in str(take_out())


@pytest.mark.parametrize(
    ("written", "stands"),
    [
        ("2026/3/1 9:05", "2026-03-01T01:05"), ("2026-3-1", "2026-02-28T16:00"),
        ("2026年3月1日 9时5分", "2026-03-01T01:05"), ("2026.03.01 09:05:30", "2026-03-01T01:05:30"),
        ("2026-03-01T09:05:00Z", "2026-03-01T09:05"), ("2026/2/30", None), ("1/3/2026", None),
        ("46082.5", None), ("1899-12-30", None), ("0001-01-01", None),
        ("9999-12-31T23:59:59-10:00", None), ("2026/3/1 25:00", None),
    ],
)  # fmt: skip
def test_times_are_read_as_spreadsheets_write_them_and_a_bad_one_costs_its_row_alone(
    bring, dizuo, town, written, stands
):
    rows = [f"A1,urban_event,0501,{written},,,,\n", "A2,urban_event,0501,2026-03-01,,,,\n"]
    done = bring(HEAD + "".join(rows))
    assert done.code == 0, done.err
    assert (done.answer["opened"], done.answer["rejected"]) == ((2, 0) if stands else (1, 1))
    if stands:
        opened = {row["opened"] for row in dizuo("cases", town, "--json").answer}
        assert any(one.startswith(stands) for one in opened)


@pytest.mark.parametrize(
    ("heading", "mapping", "english", "chinese"),
    [
        ("身份证号", [], "points at persons", "个人信息"),
        ("caller phone number", [], "points at persons", "个人信息"),
        ("联系电话", ["--map", "联系电话=asset"], "points at persons", "个人信息"),
        ("colour", [], "not known", "未知的列"),
        ("colour", ["--map", "colour=text2"], "not known", "未知的列"),
        ("分类编码", [], "another column is category", "另一列也对应"),
        ("colour", ["--map", "shade=text"], "no such column", "没有要对应的列"),
        ("colour", ["--map", "colour"], "is no heading=column", "不是“表头=列名”"),
    ],
)
def test_columns_that_cannot_be_used_refuse_the_whole_table(
    bring, take_out, heading, mapping, english, chinese
):
    text = f"external_id,case_type,category,{heading}\nA1,urban_event,0501,x\n"
    assert english in bring(text, *mapping).err
    assert chinese in bring(text, *mapping, "--lang", "zh").err
    assert take_out() == []


def test_personal_columns_pass_if_they_are_kept_in_confidence_or_left_out(bring):
    text = "external_id,case_type,category,caller phone,身份证号\nA1,urban_event,0501,1,2\n"
    mapping = ["--map", "caller phone=phone", "--map", "身份证号=ignore"]
    assert bring(text, *mapping).answer["opened"] == 1


def test_the_template_is_read_back_and_its_help_opens_nothing(dizuo, town, tmp_path):
    for suffix in ("csv", "xlsx"):
        file = tmp_path / f"template.{suffix}"
        assert dizuo("cases", town, "template", file).code == 0
        assert "the file exists" in dizuo("cases", town, "template", file).err
        done = dizuo("cases", town, "import", file, "--json")
        assert done.answer["opened"] == done.answer["rejected"] == 0
    sheet = openpyxl.load_workbook(tmp_path / "template.xlsx").worksheets[0]
    assert "加密保存" in next(c.comment.text for c in sheet[1] if c.value == "phone")


def test_a_workbook_is_taken_out_and_no_cell_runs(dizuo, bring, town, tmp_path):
    bring(HEAD.replace("phone", "asset") + GOOD.replace("13800000000", "=1+1"))
    file = tmp_path / "out.xlsx"
    assert dizuo("cases", town, "export", file).code == 0
    sheet = openpyxl.load_workbook(file).worksheets[0]
    names = [cell.value for cell in sheet[1]]
    cell = sheet[2][names.index("asset")]
    assert (cell.value, cell.data_type) == ("'=1+1", "s")
    assert "token" not in names


@given(st.text())
def test_no_text_becomes_a_formula(text):
    cell = safe_cell(text)
    assert cell.endswith(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_homes_are_told_by_their_cell_only(bring, take_out):
    bring(HEAD + GOOD.replace("urban_event,0501", "mediation,"))
    (row,) = take_out()
    assert (row["longitude"], row["latitude"]) == ("", "")


def test_small_counts_are_hidden_and_the_one_that_would_give_them_away(bring, take_out):
    """27, 16 and 2: the two are hidden, and with them the 16, or the sum would tell."""
    rows = ["0501"] * 27 + ["0101"] * 16 + ["0502"] * 2
    text = "external_id,case_type,category\n"
    done = bring(text + "".join(f"A{k},urban_event,{code}\n" for k, code in enumerate(rows)))
    assert done.answer["opened"] == 45, done.answer
    told = {one["category"]: one["cases"] for one in take_out("--by", "category")}
    assert told == {"0501": "27", "0101": "hidden", "0502": "hidden", "*": "45"}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["import"], "import needs a file"),
        (["export", "x.pdf"], "written as .csv or .xlsx"),
        (["export", "x.csv", "--by", "phone"], "not counted by 'phone'"),
        (["import", "none.csv"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_told(dizuo, town, tmp_path, monkeypatch, given, problem):
    monkeypatch.chdir(tmp_path)
    done = dizuo("cases", town, *given)
    assert done.code == 2
    assert problem in done.err
