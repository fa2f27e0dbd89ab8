"""``dizuo signals``: devices, what they observe, and the alarms of it, from the command line."""

import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dizuo.cli.command import command, option
from dizuo.cli.opening import open_city, seal_at_the_end, simulated_option
from dizuo.cli.session import Session
from dizuo.cli.telling import tell_rows, tell_table
from dizuo.model.errors import InputError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.operations.opening import Operations

__all__ = ["signals"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_TABLE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_WORK: Final = (
    "register", "import", "replay", "listen", "broker", "alarms", "acknowledge", "judge", "merge",
    "declare", "health", "quality", "refused", "unusual", "air",
)  # fmt: skip
_VERDICTS: Final = ("true", "false", "nuisance")


_AIR: Final = ("station", "day", "index", "category", "primary", "edition")
_SEALED: Final = frozenset(
    {"register", "import", "refused", "acknowledge", "judge", "merge", "declare", "unusual"}
)
"""Work that may write events."""


@command(
    "signals",
    Text(
        "Devices, what they observe, and the alarms of it.\n\n"
        "register FILE makes a table of devices the register; import FILE takes observations in as "
        "history, replay FILE lives through them on a clock and a log of its own; listen takes in "
        "what is published over MQTT, broker writes the configuration of mosquitto for it. alarms "
        "lists alarms or shows one; acknowledge, judge, merge and declare act on ALARM. health and "
        "quality tell how devices and alarms are; refused lists messages that could not be taken "
        "in, and tries them again. unusual STREAM scores what a stream showed against the same "
        "hours of the weeks before, and lets rules judge the scores; without STREAM, all that are "
        "scored. air tells the air quality index of each station and day, by the edition in force "
        "or a forced one.",
        "监测设备、观测数据及其报警。\n\n"
        "register FILE 以设备表更新台账；import FILE 导入历史观测；"
        "replay FILE 在独立日志中按当时时间回放；"
        "listen 接收 MQTT 上报数据，broker 生成 mosquitto 配置；alarms 列出或查看报警；"
        "acknowledge 确认、judge 研判、merge 并案、declare 转为突发事件；"
        "health 与 quality 给出设备与报警质量；"
        "refused 列出未能接收的消息并重试；"
        "unusual 数据流 将其观测与往周同时段比较评分并按规则报警，不指定则更新所有已评分的数据流；"
        "air 给出各站点每日空气质量指数，按当日施行版本或指定版本。",
    ),
)
@click.argument("folder", type=_FOLDER)
@click.argument("work", type=click.Choice(_WORK), default="health")
@click.argument("what", default="")
@option("--calibrations", type=_TABLE, text=Text("Table of calibrations.", "校准表。"))
@option(
    "--column", multiple=True, text=Text("COLUMN=STREAM of a wide file.", "宽表的“列=数据流”。")
)
@option(
    "--offset",
    default=0.0,
    text=Text("Hours of the file's times from UTC.", "与 UTC 相差的小时数。"),
)
@option("--host", text=Text("Address of the broker.", "MQTT 服务地址。"))
@option("--port", type=int, text=Text("Port of the broker.", "MQTT 服务端口。"))
@option("--all", "everything", is_flag=True, text=Text("Ended alarms, too.", "含已解除的报警。"))
@option("--verdict", type=click.Choice(_VERDICTS), text=Text("What an alarm was.", "研判结论。"))
@option("--reason", default="", text=Text("Why; kept in confidence.", "理由，加密保存。"))
@option("--type", "kind", default="", text=Text("Type of the incident.", "突发事件类型。"))
@option("--grade", default="", text=Text("Grade of the incident.", "突发事件级别。"))
@option("--edition", text=Text("Of the air quality index: 2012, 2026.", "空气质量指数版本。"))
@option(
    "--last",
    type=click.IntRange(min=0),
    text=Text(
        "Take off the level of so many observations before, to find leaps.",
        "先扣除之前若干次观测的水平，以发现突变。",
    ),
)
@option("--from", "begin", default="", text=Text("First day.", "起始日期。"))
@option("--to", "end", default="", text=Text("Last day.", "截止日期。"))
@simulated_option
def signals(session: Session, folder: Path, work: str, what: str, **given: Any) -> None:
    """Do one piece of work on the signals of a city."""
    opened = open_city(folder, given["simulated"])
    if work in _SEALED:
        seal_at_the_end(opened)
    answers: Mapping[str, Callable[[], Any]] = {
        "register": lambda: _register(opened, _file(what), given["calibrations"]),
        "import": lambda: _take_in(folder, opened, _file(what), given, as_then=False),
        "replay": lambda: _take_in(folder, opened, _file(what), given, as_then=True),
        "listen": lambda: _listen(session, folder, opened, given),
        "broker": lambda: _broker(folder),
        "health": lambda: _health(opened),
        "quality": lambda: _quality(opened, given),
        "refused": lambda: _tried_again(opened),
        "unusual": lambda: _scored(opened, what, given["last"]),
        "air": lambda: _air(session, opened, given),
    }
    asked = answers.get(work)
    answer: Any = asked() if asked else _alarms(opened, work, what, given)
    if work == "air":
        tell_table(session, answer, _AIR)
    else:
        tell_rows(session, answer)


def _tried_again(opened: "Operations") -> dict[str, Any]:
    done, left = opened.refusals.try_again(opened.signals)
    with opened.engine.connect() as connection:
        waiting = opened.refusals.waiting(connection)
    return {"taken_in": done, "waiting": left, "messages": waiting}


def _file(what: str) -> Path:
    if not what:
        raise InputError(
            Text("this needs a file", "需要指定文件"),
            field="FILE",
            cure=Text("Name it after the work.", "请在命令后给出文件。"),
        )
    return Path(what)


def _operator(opened: "Operations") -> Any:
    from dizuo.cli.operating import operator  # noqa: PLC0415

    return operator(opened)


def _register(opened: "Operations", file: Path, calibrations: Path | None) -> dict[str, Any]:
    from dizuo.operations.signals.register_files import read_register  # noqa: PLC0415

    register = read_register(file, calibrations)
    with opened.engine.begin() as connection:
        done = opened.signals.register_desk.replace(connection, register, _operator(opened))
    return asdict(done)


def _take_in(
    folder: Path, opened: "Operations", file: Path, given: Mapping[str, Any], *, as_then: bool
) -> dict[str, Any]:
    from dizuo.operations.signals.replaying import (  # noqa: PLC0415
        observations_of,
        take_in_file,
    )
    from dizuo.operations.time import SetClock  # noqa: PLC0415

    columns = dict(_pair(one) for one in given["column"])
    clock, offset = SetClock(datetime.now(UTC)), timedelta(hours=given["offset"])
    register, _ = opened.signals.newest()
    batches = observations_of(file, register, clock, columns=columns, offset=offset)
    if not as_then:
        return asdict(take_in_file(opened.signals, batches, as_then=False))
    from dizuo.operations.opening import open_replay  # noqa: PLC0415

    office = open_replay(folder, clock, register)
    return asdict(take_in_file(office, batches, as_then=True))


def _pair(text: str) -> tuple[str, str]:
    name, _, stream = text.rpartition("=")
    if not name or not stream:
        raise InputError(
            Text(f"{text!r} is no COLUMN=STREAM", f"“{text}”不是 COLUMN=STREAM（列=数据流）的形式"),
            field="--column",
        )
    return name, stream


def _listen(
    session: Session, folder: Path, opened: "Operations", given: Mapping[str, Any]
) -> dict[str, Any]:
    from dizuo.operations.signals.listener import Listener  # noqa: PLC0415
    from dizuo.operations.signals.mqtt_settings import MqttSettings  # noqa: PLC0415

    settings = MqttSettings.read(
        folder / "operations" / "mqtt.toml",
        os.environ.get("DIZUO_MQTT_PASSWORD", ""),
        host=given["host"],
        port=given["port"],
    )
    stop = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stop.set())
    where = f"{settings.host}:{settings.port} {settings.prefix}/observations"
    session.say(Text(f"Listening at {where}; Ctrl-C stops.", f"正在接收 {where}；按 Ctrl-C 停止。"))
    sealing = threading.Thread(target=opened.sequencer.run, args=(stop,), name="dizuo-sealing")
    sealing.start()
    try:
        tally = Listener(opened.signals, opened.refusals, settings).run(stop)
    finally:
        stop.set()
        sealing.join()
    return asdict(tally)


