"""The doors of tables: cases come in as a file, and go out as one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dizuo.api.answering import answered, language_of
from dizuo.api.case_fields import CasesChosen
from dizuo.api.declared import Declared, Name, declared, query_of
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.cases.office import Actor
from dizuo.operations.exchange.exporting import table_of_cases
from dizuo.operations.exchange.importing import (
    ReadTable,
    RowImport,
    import_template,
    read_cases,
)
from dizuo.operations.exchange.limits import ExchangeLimits
from dizuo.operations.exchange.spreadsheet import as_table

__all__ = ["table_routes"]

_CSV: Final = "text/csv"
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KINDS: Final[Mapping[str, str]] = {_CSV: ".csv", _XLSX: ".xlsx"}
_MEDIA: Final[Mapping[str, str]] = {kind: media for media, kind in _KINDS.items()}
_SENT: Final = "cases"
"""What a table is called that comes without a name."""
Form = Annotated[Literal["csv", "xlsx"], Meta(description="As what the table is written.")]


class CasesTaken(CasesChosen, frozen=True, forbid_unknown_fields=True):
    """Which cases are taken out, and as what."""

    form: Form = "csv"


class TemplateAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """As what an empty table is wanted."""

    form: Form = "csv"


class TableSent(Struct, frozen=True, forbid_unknown_fields=True):
    """How a table is read."""

    source: Annotated[
        str,
        Meta(pattern=r"^[^\x00]+$", min_length=1, max_length=200,
             description="The system whose external ids these are."),
    ] = "file"  # fmt: skip
    case_type: Annotated[Name, Meta(description="Of rows that name none.")] | UnsetType = UNSET
    encoding: Annotated[
        Literal["auto", "utf-8", "gbk", "gb18030", "big5", "utf-16", "cp1252"],
        Meta(description="Of a CSV."),
    ] = "auto"
    map: (
        Annotated[
            str,
            Meta(max_length=4000, description="JSON: heading to column, or to ignore."),
        ]
        | UnsetType
    ) = UNSET


class RowRefused(Struct):
    """A row that became no case."""

    row: Annotated[int, Meta(description="As a spreadsheet counts them; the header is 1.")]
    reason: str


class TableTaken(Struct):
    """What came of a table; it is on disk."""

    opened: Annotated[int, Meta(description="Rows that opened a case.")]
    known: Annotated[int, Meta(description="Rows that had opened one before.")]
    rejected: list[RowRefused]


def table_routes(door: Door) -> list[Route]:
    """Return the routes of tables below ``/api``."""
    desk = _Tables(door)
    routes = (
        ("GET", "/api/tables/cases", "cases.export", desk.take_out),
        ("POST", "/api/tables/cases", "cases.import", desk.bring_in),
        ("GET", "/api/tables/cases/template", "cases.import", desk.template),
    )
    return [
        guarded(door, path, permission, answered(work), method)
        for method, path, permission, work in routes
    ]


class _Tables:
    def __init__(self, door: Door) -> None:
        self.door = door
        self.limits = ExchangeLimits.load(door.operations.folder / "exchange.toml")

    @declared(
        Declared(
            "Take cases out as a table, the oldest first.", "tables", query=CasesTaken,
            answer={"type": "string", "format": "binary"}, media=tuple(_KINDS),
        )
    )  # fmt: skip
    async def take_out(self, request: Request, visitor: Visitor) -> Response:
        """Take out the cases that the visitor may, without what is kept in confidence."""
        asked = query_of(request, CasesTaken)
        wanted, within, most = asked.as_filter(), visitor.rows(), self.limits.most_exported
        table = await self.door.read(
            lambda c: table_of_cases(c, self.door.types, self.door.degrees, wanted, within, most)
        )
        kind = f".{asked.form}"
        content = await run_in_threadpool(as_table, kind, table.columns, table.rows)
        return _file(content, kind, "cases")

    @declared(
        Declared(
            "Tell which columns a table of cases may have.", "tables", query=TemplateAsked,
            answer={"type": "string", "format": "binary"}, media=tuple(_KINDS),
        )
    )  # fmt: skip
    async def template(self, request: Request, _: Visitor) -> Response:
        """Return an empty table with help in both languages."""
        kind = f".{query_of(request, TemplateAsked).form}"
        return _file(await run_in_threadpool(import_template, kind), kind, "template")

    @declared(
        Declared(
            "Bring cases in from a table, CSV or XLSX: good rows at once, bad ones with reasons.",
            "tables", query=TableSent, answer=TableTaken, file_media=tuple(_KINDS),
        )
    )  # fmt: skip
    async def bring_in(self, request: Request, visitor: Visitor) -> Any:
        """Open a case for each good row in one transaction; sent again it opens nothing twice."""
        sent = query_of(request, TableSent)
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media not in _KINDS:
            raise HTTPException(415, f"the content must be one of: {', '.join(_KINDS)}")
        content = await request.body()
        if len(content) > self.limits.most_bytes:
            raise HTTPException(413, f"a table may have {self.limits.most_bytes:,} bytes")
        mapping = _mapping(sent.map)
        return await run_in_threadpool(
            self._bring_in, content, _KINDS[media], sent, mapping, visitor.actor,
            language_of(request),
        )  # fmt: skip

    def _bring_in(
        self,
        content: bytes,
        kind: str,
        sent: TableSent,
        mapping: Mapping[str, str],
        actor: Actor,
        language: Any,
    ) -> dict[str, Any]:
        read = self._read(content, kind, sent, mapping, actor)
        operations = self.door.operations
        with operations.engine.begin() as connection:
            opened = operations.office.open(connection, read.new, actor)
        fresh = sum(one.new for one in opened)
        # The cells of a refused row are not told again: whoever sent it has them.
        refused = [{"row": one.row, "reason": one.reason.in_(language)} for one in read.refused]
        return {"opened": fresh, "known": len(opened) - fresh, "rejected": refused}

    def _read(
        self, content: bytes, kind: str, sent: TableSent, mapping: Mapping[str, str], actor: Actor
    ) -> ReadTable:
        if kind == ".xlsx":
            self.limits.require_unpackable(content)
        case_type = "" if isinstance(sent.case_type, UnsetType) else sent.case_type
        reading = RowImport(sent.source, self.door.project, self.door.ground.cell_of, case_type)
        return read_cases(
            self.door.operations, Path(f"{_SENT}{kind}"), reading, actor, mapping=mapping,
            encoding=sent.encoding, content=content, limits=self.limits,
        )  # fmt: skip


def _mapping(text: str | UnsetType) -> dict[str, str]:
    if isinstance(text, UnsetType):
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise InputError(
            Text("this is no JSON of heading to column", "这不是“表头: 列名”的 JSON"),
            field="map",
            cure=Text('Write {"No.": "external_id"}.', '请写作 {"编号": "external_id"}。'),
        ) from error


def _file(content: bytes, kind: str, name: str) -> Response:
    media = _MEDIA[kind] + ("; charset=utf-8" if kind == ".csv" else "")
    headers = {
        "Content-Disposition": f'attachment; filename="{name}{kind}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=media, headers=headers)
