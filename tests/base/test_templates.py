"""Templates for what open data cannot tell, and what is read from them when they are filled."""

import csv
import shutil
from datetime import date

import openpyxl
import pandas as pd
import pytest
from town_city import write_city

from dizuo.base.build import build
from dizuo.base.config import SourceSettings
from dizuo.base.templates import KnownPlace, template_rows, write_templates
from dizuo.base.user_values import current_values, read_user_values, template_columns
from dizuo.model.errors import InputError
from dizuo.model.evidence import Evidence
from dizuo.standards.checkup_rows import checkup_row, load_checkup_rows

PLACES = pd.DataFrame(
    {
        "id": ["city:town", "district:north", "district:south", "community:a", "community:b"],
        "kind": ["city", "district", "district", "community", "community"],
        "name": ["Town", "North", "South", "Twin", "Twin"],
        "name_zh": ["小镇", "北区", "南区", "", ""],
    }
)
BUILDINGS = pd.DataFrame({"id": ["building:w1"]})


def source(file, **changes):
    settings = {"id": "own", "kind": "values", "file": file, "licence": "", "attribution": ""}
    return SourceSettings(**(settings | {"date": date(2024, 1, 1)} | changes))


def filled(file, row, **cells):
    """Fill one row of an indicator's CSV template."""
    columns = template_columns(row)
    assert set(cells) <= set(columns)
    with file.open("a", encoding="utf-8", newline="") as stream:
        told = {"indicator": row.id, "place_kind": "city"} | cells
        csv.writer(stream).writerow([told.get(column, "") for column in columns])
    return file


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("templates")
    places = [KnownPlace("district", "district:north", "北区 North")]
    return folder, write_templates(folder, places=places)


def share_row():
    """Return an indicator that divides one amount by another, in per cent."""
    return next(
        row
        for row in template_rows()
        if len(row.measures) == 1
        and row.measures[0].denominator is not None
        and row.measures[0].unit.en == "%"
    )


@pytest.fixture
def template(written, tmp_path):
    row = share_row()
    return row, shutil.copy(written[0] / f"{row.id}.csv", tmp_path / f"{row.id}.csv")


def test_there_is_a_template_for_every_row_that_open_data_cannot_compute(written):
    folder, files = written
    rows = load_checkup_rows().values()
    expected = {row.id for row in rows if row.open_data != "yes" and row.measures}
    expected |= {"T11", "T19", "T26"}  # open, but in neither OpenStreetMap nor GTFS
    assert len(expected) > 80
    assert {file.stem for file in files} == expected
    assert {file.name for file in folder.iterdir()} == {file.name for file in files}
    assert {file.suffix for file in files} == {".xlsx", ".csv"}


def test_a_workbook_explains_itself_in_both_languages_and_checks_what_is_typed(written):
    folder, _ = written
    row = share_row()
    book = openpyxl.load_workbook(folder / f"{row.id}.xlsx")
    sheet = book["data"]
    header = [cell.value for cell in sheet[1]]
    assert header == list(template_columns(row))
    helps = [cell.value for cell in sheet[2]]
    assert helps[0].startswith("#")
    for name, text in zip(header, helps, strict=True):
        field = {each.name: each for each in row.fields}.get(name)
        if field is not None:
            assert field.label.zh in text
            assert field.label.en in text
    assert all(cell.comment is not None for cell in sheet[1])
    lists = {check.formula1 for check in sheet.data_validations.dataValidation}
    assert '"building,block,cell,community,district,city"' in lists
    assert '"measured,estimated,simulated"' in lists
    assert any("places" in (formula or "") for formula in lists)
    about = {row_[0].value: row_[1].value for row_ in book["about 说明"].iter_rows()}
    assert about["名称"] == row.title.zh
    assert book["places 地点"]["B2"].value == "district:north"
    assert book["example 示例"].max_row == 2


def test_the_example_of_every_workbook_is_a_row_that_is_accepted(written, tmp_path):
    folder, _ = written
    for row in template_rows():
        example = openpyxl.load_workbook(folder / f"{row.id}.xlsx", read_only=True)["example 示例"]
        header, cells = ([*each] for each in example.iter_rows(values_only=True))
        told = {k: v for k, v in zip(header, cells, strict=True) if v is not None}
        told["place"] = "district:north"
        file = filled(tmp_path / f"{row.id}.csv", row)
        file.unlink()
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, [told.get(name, "") for name in header]])
        values, rejects = read_user_values(source(file), PLACES, BUILDINGS)
        assert len(rejects) == 0, row.id
        assert len(values) == len(row.measures)