def _broker(folder: Path) -> dict[str, Any]:
    from importlib.resources import files  # noqa: PLC0415

    file = folder / "operations" / "mosquitto.conf"
    if file.exists():
        raise InputError(
            Text("the file exists", "文件已存在"),
            file=file,
            cure=Text("Change it, or remove it first.", "请直接修改，或先将其删除。"),
        )
    shipped = files("dizuo.operations.signals").joinpath("mosquitto.conf")
    file.write_text(shipped.read_text("utf-8"), encoding="utf-8")
    return {"file": str(file), "start": f"mosquitto -c {file}"}


def _alarms(
    opened: "Operations", work: str, alarm: str, given: Mapping[str, Any]
) -> dict[str, Any] | list[dict[str, Any]]:
    from dizuo.operations.incidents.desk import By  # noqa: PLC0415

    desk, actor = opened.alarms, _operator(opened)
    if work == "judge" and not given["verdict"]:
        raise InputError(
            Text("a judgement needs a verdict", "研判需要结论"),
            field="--verdict",
            cure=Text("Add: --verdict true.", "请添加：--verdict true。"),
        )
    with opened.engine.begin() as connection:
        if work == "alarms" and not alarm:
            return desk.listed(connection, open_only=not given["everything"])
        if work == "acknowledge":
            desk.acknowledge(connection, alarm, actor)
        elif work == "judge":
            desk.judge(connection, alarm, given["verdict"], actor, reason=given["reason"])
        elif work == "merge":
            desk.merge(connection, alarm, actor, reason=given["reason"])
        elif work == "declare":
            desk.declare(connection, alarm, given["kind"], given["grade"], By(actor))
        return desk.one(connection, alarm) | asdict(desk.lineage(connection, alarm))


