"""Read what is decided on and by whom from a city's tables: counts, and never anybody.

``projects``: project, cost, title. ``ballots``: approved (ids of projects with ``;`` between them)
and count. ``pool``: group, volunteers, residents.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dizuo.base.privacy import refuse_personal_columns
from dizuo.base.tables import read_table, refuse_torn_rows
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.participation.budget import Ballots, Project
from dizuo.operations.participation.lots import Group

__all__ = ["read_ballots", "read_groups"]


def read_ballots(projects: Path, ballots: Path) -> Ballots:
    """Read projects and counted ballots.

    Raises
    ------
    InputError
        With file, row and field: a column is absent, a number is none, a project is not known.
    """
    known = tuple(
        Project(row["project"], _whole(projects, row, "cost"), row.get("title", ""))
        for row in _rows(projects, "project", "cost")
    )
    ids = [one.id for one in known]
    added: dict[frozenset[str], int] = {}
    for row in _rows(ballots, "approved", "count"):
        pattern = frozenset(part.strip() for part in row["approved"].split(";") if part.strip())
        unknown = sorted(pattern.difference(ids))
        if unknown:
            raise InputError(
                Text(f"there is no project {unknown[0]!r}", f"没有项目 {unknown[0]!r}"),
                file=ballots, row=int(row["row"]), field="approved",
                cure=Text(f"Known are: {', '.join(ids)}.", f"已有：{'、'.join(ids)}。"),
            )  # fmt: skip
        added[pattern] = added.get(pattern, 0) + _whole(ballots, row, "count")
    cast = {pattern: count for pattern, count in added.items() if count}
    return Ballots(known, tuple(cast), tuple(cast.values()))


def read_groups(pool: Path) -> list[Group]:
    """Read how many stand for each group, and how many of it live in the city.

    Raises
    ------
    InputError
        With file, row and field: a column is absent, or a number is none.
    """
    return [
        Group(row["group"], _whole(pool, row, "volunteers"), _whole(pool, row, "residents"))
        for row in _rows(pool, "group", "volunteers", "residents")
    ]


def _rows(file: Path, *needed: str) -> Iterator[dict[str, str]]:
    table, torn = read_table(file)
    refuse_torn_rows(torn, file)
    refuse_personal_columns(table, dropped=(), file=file)
    for name in needed:
        if name not in table.columns:
            raise InputError(
                Text(f"there is no column {name!r}", f"缺少列 {name!r}"), file=file, field=name,
                cure=Text(f"The columns are: {', '.join(needed)}.", f"须有：{'、'.join(needed)}。"),
            )  # fmt: skip
    for row in table.fillna("").astype(str).to_dict("records"):
        yield {str(name): str(value).strip() for name, value in row.items()}


def _whole(file: Path, row: dict[str, Any], name: str) -> int:
    text = row[name]
    if not (text.isascii() and text.isdigit()):
        raise InputError(
            Text(f"{text!r} is no whole number", f"{text!r} 不是整数"),
            file=file, row=int(row["row"]), field=name,
        )  # fmt: skip
    return int(text)
