"""``dizuo services``: which shared services fit declared facts."""

from pathlib import Path
from typing import Any, Final

import click

from dizuo.cli.command import command, option
from dizuo.cli.session import Session
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["services"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)


@command(
    "services",
    Text(
        "Tell which shared services fit declared facts, and why.\n\n"
        "Items, conditions, channels and the cities that recognise them stand in "
        "operations/shared_services.toml. Facts are given as --fact age=67; they are answered and "
        "kept nowhere. What hangs on a fact that is not given is 'unknown'.",
        "查询所申报情况可享受哪些共享公共服务及其理由。\n\n"
        "事项、条件、渠道和互认城市见 operations/shared_services.toml。以 --fact age=67 的形式"
        "申报，仅用于本次查询，不作保存。取决于未申报情况的事项显示为 unknown。",
    ),
)
@click.argument("folder", type=_FOLDER)
@option("--fact", "facts", multiple=True, text=Text("NAME=VALUE; yes or no.", "名称=值。"))
def services(session: Session, folder: Path, facts: tuple[str, ...]) -> None:
    """Answer from the facts that are given."""
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