def _air(session: Session, opened: "Operations", given: Mapping[str, Any]) -> list[dict[str, Any]]:
    from dizuo.operations.signals.air_index import load_air_indices  # noqa: PLC0415
    from dizuo.operations.signals.air_of_city import city_air  # noqa: PLC0415

    zone, now = opened.zone, opened.log.clock.now()
    last = _day(given["end"], "--to") or _day(given["begin"], "--from") or now.astimezone(zone)
    first = _day(given["begin"], "--from") or last
    midnights = [datetime.combine(one.date(), time(), zone) for one in (first, last)]
    with opened.engine.connect().execution_options(reads_only=True) as connection:
        found = city_air(
            connection, opened.signals.newest()[0], load_air_indices(), *midnights,
            edition=given["edition"],
        )  # fmt: skip
    return [
        asdict(one)
        | {
            "category": session.text(one.category.title) if one.category else None,
            "primary": ", ".join(one.primary),
        }
        for one in found
    ]


def _scored(opened: "Operations", stream: str, last: int | None) -> list[dict[str, Any]]:
    from dizuo.operations.signals.unusual import (  # noqa: PLC0415
        UnusualSettings,
        score_stream,
        scored_streams,
    )

    settings = UnusualSettings.load(opened.folder / "unusual.toml")
    offset = opened.log.clock.now().astimezone(opened.zone).utcoffset() or timedelta()
    wanted = [stream] if stream else scored_streams(opened.signals.newest()[0])
    return [
        asdict(score_stream(opened.signals, one, settings, offset, last=last)) for one in wanted
    ]


def _health(opened: "Operations") -> list[dict[str, Any]]:
    register, newest = opened.signals.newest()
    now = opened.log.clock.now()
    active = {one.id for one in register.devices if one.active}
    return [asdict(one) for one in register.health(newest, now) if one.device in active]


def _quality(opened: "Operations", given: Mapping[str, Any]) -> dict[str, Any]:
    now = opened.log.clock.now()
    begin = _day(given["begin"], "--from") or datetime.combine(now.date(), time(), UTC)
    last = _day(given["end"], "--to")
    end = last + timedelta(days=1) if last else now
    return asdict(opened.alarm_quality(begin, end))


def _day(text: str, name: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError as error:
        raise InputError(
            Text(f"{text!r} is no day", f"“{text}”不是日期"),
            field=name,
            cure=Text("Write 2026-03-01.", "请写成 2026-03-01。"),
        ) from error
