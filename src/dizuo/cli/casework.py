"""``dizuo cases``: open cases, list them, act on them, from the command line."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dizuo.cli.command import command, option
from dizuo.cli.exchanging import EXCHANGES, exchange
from dizuo.cli.opening import open_city, seal_at_the_end, simulated_option
from dizuo.cli.operating import operator
from dizuo.cli.session import Session
from dizuo.cli.telling import plain, tell
from dizuo.model.errors import InputError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.operations.cases.case_type import CaseType
    from dizuo.operations.cases.office import NewCase
    from dizuo.operations.opening import Operations

__all__ = ["cases"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_PHOTO: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_NUMBERS: Final = frozenset({"grade", "satisfaction", "severity", "hours"})
_READS: Final = frozenset({"show", "export", "template"})
_TIMES: Final = ("opened", "due", "closed")


@command(
    "cases",
    Text(
        "Open a case, list cases, show one, or act on one.\n\n"
        "STEP is open, list, show, or what the case type allows: file, dispatch, accept, close. "
        "What an action needs is given as --give unit=unit:roads --give 'limit=1 working_days'. "
        "erase destroys for ever what was told of a case in confidence.\n\n"
        "import FILE brings cases in from CSV or XLSX, refused rows go to a file with the reasons; "
        "stuck lists what the leader must decide: overdue, returned, suspended or raised too long. "
        "export FILE takes them out, with --by unit,category as counts; template FILE writes an "
        "empty table with help.",
        "登记、列出、查看或办理案件。\n\n"
        "STEP 为 open 登记、list 列出、show 查看，"
        "或案件类型允许的操作，如 file、dispatch、accept、close。"
        "办理所需内容用 --give 给出，如 --give unit=unit:roads --give 'limit=1 工作日'。"
        "erase 永久抹除案件的保密内容。\n\n"
        "stuck 列出须协调决定的卡滞案件。"
        "import 文件 从 CSV 或 XLSX 导入，未通过的行连同原因另存；export 文件 导出，"
        "加 --by unit,category 则按类统计；template 文件 生成带说明的空表。",
    ),
)
@click.argument("folder", type=_FOLDER)
@click.argument("step", default="list")
@click.argument("case", default="")
@option("--type", "case_type", text=Text("Case type.", "案件类型。"))
@option("--category", text=Text("Code of the taxonomy.", "分类编码。"))
@option("--nature", text=Text("Nature of an appeal.", "诉求性质。"))
@option("--address", text=Text("Where, in words; looked up.", "地址，自动定位。"))
@option("--at", text=Text("Where: LONGITUDE,LATITUDE.", "位置：经度,纬度。"))
@option("--asset", text=Text("What it is about: a component.", "所涉部件。"))
@option("--state", text=Text("Only cases in this state.", "仅列出该状态的案件。"))
@option("--unit", text=Text("Only cases of this unit.", "仅列出该单位的案件。"))
@option(
    "--most",
    default=50,
    type=click.IntRange(min=1),
    text=Text("List at most so many.", "最多列出的条数。"),
)
@option("--text", text=Text("What is told; kept in confidence.", "诉求内容，加密保存。"))
@option("--photo", type=_PHOTO, multiple=True, text=Text("Evidence.", "证据照片。"))
@option("--give", multiple=True, text=Text("What the action needs.", "办理所需内容。"))
@option("--map", multiple=True, text=Text("HEADING=COLUMN of a table.", "表头=列名。"))
@option("--source", default="file", text=Text("Whose external ids.", "外部编号所属系统。"))
@option("--encoding", default="auto", text=Text("Of the table.", "表格编码。"))
@option("--by", default="", text=Text("Count by columns.", "按列统计。"))
@simulated_option
def cases(session: Session, folder: Path, step: str, case: str, **given: Any) -> None:
    """Open, list, show, or act."""
    opened = open_city(folder, given["simulated"])
    if step == "list":
        _list(session, opened, given)
        return
    if step == "stuck":
        _list_stuck(session, opened, given["most"])
        return
    if step not in _READS:
        seal_at_the_end(opened)
    if step in EXCHANGES:
        tell(session, exchange(opened, folder, operator(opened), step, case, given))
        return
    if step == "open":
        case = _opened(folder, opened, given)
    elif not case:
        raise InputError(
            Text("no case is named", "未指定案件"),
            field="CASE",
            cure=Text(
                f"Name it after the step: dizuo cases CITY {step} CASE.",
                f"请在操作后给出案件：dizuo cases CITY {step} CASE。",
            ),
        )
    elif step == "erase":
        _erase(session, opened, case)
        return
    elif step != "show":
        case = _acted(opened, step, case, given)
    _show(session, opened, case)


def _list_stuck(session: Session, opened: "Operations", most: int) -> None:
    from dizuo.operations.cases.stuck import StuckLimits, stuck_cases  # noqa: PLC0415

    limits = StuckLimits.load(opened.folder / "stuck.toml")
    with opened.engine.connect() as connection:
        rows = stuck_cases(connection, limits, opened.log.clock.now(), most=most)
    if session.json:
        session.answer([plain(row) for row in rows])
        return
    if not rows:
        session.say(Text("No case is stuck.", "没有卡滞案件。"))
    for row in rows:
        why = ", ".join(row["why"])
        session.out.print(f"{row['case']}  {row['state']}  {row['unit'] or ''}  {why}")


def _acted(opened: "Operations", step: str, case: str, given: Mapping[str, Any]) -> str:
    from dizuo.operations.cases.register import one_case  # noqa: PLC0415

    values = dict(_pair(one) for one in given["give"])
    if given["text"]:
        values["text"] = given["text"]
    photos = [("photo", photo.read_bytes()) for photo in given["photo"]]
    with opened.engine.begin() as connection:
        case = str(one_case(connection, case)["case"])
        opened.act(connection, case, step, operator(opened), given=values, confidences=photos)
    return case


def _erase(session: Session, opened: "Operations", case: str) -> None:
    from dizuo.operations.cases.erasing import leave_no_trace  # noqa: PLC0415
    from dizuo.operations.cases.register import one_case  # noqa: PLC0415

    with opened.engine.begin() as connection:
        case = str(one_case(connection, case)["case"])
        count = opened.office.erase(connection, case, operator(opened))
    leave_no_trace(opened.engine)
    tell(session, {"case": case, "erased": count})


def _opened(folder: Path, opened: "Operations", given: Mapping[str, Any]) -> str:
    if not given["case_type"]:
        raise InputError(
            Text("a case needs a type", "案件需要类型"),
            field="--type",
            cure=Text("Add: --type urban_event.", "请添加：--type urban_event。"),
        )
    new = _new_case(folder, opened, given)
    with opened.engine.begin() as connection:
        return opened.office.open(connection, [new], operator(opened))[0].case


def _new_case(folder: Path, opened: "Operations", given: Mapping[str, Any]) -> "NewCase":
    from dizuo.operations.cases.codes import require_codes  # noqa: PLC0415
    from dizuo.operations.cases.office import NewCase  # noqa: PLC0415

    kind = opened.office.types.get(given["case_type"])
    require_codes(kind, opened.taxonomy, given, opened.log.clock.now().date())
    told = [(name, given[name].encode()) for name in ("text", "address") if given[name]]
    told += [("photo", photo.read_bytes()) for photo in given["photo"]]
    x, y, grid = _where(folder, given) if given["at"] or given["address"] else (None, None, None)
    return NewCase(
        kind.id, uuid.uuid4().hex, "desk", category=given["category"], nature=given["nature"],
        grid=grid, x=x, y=y, asset=given["asset"], confidences=told,
    )  # fmt: skip


def _where(folder: Path, given: Mapping[str, Any]) -> tuple[float | None, float | None, str | None]:
    """Return where a case is in the city's metres, and the cell of the grid; None if unknown."""
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.operations.ground import open_ground  # noqa: PLC0415

    degrees = _degrees(given["at"]) if given["at"] else None
    ground = open_ground(folder, City.open(folder).base)
    if degrees:
        x, y = ground.place_of(*degrees)
    else:
        found = ground.locate(given["address"])
        if found is None:
            raise InputError(
                Text(
                    f"the city has no one place that is called {given['address']!r}",
                    f"无法唯一确定地址“{given['address']}”的位置",
                ),
                field="--address",
                cure=Text(
                    "Give it as --at LONGITUDE,LATITUDE.",
                    "请用 --at LONGITUDE,LATITUDE（经度,纬度）给出位置。",
                ),
            )
        x, y = found.x, found.y
    return x, y, ground.cell_of(x, y)


