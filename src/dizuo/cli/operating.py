"""``dizuo operations`` and ``serve``: keep the log of what happens, and open the doors."""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dizuo.cli.accounts import administer
from dizuo.cli.command import command, option
from dizuo.cli.opening import database_of, open_city, seal_at_the_end, simulated_option
from dizuo.cli.session import Session
from dizuo.cli.telling import tell, tell_rows
from dizuo.cli.webhooks import webhooks
from dizuo.model.errors import InputError, StoreError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.operations.cases.office import Actor
    from dizuo.operations.opening import Operations

__all__ = ["operations", "operator", "serve"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_DAY: Final = click.DateTime(["%Y-%m-%d"])
_WORK: Final = (
    "health",
    "verify",
    "seal",
    "rebuild",
    "migrate",
    "backup",
    "restore",
    "erase",
    "account",
    "publish",
    "grid",
    "webhooks",
)
_SEALED: Final = frozenset({"account", "erase", "webhooks"})
"""Work that may write events."""
_PROBLEMS_SHOWN: Final = 10


@command(
    "operations",
    Text(
        "Keep the log of what happens: health, verify, seal, rebuild, migrate, backup, "
        "restore; "
        "erase --before 2021-01-01 erases for ever what was told in confidence of cases closed "
        "before that day; account list, add NAME, key NAME, password NAME, roles, unit, grids, "
        "disable and enable NAME keep who may come in; grid draws the unit grid, or draws it "
        "again; publish proves the dispatch rules and lets them send cases; webhooks tells other "
        "systems: webhooks add, list, remove ID, rotate ID, deliveries [ID], redeliver ID, and "
        "deliver, which is a worker beside serve.\n\n"
        "The database is SQLite in the city's folder, or the one that DIZUO_DATABASE_URL names. "
        "Keep operations/master.key and operations/seal.key in a backup of their own.",
        "维护运行日志：health 状况、verify 校验、seal 封存、rebuild 重建派生表、"
        "migrate 升级数据库、"
        "backup 备份、restore 恢复；"
        "erase --before 2021-01-01 永久抹除该日之前结案案件的保密内容；"
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
@option("--before", type=_DAY, text=Text("Erase cases closed before.", "抹除该日之前的结案。"))
@option("--allow-private", is_flag=True, text=Text("It may be in our network.", "可在内网。"))
@simulated_option
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
        tell(session, _migrated(session, folder, given["simulated"]))
        return
    opened = open_city(folder, given["simulated"])
    if work in _SEALED:
        seal_at_the_end(opened)
    if work == "webhooks":
        tell_rows(session, webhooks(session, opened, operator(opened), deed, subject, given))
        return
    if work == "account":
        unit = given["unit"][-1] if given["unit"] else None
        administer(session, opened, deed, subject, role, unit, grid)
        return
    if work == "grid":
        answer = _grid(folder, opened, prefix)
    elif work in {"backup", "restore"}:
        answer = _backup(opened, work, file)
    elif work == "erase":
        answer = _erased(opened, given["before"])
    else:
        answer = _KEPT[work](session, opened)
    tell(session, answer)


def _backup(opened: "Operations", work: str, file: Path | None) -> dict[str, int]:
    if file is None:
        raise InputError(
            Text("a backup needs a file", "备份需要指定文件"),
            field="--file",
            cure=Text("Add: --file FILE.", "请添加：--file FILE。"),
        )
    return opened.back_up(file) if work == "backup" else opened.restore(file)


def _migrated(session: Session, folder: Path, simulated: Path | None) -> dict[str, Any]:
    from dizuo.operations.event_log.database import SCHEMA_VERSION  # noqa: PLC0415
    from dizuo.operations.opening import migrate_operations  # noqa: PLC0415

    done = migrate_operations(folder, url=database_of(simulated), simulated=simulated)
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


def _sealed(_: Session, opened: "Operations") -> dict[str, Any]:
    batch = opened.sequencer.seal()
    return {"sealed": 0 if batch is None else batch.last - batch.first + 1}


def _published(session: Session, opened: "Operations") -> dict[str, Any]:
    table, report = opened.publish_rules()
    return {"table": table.stamp, "report": report.in_words(session.language)}


_KEPT: Final[Mapping[str, Callable[[Session, "Operations"], dict[str, Any]]]] = {
    "health": lambda _, opened: asdict(opened.health()),
    "verify": lambda _, opened: _verified(opened),
    "seal": _sealed,
    "rebuild": lambda _, opened: {"events": opened.rebuild()},
    "publish": _published,
}


def _erased(opened: "Operations", before: datetime | None) -> dict[str, Any]:
    from dizuo.operations.booking.erasing import erase_past_bookings  # noqa: PLC0415
    from dizuo.operations.cases.erasing import erase_closed, leave_no_trace  # noqa: PLC0415

    if before is None:
        raise InputError(
            Text("erasing needs a day", "抹除需要指定日期"),
            field="--before",
            cure=Text("Add: --before 2021-01-01.", "请添加：--before 2021-01-01。"),
        )
    day = before.replace(tzinfo=opened.zone)
    with opened.engine.begin() as connection:
        done = erase_closed(connection, opened.office, day, operator(opened))
        done |= erase_past_bookings(connection, opened.bookings, day, operator(opened))
    leave_no_trace(opened.engine)
    return done


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
@simulated_option
def serve(session: Session, folder: Path, host: str, port: int, simulated: Path | None) -> None:
    """Serve until interrupted."""
    from dizuo.api import serving  # noqa: PLC0415
    from dizuo.api.application import application  # noqa: PLC0415
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.operations.ground import open_ground  # noqa: PLC0415
    from dizuo.operations.signals.mqtt_settings import MqttSettings  # noqa: PLC0415

    opened, base = open_city(folder, simulated), City.open(folder).base
    settings = MqttSettings.read(
        folder / "operations" / "mqtt.toml", os.environ.get("DIZUO_MQTT_PASSWORD", "")
    )
    mqtt = settings if settings.sensorthings else None
    served = application(opened, open_ground(folder, base), mqtt)
    if simulated:
        session.say(Text("Everything here is made up.", "此处均为模拟数据。"))
    address = f"http://{host}:{port}/open311/v2/services.json"
    session.say(Text(f"What residents can report: {address}", f"居民可上报的事项：{address}"))
    serving.serve(served, host, port)


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
