"""``dizuo compare``: what changed between two checkups of a city."""

from pathlib import Path

import click

from dizuo.cli.command import command
from dizuo.cli.session import Session
from dizuo.model.text import Text

__all__ = ["compare"]

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@command(
    "compare",
    Text(
        "Compare two checkups of a city.\n\n"
        "OLD and NEW are folders that 'dizuo checkup' wrote. What changed in the city is kept "
        "apart from what changed in the map and in the method.",
        "比较同一城市的两次体检。\n\n"
        "OLD 与 NEW 为“dizuo checkup”写出的文件夹。城市自身的变化与地图、方法的变化分开列出。",
    ),
)
@click.argument("old", type=_FOLDER)
@click.argument("new", type=_FOLDER)
def compare(session: Session, old: Path, new: Path) -> None:
    """Tell what changed, and why as far as known."""
    from dizuo.checkup.compare import compare as compare_checkups  # noqa: PLC0415
    from dizuo.checkup.outputs.folder import read_checkup  # noqa: PLC0415

    comparison = compare_checkups(read_checkup(old), read_checkup(new))
    if session.json:
        session.answer(comparison.as_dict())
        return
    for line in comparison.lines(session.language):
        session.out.print(line)
