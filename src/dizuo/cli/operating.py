"""``dizuo cases``, ``operations``, ``serve``: what happens in the city, from the command line."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dizuo.cli.accounts import administer
from dizuo.cli.command import command, option
from dizuo.cli.exchanging import EXCHANGES, exchange
from dizuo.cli.session import Session
from dizuo.cli.webhooks import webhooks
from dizuo.model.errors import InputError, StoreError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.operations.cases.office import Actor
    from dizuo.operations.opening import Operations

__all__ = ["cases", "open_city", "operations", "operator", "serve"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_PHOTO: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_WORK: Final = (
    "health",
    "verify",
    "seal",
    "rebuild",
    "migrate",
    "backup",
    "restore",
    "account",
    "publish",
    "grid",
    "webhooks",
)
_PROBLEMS_SHOWN: Final = 10
_NUMBERS: Final = frozenset({"grade", "satisfaction", "severity", "hours"})


def open_city(folder: Path) -> "Operations":
    """Open the operations of a city, in the database that the environment names."""
    from dizuo.operations.opening import open_operations  # noqa: PLC0415

    return open_operations(folder, url=os.environ.get("DIZUO_DATABASE_URL"))


@command(
    "operations",
    Text(
        "Keep the log of what happens: health, verify, seal, rebuild, migrate, backup, "
        "restore; "
        "account list, add NAME, key NAME, password NAME, roles, unit, grids, disable and enable "
        "NAME keep who may come in; grid draws the unit grid, or draws it again; publish "
        "proves the dispatch rules and lets them send cases; webhooks tells other systems: "
        "webhooks add, list, remove ID, rotate ID, deliveries [ID], redeliver ID, and deliver, "
        "which is a worker beside serve.\n\n"
        "The database is SQLite in the city's folder, or the one that DIZUO_DATABASE_URL names. "
        "Keep operations/master.key and operations/seal.key in a backup of their own.",
        "维护运行日志：health 状况、verify 校验、seal 封存、rebuild 重建派生表、"
        "migrate 升级数据库、"
        "backup 备份、restore 恢复；"
        "account list 列出账号，add 新增、key 生成密钥、password 设置密码、"
        "roles、unit、grids 变更角色、单位和网格、disable 停用、enable 启用；"
        "grid 划分或更新单元网格；"
        "publish 校验派遣规则并使其生效；webhooks 向其他系统推送：add 新增、list 列出、"
        "remove 删除、rotate 更换密钥、deliveries 查看投递、"
        "redeliver 重新投递、deliver 独立投递进程。\n\n"
        "数据库默认为城市文件夹中的 SQLite，也可由 DIZUO_DATABASE_URL 指定。"
        "请另行备份 operations/master.key 与 operations/seal.key。",
    ),
)
@click.argument("folder", type=_FOLDER)
@click.argument("work", type=click.Choice(_WORK), default="health")
@click.argument("deed", default="list")
@click.argument("subject", default="")
@option("--file", type=_FILE, text=Text("File of the backup.", "备份文件。"))
@option("--prefix", default="", text=Text("First digits of the division codes.", "区划代码前缀。"))
@option("--role", multiple=True, text=Text("A role of the account.", "账号角色。"))
@option(
    "--grid",
    multiple=True,
    text=Text("A cell or place of the account; 440305* is all that begin so.",
              "账号负责的网格或地点；440305* 表示以此开头的全部网格。"),
)  # fmt: skip
@option("--url", default="", text=Text("Address of the receiver.", "接收地址。"))
@option("--kind", multiple=True, text=Text("Kinds of events: case.*.", "事件种类，如 case.*。"))
@option("--case-type", multiple=True, text=Text("Only these case types.", "仅这些案件类型。"))
@option(
    "--unit",
    multiple=True,
    text=Text(
        "Unit of the account, or of cases told of.", "账号所属单位，或仅推送这些单位的案件。"
    ),
)
@option("--secret", default="", text=Text("whsec_...; else a new one.", "密钥，默认新生成。"))
@option("--state", text=Text("Only deliveries in this state.", "仅该状态的投递。"))
@option("--allow-private", is_flag=True, text=Text("It may be in our network.", "可在内网。"))
def operations(
    session: Session,
    folder: Path,
    work: str,
    file: Path | None,
    role: tuple[str, ...],
    grid: tuple[str, ...],
    prefix: str,
    deed: str,
    subject: str,
    **given: Any,
) -> None:
    """Do one piece of work on the log of a city."""
    if work == "migrate":
        _tell(session, _migrated(session, folder))
        return
    opened = open_city(folder)
    if work == "webhooks":
        _tell_rows(session, webhooks(session, opened, operator(opened), deed, subject, given))
        return
    if work == "account":
        unit = given["unit"][-1] if given["unit"] else None
        administer(session, opened, deed, subject, role, unit, grid)
        return
    if work == "verify":
        answer = _verified(opened)
    elif work == "seal":
        batch = opened.sequencer.seal()
        answer = {"sealed": 0 if batch is None else batch.last - batch.first + 1}
    elif work == "rebuild":
        answer = {"events": opened.rebuild()}
    elif work == "health":
        answer = asdict(opened.health())
    elif work == "publish":
        table, report = opened.publish_rules()
        answer = {"table": table.stamp, "report": report.in_words(session.language)}
    elif work == "grid":
        answer = _grid(folder, opened, prefix)
    else:
        answer = _backup(opened, work, file)
    _tell(session, answer)


def _backup(opened: "Operations", work: str, file: Path | None) -> dict[str, int]:
    if file is None:
        raise InputError(
            Text("a backup needs a file", "备份需要指定文件"),
            field="--file",
            cure=Text("Add: --file FILE.", "请添加：--file FILE。"),
        )
    return opened.back_up(file) if work == "backup" else opened.restore(file)


def _migrated(session: Session, folder: Path) -> dict[str, Any]:
    from dizuo.operations.event_log.database import SCHEMA_VERSION  # noqa: PLC0415
    from dizuo.operations.opening import migrate_operations  # noqa: PLC0415

    done = migrate_operations(folder, url=os.environ.get("DIZUO_DATABASE_URL"))
    return {
        "schema_version": SCHEMA_VERSION,
        "done": [session.text(one.what) for one in done],
    }


def _verified(opened: "Operations") -> dict[str, Any]:
    problems = opened.verify()
    if problems:
        shown = problems[:_PROBLEMS_SHOWN]
        told = Text(
            "; ".join(f"{one.where}: {one.what.en}" for one in shown),
            "；".join(f"{one.where}：{one.what.zh}" for one in shown),
        )
        raise StoreError(
            Text(
                f"{len(problems)} problems in the log: {told.en}",
                f"日志中有 {len(problems)} 处问题：{told.zh}",
            )
        )
    return {"problems": 0, "events": opened.health().events}


def _grid(folder: Path, opened: "Operations", prefix: str) -> dict[str, Any]:
    from dizuo.base.unit_grid_codes import Numbering  # noqa: PLC0415
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.operations.ground import draw_unit_grid  # noqa: PLC0415

    today = opened.log.clock.now().date()
    numbering = Numbering(prefix=prefix) if prefix else None
    kept = folder / "operations" / "grid"
    grid = draw_unit_grid(kept, City.open(folder).base, today, numbering)
    valid = grid[grid["status"] == "valid"]
    return {
        "folder": str(kept),
        "cells": len(valid),
        "retired": len(grid) - len(valid),
        "median_area": round(float(valid["area"].median())),
    }


@command(
    "serve",
    Text(
        "Serve a city's doors: Open311 for residents, the cases for its staff.\n\n"
        "Stops with Ctrl-C; whatever was acknowledged is on disk.",
        "启动城市服务接口：面向居民的 Open311 与面向工作人员的案件接口。\n\n"
        "按 Ctrl-C 停止；凡已确认接收的均已写入磁盘。",
    ),
)
@click.argument("folder", type=_FOLDER)
@option("--host", default="127.0.0.1", text=Text("Address to listen at.", "监听地址。"))
@option("--port", default=8311, text=Text("Port to listen at.", "监听端口。"))
def serve(session: Session, folder: Path, host: str, port: int) -> None:
    """Serve until interrupted."""
    from dizuo.api import serving  # noqa: PLC0415
    from dizuo.api.application import application  # noqa: PLC0415
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.operations.ground import Ground, GroundSettings, read_unit_grid  # noqa: PLC0415
    from dizuo.operations.signals.mqtt_settings import MqttSettings  # noqa: PLC0415

    opened, base = open_city(folder), City.open(folder).base
    grid = read_unit_grid(folder / "operations" / "grid")
    settings = MqttSettings.read(
        folder / "operations" / "mqtt.toml", os.environ.get("DIZUO_MQTT_PASSWORD", "")
    )
    mqtt = settings if settings.sensorthings else None
    sure = GroundSettings.load(folder / "operations" / "ground.toml")
    served = application(opened, Ground(base, grid, sure), mqtt)
    session.say(Text(f"http://{host}:{port}/open311/v2/services.json", f"http://{host}:{port}"))
    serving.serve(served, host, port)


def _tell(session: Session, answer: Mapping[str, Any]) -> None:
    if session.json:
        session.answer(_plain(answer))
        return
    for name, value in answer.items():
        if value is not None:
            session.out.print(f"  {name:14} {value}", markup=False)


def _tell_rows(session: Session, answer: Any) -> None:
    if not isinstance(answer, list):
        _tell(session, answer)
    elif session.json:
        session.answer(answer)
    else:
        for row in answer:
            _tell(session, row)
            session.out.print()


def _plain(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in answer.items()
    }


@command(
    "cases",
    Text(
        "Open a case, list cases, show one, or act on one.\n\n"
        "STEP is open, list, show, or what the case type allows: file, dispatch, accept, close. "
        "What an action needs is given as --give unit=roads --give 'limit=1 working_days'.\n\n"
        "import FILE brings cases in from CSV or XLSX, refused rows go to a file with the reasons; "
        "export FILE takes them out, with --by unit,category as counts; template FILE writes an "
        "empty table with help.",
        "登记、列出、查看或办理案件。\n\n"
        "STEP 为 open 登记、list 列出、show 查看，"
        "或案件类型允许的操作，如 file、dispatch、accept、close。"
        "办理所需内容用 --give 给出，如 --give unit=roads --give 'limit=1 工作日'。\n\n"
        "import 文件 从 CSV 或 XLSX 导入，未通过的行连同原因另存；export 文件 导出，"
        "加 --by unit,category 则按类统计；template 文件 生成带说明的空表。",
    ),
)
@click.argument("folder", type=_FOLDER)
@click.argument("step", default="list")
@click.argument("case", default="")
@option("--type", "case_type", text=Text("Case type.", "案件类型。"))
@option("--category", text=Text("Code of the taxonomy.", "分类编码。"))
@option("--state", text=Text("Only cases in this state.", "仅列出该状态的案件。"))
@option("--unit", text=Text("Only cases of this unit.", "仅列出该单位的案件。"))
@option("--most", default=50, text=Text("List at most so many.", "最多列出的条数。"))
@option("--text", text=Text("What is told; kept in confidence.", "诉求内容，加密保存。"))
@option("--photo", type=_PHOTO, multiple=True, text=Text("Evidence.", "证据照片。"))
@option("--give", multiple=True, text=Text("What the action needs.", "办理所需内容。"))
@option("--map", multiple=True, text=Text("HEADING=COLUMN of a table.", "表头=列名。"))
@option("--source", default="file", text=Text("Whose external ids.", "外部编号所属系统。"))
@option("--encoding", default="auto", text=Text("Of the table.", "表格编码。"))
@option("--by", default="", text=Text("Count by columns.", "按列统计。"))
def cases(session: Session, folder: Path, step: str, case: str, **given: Any) -> None:
    """Open, list, show, or act."""
    from dizuo.operations.cases.register import CaseFilter, list_cases  # noqa: PLC0415

    opened = open_city(folder)
    if step in EXCHANGES:
        _tell(session, exchange(opened, folder, operator(opened), step, case, given))
        return
    if step == "list":
        asked = {name: given[name] for name in ("case_type", "category", "state", "unit")}
        with opened.engine.connect() as connection:
            rows = list_cases(connection, CaseFilter(**asked), most=given["most"])
        _list(session, rows)
        return
    told = [("photo", photo.read_bytes()) for photo in given["photo"]]
    if step == "open":
        case = _opened(opened, given, told)
    elif step != "show":
        from dizuo.operations.cases.register import one_case  # noqa: PLC0415

        values = dict(_pair(one) for one in given["give"])
        if given["text"]:
            values["text"] = given["text"]
        with opened.engine.begin() as connection:
            case = one_case(connection, case)["case"]
            opened.act(connection, case, step, operator(opened), given=values, confidences=told)
    _show(session, opened, case)


def operator(opened: "Operations") -> "Actor":
    """Return whoever sits at the machine: the keys are theirs, so every role is."""
    from dizuo.operations.cases.office import Actor  # noqa: PLC0415

    roles = {
        role
        for one in opened.office.types
        for action in one.actions.values()
        for role in action.roles
    }
    return Actor("operator", frozenset(roles))


def _opened(opened: "Operations", given: Mapping[str, Any], told: list[tuple[str, bytes]]) -> str:
    import uuid  # noqa: PLC0415

    from dizuo.operations.cases.office import NewCase  # noqa: PLC0415

    if not given["case_type"]:
        raise InputError(
            Text("a case needs a type", "案件需要类型"),
            field="--type",
            cure=Text("Add: --type urban_event.", "请添加：--type urban_event。"),
        )
    if given["text"]:
        told.append(("text", given["text"].encode()))
    new = NewCase(
        given["case_type"], uuid.uuid4().hex, "desk", category=given["category"], confidences=told
    )
    with opened.engine.begin() as connection:
        return opened.office.open(connection, [new], operator(opened))[0].case


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


def _list(session: Session, rows: list[dict[str, Any]]) -> None:
    if session.json:
        session.answer([_plain(row) for row in rows])
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
        due = f"{row['due']:%Y-%m-%d %H:%M}" if row["due"] else ""
        table.add_row(
            row["case"], row["case_type"], row["state"], row["category"] or "", row["unit"] or "",
            f"{row['opened']:%Y-%m-%d %H:%M}", due,
        )  # fmt: skip
    session.out.print(table)


def _show(session: Session, opened: "Operations", case: str) -> None:
    from dizuo.operations.cases.register import history, one_case  # noqa: PLC0415

    with opened.engine.connect() as connection:
        row = one_case(connection, case)
        steps = history(connection, row["case"])
        reading = opened.texts.read(connection, row["case"])
    kind = opened.office.types.get(row["case_type"])
    possible = [one.id for one in kind.actions.values() if kind.applies(one, row["state"])]
    if session.json:
        told = [_plain(asdict(one)) for one in steps]
        read = reading.as_dict()
        session.answer({**_plain(row), "history": told, "possible": possible, "reading": read})
        return
    wanted = ("case", "token", "case_type", "state", "category", "unit", "opened", "due", "closed")
    _tell(session, {name: row[name] for name in wanted})
    for one in steps:
        session.out.print(f"  {one.happened:%Y-%m-%d %H:%M}  {one.action}  {one.actor}")
    for line in reading.in_words():
        session.say(line)
    session.say(Text(f"Possible now: {', '.join(possible)}", f"可办理：{'、'.join(possible)}"))
