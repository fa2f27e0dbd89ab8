"""The table of staff: counts by duty and place, and what is refused of it."""

from datetime import date

import pandas as pd
import pytest

from dizuo.base.config import SourceSettings
from dizuo.base.staff_table import current_staff, read_staff
from dizuo.base.user_values import KnownPlaces
from dizuo.model.errors import InputError

pytestmark = pytest.mark.systems("S21.4", "S23.6")

PLACES = KnownPlaces(
    pd.DataFrame(
        {
            "kind": ["city", "district", "district"],
            "name": ["Paper", "West", "East"],
            "name_zh": ["纸上城", "西区", "东区"],
            "id": ["city:paper", "district:west", "district:east"],
        }
    ),
    pd.DataFrame({"id": []}),
)


def source(file, **more):
    day = date.fromisoformat("2024-03-01")
    return SourceSettings("hr", "staff", file, "internal", "", day, **more)


@pytest.fixture
def read(tmp_path):
    def write_and_read(*rows, header="duty,place_kind,place,staff,date"):
        file = tmp_path / "staff.csv"
        file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
        return read_staff(source(file), PLACES)

    return write_and_read


def test_counts_are_read_by_name_or_id_and_dated_by_the_source(read):
    counts, rejected = read("enforcement,district,西区,12,2024-01-01", "community,city,,80,")
    assert counts[["duty", "place", "staff", "date"]].to_numpy().tolist() == [
        ["enforcement", "district:west", 12, "2024-01-01"],
        ["community", "city:paper", 80, "2024-03-01"],
    ]
    assert set(counts["evidence"]) == {"measured"}
    assert not len(rejected)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("inforcement,district,West,12,", "duty"),
        ("enforcement,community,West,12,", "place_kind"),
        ("enforcement,district,North,12,", "place"),
        ("enforcement,district,West,Wang,", "staff"),
        ("enforcement,district,West,-1,", "staff"),
        ("enforcement,district,West,2.5,", "staff"),
        ("enforcement,district,West,12,1 May", "date"),
    ],
)
def test_a_row_that_cannot_be_used_is_told_with_its_reason(read, row, field):
    counts, rejected = read("community,city,,80,", row)
    assert len(counts) == 1
    assert rejected[["row", "field", "layer"]].to_numpy().tolist() == [["3", field, "staff"]]
    assert rejected["reason"].all()
    assert rejected["cure"].all()


def test_a_table_of_persons_is_refused(read):
    with pytest.raises(InputError):
        read(
            "enforcement,city,,1,王小明,13800000000",
            header="duty,place_kind,place,staff,name,phone",
        )


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        (["enforcement,city,12"], "duty,place_kind,staff"),
        (["enforcement,city,,many"], "duty,place_kind,place,staff"),
    ],
)
def test_a_table_that_tells_nothing_is_refused(read, rows, header):
    with pytest.raises(InputError) as refused:
        read(*rows, header=header)
    assert refused.value.cure


def test_the_newest_count_by_the_reference_date_stands(read):
    counts, _ = read(
        "enforcement,city,,10,2022-12-31",
        "enforcement,city,,12,2023-12-31",
        "enforcement,city,,14,2025-12-31",
    )
    kept, passed = current_staff([counts], date.fromisoformat("2024-06-01"))
    assert kept["staff"].tolist() == [12]
    assert sorted(passed["row"]) == ["2", "4"]
