"""Evaluations become a layer: the newest that is known on the day, never a made-up one."""

from datetime import date

import pandas as pd
import pytest

from dizuo.base.config import SourceSettings
from dizuo.base.evaluation_folder import evaluation_file, newest_evaluation
from dizuo.base.evaluation_table import read_evaluation
from dizuo.base.schemas import LAYERS
from dizuo.model.errors import InputError

DAY = date(2024, 6, 1)
ROW = {
    "id": "evaluation:city/city/urban_event/on_time/2024-05-01",
    "source": "operations", "kind": "city", "key": "city", "case_type": "urban_event",
    "indicator": "on_time", "value": 75.0, "value_evidence": "measured", "low": 60.0,
    "high": 90.0, "unit_of_value": "%", "numerator": 3.0, "denominator": 4.0, "excluded": 0.0,
    "hidden": "", "period_begin": "2024-05-01", "period_end": "2024-06-01",
}  # fmt: skip


def kept(operations, first, last):
    file = evaluation_file(operations, date.fromisoformat(first), date.fromisoformat(last))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"")
    return file


def source(file, day=DAY):
    return SourceSettings("own_evaluation", "evaluation", file, "internal", "", day)


def written(folder, **changes):
    pd.DataFrame([ROW | changes]).to_parquet(folder / "table.parquet")
    return folder / "table.parquet"


def test_the_newest_period_that_ended_by_the_day_is_taken(tmp_path):
    kept(tmp_path, "2024-04-01", "2024-04-30")
    may = kept(tmp_path, "2024-05-01", "2024-05-31")
    kept(tmp_path, "2024-06-01", "2024-06-30")
    kept(tmp_path, "2024-05-25", "2024-05-31")  # shorter than May
    (may.parent / "notes.parquet").write_bytes(b"")
    (may.parent / "2024-05-01_2024-05-32.parquet").write_bytes(b"")
    assert newest_evaluation(tmp_path, DAY) == (may, date(2024, 5, 31))
    assert newest_evaluation(tmp_path, date(2024, 1, 1)) is None
    assert newest_evaluation(tmp_path / "nowhere", DAY) is None


def test_a_table_is_read_with_the_columns_of_the_layer(tmp_path):
    table = read_evaluation(source(written(tmp_path, note="of no use")), DAY)
    assert list(table.columns) == list(LAYERS["evaluation"].columns)
    assert table.loc[0, ["source", "value"]].tolist() == ["own_evaluation", 75.0]


def test_simulated_cases_never_enter_a_base(tmp_path):
    file = written(tmp_path, value_evidence="simulated")
    with pytest.raises(InputError, match="simulated cases") as refused:
        read_evaluation(source(file), DAY)
    assert refused.value.field == "value_evidence"
    assert "--simulated" in refused.value.cure


def test_a_period_after_the_reference_date_is_refused(tmp_path):
    with pytest.raises(InputError, match="after the reference date 2024-06-01"):
        read_evaluation(source(written(tmp_path), date(2024, 6, 2)), DAY)


def test_another_file_is_refused_with_what_is_wrong(tmp_path):
    (tmp_path / "table.txt").write_text("no table", encoding="utf-8")
    with pytest.raises(InputError, match="this is no evaluation"):
        read_evaluation(source(tmp_path / "table.txt"), DAY)
    pd.DataFrame([ROW]).drop(columns="hidden").to_parquet(tmp_path / "old.parquet")
    with pytest.raises(InputError, match="there is no column hidden"):
        read_evaluation(source(tmp_path / "old.parquet"), DAY)
