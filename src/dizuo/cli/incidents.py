"""``dizuo incidents``: declared, handled, warned of and reported on from the command line."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dizuo.cli.command import command, option
from dizuo.cli.opening import open_city, seal_at_the_end, simulated_option
from dizuo.cli.operating import operator
from dizuo.cli.session import Session
from dizuo.cli.telling import tell
from dizuo.model.errors import InputError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.operations.incidents.warning import PublicWarning
    from dizuo.operations.opening import Operations

__all__ = ["incidents"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_GRADES: Final = click.Choice(["I", "II", "III", "IV"])
_SHOWN: Final = (
    "incident", "incident_type", "grade", "state", "alarm", "case", "plan", "declared", "closed",
)  # fmt: skip


@command(
    "incidents",
    Text(
        "Declare an incident, list them, show one, act on one, warn the public, report.\n\n"
        "STEP is list, show, declare, what can be done (activate, start, finish, skip, assign, "
        "release, regrade, note, close), resources, register, alert, update, cancel (from the JSON "
        "file that --file names, in the form of the API), or report, written to --file.",
        "宣布、列出、查看、处置突发事件，发布预警，生成评估报告。\n\n"
        "STEP 为 list 列出、show 查看、declare 宣布，或处置操作 activate 启动预案、start 开始任务、"
        "finish 完成、skip 跳过、assign 调派、release 归还、regrade 调级、note 记录、close 结束，"
        "resources 列出资源、register 登记资源，alert 发布、update 更新、cancel 解除预警"
        "（内容见 --file 指定的 JSON 文件，格式同接口），或 report 将评估报告写入 --file。",
    ),
)
@click.argument("folder", type=_FOLDER)
@click.argument("step", default="list")
@click.argument("incident", default="")
@option("--type", "incident_type", text=Text("Incident type.", "事件类型。"))
@option("--grade", type=_GRADES, text=Text("Grade, I is worst.", "级别，I 最高。"))
@option("--alarm", text=Text("The alarm it came from.", "来源报警。"))
@option("--case", text=Text("The case it came from.", "来源案件。"))
@option("--text", text=Text("What is told; kept in confidence.", "情况说明，加密保存。"))
@option("--plan", text=Text("Plan to take up.", "启动的预案。"))
@option("--task", text=Text("Task of the plan.", "预案任务。"))
@option("--resource", text=Text("Id of a resource.", "资源编号。"))
@option("--kind", default="unit", text=Text("unit, stock, shelter.", "资源类别。"))
@option("--name", default="", text=Text("Name of a resource.", "资源名称。"))
@option("--amount", type=int, text=Text("How much of it.", "数量。"))
@option("--used", type=int, text=Text("How much was used up.", "消耗数量。"))
@option("--reason", text=Text("Why; kept in confidence.", "理由，加密保存。"))
@option("--note", text=Text("Note; kept in confidence.", "备注，加密保存。"))
@option("--state", text=Text("Only incidents in this state.", "仅该状态的事件。"))
@option("--file", type=_FILE, text=Text("Warning to send, or report.", "预警内容或报告文件。"))
@simulated_option
def incidents(session: Session, folder: Path, step: str, incident: str, **given: Any) -> None:
    """Do one thing with incidents."""
    opened = open_city(folder, given["simulated"])
    if step in _LISTS:
        answer = _LISTS[step](opened, given)
        if session.json:
            session.answer(answer)
            return
        for row in answer:
            _print(session, row)
        return
    if step not in {"report", "show"}:
        seal_at_the_end(opened)
    if step == "report":
        told = _report(session, opened, incident, given["file"])
    elif step in {"alert", "update", "cancel"}:
        told = _warn(opened, incident, step.capitalize(), given["file"])
    else:
        told = _acted(opened, step, incident, given)
    if session.json:
        session.answer(told)
    else:
        _print(session, told)


def _acted(
    opened: "Operations", step: str, incident: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    from dizuo.operations.incidents.declaring import NewIncident  # noqa: PLC0415
    from dizuo.operations.incidents.desk import By  # noqa: PLC0415
    from dizuo.operations.incidents.doing import do  # noqa: PLC0415
    from dizuo.operations.incidents.register import list_resources, one_incident  # noqa: PLC0415
    from dizuo.operations.incidents.resources import Resource  # noqa: PLC0415

    desk, by = opened.incidents, By(operator(opened))
    with opened.engine.begin() as connection:
        if step == "register":
            resource = Resource(
                _needed(given, "resource"), given["kind"], Text(given["name"], given["name"]),
                1 if given["amount"] is None else given["amount"],
            )  # fmt: skip
            desk.register(connection, resource, by)
            rows = list_resources(connection)
            return next(row for row in rows if row["resource"] == resource.id)
        if step == "declare":
            text = given["text"]
            new = NewIncident(
                _needed(given, "incident_type"), _needed(given, "grade"), alarm=given["alarm"],
                case=given["case"], confidences=[("text", text.encode())] if text else [],
            )  # fmt: skip
            incident = desk.declare(connection, new, by).incident
        elif step != "show":
            do(desk, connection, incident, step, by, given)
        return one_incident(connection, incident)


def _warn(opened: "Operations", incident: str, kind: Any, file: Path | None) -> dict[str, Any]:
    from dizuo.operations.incidents.desk import By  # noqa: PLC0415
    from dizuo.operations.incidents.warning import (  # noqa: PLC0415
        identifier_of,
        require_sender,
        send_warning,
    )

    warning, sender = _read_warning(_needed({"file": file}, "file")), require_sender(opened.sender)
    by = By(operator(opened))
    with opened.engine.begin() as connection:
        xml = send_warning(opened.incidents, connection, incident, kind, warning, sender, by)
    return {"identifier": identifier_of(xml)}


def _read_warning(file: Path) -> "PublicWarning":
    from dizuo.operations.incidents.cap import Area  # noqa: PLC0415
    from dizuo.operations.incidents.warning import PublicWarning  # noqa: PLC0415

    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        headline, description, instruction, area = (
            Text(told[name]["en"], told[name]["zh"]) for name in _WORDS
        )
        rings = tuple(
            tuple((float(latitude), float(longitude)) for longitude, latitude in one)
            for one in told.get("outlines", [])
        )
        return PublicWarning(
            headline, description, instruction, Area(area, rings),
            datetime.fromisoformat(told["expires"]),
            told.get("urgency", "Immediate"), told.get("certainty", "Observed"),
            tuple(told.get("responses", [])),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            Text(
                f"this is no warning: {type(error).__name__} {error}",
                f"无法读取预警内容：{type(error).__name__} {error}",
            ),
            file=file,
            cure=Text(
                'Write {"headline": {"en": "...", "zh": "..."}, "description": ..., '
                '"instruction": ..., "area": ..., "expires": "2026-03-02T18:00:00+08:00"}.',
                '请写成 {"headline": {"en": "...", "zh": "..."}, "description": ..., '
                '"instruction": ..., "area": ..., "expires": "2026-03-02T18:00:00+08:00"}。',
            ),
        ) from error


_WORDS: Final = ("headline", "description", "instruction", "area")


def _report(
    session: Session, opened: "Operations", incident: str, file: Path | None
) -> dict[str, Any]:
    from dizuo.operations.incidents.after_action import read_history  # noqa: PLC0415
    from dizuo.operations.incidents.after_action_report import (  # noqa: PLC0415
        as_html,
        as_markdown,
    )

    target: Path = _needed({"file": file}, "file")
    desk = opened.incidents
    with opened.engine.connect().execution_options(reads_only=True) as connection:
        history = read_history(connection, incident, opened.log.clock.now(), desk.vault)
    write = as_markdown if target.suffix == ".md" else as_html
    target.write_text(write(history, desk.types, session.language, opened.zone), encoding="utf-8")
    return {"incident": incident, "file": str(target)}


def _needed(given: Mapping[str, Any], name: str) -> Any:
    if not given[name]:
        asked = f"--{'type' if name == 'incident_type' else name}"
        raise InputError(Text(f"this needs {asked}", f"须给出 {asked}"), field=asked)
    return given[name]


def _listed(opened: "Operations", given: Mapping[str, Any]) -> list[dict[str, Any]]:
    from dizuo.operations.incidents.register import IncidentFilter, list_incidents  # noqa: PLC0415

    asked = IncidentFilter(given["state"], given["incident_type"], given["grade"])
    with opened.engine.connect().execution_options(reads_only=True) as connection:
        return list_incidents(connection, asked)


def _resources(opened: "Operations", _: Mapping[str, Any]) -> list[dict[str, Any]]:
    from dizuo.operations.incidents.register import list_resources  # noqa: PLC0415

    with opened.engine.connect().execution_options(reads_only=True) as connection:
        return list_resources(connection)


_LISTS: Final = {"list": _listed, "resources": _resources}


def _print(session: Session, row: Mapping[str, Any]) -> None:
    wanted = [name for name in _SHOWN if name in row] if "grade" in row else list(row)
    tell(session, {name: row[name] for name in wanted})
    for task in row.get("tasks", []):
        title = session.text(Text(task["en"], task["zh"]))
        session.out.print(f"  {task['state']:14} {task['task']}  {title}", markup=False)
    session.out.print()
