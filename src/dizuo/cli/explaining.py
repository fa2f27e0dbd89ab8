"""``dizuo explain``: the formula, the inputs, the features and the rule behind one value."""

from pathlib import Path

import click

from dizuo.cli.command import command, folder_argument, option
from dizuo.cli.session import Session
from dizuo.model.text import Text

__all__ = ["explain"]


@command(
    "explain",
    Text(
        "Show what is behind one value: formula, inputs, features, rule.\n\n"
        "INDICATOR is an id such as 08.kindergarten_reach.",
        "说明一个指标值的由来：公式、输入、要素与规则。\n\n"
        "INDICATOR 为指标编号，如 08.kindergarten_reach。",
    ),
)
@click.argument("indicator")
@option(
    "--place",
    required=True,
    metavar="ID",
    text=Text("Id of the place, such as city:monaco.", "空间单元编号，如 city:monaco。"),
)
@folder_argument
def explain(session: Session, indicator: str, place: str, folder: Path) -> None:
    """Compute one indicator and take its value at one place apart."""
    from dizuo.checkup.explain import explain as explain_value  # noqa: PLC0415
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.cli.examining import build_base  # noqa: PLC0415

    city = City.open(folder)
    build_base(session, city)
    explanation = explain_value(city.examination(), indicator, place)
    if session.json:
        session.answer(explanation.as_dict())
        return
    for line in explanation.lines(session.language):
        session.out.print(line)
