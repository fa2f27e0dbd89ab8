"""Commands and options whose help is in both languages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from dizuo.cli.session import Session
from dizuo.model.text import Language, Text

__all__ = [
    "BilingualCommand",
    "BilingualOption",
    "command",
    "folder_argument",
    "language_of",
    "option",
    "shared_options",
]

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_LANGUAGE = Text("Language of messages and help.", "消息与帮助的语言。")
_DEBUG = Text("Show where in the code an error arose.", "显示错误在代码中的位置。")
_JSON = Text("Answer as JSON on standard output; errors too.", "以 JSON 输出结果，错误亦然。")
_HELP = Text("Show this message and exit.", "显示本帮助并退出。")


def language_of(context: click.Context) -> Language:
    """Return the language that a run speaks."""
    session = context.find_object(Session)
    return session.language if session is not None else "en"


class BilingualOption(click.Option):
    """An option with help in both languages."""

    def __init__(self, *arguments: Any, text: Text, **settings: Any) -> None:
        super().__init__(*arguments, **{**settings, "help": text.en})
        self.text = text

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the line of the help, in the language of the run."""
        self.help = self.text.in_(language_of(ctx))
        return super().get_help_record(ctx)


class BilingualCommand(click.Command):
    """A command with help in both languages."""

    def __init__(self, *arguments: Any, text: Text, **settings: Any) -> None:
        super().__init__(*arguments, **{**settings, "help": text.en})
        self.text = text

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does, in the language of the run."""
        self.help = self.text.in_(language_of(ctx))
        super().format_help_text(ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return ``--help``, described in the language of the run."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = _HELP.in_(language_of(ctx))
        return option

    def short_text(self, language: Language) -> str:
        """Return the first line, for the list of commands."""
        return self.text.in_(language).splitlines()[0]


def shared_options(*, answers: bool = True) -> list[click.Parameter]:
    """Return the options that every command has.

    They are read by `Session.of` before anything is parsed; here they are declared, so that help
    shows them and a wrong value is a usage error.
    """
    options: list[click.Parameter] = [
        BilingualOption(
            ["--lang"], type=click.Choice(["en", "zh"]), expose_value=False, text=_LANGUAGE
        ),
        BilingualOption(["--debug"], is_flag=True, expose_value=False, text=_DEBUG),
    ]
    if answers:
        options.insert(0, BilingualOption(["--json"], is_flag=True, expose_value=False, text=_JSON))
    return options


def command(name: str, text: Text) -> Callable[[Callable[..., Any]], BilingualCommand]:
    """Declare a function as a command. It is called with the session and its own parameters."""

    def declare(function: Callable[..., Any]) -> BilingualCommand:
        made = click.command(name, cls=BilingualCommand, text=text)(click.pass_obj(function))
        made.params.extend(shared_options())
        return made

    return declare


def option(*names: str, text: Text, **settings: Any) -> Callable[[Decorated], Decorated]:
    """Declare an option with help in both languages."""
    return click.option(*names, cls=BilingualOption, text=text, **settings)


def folder_argument(function: Decorated) -> Decorated:
    """Declare the city's folder, the current one by default."""
    kind = click.Path(path_type=Path)
    return click.argument("folder", type=kind, default=Path(), required=False)(function)