def test_filled_templates_give_values_of_the_rows_formula(template):
    row, file = template
    measure = row.measures[0]
    amounts = {measure.numerator.name: "30", measure.denominator.name: "40"}
    filled(file, row, **amounts, date="2023-05-01", source="survey", note="n")
    filled(file, row, place_kind="district", place="北区", evidence="estimated", **amounts)
    values, rejects = read_user_values(source(file), PLACES, BUILDINGS)
    assert len(rejects) == 0
    city, north = values.to_dict("records")
    assert (city["numerator"], city["denominator"]) == (30, 40)
    assert city["value"] == pytest.approx(75)
    assert (city["place"], city["date"], city["reference"]) == ("city:town", "2023-05-01", "survey")
    assert city["evidence"] == "measured"
    assert (north["place"], north["date"], north["evidence"]) == (
        "district:north", "2024-01-01", "estimated",
    )  # fmt: skip


def test_the_value_alone_will_do_where_its_parts_are_not_known(template):
    row, file = template
    filled(file, row, value="62.5", unit="%")
    values, _ = read_user_values(source(file, evidence=Evidence.ESTIMATED), PLACES, BUILDINGS)
    assert values["value"][0] == 62.5
    assert pd.isna(values["numerator"][0])
    assert values["evidence"][0] == "estimated"


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"indicator": "H99"}, "there is no indicator 'H99'"),
        ({"place_kind": "town"}, "'town' is no kind of place"),
        ({"place_kind": "district", "place": "East"}, "there is no district 'East'"),
        ({"place_kind": "district"}, "there is no district ''"),
        ({"place_kind": "community", "place": "Twin"}, "several places are called 'Twin'"),
        ({"unit": "m2"}, "the unit is 'm2', the indicator counts in '%'"),
        ({"NUMERATOR": "-1"}, "an amount is negative"),
        ({"NUMERATOR": "1,5"}, "'1,5' is no number"),
        ({"NUMERATOR": "inf"}, "'inf' is no number"),
        ({"NUMERATOR": "41"}, "the part is larger than the whole"),
        ({"DENOMINATOR": "0"}, "the amount to divide by is zero"),
        ({"DENOMINATOR": ""}, "the amount to divide by is missing"),
        ({"NUMERATOR": ""}, "the row tells no amount"),
        ({"value": "70"}, "the value 70 is not what its amounts give, 75"),
        ({"NUMERATOR": "", "value": "101"}, "a share must be from 0 to 100 %"),
        ({"date": "1 May"}, "'1 May' is no day"),
        ({"evidence": "sure"}, "'sure' is no mark of evidence"),
    ],
)
def test_rows_that_cannot_be_are_rejected_with_the_reason(template, cells, problem):
    row, file = template
    measure = row.measures[0]
    names = {"NUMERATOR": measure.numerator.name, "DENOMINATOR": measure.denominator.name}
    good = {names["NUMERATOR"]: "30", names["DENOMINATOR"]: "40"}
    filled(file, row, **good)
    filled(file, row, **(good | {names.get(key, key): value for key, value in cells.items()}))
    values, rejects = read_user_values(source(file), PLACES, BUILDINGS)
    assert len(values) == 1
    assert list(rejects["reason"]) == [problem]
    assert list(rejects["row"]) == ["4"]
    assert rejects["cure"][0] != ""


