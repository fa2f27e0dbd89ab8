"""``dizuo notices``: what closed streets mean for whoever travels in a window of time."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import click

from dizuo.cli.command import command, option
from dizuo.cli.riding import own_destinations
from dizuo.cli.session import Session, as_json
from dizuo.model.errors import InputError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.operations.incidents.warning import Sender
    from dizuo.operations.travel.notice import Notice

__all__ = ["notices"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUTPUT: Final = click.Path(file_okay=False, path_type=Path)
_TIME: Final = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"])
_NAMES: Final = ("closures.csv", "closures.xlsx", "closures.geojson", "closures.gpkg")


@command(
    "notices",
    Text(
        "Write the travel notice of a window: closed streets, longer ways, what to use instead.\n\n"
        "Closures stand in operations/closures.csv or .geojson. Written are notice.json, "
        "notice.txt in both languages, notice.geojson, and notice.xml (CAP 1.2) where the city "
        "has said who warns. Only places are told of.",
        "编制某一时段的出行提示：管制道路、绕行影响与替代方式。\n\n"
        "管制数据放在 operations/closures.csv 或 .geojson。输出 notice.json、中英文 notice.txt、"
        "notice.geojson；已设置预警发布单位时另有 notice.xml（CAP 1.2）。只涉及地点。",
    ),
)
@click.argument("folder", type=_FOLDER)
@option("--from", "begin", type=_TIME, required=True, text=Text("Begin.", "开始时间。"))
@option("--until", "end", type=_TIME, required=True, text=Text("End.", "结束时间。"))
@option("--closures", "file", type=_FILE, text=Text("Another file of closures.", "其他管制数据。"))
@option("--output", type=_OUTPUT, text=Text("Folder to write to.", "输出文件夹。"))
@option(
    "--issue",
    is_flag=True,
    text=Text("The message is actual, not a draft.", "正式发布，而非草稿。"),
)
def notices(
    session: Session,
    folder: Path,
    begin: datetime,
    end: datetime,
    file: Path | None,
    output: Path | None,
    issue: bool,
) -> None:
    """Make a notice and write it in every form."""
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.operations.opening import zone_and_sender  # noqa: PLC0415
    from dizuo.operations.travel.closures import read_closures  # noqa: PLC0415
    from dizuo.operations.travel.notice import travel_notice  # noqa: PLC0415
    from dizuo.operations.travel.public_transport_settings import (  # noqa: PLC0415
        PublicTransportSettings,
    )
    from dizuo.operations.travel.settings import TravelSettings  # noqa: PLC0415
    from dizuo.operations.travel.wording import notice_text  # noqa: PLC0415

    city = City.open(folder)
    zone, sender = zone_and_sender(folder, begin.date())
    settings = TravelSettings.load(folder / "operations" / "travel.toml")
    examination = city.examination()
    closures = read_closures(file or _closures_of(folder), zone, city.base.crs)
    window = (_in_zone(begin, zone), _in_zone(end, zone))
    names = city.config.city
    workshop = examination.workshop()
    riding = PublicTransportSettings.load(folder / "operations" / "public_transport.toml")
    notice = travel_notice(
        workshop, closures, window, settings, Text(names.name, names.name_zh or names.name),
        riding, own_destinations(workshop, folder),
    )  # fmt: skip
    place = output or folder / "operations" / "notices" / f"{begin:%Y%m%dT%H%M}-{end:%Y%m%dT%H%M}"
    files = _write(notice, place, sender, issue=issue)
    if session.json:
        session.answer({**notice.as_dict(), "files": files})
        return
    session.out.print(notice_text(notice), markup=False)
    if sender is None:
        session.notice(
            Text(
                "No message was written: operations/settings.toml does not say who warns.",
                "未生成 CAP 消息：operations/settings.toml 未设置预警发布单位。",
            )
        )
    for name in files:
        session.out.print(f"  {name}", markup=False)


def _write(notice: "Notice", folder: Path, sender: "Sender | None", *, issue: bool) -> list[str]:
    from dizuo.operations.incidents.cap import write_cap  # noqa: PLC0415
    from dizuo.operations.time import SystemClock  # noqa: PLC0415
    from dizuo.operations.travel.warning import notice_features, notice_message  # noqa: PLC0415
    from dizuo.operations.travel.wording import notice_text  # noqa: PLC0415

    written = {
        "notice.json": as_json(notice.as_dict()).encode(),
        "notice.txt": notice_text(notice).encode(),
        "notice.geojson": notice_features(notice).encode(),
    }
    if sender is not None:
        now = SystemClock().now()
        message = notice_message(notice, sender, now, status="Actual" if issue else "Draft")
        written["notice.xml"] = write_cap(message)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in written.items():
        (folder / name).write_bytes(content)
    return [str(folder / name) for name in written]


def _closures_of(folder: Path) -> Path:
    """Return the city's file of closures."""
    there = [folder / "operations" / name for name in _NAMES]
    found = next((file for file in there if file.exists()), None)
    if found is None:
        raise InputError(
            Text("the city has no closures", "该城市没有管制数据"),
            file=there[0],
            cure=Text(
                "Write closure, from, until, modes, reason, source, streets; or give --closures.",
                "请写 closure, from, until, modes, reason, source, streets；或指定 --closures。",
            ),
        )
    return found


def _in_zone(time: datetime, zone: ZoneInfo) -> datetime:
    return time.replace(tzinfo=zone)
