"""``dizuo participate``: a budget shared out by ballots, seats drawn by lot."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from dizuo.cli.command import command, option
from dizuo.cli.session import Session
from dizuo.cli.telling import tell, tell_table
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["participate"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_TABLE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@command(
    "participate",
    Text(
        "Share out a budget by ballots, or draw the seats of an assembly by lot.\n\n"
        "budget reads --projects (project, cost, title) and --ballots (approved, count), and "
        "tells what the Method of Equal Shares and what the most approvals buy. draw reads --pool "
        "(group, volunteers, residents), gives --seats to groups by residents, and draws lot "
        "numbers by the published text of --chance, so that anybody can draw again. No table holds "
        "a person, and small counts are not told.",
        "按选票分配参与式预算，或抽签产生议事会成员。\n\n"
        "budget 读取 --projects（project、cost、title）和 --ballots（approved、count），"
        "给出等份额法与得票多者优先两种结果。draw 读取 --pool（group、volunteers、residents），"
        "按居民数分配 --seats 席位，并用 --chance 给出的公开文本抽取签号，任何人均可复核。"
        "各表均不含个人，小数目不公布。",
    ),
)
@click.argument("folder", type=_FOLDER)
@click.argument("work", type=click.Choice(["budget", "draw"]))
@option("--projects", type=_TABLE, text=Text("Table of projects.", "项目表。"))
@option("--ballots", type=_TABLE, text=Text("Table of counted ballots.", "选票统计表。"))
@option("--budget", type=int, text=Text("What may be spent.", "预算总额。"))
@option("--pool", type=_TABLE, text=Text("Table of groups.", "报名统计表。"))
@option("--seats", type=int, text=Text("Seats to draw.", "席位数。"))
@option("--reserves", type=int, default=0, text=Text("Reserves of each group.", "每组候补数。"))
@option("--chance", text=Text("Published text to draw by.", "公开发布的随机文本。"))
def participate(session: Session, folder: Path, work: str, **given: Any) -> None:
    """Do one of the two."""
    told = _shared_out(folder, given) if work == "budget" else _drawn(given)
    if session.json:
        session.answer(told)
        return
    tell(session, {name: value for name, value in told.items() if not isinstance(value, list)})
    tell_table(session, told["projects" if work == "budget" else "groups"])


def _shared_out(folder: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    from dizuo.operations.evaluation.parameters import EvaluationParameters  # noqa: PLC0415
    from dizuo.operations.evaluation.suppression import hidden  # noqa: PLC0415
    from dizuo.operations.participation.budget import equal_shares, greedy  # noqa: PLC0415
    from dizuo.operations.participation.reading import read_ballots  # noqa: PLC0415

    ballots = read_ballots(_needed(given, "projects"), _needed(given, "ballots"))
    budget = _needed(given, "budget")
    shared, most = equal_shares(ballots, budget), greedy(ballots, budget)
    own = folder / "operations" / "evaluation.toml"
    least = EvaluationParameters.load(own if own.exists() else None).smallest_group
    few = hidden({(name,): many for name, many in ballots.supporters.items()}, [], least)
    return {
        "ballots": ballots.voters if ballots.voters >= least else None,
        "budget": budget,
        "equal_shares": {
            "projects": list(shared.projects),
            "by_shares": shared.by_shares,
            "cost": shared.cost,
        },
        "most_approvals": {"projects": list(most.projects), "cost": most.cost},
        "projects": [
            {
                "project": one.id,
                "title": one.title,
                "cost": one.cost,
                "approvals": None if (one.id,) in few else ballots.supporters[one.id],
                "chosen": one.id in shared.projects,
            }
            for one in ballots.projects
        ],
    }


def _drawn(given: Mapping[str, Any]) -> dict[str, Any]:
    from dizuo.operations.participation.lots import draw, seats_by_residents  # noqa: PLC0415
    from dizuo.operations.participation.reading import read_groups  # noqa: PLC0415

    groups, chance = read_groups(_needed(given, "pool")), _needed(given, "chance")
    seats = seats_by_residents(groups, _needed(given, "seats"))
    drawn = draw(groups, seats, chance, reserves=given["reserves"])
    told = [
        {"group": one.group, "seats": seats[one.group], "lots": list(one.lots),
         "reserves": list(one.reserves)}
        for one in drawn
    ]  # fmt: skip
    return {"chance": chance, "groups": told}


def _needed(given: Mapping[str, Any], name: str) -> Any:
    if given[name] is None:
        raise InputError(Text(f"--{name} is needed", f"须给出 --{name}"), field=f"--{name}")
    return given[name]
