"""Open a city's operations, or those of a day that was made up for it, as a command is told."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from dizuo.cli.command import option
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.operations.opening import Operations

__all__ = ["database_of", "open_city", "seal_at_the_end", "simulated_option"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)

simulated_option = option(
    "--simulated",
    type=_FOLDER,
    text=Text(
        "Folder of a simulation, to work on its made-up day.", "模拟数据文件夹，在模拟日上操作。"
    ),
)
"""For commands that work on a made-up day as they do on the city's own."""


def open_city(folder: Path, simulated: Path | None = None) -> "Operations":
    """Open a city's operations, in the database that the environment names.

    Parameters
    ----------
    simulated
        A simulation's folder: its own database and keys are opened in their place.
    """
    from dizuo.operations.opening import open_operations  # noqa: PLC0415

    return open_operations(folder, url=database_of(simulated), simulated=simulated)


def database_of(simulated: Path | None = None) -> str | None:
    """Return the URL that the environment names; None for SQLite in the folder.

    A made-up day has a database of its own: it never goes into that of the city.
    """
    return os.environ.get("DIZUO_SIMULATED_DATABASE_URL" if simulated else "DIZUO_DATABASE_URL")


def seal_at_the_end(opened: "Operations") -> None:
    """Seal what this command writes before it ends, as a server does every second."""
    click.get_current_context().call_on_close(opened.sequencer.seal)
