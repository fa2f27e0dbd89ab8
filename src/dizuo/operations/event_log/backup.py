"""Back the log up into one file, and restore it into an empty database of either kind.

The file holds what is the truth: events, batches, observations, keys (encrypted) and confidences
(encrypted); and what others keep beside it that no event gives back.
What is derived is made anew. The master key and the signing key are not in it: keep them apart.
"""

import base64
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, LargeBinary, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

from dizuo.model.errors import InputError, StoreError
from dizuo.model.text import Text
from dizuo.operations.event_log import tables
from dizuo.operations.event_log.database import SCHEMA_VERSION, at_one_moment
from dizuo.operations.event_log.log import Log

__all__ = ["KeptBeside", "back_up", "restore"]

_TRUTH: Final = (
    tables.events, tables.batches, tables.keys, tables.confidences, tables.observations,
)  # fmt: skip
_CONTENTS: Final = "contents.json"
_A_PART: Final = 2_000
_READABLE: Final = range(1, SCHEMA_VERSION + 1)
"""Versions whose truth has the same tables; what is derived is made anew anyway."""


@dataclass(frozen=True, slots=True)
class KeptBeside:
    """A table that is not derived, and no part of the log.

    Attributes
    ----------
    only
        Which of its rows are backed up; None: all.
    """

    table: Table
    only: ColumnElement[bool] | None = None


def back_up(engine: Engine, file: Path, beside: Sequence[KeptBeside] = ()) -> dict[str, int]:
    """Write all that must not be lost, as it is at one moment; return the rows of each table.

    The file appears whole or not at all.

    Parameters
    ----------
    beside
        What else is written. Secrets in it must be encrypted already, as keys are.

    Raises
    ------
    InputError
        If the file exists, or its folder does not.
    """
    if file.exists():
        raise InputError(
            Text("the file exists", "文件已存在"),
            file=file,
            cure=Text("Name another one.", "请另取文件名。"),
        )
    if not file.parent.is_dir():
        raise InputError(
            Text("there is no such folder", "没有这个文件夹"),
            file=file.parent,
            cure=Text("Make it, or name another one.", "请先创建，或另选文件夹。"),
        )
    partial = file.with_name(f".{file.name}.partial")
    counts: dict[str, int] = {}
    try:
        with (
            at_one_moment(engine) as connection,
            zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
        ):
            for one in (*map(KeptBeside, _TRUTH), *beside):
                counts[one.table.name] = _write(connection, one, archive)
            contents = {"schema_version": SCHEMA_VERSION, "rows": counts}
            archive.writestr(_CONTENTS, json.dumps(contents))
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return counts


def restore(
    log: Log,
    file: Path,
    beside: Sequence[KeptBeside] = (),
    *,
    require: Callable[[Connection], None] = lambda _: None,
) -> dict[str, int]:
    """Read a backup into an empty database, and derive the rest; return the rows of each table.

    Parameters
    ----------
    beside
        What else is read, as far as the backup has it: older ones may not.
    require
        Refuses what was read, before it is kept: keys that do not fit.

    Raises
    ------
    InputError
        If the file is no whole backup of this version.
    StoreError
        If the database holds events already.
    """
    with _opened(file) as archive, log.engine.begin() as connection:
        if log.take_the_end(connection):
            raise StoreError(
                Text(
                    "the database holds events already: restore into an empty one",
                    "数据库中已有事件：请恢复到空数据库",
                )
            )
        contents = _contents(archive, file)
        told = [one.table for one in beside if one.table.name in contents["rows"]]
        for table in (*_TRUTH, *told):
            read = _read(connection, table, archive, file)
            if read != contents["rows"].get(table.name):
                raise InputError(
                    Text(
                        f"{table.name} has {read} rows, not {contents['rows'].get(table.name)}",
                        f"{table.name} 有 {read} 行，应为 {contents['rows'].get(table.name)} 行",
                    ),
                    file=file,
                    cure=Text(
                        "The file is damaged: take another backup.", "文件已损坏：请换一份备份。"
                    ),
                )
        last = connection.execute(select(func.max(tables.events.c.number))).scalar() or 0
        connection.execute(tables.log_end.update().values(number=last))
        require(connection)
        log.rebuild(connection)
    return dict(contents["rows"])


def _write(connection: Connection, one: KeptBeside, archive: zipfile.ZipFile) -> int:
    count, table = 0, one.table
    query = select(table).order_by(*table.primary_key.columns)
    query = query if one.only is None else query.where(one.only)
    rows = connection.execute(query.execution_options(yield_per=_A_PART))
    with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as file:
        for row in rows.mappings():
            told = {name: _as_json(value) for name, value in row.items()}
            file.write(json.dumps(told, ensure_ascii=False).encode("utf-8") + b"\n")
            count += 1
    return count


def _as_json(value: Any) -> Any:
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value


def _read(connection: Connection, table: Table, archive: zipfile.ZipFile, file: Path) -> int:
    binary = {one.name for one in table.columns if isinstance(one.type, LargeBinary)}
    count = 0
    for part in _parts(archive, table.name, file):
        try:
            rows = [
                {name: base64.b64decode(v) if name in binary else v for name, v in row.items()}
                for row in part
            ]
            connection.execute(table.insert(), rows)
        except (ValueError, TypeError, AttributeError, SQLAlchemyError) as error:
            raise _damaged(file) from error
        count += len(rows)
    return count


def _parts(archive: zipfile.ZipFile, name: str, file: Path) -> Iterator[list[Mapping[str, Any]]]:
    part: list[Mapping[str, Any]] = []
    try:
        with archive.open(f"{name}.jsonl") as lines:
            for line in lines:
                part.append(json.loads(line))
                if len(part) == _A_PART:
                    yield part
                    part = []
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise _damaged(file) from error
    if part:
        yield part


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except FileNotFoundError as error:
        raise InputError(
            Text("there is no such file", "没有这个文件"),
            file=file,
            cure=Text("Correct its path.", "请更正路径。"),
        ) from error
    except (OSError, zipfile.BadZipFile) as error:
        raise _damaged(file) from error


def _contents(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    try:
        contents: dict[str, Any] = json.loads(archive.read(_CONTENTS))
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise _damaged(file) from error
    if contents.get("schema_version") not in _READABLE:
        raise InputError(
            Text(
                f"this is a backup of version {contents.get('schema_version')}, not of "
                f"{_READABLE.start} to {SCHEMA_VERSION}",
                f"这是版本 {contents.get('schema_version')} 的备份，只支持 "
                f"{_READABLE.start} 至 {SCHEMA_VERSION}",
            ),
            file=file,
        )
    return contents


def _damaged(file: Path) -> InputError:
    return InputError(
        Text("this is no whole backup of a log", "这不是完整的日志备份"),
        file=file,
        cure=Text("Take another backup.", "请换一份备份。"),
    )
