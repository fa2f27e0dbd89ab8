"""``dizuo simulate``: a made-up day of a city's cases."""

import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import click

from dizuo.cli.command import command, option
from dizuo.cli.session import Session
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["simulate"]


@command(
    "simulate",
    Text(
        "Make up a day of cases, for demonstrations and load.\n\n"
        "The day has a database and keys of its own in operations/simulated; every case in it is "
        "marked, and nothing of it enters the city's log. The same seed makes the same day.",
        "模拟一天的案件，用于演示与压力测试。\n\n"
        "模拟使用 operations/simulated 中独立的数据库与密钥，每个案件均有标记，"
        "不会进入城市的真实日志。相同的种子产生相同的一天。",
    ),
)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@option("--on", type=click.DateTime(["%Y-%m-%d"]), text=Text("The day.", "日期。"))
@option("--reports", default=200, text=Text("Reports in a day.", "一天的上报数。"))
@option("--seed", default=1, text=Text("Seed of the chances.", "随机种子。"))
@option("--speed", type=float, text=Text("How many times faster than life; as fast as it goes if "
        "not given.", "相对于真实时间的倍速；不填则尽快完成。"))  # fmt: skip
def simulate(
    session: Session,
    folder: Path,
    on: datetime | None,
    reports: int,
    seed: int,
    speed: float | None,
) -> None:
    """Make a day up, and tell what happened."""
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.operations.opening import open_operations  # noqa: PLC0415
    from dizuo.operations.simulation import Day, simulate  # noqa: PLC0415
    from dizuo.operations.time import SetClock  # noqa: PLC0415

    if reports < 1 or (speed is not None and not speed > 0):
        raise InputError(
            Text("reports and speed must be greater than 0", "上报件数与速度须大于 0"),
            field="--reports, --speed",
        )
    city = City.open(folder)
    kept = folder / "operations" / "simulated" / f"seed-{seed}"
    if (kept / "operations.sqlite").exists():
        raise InputError(
            Text("this day was made up before", "这一天的案件此前已模拟过"),
            file=kept,
            cure=Text(
                "Remove the folder, or take another seed.", "请删除该文件夹，或换一个随机种子。"
            ),
        )
    day = on or datetime.combine(city.config.city.reference_date, datetime.min.time())
    streets = city.base.layer("street_edges")
    clock = SetClock(day.astimezone())
    opened = open_operations(folder, clock=clock, simulated=kept)
    zone = opened.office.calendars.current(opened.office.calendar, day.date()).zone
    begin = day.replace(tzinfo=zone)
    clock.set(begin)

    def wait(span: timedelta) -> None:
        if speed is not None:
            time.sleep(max(0.0, span.total_seconds() / speed))

    done: Counter[str] = Counter()
    for at, case, action in simulate(opened, streets, Day(begin, reports, seed), wait=wait):
        done[action] += 1
        if speed is not None:
            session.out.print(f"{at:%H:%M:%S}  {case}  {action}", markup=False)
    opened.sequencer.seal()
    if session.json:
        session.answer({"folder": str(kept), "done": dict(done), "simulated": True})
        return
    for action, count in done.items():
        session.out.print(f"  {action:12} {count}", markup=False)
    session.out.print(f"  {kept}", markup=False)