def _degrees(text: str) -> tuple[float, float]:
    try:
        longitude, latitude = (float(one) for one in text.split(","))
    except ValueError:
        longitude = latitude = float("nan")
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        raise InputError(
            Text(f"{text!r} is no place", f"“{text}”不是位置"),
            field="--at",
            cure=Text(
                "Write degrees of WGS 84: --at 7.4246,43.7384.",
                "请写 WGS 84 度数：--at 7.4246,43.7384。",
            ),
        )
    return longitude, latitude


def _pair(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise InputError(
            Text(f"{text!r} is no name=value", f"“{text}”不是“名称=值”的形式"),
            field="--give",
            cure=Text("Write: unit=roads.", "请写成 unit=roads 的形式。"),
        )
    if value in {"true", "false"}:
        return name, value == "true"
    if name not in _NUMBERS:
        return name, value
    try:
        return name, int(value)
    except ValueError as error:
        raise InputError(
            Text(f"{value!r} is no whole number", f"“{value}”不是整数"), field=f"--give {name}"
        ) from error


def _list(session: Session, opened: "Operations", given: Mapping[str, Any]) -> None:
    from dizuo.operations.cases.register import CaseFilter, list_cases  # noqa: PLC0415

    asked = {name: given[name] for name in ("case_type", "category", "nature", "state", "unit")}
    with opened.engine.connect().execution_options(reads_only=True) as connection:
        rows = list_cases(connection, CaseFilter(**asked), most=given["most"])
    if session.json:
        session.answer([plain(row) for row in rows])
        return
    if not rows:
        session.say(Text("No case is like that.", "没有符合条件的案件。"))
        return
    from rich.table import Table  # noqa: PLC0415 - only where a table is drawn

    table = Table(box=None, header_style="bold")
    for heading in (
        Text("Case", "案件"),
        Text("Type", "类型"),
        Text("State", "状态"),
        Text("Category", "分类"),
        Text("Unit", "单位"),
        Text("Opened", "登记时间"),
        Text("Due", "时限"),
    ):
        table.add_column(session.text(heading))
    for row in rows:
        kind = opened.office.types.of_case(row["case_type"])
        table.add_row(
            row["case"], _named(session, kind.id, kind.title), _state(session, kind, row["state"]),
            row["category"] or row["nature"] or "", row["unit"] or "",
            *(_at(row[name], opened) or "" for name in ("opened", "due")),
        )  # fmt: skip
    session.out.print(table)


def _show(session: Session, opened: "Operations", case: str) -> None:
    from dizuo.operations.cases.merging import (  # noqa: PLC0415
        leading_case,
        merged_reports,
        steps_with_own,
    )
    from dizuo.operations.cases.register import history, one_case  # noqa: PLC0415

    with opened.engine.connect().execution_options(reads_only=True) as connection:
        row = one_case(connection, case)
        steps = history(connection, row["case"])
        reading = opened.texts.read(connection, row["case"])
        lead, merged = leading_case(connection, row), merged_reports(connection, row["case"])
    kind = opened.office.types.of_case(row["case_type"])
    possible = steps_with_own(kind, row, lead)
    if session.json:
        told = [plain(asdict(one)) for one in steps]
        read = reading.as_dict()
        more = {"history": told, "possible": possible, "merged": merged, "reading": read}
        session.answer({**plain(row), **more})
        return
    tell(session, {
        "case": row["case"], "token": row["token"],
        "case_type": _named(session, kind.id, kind.title),
        "state": _state(session, kind, row["state"]), "category": row["category"],
        "nature": row["nature"], "grid": row["grid"], "unit": row["unit"],
        **{name: _at(row[name], opened) for name in _TIMES},
        "led_by": None if lead is row else lead["case"], "leads": ", ".join(merged) or None,
    })  # fmt: skip
    for one in steps:
        action = _action(session, kind, one.action)
        session.out.print(f"  {_at(one.happened, opened)}  {action}  {one.actor}", markup=False)
    for line in reading.in_words():
        session.say(line)
    can = [_action(session, kind, one) for one in possible]
    session.say(
        Text(f"Possible now: {', '.join(can) or 'nothing'}", f"可办理：{'、'.join(can) or '无'}")
    )


def _at(time: datetime | None, opened: "Operations") -> str | None:
    """Return a time as the city's own clocks show it, with their distance from UTC."""
    return None if time is None else time.astimezone(opened.zone).isoformat(" ", "minutes")


def _named(session: Session, name: str, title: Text) -> str:
    """Return a name as commands take it; in Chinese after what it means."""
    return session.text(Text(name, f"{title.zh} {name}"))


def _state(session: Session, kind: "CaseType", state: str) -> str:
    known = kind.states.get(state)
    return _named(session, state, known.title) if known else state


def _action(session: Session, kind: "CaseType", action: str) -> str:
    known = kind.actions.get(action)
    title = known.title if known else _OF_THE_LOG.get(action)
    return _named(session, action, title) if title else action


_OF_THE_LOG: Final = {
    "opened": Text("Opened", "登记"),
    "erased": Text("Confidences erased", "保密内容已抹除"),
    "linked": Text("Linked", "关联"),
    "read": Text("Confidences read", "查看保密内容"),
}
"""What happens to a case that is no action."""
