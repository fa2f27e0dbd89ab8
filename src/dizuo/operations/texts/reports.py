"""Reports as columns: what, where and when. Nothing in them tells who reported."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from dizuo.model.errors import EngineError
from dizuo.operations.cases.table import cases
from dizuo.operations.texts.identifiers import Stripped
from dizuo.operations.time import to_microseconds

__all__ = ["NOT_CLOSED", "Reports", "read_reports"]

NOT_CLOSED = np.iinfo(np.int64).max
"""Where a time of closure would stand."""


@dataclass(frozen=True, eq=False)
class Reports:
    """Reports or cases, one entry of each column a report.

    Attributes
    ----------
    case
        Ids.
    kind
        Type and class together, ``urban_event/0101``; empty where it is not classified.
    x, y
        Metres in the city's CRS; NaN where it is not known.
    opened, closed
        Microseconds since 1970; ``NOT_CLOSED`` where a case is open.
    texts
        What was told, without identifiers; None where there is no text. Empty: no texts at all.
    """

    case: NDArray[np.str_]
    kind: NDArray[np.str_]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    opened: NDArray[np.int64]
    closed: NDArray[np.int64]
    texts: Sequence[Stripped | None] = ()

    def __post_init__(self) -> None:
        columns = (self.kind, self.x, self.y, self.opened, self.closed)
        if any(len(one) != len(self) for one in columns) or len(self.texts) not in (0, len(self)):
            raise EngineError("The columns of reports are of different length.")

    def __len__(self) -> int:
        return len(self.case)

    def placed(self) -> NDArray[np.bool_]:
        """Whether a report has a class and a place."""
        classified: NDArray[np.bool_] = self.kind != ""
        return classified & np.isfinite(self.x) & np.isfinite(self.y)

    def text(self, at: int) -> str | None:
        """Return what one report tells."""
        told = self.texts[at] if len(self.texts) else None
        return None if told is None else told.text


def read_reports(
    connection: Connection,
    *,
    open_only: bool = False,
    since: datetime | None = None,
    around: tuple[float, float, float] | None = None,
    case: str | None = None,
    simulated: bool = False,
) -> Reports:
    """Read reports from the table of cases, in the order in which they were opened.

    Parameters
    ----------
    since
        Only those opened from then on.
    around
        Only those in the square about a place: x, y and half the width, in metres.
    case
        Only the case of this id.
    simulated
        Whether made-up cases are wanted instead of real ones.
    """
    columns = ("case", "case_type", "category", "x", "y", "opened", "closed")
    asked = select(*(cases.c[name] for name in columns)).where(cases.c.simulated.is_(simulated))
    if open_only:
        asked = asked.where(cases.c.open.is_(True))
    if since is not None:
        asked = asked.where(cases.c.opened >= to_microseconds(since))
    if around is not None:
        x, y, reach = around
        asked = asked.where(
            cases.c.x.between(x - reach, x + reach), cases.c.y.between(y - reach, y + reach)
        )
    if case is not None:
        asked = asked.where(cases.c.case == case)
    rows = connection.execute(asked.order_by(cases.c.opened, cases.c.case)).all()
    named = [f"{row.case_type}/{row.category}" if row.category else "" for row in rows]
    nowhere = float("nan")
    return Reports(
        case=np.array([row.case for row in rows], dtype=np.str_),
        kind=np.array(named, dtype=np.str_),
        x=np.array([nowhere if row.x is None else row.x for row in rows], dtype=np.float64),
        y=np.array([nowhere if row.y is None else row.y for row in rows], dtype=np.float64),
        opened=np.array([row.opened for row in rows], dtype=np.int64),
        closed=np.array(
            [NOT_CLOSED if row.closed is None else row.closed for row in rows], dtype=np.int64
        ),
    )
