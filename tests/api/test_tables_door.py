"""Tables of cases come and go over HTTP, within limits and the policy."""

import csv
import io
import zipfile

import openpyxl
import pytest
from sqlalchemy import select

from dizuo.model.errors import InputError
from dizuo.operations.event_log import tables
from dizuo.operations.exchange.limits import ExchangeLimits

PATH = "/api/tables/cases"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD = "external_id,case_type,category,happened,longitude,latitude,text,phone\n"
GOOD = "A1,urban_event,0501,2026-03-01 09:00,7.42400,43.72954,stall,13800000000\n"
HOTLINE = "H1,mediation,,,7.42400,43.72954,noise,\n"


def send(town, content, key="desk", media="text/csv", language="en", **query):
    content = content.encode() if isinstance(content, str) else content
    headers = town.headers(key) | {"Content-Type": media, "Accept-Language": language}
    return town.http.post(PATH, params=query, content=content, headers=headers)


def taken(town, key="desk", **query):
    answer = town.get(PATH, key, **query)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def workbook(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_good_rows_become_cases_once_and_bad_ones_are_told_with_reasons(town):
    answer = send(town, HEAD + GOOD + "A2,house,0501,,,,,\n" + "A3,urban_event,0501,,,,,,more\n")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["opened"], told["known"]) == (1, 0)
    assert [one["row"] for one in told["rejected"]] == [3, 4]
    assert "no case type" in told["rejected"][0]["reason"]
    again = send(town, HEAD + GOOD + GOOD.replace("A1", "A4")).json()
    assert (again["opened"], again["known"]) == (1, 1)
    assert send(town, HEAD + GOOD, source="hotline").json()["opened"] == 1
    chinese = send(town, HEAD + "A5,urban_event,9999,,,,,\n", language="zh").json()
    assert "没有编码" in chinese["rejected"][0]["reason"]


def test_a_row_lies_in_its_cell_and_its_confidences_in_the_vault(town):
    send(town, HEAD + GOOD)
    (row,) = taken(town)
    assert row["grid"] == "000000000000001"
    assert "13800000000" not in town.get(PATH, "desk").text
    assert "stall" not in town.get(PATH, "desk").text
    with town.operations.engine.connect() as connection:
        facts = connection.execute(select(tables.events.c.facts)).scalars().all()
    assert not any("13800000000" in one for one in facts)


def test_headings_are_mapped_and_chinese_offices_encodings_read(town):
    text = "工单号,案件类型,分类编码,联系人\n甲1,urban_event,0501,李四\n".encode("gbk")
    mapping = '{"工单号": "external_id", "联系人": "name"}'
    assert send(town, text, map=mapping).json()["opened"] == 1
    assert send(town, text).status_code == 422
    refused = send(town, text, map='["工单号"]', language="zh")
    assert (refused.status_code, refused.json()["title"][:6]) == (422, "字段 map")


