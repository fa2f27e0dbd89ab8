"""How many work for a city, by district and duty: counts from its own table, never persons."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import pandas as pd

from dizuo.base.config import SourceSettings
from dizuo.base.config_table import nearest
from dizuo.base.layer_words import STAFF_DUTIES
from dizuo.base.privacy import refuse_personal_columns
from dizuo.base.rejects import join_rejects, rejected_rows
from dizuo.base.tables import read_table
from dizuo.base.user_values import KnownPlaces
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["current_staff", "read_staff"]
__systems__ = ("S21.4", "S23.6", "S22.2")

_COLUMNS: Final = ("duty", "place_kind", "place", "staff")
_KINDS: Final = ("district", "city")


def read_staff(source: SourceSettings, places: KnownPlaces) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a table with one row for each duty and place.

    Parameters
    ----------
    source
        A source of kind ``staff``: a table with the columns ``duty`` (``enforcement`` or
        ``community``), ``place_kind`` (``district`` or ``city``), ``place`` (id or name) and
        ``staff`` (how many), and perhaps ``date``.

    Returns
    -------
    tuple
        The rows that can be used, and the rejects with their reasons.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, identifies persons, or no row can be used.
    """
    table, ragged = read_table(source.file, encoding=source.encoding, sheet=source.table)
    table = refuse_personal_columns(table, dropped=source.drop, file=source.file)
    table = table.rename(columns={name: target for target, name in source.columns.items()})
    for name in _COLUMNS:
        if name not in table.columns:
            raise InputError(
                Text(f"there is no column {name!r}", f"没有“{name}”列"),
                file=source.file,
                field=name,
                cure=Text(
                    f"The columns are: {', '.join(_COLUMNS)}.", f"应有的列：{'、'.join(_COLUMNS)}。"
                ),
            )
    found: list[dict[str, object]] = []
    rejects = [ragged]
    for record in table.to_dict("records"):
        row = {str(name): str(value).strip() for name, value in record.items()}
        try:
            found.append(_counted(row, source, places))
        except InputError as error:
            told = pd.DataFrame([{"row": row["row"], "id": row["place"]}])
            rejects.append(
                rejected_rows(
                    told, [True], reason=error.problem, field=error.field or "",
                    cure=error.cure or "",
                )
            )  # fmt: skip
    rejected = join_rejects(rejects, source=source.id, layer="staff")
    if not found:
        reason = rejected["reason"].iloc[0] if len(rejected) else "no row is filled in"
        raise InputError(
            Text("no row of the table can be used", "表格没有任何一行可用"),
            file=source.file,
            cure=Text(f"First reason: {reason}.", f"首个原因：{reason}。"),
        )
    return pd.DataFrame(found), rejected


def current_staff(
    tables: Sequence[pd.DataFrame], reference: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep one count for each duty and place: the newest that is not after a day.

    Returns
    -------
    tuple
        The table ``staff``, and the rejects: counts of later days, and older ones.
    """
    table = pd.concat(tables, ignore_index=True)
    later = (table["date"] > reference.isoformat()).to_numpy(dtype=bool)
    known = table[~later].sort_values("date", kind="stable")
    older = known.duplicated(["duty", "place_kind", "place"], keep="last").to_numpy(dtype=bool)
    rejects = [
        rejected_rows(
            table, later, reason="the day is after the reference date", field="date",
            cure="Set reference_date to that day or later.",
        ),
        rejected_rows(
            known, older, reason="a newer count stands", field="date", cure="Nothing is lost."
        ),
    ]  # fmt: skip
    kept = known[~older].sort_index().drop(columns="row").reset_index(drop=True)
    return kept, join_rejects(rejects, layer="staff")


def _counted(
    row: Mapping[str, str], source: SourceSettings, places: KnownPlaces
) -> dict[str, object]:
    for field, words in (("duty", STAFF_DUTIES), ("place_kind", _KINDS)):
        if row[field] not in words:
            raise InputError(
                Text(f"{row[field]!r} is no {field}", f"“{row[field]}”不是可用的 {field}"),
                field=field,
                cure=nearest(row[field], words),
            )
    kind, place = places.find(row["place_kind"], row["place"])
    if not row["staff"].isascii() or not row["staff"].isdigit():
        raise InputError(
            Text(f"{row['staff']!r} is no number of people", f"“{row['staff']}”不是人数"),
            field="staff",
            cure=Text(
                "Tell how many, as a whole number, and never who.", "只填整数人数，不填姓名。"
            ),
        )
    return {
        "row": row["row"],
        "id": f"staff:{row['duty']}.{place}",
        "source": source.id,
        "duty": row["duty"],
        "place_kind": kind,
        "place": place,
        "staff": float(row["staff"]),
        "date": _day(row.get("date", ""), source.date),
        "evidence": str(source.evidence),
    }


def _day(text: str, default: date) -> str:
    try:
        return (date.fromisoformat(text) if text else default).isoformat()
    except ValueError:
        raise InputError(
            Text(f"{text!r} is no day", f"“{text}”不是日期"),
            field="date",
            cure=Text("Write it as 2025-12-31.", "请写成 2025-12-31 的形式。"),
        ) from None
