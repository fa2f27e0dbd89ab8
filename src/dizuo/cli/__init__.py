"""The command line: ``dizuo``. Nothing heavy is imported until a command needs it."""

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments
        What follows the program's name; those of the process by default.
    """
    from dizuo.cli.application import run  # noqa: PLC0415 - ``import dizuo.cli`` stays light

    return run(arguments)
