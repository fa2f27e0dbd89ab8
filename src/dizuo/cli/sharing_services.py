"""``dizuo services``: which shared services fit declared facts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from dizuo.cli.booking import BOOKING_STEPS, do_booking
from dizuo.cli.command import command, option
from dizuo.cli.session import Session
from dizuo.cli.telling import tell
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["services"]

_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)


@command(
    "services",
    Text(
        "Tell which shared services fit declared facts, and why.\n\n"
        "Items, conditions, channels and the cities that recognise them stand in "
        "operations/shared_services.toml. Facts are given as --fact age=67; they are answered and "
        "kept nowhere. What hangs on a fact that is not given is 'unknown'.\n\n"
        "share writes the items that the city --to recognises to --file, signed with the key of "
        "the log; accept takes in such a file of a partner city.\n\n"
        "STEP books: publish offers the slots of operations/booking, slots lists what can be "
        "booked, day lists the bookings of --day without contacts, book takes --slot, change "
        "BOOKING takes another --slot, cancel, attended, missed and contact take BOOKING, an id or "
        "a number.",
        "查询所申报情况可享受哪些共享公共服务及其理由。\n\n"
        "事项、条件、渠道和互认城市见 operations/shared_services.toml。以 --fact age=67 的形式"
        "申报，仅用于本次查询，不作保存。取决于未申报情况的事项显示为 unknown。\n\n"
        "share 将 --to 城市互认的事项写入 --file，以日志密钥签名；accept 接受互认城市的此类文件。"
        "\n\n"
        "STEP 用于预约：publish 发布 operations/booking 的时段，slots 列出可预约时段，day 列出 "
        "--day 当日预约（不含联系方式），book 预约 --slot，change BOOKING 改约到 --slot，"
        "cancel 取消、attended 到场、missed 爽约、contact 联系方式，均须给出预约编号或预约号。",
    ),
)
@click.argument("folder", type=_FOLDER)
@click.argument(
    "step", type=click.Choice(["fit", "share", "accept", *BOOKING_STEPS]), default="fit"
)
@click.argument("booking", default="")
@option("--fact", "facts", multiple=True, text=Text("NAME=VALUE; yes or no.", "名称=值。"))
@option("--city", "city", default="", text=Text("Id of this city.", "本市代码。"))
@option("--to", default="", text=Text("Id of the partner city.", "互认城市代码。"))
@option("--file", type=_FILE, text=Text("Document of shared items.", "共享事项文件。"))
@option("--slot", text=Text("Slot to book.", "预约时段。"))
@option("--service", text=Text("Only slots of this service.", "仅该服务的时段。"))
@option("--place", text=Text("Only slots at this place.", "仅该地点的时段。"))
@option("--day", type=click.DateTime(["%Y-%m-%d"]), text=Text("Day to list.", "日期。"))
@option("--phone", text=Text("Kept in confidence.", "联系电话，加密保存。"))
@option("--wait", is_flag=True, text=Text("Wait if it is full.", "名额已满时候补。"))
def services(
    session: Session, folder: Path, step: str, facts: tuple[str, ...], **given: Any
) -> None:
    """Answer from the facts that are given, or do one thing with bookings."""
    if step == "fit":
        _tell_what_fits(session, folder, facts)
    elif step in {"share", "accept"}:
        _exchange(session, folder, step, given)
    else:
        do_booking(session, folder, step, given)


def _tell_what_fits(session: Session, folder: Path, facts: tuple[str, ...]) -> None:
    from dizuo.operations.shared_services.catalogue import Catalogue  # noqa: PLC0415

    catalogue = Catalogue.load(folder / "operations" / "shared_services.toml")
    declared = {}
    for one in facts:
        name, equals, value = one.partition("=")
        if not equals:
            raise InputError(
                Text(f"{one!r} is no NAME=VALUE", f"{one!r} 不是 NAME=VALUE"),
                field="--fact",
            )
        declared[name] = catalogue.fact(name).value(value)
    told: list[dict[str, Any]] = [
        {
            "item": fit.item.id,
            "title": session.text(fit.item.title),
            "fits": fit.fits,
            "reasons": list(fit.reasons),
            "channels": list(fit.item.channels),
            "city": fit.item.city,
            "recognised_by": [session.text(catalogue.cities[c]) for c in fit.item.recognised_by],
        }
        for fit in catalogue.fitting(declared)
    ]
    if session.json:
        session.answer(told)
        return
    for row in told:
        parts = "; ".join(row["reasons"])
        where = " · ".join([*row["channels"], *row["recognised_by"]])
        session.out.print(f"{row['fits']:8} {row['title']} ({parts}) {where}", markup=False)


def _exchange(session: Session, folder: Path, step: str, given: Mapping[str, Any]) -> None:
    import msgspec  # noqa: PLC0415 - only where items are exchanged

    from dizuo.operations.event_log.sealing import signing_key  # noqa: PLC0415
    from dizuo.operations.shared_services.sharing import (  # noqa: PLC0415
        accept_items,
        share_items,
    )

    for name in ("city", "to", "file") if step == "share" else ("file",):
        if not given[name]:
            raise InputError(Text(f"this needs --{name}", f"须给出 --{name}"), field=f"--{name}")
    catalogue, file = folder / "operations" / "shared_services.toml", given["file"]
    if step == "share":
        key = signing_key(folder / "operations" / "seal.key")
        today = datetime.now(UTC).date()
        told = share_items(catalogue, given["city"], given["to"], today, key)
        file.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
    else:
        told = accept_items(catalogue, file)
    answer = {"city": told.city, "to": told.to, "items": len(told.items), "key": told.public_key}
    tell(session, answer)