def test_tables_that_tell_nothing_are_refused(template, tmp_path):
    row, file = template
    with pytest.raises(InputError, match="no row of the table") as caught:
        read_user_values(source(file), PLACES, BUILDINGS)
    assert "no row is filled in" in caught.value.cure
    filled(file, row, place_kind="moon")
    with pytest.raises(InputError, match="no row of the table") as caught:
        read_user_values(source(file), PLACES, BUILDINGS)
    assert "'moon' is no kind of place" in caught.value.cure
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column 'indicator'"):
        read_user_values(source(other), PLACES, BUILDINGS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no filled template"):
        read_user_values(source(tmp_path / "empty"), PLACES, BUILDINGS)


def test_own_tables_may_name_their_columns_otherwise_but_not_persons(tmp_path):
    row = share_row()
    measure = row.measures[0]
    file = tmp_path / "own.csv"
    file.write_text("分子,分母,联系人\n1,2,张三\n", encoding="gb18030")
    columns = {measure.numerator.name: "分子", measure.denominator.name: "分母"}
    constants = {"indicator": row.id, "place_kind": "city", "place": ""}
    settings = source(file, columns=columns, constants=constants, drop=("联系人",))
    assert read_user_values(settings, PLACES, BUILDINGS)[0]["value"][0] == 50
    with pytest.raises(InputError, match="no data on persons"):
        read_user_values(source(file, columns=columns, constants=constants), PLACES, BUILDINGS)
    wrong = source(file, columns=columns | {"note": "备注"}, constants=constants, drop=("联系人",))
    with pytest.raises(InputError, match="no column '备注'"):
        read_user_values(wrong, PLACES, BUILDINGS)


def test_a_row_with_several_measures_files_each_under_its_own_name(written, tmp_path):
    row = checkup_row("T22")
    assert len(row.measures) == 3
    file = shutil.copy(written[0] / "T22.csv", tmp_path / "T22.csv")
    first, second, third = row.measures
    cells = {first.denominator.name: "100", first.numerator.name: "5", third.numerator.name: "7"}
    filled(file, row, indicator="", **cells)
    values, _ = read_user_values(source(file), PLACES, BUILDINGS)
    assert list(values["indicator"]) == ["T22", f"T22.{third.id}"]
    assert set(values["checkup_row"]) == {"T22"}
    assert second.id not in " ".join(values["indicator"])


def test_values_of_buildings_name_a_building(template):
    row, file = template
    measure = row.measures[0]
    amounts = {measure.numerator.name: "1", measure.denominator.name: "1"}
    filled(file, row, place_kind="building", place="building:w1", **amounts)
    filled(file, row, place_kind="building", place="building:w2", **amounts)
    values, rejects = read_user_values(source(file), PLACES, BUILDINGS)
    assert list(values["place"]) == ["building:w1"]
    assert len(rejects) == 1


def test_the_newest_value_up_to_the_reference_date_stands(template):
    row, file = template
    measure = row.measures[0]
    for day, part in (("2023-01-01", 1), ("2024-01-01", 2), ("2024-01-01", 3), ("2025-01-01", 4)):
        filled(
            file,
            row,
            date=day,
            **{measure.numerator.name: str(part), measure.denominator.name: "4"},
        )
    table, _ = read_user_values(source(file), PLACES, BUILDINGS)
    values, rejects = current_values([table], date(2024, 6, 1))
    assert list(values["value"]) == [50]
    assert dict(zip(rejects["row"], rejects["reason"], strict=True)) == {
        "3": "a newer value stands",
        "5": "the indicator has a value for this place and day already",
        "6": "the value is of a day after the reference date",
    }


@pytest.mark.systems("S22.2")
def test_a_folder_of_templates_is_a_source_of_the_city(written, tmp_path):
    folder = write_city(tmp_path / "town")
    row = share_row()
    measure = row.measures[0]
    (folder / "filled").mkdir()
    file = shutil.copy(written[0] / f"{row.id}.csv", folder / "filled" / f"{row.id}.csv")
    shutil.copy(written[0] / "T22.xlsx", folder / "filled" / "T22.xlsx")
    filled(file, row, **{measure.numerator.name: "1", measure.denominator.name: "4"})
    with (folder / "city.toml").open("a", encoding="utf-8") as stream:
        stream.write(
            '\n[[sources]]\nid = "own"\nkind = "values"\nfile = "filled"\ndate = 2024-01-01\n'
        )
    base = build(folder)
    (value,) = base.table("user_values").to_dict("records")
    assert (value["indicator"], value["place"], value["value"]) == (row.id, "city:town", 25)
    filled(file, row, place="x", **{measure.numerator.name: "1", measure.denominator.name: "4"})
    again = build(folder)
    assert again.manifest.layers["places"].hash == base.manifest.layers["places"].hash
    assert f"{row.id}.csv:4" in set(again.table("rejects")["row"])


def test_templates_that_may_be_filled_in_are_not_overwritten(tmp_path):
    write_templates(tmp_path, ids=["H01"])
    with pytest.raises(InputError, match="may be filled in"):
        write_templates(tmp_path, ids=["H01"])
    assert len(write_templates(tmp_path, ids=["H01"], overwrite=True)) == 2
    for name in ("H99", "V20"):
        with pytest.raises(InputError, match=f"no template for '{name}'"):
            write_templates(tmp_path, ids=[name])
