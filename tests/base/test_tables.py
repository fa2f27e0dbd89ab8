"""Tables as offices write them: encodings, delimiters, workbooks, and rows that are not whole."""

import openpyxl
import pytest

from dizuo.base.tables import read_table
from dizuo.base.text_encoding import detect_encoding
from dizuo.model.errors import InputError

TEXT = "编号,名称,经度\n1,第一幼儿园,116.39\n2,第二幼儿园,116.40\n"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "table.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk", "gb2312"])
def test_chinese_tables_are_read_in_the_encodings_that_offices_use(file, encoding):
    file.write_bytes(TEXT.encode(encoding))
    table, rejects = read_table(file)
    assert list(table.columns) == ["row", "编号", "名称", "经度"]
    assert list(table["名称"]) == ["第一幼儿园", "第二幼儿园"]
    assert list(table["row"]) == [2, 3]
    assert len(rejects) == 0


def test_a_stated_encoding_is_believed_and_checked(file):
    file.write_bytes("name\nPlaça\n".encode("cp1252"))
    assert read_table(file, encoding="cp1252")[0]["name"][0] == "Plaça"
    with pytest.raises(InputError, match="cannot be read as utf-8") as caught:
        read_table(file, encoding="utf-8")
    assert caught.value.row == 2
    with pytest.raises(InputError, match="'utf-9' is unknown"):
        read_table(file, encoding="utf-9")


def test_western_text_is_not_taken_for_chinese(file):
    # Every accent and the letter after it would make one rare character in GB 18030.
    file.write_bytes("name\nCañada\nPlaça\nMünchen\n".encode("latin-1"))
    with pytest.raises(InputError, match="neither UTF-8 nor Chinese") as caught:
        read_table(file)
    assert "cp1252" in caught.value.cure


def test_lines_in_different_encodings_are_refused_with_the_row(file):
    lines = [b"name", "第一幼儿园".encode(), "第二幼儿园".encode("gbk"), "第三".encode()]
    file.write_bytes(b"\n".join(lines))
    with pytest.raises(InputError, match="another encoding than row 2") as caught:
        read_table(file)
    assert caught.value.row == 3


def test_bytes_that_are_no_text_at_all_are_refused(file):
    file.write_bytes(b"\xff\xfa\x00\x81\xff\n\xfe\xff")
    with pytest.raises(InputError):
        detect_encoding(file.read_bytes(), file)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_quotes_may_hold_it(file, delimiter):
    file.write_text(f'a{delimiter}b\n"1{delimiter}2"{delimiter}"x\ny"\n', encoding="utf-8")
    table, _ = read_table(file)
    assert list(table["a"]) == [f"1{delimiter}2"]
    assert list(table["b"]) == ["x\ny"]


def test_rows_with_too_many_or_too_few_cells_are_rejected_and_counted(file):
    file.write_text("a,b\n1,2\n3\n4,5,6\n7,8,\n\n9,10\n", encoding="utf-8")
    table, rejects = read_table(file)
    assert list(table["a"]) == ["1", "7", "9"]
    assert list(table["row"]) == [2, 5, 7]
    assert list(rejects["row"]) == ["3", "4"]
    assert list(rejects["reason"]) == [
        "the row has 1 cells, the header 2",
        "the row has 3 cells, the header 2",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "the table is empty"),
        ("\n\n", "the table is empty"),
        ("a,b\n", "no row under its header"),
        ("a,a\n1,2\n", "column 2 is named 'a' like another"),
        ("a,,c\n1,2,3\n", "column 2 has no name"),
        ('a,b\n"1,2\n', "not CSV"),
        ("a,b\n1,\0\n", "no text"),
    ],
)
def test_tables_without_a_usable_shape_are_refused(file, content, problem):
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=problem):
        read_table(file)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"read from \.pdf"):
        read_table(tmp_path / "a.pdf")
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path / "none.csv")


@pytest.fixture
def book(tmp_path):
    from datetime import datetime

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "data"
    sheet.append([None, None])
    sheet.append(["编号", "床位", "日期", None])
    sheet.append([1, 90.0, datetime(2024, 5, 1)])  # noqa: DTZ001 (as workbooks store it)
    sheet.append([None, None, None])
    sheet.append(["B2", 1.5, None])
    book.create_sheet("other").append(["x"])
    file = tmp_path / "table.xlsx"
    book.save(file)
    return file


def test_workbooks_keep_the_rows_that_the_user_sees(book):
    table, rejects = read_table(book)
    assert list(table["row"]) == [3, 5]
    assert list(table["编号"]) == ["1", "B2"]
    assert list(table["床位"]) == ["90", "1.5"]
    assert list(table["日期"]) == ["2024-05-01", ""]
    assert len(rejects) == 0


def test_sheets_are_chosen_by_name(book, tmp_path):
    with pytest.raises(InputError, match="no row under"):
        read_table(book, sheet="other")
    with pytest.raises(InputError, match="no sheet 'nope'") as caught:
        read_table(book, sheet="nope")
    assert "data, other" in caught.value.cure
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(book.read_bytes()[:500])
    with pytest.raises(InputError, match="no workbook"):
        read_table(broken)
