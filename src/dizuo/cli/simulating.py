"""``dizuo simulate``: a made-up day of a city."""

import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import click

from dizuo.cli.command import command, option
from dizuo.cli.opening import database_of
from dizuo.cli.session import Session
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["simulate"]


@command(
    "simulate",
    Text(
        "Make up a day of a city, for demonstrations and load: reports, devices, alarms, incidents."
        "\n\n"
        "The day has a database and keys of its own in operations/simulated; everything in it is "
        "marked, and nothing of it enters the city's log. The same seed makes the same day.",
        "模拟城市的一天，用于演示与压力测试：上报、监测设备、报警、事件。\n\n"
        "模拟使用 operations/simulated 中独立的数据库与密钥，所有内容均有标记，"
        "不会进入城市的真实日志。相同的种子产生相同的一天。",
    ),
)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@option("--on", type=click.DateTime(["%Y-%m-%d"]), text=Text("The day.", "日期。"))
@option("--reports", default=200, text=Text("Reports in a day.", "一天的上报数。"))
@option("--devices", default=20, text=Text("Devices that observe; 0 for none.",
        "监测设备数；0 表示没有。"))  # fmt: skip
@option("--seed", default=1, text=Text("Seed of the chances.", "随机种子。"))
@option("--speed", type=float, text=Text("How many times faster than life; as fast as it goes if "
        "not given.", "相对于真实时间的倍速；不填则尽快完成。"))  # fmt: skip
def simulate(
    session: Session,
    folder: Path,
    on: datetime | None,
    reports: int,
    devices: int,
    seed: int,
    speed: float | None,
) -> None:
    """Make a day up, and tell what happened."""
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.operations.opening import open_operations  # noqa: PLC0415
    from dizuo.operations.simulation.agenda import Pace  # noqa: PLC0415
    from dizuo.operations.simulation.day import Day, simulate  # noqa: PLC0415
    from dizuo.operations.simulation.parameters import DayParameters  # noqa: PLC0415
    from dizuo.operations.time import SetClock  # noqa: PLC0415

    if reports < 1 or devices < 0 or (speed is not None and not speed > 0):
        raise InputError(
            Text(
                "reports and speed must be greater than 0, devices not less",
                "上报件数与速度须大于 0，设备数不得小于 0",
            ),
            field="--reports, --devices, --speed",
        )
    city, kept = City.open(folder), _unused_folder(folder, seed)
    day = on or datetime.combine(city.config.city.reference_date, datetime.min.time())
    parameters = DayParameters.load(folder / "operations" / "simulation.toml")
    streets = city.base.layer("street_edges")
    clock = SetClock(day.astimezone())
    opened = open_operations(folder, url=database_of(kept), clock=clock, simulated=kept)
    zone = opened.office.calendars.current(opened.office.calendar, day.date()).zone
    begin = day.replace(tzinfo=zone)
    clock.set(begin)
    pace = Pace(begin, speed, time.monotonic, time.sleep) if speed else lambda _: None
    made = Day(begin, reports, seed, devices)
    done: Counter[str] = Counter()
    for one in simulate(opened, streets, made, parameters=parameters, wait=pace):
        done[one.done] += 1
        if speed is not None:
            session.out.print(f"{one.at:%H:%M:%S}  {one.subject}  {one.done}", markup=False)
    opened.sequencer.seal()
    if session.json:
        session.answer({"folder": str(kept), "done": dict(done), "simulated": True})
        return
    for action, count in done.items():
        session.out.print(f"  {action:18} {count}", markup=False)
    session.out.print(f"  {kept}", markup=False)
    span = f"--from {begin:%Y-%m-%d} --to {begin:%Y-%m-%d}"
    see = f"dizuo evaluate {folder} {span} --simulated {kept}"
    session.notice(Text(f"To see the day: {see}", f"查看这一天：{see}"))


def _unused_folder(folder: Path, seed: int) -> Path:
    """Return where the day of a seed is kept; refuse to write over one that was made up before."""
    kept = folder / "operations" / "simulated" / f"seed-{seed}"
    if (kept / "heads.jsonl").exists() or (kept / "operations.sqlite").exists():
        raise InputError(
            Text("this day was made up before", "这一天此前已模拟过"),
            file=kept,
            cure=Text(
                "Remove the folder, or take another seed.", "请删除该文件夹，或换一个随机种子。"
            ),
        )
    return kept
