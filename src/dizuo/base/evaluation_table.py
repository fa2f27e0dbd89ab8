"""Evaluations of operations as a source of the base.

Operations and the checkup meet here: the one writes a table of units and places for each period,
the other reads the newest one that ended by its reference date. Neither knows the other.
"""

from datetime import date

import pandas as pd

from dizuo.base.config import SourceSettings
from dizuo.base.schemas import LAYERS
from dizuo.model.errors import InputError
from dizuo.model.evidence import Evidence
from dizuo.model.text import Text

__all__ = ["read_evaluation"]
__systems__ = ("S22.2", "S22.6")


def read_evaluation(source: SourceSettings, reference: date) -> pd.DataFrame:
    """Read the table of an evaluation, as ``dizuo evaluate`` wrote it.

    Parameters
    ----------
    source
        A source of kind ``evaluation``.
    reference
        The day of the checkup: it cannot know a period that ends later.

    Raises
    ------
    InputError
        If the file is no such table, rests on simulated cases, or is of a later period.
    """
    table = _read(source)
    if (table["value_evidence"] == Evidence.SIMULATED.value).any():
        raise InputError(
            Text("the evaluation rests on simulated cases", "该评价依据的是模拟案件"),
            file=source.file,
            field="value_evidence",
            cure=Text(
                "A checkup takes no simulated data: evaluate the city's own log "
                "('dizuo evaluate' without --simulated).",
                "体检不采用模拟数据：请评价城市自己的日志（dizuo evaluate，不加 --simulated）。",
            ),
        )
    if source.date > reference:
        raise InputError(
            Text(
                f"the evaluation is of {source.date}, after the reference date {reference}",
                f"评价的日期为 {source.date}，晚于体检基准日 {reference}",
            ),
            file=source.file,
            field="date",
            cure=Text(
                "Name an earlier evaluation, or set reference_date to its last day or later.",
                "请换用更早的评价，或将 reference_date 设为其末日或之后。",
            ),
        )
    return table


def _read(source: SourceSettings) -> pd.DataFrame:
    names = list(LAYERS["evaluation"].columns)
    try:
        table = pd.read_parquet(source.file)
    except (OSError, ValueError) as error:
        raise _not_readable(source, str(error)) from error
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise _not_readable(source, f"there is no column {absent[0]}")
    return table[names].assign(source=source.id)


def _not_readable(source: SourceSettings, why: str) -> InputError:
    return InputError(
        Text(f"this is no evaluation: {why}", f"文件不是评价结果表：{why}"),
        file=source.file,
        cure=Text("Make it with: dizuo evaluate CITY.", "请用 dizuo evaluate CITY 生成。"),
    )
