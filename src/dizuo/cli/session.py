"""What a run of the command line shares: the language, the form of answers, the console."""

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Any

from dizuo.model.text import Language, Text

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Progress", "Session", "as_json"]

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the work that is done."""

_SECONDS_BETWEEN_LINES = 5.0
_WIDTH_OF_A_PIPE = 240


@dataclass(frozen=True)
class Session:
    """How this run speaks.

    Answers go to standard output, notices, progress and errors to standard error, so that
    ``dizuo ... --json | jq`` reads nothing but the answer.

    Attributes
    ----------
    language
        Of our own messages and help.
    json
        Whether answers and errors are JSON.
    debug
        Whether errors show where in the code they arose.
    """

    language: Language = "en"
    json: bool = False
    debug: bool = False

    @classmethod
    def of(cls, arguments: Sequence[str], environment: Mapping[str, str]) -> "Session":
        """Read what must be known before the arguments are parsed, for help and for errors.

        The language is that of ``--lang``, else of ``DIZUO_LANG``, else of the locale.
        """
        arguments = list(arguments)
        if "--" in arguments:
            arguments = arguments[: arguments.index("--")]
        asked = ""
        for number, argument in enumerate(arguments):
            if argument == "--lang":
                asked = "".join(arguments[number + 1 : number + 2])
            elif argument.startswith("--lang="):
                asked = argument.removeprefix("--lang=")
        names = ("DIZUO_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
        spoken = asked or next((environment[name] for name in names if environment.get(name)), "")
        return cls(
            language="zh" if spoken.lower().startswith("zh") else "en",
            json="--json" in arguments,
            debug="--debug" in arguments,
        )

    @cached_property
    def out(self) -> "Console":
        """Where answers go. Colours only on a terminal; a pipe gets wide lines."""
        return _console(sys.stdout, stderr=False)

    @cached_property
    def notices(self) -> "Console":
        """Where everything goes that is no answer."""
        return _console(sys.stderr, stderr=True)

    def text(self, text: Text) -> str:
        """Return a text in the language of the run."""
        return text.in_(self.language)

    def notice(self, text: Text, style: str = "") -> None:
        """Tell a person something on the way; a program that asked for JSON is not told."""
        if not self.json:
            self.notices.print(self.text(text), style=style or None)

    def say(self, text: Text, style: str = "") -> None:
        """Tell a person the answer."""
        self.out.print(self.text(text), style=style or None)

    def answer(self, content: Any) -> None:
        """Print an answer as JSON."""
        sys.stdout.write(as_json(content) + "\n")

    @contextmanager
    def progress(self, title: Text) -> Iterator[Progress]:
        """Show how far long work is: a bar on a terminal, a line now and then elsewhere."""
        if self.json:
            yield lambda _doing, _share: None
        elif self.notices.is_terminal:
            with _bar(self.notices, self.text(title)) as report:
                yield report
        else:
            yield _lines(self.notices, self.text(title))


def as_json(content: Any) -> str:
    """Return content as JSON text that every reader accepts: what is no number becomes null."""
    return json.dumps(_plain(content), ensure_ascii=False, indent=2)


def _plain(content: Any) -> Any:
    """Reduce dates, paths and NumPy scalars to what JSON holds."""
    if isinstance(content, Mapping):
        return {str(key): _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple | set | frozenset):
        return [_plain(value) for value in content]
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if content is None or isinstance(content, str | bool | int):
        return content
    if hasattr(content, "tolist"):
        return _plain(content.tolist())
    return content.isoformat() if hasattr(content, "isoformat") else str(content)


def _console(stream: Any, *, stderr: bool) -> "Console":
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second, and JSON needs none

    width = None if stream.isatty() else _WIDTH_OF_A_PIPE
    return Console(stderr=stderr, width=width, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _bar(console: "Console", title: str) -> Iterator[Progress]:
    from rich import progress as rich_progress  # noqa: PLC0415

    columns = (
        rich_progress.TextColumn("{task.fields[title]}"),
        rich_progress.BarColumn(bar_width=30),
        rich_progress.TaskProgressColumn(),
        rich_progress.TimeElapsedColumn(),
        rich_progress.TextColumn("{task.description}", markup=False),
    )
    with rich_progress.Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("", total=1.0, title=title)
        yield lambda doing, share: shown.update(task, description=doing, completed=share)


def _lines(console: "Console", title: str) -> Progress:
    last = monotonic()

    def report(doing: str, share: float) -> None:
        nonlocal last
        if monotonic() - last >= _SECONDS_BETWEEN_LINES:
            last = monotonic()
            console.print(f"{title}: {share:.0%}, {doing}")

    return report
