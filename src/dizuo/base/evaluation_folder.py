"""Where a city's own evaluations stand: one file for each period, named by its days."""

import re
from datetime import date
from pathlib import Path
from typing import Final

__all__ = ["TRAVEL", "evaluation_file", "newest_evaluation"]

_FOLDER: Final = "evaluation"
_NAME: Final = re.compile(r"(\d{4}-\d\d-\d\d)_(\d{4}-\d\d-\d\d)\.parquet")
TRAVEL: Final = "travel_"
"""How files begin that evaluate counts of travellers, not cases."""


def evaluation_file(operations: Path, first: date, last: date, begins: str = "") -> Path:
    """Return the file of a period, by its first and last day.

    Parameters
    ----------
    operations
        The folder ``operations`` of a city, or that of a simulation.
    begins
        How its name begins: ``TRAVEL``, or nothing for cases.
    """
    return operations / _FOLDER / f"{begins}{first}_{last}.parquet"


def newest_evaluation(
    operations: Path, reference: date, begins: str = ""
) -> tuple[Path, date] | None:
    """Return the file of the newest period that ended by a day, and its last day.

    Of two periods with the same end the longer one is taken: it rests on more cases.
    """
    ended = [
        (last, -first.toordinal(), file)
        for file in sorted((operations / _FOLDER).glob(f"{begins}*.parquet"))
        if (first := _day(file.name.removeprefix(begins), 1))
        and (last := _day(file.name.removeprefix(begins), 2))
        and last <= reference
    ]
    if not ended:
        return None
    last, _, file = max(ended)
    return file, last


def _day(name: str, which: int) -> date | None:
    """Return the first or the last day that a name tells; None if it is no name of a period."""
    found = _NAME.fullmatch(name)
    try:
        return date.fromisoformat(found[which]) if found else None
    except ValueError:
        return None
