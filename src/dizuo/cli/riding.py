"""``dizuo journeys``: how long residents take by public transport."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from dizuo.cli.command import command, folder_argument, option
from dizuo.cli.session import Session
from dizuo.model.errors import InputError
from dizuo.model.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from dizuo.resources.facilities import Facilities
    from dizuo.resources.wiring import Workshop

__all__ = ["journeys", "own_destinations"]

_OUTPUT: Final = click.Path(dir_okay=False, path_type=Path)
_TIME: Final = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])
_DESTINATIONS: Final = "destinations.csv"


@command(
    "journeys",
    Text(
        "Time the journeys of residents by public transport and on foot in a window.\n\n"
        "Goes to the places of operations/destinations.csv, or to every facility of a category. "
        "Written is a table of the city, districts and communities: who gets there, and the "
        "times that a tenth, half and nine tenths of all departures do not exceed.",
        "计算某一时段内居民乘公共交通与步行的出行时间。\n\n"
        "目的地取自 operations/destinations.csv，或某一类别的全部设施。结果表按城市、区、社区列出："
        "可到达的比例，以及十分之一、一半、十分之九的出发不超过的时间。",
    ),
)
@option("--from", "begin", type=_TIME, required=True, text=Text("Begin.", "开始时间。"))
@option("--until", "end", type=_TIME, required=True, text=Text("End.", "结束时间。"))
@option("--to", "category", type=str, text=Text("Category of facilities.", "设施类别。"))
@option("--output", type=_OUTPUT, text=Text("Table to write (CSV).", "输出表（CSV）。"))
@folder_argument
def journeys(
    session: Session,
    begin: datetime,
    end: datetime,
    category: str | None,
    output: Path | None,
    folder: Path,
) -> None:
    """Time journeys, write the table and tell those of the whole city."""
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.operations.opening import zone_and_sender  # noqa: PLC0415
    from dizuo.operations.travel import journeys as timing  # noqa: PLC0415
    from dizuo.operations.travel.public_transport_settings import (  # noqa: PLC0415
        PublicTransportSettings,
    )

    workshop = City.open(folder).examination().workshop()
    zone, _ = zone_and_sender(folder, begin.date())
    settings = PublicTransportSettings.load(folder / "operations" / "public_transport.toml")
    window = begin.replace(tzinfo=zone), end.replace(tzinfo=zone)
    found = timing.journeys(workshop, _destinations(workshop, folder, category), window, settings)
    name = f"{begin:%Y%m%dT%H%M}-{end:%Y%m%dT%H%M}.csv"
    file = output or folder / "operations" / "journeys" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    found.rows.to_csv(file, index=False)
    city = found.rows[found.rows["kind"] == "city"]
    if session.json:
        plain = city.astype(object).where(city.notna() & (city != float("inf")), None)
        told = {"file": str(file), "runs_left_out": found.gone_back}
        session.answer({**told, "city": plain.to_dict("records")})
        return
    _tell(session, city)
    session.out.print(f"  {file}", markup=False)


def own_destinations(workshop: "Workshop", folder: Path) -> "list[Facilities]":
    """Return the places of the city's own table; nothing where it has none."""
    from dizuo.operations.travel.destinations import read_destinations  # noqa: PLC0415

    own = folder / "operations" / _DESTINATIONS
    return [read_destinations(own, workshop.get("places"))] if own.exists() else []


def _destinations(workshop: "Workshop", folder: Path, category: str | None) -> "list[Facilities]":
    from dizuo.standards.catalogue import load_facility_catalogue  # noqa: PLC0415

    if category is not None:
        if category not in load_facility_catalogue():
            raise InputError(
                Text(
                    f"the catalogue has no category {category!r}", f"设施目录中没有类别“{category}”"
                ),
                field="--to",
            )
        found: Facilities = workshop.get(category)
        if not len(found):
            raise InputError(
                Text(f"the base has no {category}", f"底座中没有“{category}”设施"), field="--to"
            )
        return [found]
    own = own_destinations(workshop, folder)
    if not own:
        raise InputError(
            Text("nothing says where to go", "未说明目的地"),
            file=folder / "operations" / _DESTINATIONS,
            cure=Text(
                "Write destination, name, longitude, latitude; or give --to a category.",
                "请写 destination, name, longitude, latitude；或用 --to 指定设施类别。",
            ),
        )
    return own


def _tell(session: Session, city: "pd.DataFrame") -> None:
    from rich.table import Table  # noqa: PLC0415 - only where a table is drawn

    shares = [name for name in city.columns if name.startswith("seconds_")]
    table = Table(box=None, header_style="bold")
    table.add_column(session.text(Text("To", "目的地")))
    table.add_column(session.text(Text("Reached", "可到达")))
    for name in shares:
        percent = f"{100 * float(name.removeprefix('seconds_')):g} %"
        table.add_column(session.text(Text(f"{percent} within", f"{percent} 不超过")))
    minutes = session.text(Text("min", "分钟"))
    for row in city[city["hidden"] == ""].to_dict("records"):
        times = [
            f"{row[name] / 60:.0f} {minutes}" if row[name] != float("inf") else "–"
            for name in shares
        ]
        table.add_row(row["name"] or row["destination"], f"{row['reached']:.0f} %", *times)
    session.out.print(table)
