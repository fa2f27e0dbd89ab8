"""``dizuo communities``: very large communities, and how they would divide along streets."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dizuo.cli.command import command, folder_argument, option
from dizuo.cli.session import Session
from dizuo.model.text import Text

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["communities"]
__systems__ = ("S23.4",)

_RULE: Final = "dizuo.very_large_community"
_COLUMNS: Final = ("part", "community", "residents", "blocks", "evidence")


@command(
    "communities",
    Text(
        "Propose how very large communities divide into parts of balanced residents.\n\n"
        "Parts are whole blocks, so they end at streets. The number of residents from which a "
        f"community is very large is the rule {_RULE}, which a city sets in its own rules. "
        "Residents are estimates by homes; counts of few people are left out.",
        "提出超大社区沿街道划分为居民人数均衡的部分的建议方案。\n\n"
        f"各部分由完整街坊组成，以街道为界。超大社区的人数标准为规则 {_RULE}，"
        "城市可在自己的规则中设定。居民按住宅估算；人数过少的不予公布。",
    ),
)
@option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    text=Text("Write the parts as GeoJSON (WGS 84).", "将划分结果写为 GeoJSON（WGS 84）。"),
)
@folder_argument
def communities(session: Session, output: Path | None, folder: Path) -> None:
    """Divide the very large communities of a city, and tell or write the parts."""
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.cli.examining import build_base  # noqa: PLC0415

    city = City.open(folder)
    build_base(session, city)
    examination = city.examination()
    rule = examination.rules.rule(_RULE, examination.day, examination.jurisdictions)
    parts = _parts(examination.workshop(), rule.value)
    if output is not None:
        output.write_text(parts.to_crs(4326).to_json(drop_id=True), encoding="utf-8")
    rows = [_plain(row) for row in parts[list(_COLUMNS)].to_dict("records")]
    if session.json:
        told = {"largest": rule.value, "certainty": rule.certainty, "parts": rows}
        session.answer(told | ({"file": str(output)} if output else {}))
        return
    if not rows:
        session.say(
            Text(
                f"No community has more than {rule.value:,.0f} residents.",
                f"没有居民超过 {rule.value:,.0f} 人的社区。",
            )
        )
    for row in rows:
        people = "-" if row["residents"] is None else f"{row['residents']:,.0f}"
        session.out.print(f"{row['part']}  {people}  {row['blocks']}", markup=False)


def _parts(workshop: Any, most: float) -> "gpd.GeoDataFrame":
    """Return one row for each part: its id, community, residents, blocks and outline."""
    import geopandas as gpd  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    from dizuo.model.evidence import Evidence  # noqa: PLC0415
    from dizuo.resources.community_parts import divide_communities  # noqa: PLC0415

    found, places = workshop.get("communities"), workshop.get("places")
    analysis = workshop.get("analysis")
    parts = divide_communities(found, workshop.get("blocks"), most, analysis)
    owner = found.support.ids[parts.community]
    first = np.searchsorted(parts.community, parts.community)
    number = np.arange(len(parts)) - first + 1
    return gpd.GeoDataFrame(
        {
            "part": [f"{name}/{one}" for name, one in zip(owner, number, strict=True)],
            "community": owner,
            "residents": np.round(parts.told_residents(analysis.smallest_group)),
            "blocks": np.bincount(parts.part, minlength=len(parts)),
            "evidence": Evidence.ESTIMATED.value,
        },
        geometry=parts.geometry,
        crs=places.crs,
    )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    people = row["residents"]
    return row | {"residents": round(people) if people == people else None}  # noqa: PLR0124 - NaN