def test_a_workbook_is_brought_in_and_taken_out(town):
    head, row = (line.strip().split(",") for line in (HEAD, GOOD))
    assert send(town, workbook(head, row), media=XLSX).json()["opened"] == 1
    answer = town.get(PATH, "desk", form="xlsx")
    assert answer.headers["content-type"] == XLSX
    assert 'filename="cases.xlsx"' in answer.headers["content-disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert sheet.max_row == 2
    assert "token" not in [cell.value for cell in sheet[1]]


def test_the_template_is_sent_back_as_it_came(town):
    for form, media in (("csv", "text/csv"), ("xlsx", XLSX)):
        empty = town.get(f"{PATH}/template", "desk", form=form)
        assert empty.status_code == 200
        told = send(town, empty.content, media=media).json()
        assert (told["opened"], told["rejected"]) == (0, [])


def test_filters_are_those_of_the_list(town):
    send(town, HEAD + GOOD + GOOD.replace("A1", "A2").replace("0501", "0101"))
    for query in (
        {"category": "0101"}, {"open": "false"}, {"state": "reported"},
        {"box": "373000,4843000,373100,4843100"}, {"opened_from": "2026-03-02T00:00:00Z"},
    ):  # fmt: skip
        listed = {one["case"] for one in town.get("/api/cases", "desk", **query).json()}
        assert {one["case"] for one in taken(town, **query)} == listed, query
    assert town.get(PATH, "desk", colour="red").status_code == 400


def test_each_takes_out_what_the_policy_lets_them(town):
    send(town, HEAD + GOOD + GOOD.replace("A1", "A2"))
    first = taken(town)[0]["case"]
    town.post(f"/api/cases/{first}/file", "desk", category="0501")
    given = {"unit": "unit:roads", "limit": "1 working_days"}
    town.post(f"/api/cases/{first}/dispatch", "desk", **given)
    assert len(taken(town)) == 2
    assert [one["case"] for one in taken(town, "roads")] == [first]
    assert taken(town, "parks") == []
    assert town.get(PATH, "walker").status_code == 403
    assert town.get(PATH).status_code == 401
    assert send(town, HEAD + GOOD, key="roads").status_code == 403


def test_homes_are_told_by_their_cell_only(town):
    send(town, HEAD + HOTLINE)
    (row,) = taken(town)
    assert (row["longitude"], row["latitude"]) == ("", "")
    assert row["grid"] == "000000000000001"


def test_no_cell_that_goes_out_runs(town):
    send(town, HEAD.replace("phone", "asset") + GOOD.replace("13800000000", "=1+1"))
    assert taken(town)[0]["asset"] == "'=1+1"


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (HEAD + GOOD, "application/json", 415),
        (b"", "text/csv", 422),
        (b"\xff\xfe\x00", "text/csv", 422),
        (b"no zip", XLSX, 422),
        ("a" * 16_777_217, "text/csv", 413),
        (HEAD + GOOD * 10_001, "text/csv", 422),
        ("external_id\n" + "a\n" * 1_000_001, "text/csv", 422),
    ],
)
def test_what_cannot_be_read_or_is_too_large_is_refused(town, content, media, status):
    answer = send(town, content, media=media)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def far_cell():
    """A small workbook whose one cell stands in the last column of the last row."""
    book = workbook(["external_id"], ["A1"])
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(written, "w") as new:
        for one in old.namelist():
            content = old.read(one)
            if one == "xl/worksheets/sheet1.xml":
                content = content.replace(b'r="A2"', b'r="XFD1048576"')
                content = content.replace(b'<row r="2"', b'<row r="1048576"')
                content = content.replace(b'ref="A1:A2"', b'ref="A1:XFD1048576"')
            new.writestr(one, content)
    return written.getvalue()


def bomb():
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b" " * 268_435_457)
    return written.getvalue()


def test_a_small_file_that_becomes_a_huge_one_is_refused(town):
    far, packed = far_cell(), bomb()
    assert len(far) < 20_000
    assert len(packed) < 1_000_000
    assert "cells" in send(town, far, media=XLSX).json()["title"]
    assert "unpacked" in send(town, packed, media=XLSX).json()["title"]


def test_more_than_may_go_out_is_refused_with_a_cure(town, tmp_path):
    few = tmp_path / "town" / "operations" / "exchange.toml"
    assert ExchangeLimits.load(few) == ExchangeLimits.load()
    few = tmp_path / "exchange.toml"
    few.write_text("most_rows = 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="limits of tables"):
        ExchangeLimits.load(few)


@pytest.fixture
def settings_of_tables(tmp_path):
    import importlib.resources as resources

    text = resources.files("dizuo.operations.exchange").joinpath("limits.toml").read_text("utf-8")
    folder = tmp_path / "operations"
    folder.mkdir(parents=True, exist_ok=True)
    changed = text.replace("most_exported = 100_000", "most_exported = 1")
    (folder / "exchange.toml").write_text(changed, encoding="utf-8")


@pytest.mark.usefixtures("settings_of_tables")
class TestOwnLimits:
    """A city sets its own."""

    def test_fewer_go_out(self, town):
        send(town, HEAD + GOOD + GOOD.replace("A1", "A2"))
        refused = town.get(PATH, "desk")
        assert refused.status_code == 422
        assert "more than 1 such cases" in refused.json()["title"]
        assert len(taken(town, category="0501", before="2026-03-01T00:00:00Z")) == 0
