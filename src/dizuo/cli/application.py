"""The program: its commands, and what happens when one fails."""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import click

from dizuo import __version__
from dizuo.cli.command import BilingualCommand, BilingualOption, language_of, shared_options
from dizuo.cli.session import Session, as_json
from dizuo.cli.usage_errors import usage_text
from dizuo.model.errors import DizuoError, InputError
from dizuo.model.text import Text

__all__ = ["COMMANDS", "INTERRUPTED", "program", "run"]

COMMANDS: Final = {
    "new": "dizuo.cli.cities",
    "download": "dizuo.cli.cities",
    "templates": "dizuo.cli.cities",
    "build": "dizuo.cli.examining",
    "checkup": "dizuo.cli.examining",
    "report": "dizuo.cli.examining",
    "compare": "dizuo.cli.comparing",
    "explain": "dizuo.cli.explaining",
    "communities": "dizuo.cli.communities",
    "cases": "dizuo.cli.casework",
    "incidents": "dizuo.cli.incidents",
    "evaluate": "dizuo.cli.evaluating",
    "notices": "dizuo.cli.travelling",
    "journeys": "dizuo.cli.riding",
    "shifts": "dizuo.cli.counting",
    "participate": "dizuo.cli.participating",
    "services": "dizuo.cli.sharing_services",
    "routes": "dizuo.cli.cleaning_routes",
    "operations": "dizuo.cli.operating",
    "serve": "dizuo.cli.operating",
    "signals": "dizuo.cli.signalling",
    "simulate": "dizuo.cli.simulating",
    "texts": "dizuo.cli.reading_texts",
    "standards": "dizuo.cli.reference",
    "systems": "dizuo.cli.reference",
    "doctor": "dizuo.cli.doctor",
}
"""Command -> module that holds it, in the order of the help."""

USAGE: Final = 2
FAULT: Final = 70
INTERRUPTED: Final = 130

_PURPOSE = Text(
    "Examine a city, from homes to city clusters, on one digital base.",
    "在同一个数字底座上，对城市进行全面体检。",
)
_EXIT_CODES = Text(
    "Exit codes: 0 done, 1 failed, 2 a wrong argument or file, 3 a rule, 4 an engine, 5 the base, "
    "6 not allowed, 70 a fault of dizuo, 130 interrupted.",
    "退出码：0 完成，1 失败，2 参数或文件有误，3 规则，4 计算引擎，5 底座，"
    "6 无权限，70 dizuo 自身故障，130 被中断。",
)
_VERSION = Text("Show the version and exit.", "显示版本并退出。")
_FAULT = Text(
    "This is a fault in dizuo, not in your data. Run the command again with --debug and report "
    "what it shows.",
    "这是 dizuo 自身的故障，与您的数据无关。请加 --debug 重新运行，并反馈所示内容。",
)
_INTERRUPTED = Text(
    "Interrupted. What was finished before is kept.", "已中断。此前已完成的结果均已保留。"
)


class Program(click.Group):
    """The group of all commands, each imported when it is called."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the work."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> BilingualCommand | None:
        """Import a command, or return None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        found: BilingualCommand = getattr(import_module(COMMANDS[cmd_name]), cmd_name)
        return found

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the program is for."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_PURPOSE.in_(language_of(ctx)))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one line for each command."""
        rows = []
        for name in COMMANDS:
            found = self.get_command(ctx, name)
            if found is not None:
                rows.append((name, found.short_text(language_of(ctx))))
        with formatter.section("Commands" if language_of(ctx) == "en" else "命令"):
            formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the exit codes mean."""
        formatter.write_paragraph()
        formatter.write_text(_EXIT_CODES.in_(language_of(ctx)))


def _show_version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(f"dizuo {__version__}")
        context.exit()


program = Program(
    name="dizuo",
    no_args_is_help=True,
    params=[
        *shared_options(answers=False),
        BilingualOption(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            text=_VERSION,
        ),
    ],
)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code of the process.

    Parameters
    ----------
    arguments
        What follows the program's name; those of the process by default.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    session = Session.of(given, os.environ)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = program.main(given, prog_name="dizuo", standalone_mode=False, obj=session)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return USAGE
    except click.ClickException as error:
        return _fail(session, "UsageError", session.text(usage_text(error)), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _fail(session, "Interrupted", session.text(_INTERRUPTED), INTERRUPTED)
    except DizuoError as error:
        spoken = session.language
        details = error.as_dict(spoken) if isinstance(error, InputError) else {}
        return _fail(session, type(error).__name__, error.in_(spoken), error.exit_code, details)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - whoever reads has gone
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(session, "OSError", f"{where}{error.strerror or error}.", 1)
    except Exception as error:  # noqa: BLE001 - a fault is told as such, with a way to show it
        return _fault(session, error)
    return code if isinstance(code, int) else 0


def _fault(session: Session, error: Exception) -> int:
    """Tell a fault; a database that is away, locked or full is none of dizuo."""
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415 - only where something went wrong

    from dizuo.operations.event_log.database import unusable  # noqa: PLC0415

    if isinstance(error, OperationalError):
        away = unusable(error)
        return _fail(session, type(away).__name__, away.in_(session.language), away.exit_code)
    message = f"{type(error).__name__}: {error}. {session.text(_FAULT)}"
    return _fail(session, "Fault", message, FAULT)


def _fail(
    session: Session, kind: str, message: str, code: int, details: dict[str, Any] | None = None
) -> int:
    """Tell an error in one shape, and return its exit code."""
    if session.debug:
        traceback.print_exc()
    if session.json:
        content = {"kind": kind, "message": message, "exit_code": code, **(details or {})}
        sys.stderr.write(as_json({"error": content}) + "\n")
    else:
        label = "" if kind == "Interrupted" else session.text(Text("Error: ", "错误："))
        session.notices.print(f"{label}{message}", style="red" if label else None)
    return code
