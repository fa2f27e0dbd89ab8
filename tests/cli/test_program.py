"""The program as a whole: help, languages, errors, exit codes."""

import json
import re
import runpy
from datetime import date
from pathlib import Path

import click
import numpy as np
import pytest

from dizuo.cli import application, main
from dizuo.cli.application import COMMANDS, program
from dizuo.cli.command import BilingualOption
from dizuo.cli.session import Session, as_json
from dizuo.model.errors import DizuoError, EngineError, InputError, RuleError, StoreError
from dizuo.model.text import Text

CHINESE = re.compile("[一-鿿]")


def every_command():
    context = click.Context(program, info_name="dizuo")
    return {name: program.get_command(context, name) for name in COMMANDS}


@pytest.fixture
def failing(monkeypatch):
    """Make ``dizuo doctor`` raise an error."""

    def arrange(error):
        def fail(*_arguments):
            raise error

        monkeypatch.setattr("dizuo.cli.doctor.examine_machine", fail)

    return arrange


def test_help_names_every_command_in_the_order_of_the_work(dizuo):
    ran = dizuo("--help")
    listed = re.findall(r"^  ([a-z]+)  ", ran.out, re.MULTILINE)
    assert ran.code == 0
    assert listed == list(COMMANDS)
    assert list(COMMANDS)[:5] == ["new", "download", "templates", "build", "checkup"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_in_both_languages(dizuo, name):
    english, chinese = dizuo(name, "--help"), dizuo(name, "--lang", "zh", "--help")
    assert english.code == chinese.code == 0
    assert not CHINESE.search(english.out)
    assert CHINESE.search(chinese.out)
    for option in every_command()[name].params:
        if isinstance(option, BilingualOption):
            assert CHINESE.search(option.text.zh)
            assert " ".join(option.text.zh.split())[:8] in chinese.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_the_shared_options(name):
    options = {flag for option in every_command()[name].params for flag in option.opts}
    assert {"--json", "--lang", "--debug"} <= options


def test_version(dizuo):
    from dizuo import __version__

    assert dizuo("--version").out == f"dizuo {__version__}\n"


def test_the_package_runs_as_a_module(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["dizuo", "--version"])
    with pytest.raises(SystemExit) as left:
        runpy.run_module("dizuo.cli", run_name="__main__")
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("dizuo ")


def test_nothing_asked_shows_the_help_and_is_a_usage_error(dizuo):
    ran = dizuo()
    assert ran.code == 2
    assert "checkup" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["chekup"], "No such command"),
        (["build", "--forse"], "--force"),
        (["explain"], "INDICATOR"),
        (["build", "--lang", "fr"], "'fr' is not one of"),
    ],
)
def test_wrong_arguments_are_told_with_the_way_to_help(dizuo, arguments, words):
    ran = dizuo(*arguments)
    assert ran.code == 2
    assert words in ran.err
    assert "--help" in ran.err
    assert ran.out == ""


def test_a_wrong_argument_is_json_where_json_was_asked_for(dizuo):
    ran = dizuo("standards", "--on", "yesterday", "--json")
    assert ran.code == 2
    assert ran.error["kind"] == "UsageError"
    assert ran.error["exit_code"] == 2
    assert "yesterday" in ran.error["message"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DizuoError("no"), 1),
        (InputError("no"), 2),
        (RuleError("no"), 3),
        (EngineError("no"), 4),
        (StoreError("no"), 5),
        (OSError(28, "No space left on device", "base"), 1),
        (ValueError("a slip of ours"), 70),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_each_kind_of_error_has_its_exit_code_and_no_traceback(dizuo, failing, error, code):
    failing(error)
    plain, as_data = dizuo("doctor"), dizuo("doctor", "--json")
    assert plain.code == as_data.code == code
    assert "Traceback" not in plain.err
    assert as_data.error["exit_code"] == code
    assert as_data.error["message"] in plain.err


def test_debug_shows_where_an_error_arose(dizuo, failing):
    failing(StoreError("the base is damaged"))
    ran = dizuo("doctor", "--debug")
    assert "Traceback" in ran.err
    assert "the base is damaged" in ran.err


def test_an_input_error_tells_where_and_what_to_do(dizuo, tmp_path):
    plain = dizuo("build", tmp_path)
    error = dizuo("build", tmp_path, "--json").error
    assert (
        plain.err == f"Error: file {tmp_path / 'city.toml'}: {error['problem']}. {error['cure']}\n"
    )
    assert error["file"] == str(tmp_path / "city.toml")
    assert dizuo("build", tmp_path, "--lang", "zh").err.startswith("错误：")


def test_a_fault_of_ours_is_not_blamed_on_the_user(dizuo, failing):
    failing(ZeroDivisionError("division by zero"))
    assert "fault in dizuo, not in your data" in dizuo("doctor").err


def test_a_reader_that_goes_away_is_no_error(failing, monkeypatch):
    failing(BrokenPipeError())
    monkeypatch.setattr("sys.stdout", open("/dev/null", "w"))  # noqa: PTH123, SIM115
    assert main(["doctor"]) == 0


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ([], {"DIZUO_LANG": "zh", "LANG": "de_DE.UTF-8"}, "zh"),
        (["--lang", "zh"], {"DIZUO_LANG": "en"}, "zh"),
        (["checkup", "--lang=zh"], {}, "zh"),
        (["--lang"], {"LANG": "zh_CN"}, "zh"),
        (["standards", "--", "--lang", "zh"], {}, "en"),
    ],
)
def test_the_language_of_a_run(arguments, environment, language):
    assert Session.of(arguments, environment).language == language


def test_what_follows_a_double_dash_is_no_option():
    session = Session.of(["standards", "--", "--json", "--debug"], {})
    assert not session.json
    assert not session.debug


def test_json_holds_nothing_that_readers_refuse():
    content = {
        "number": np.float64("nan"),
        "whole": np.int32(3),
        "row": np.array([1.5, np.inf]),
        "day": date(2024, 6, 1),
        "path": Path("a/b"),
        1: (True, None),
    }
    assert json.loads(as_json(content)) == {
        "number": None,
        "whole": 3,
        "row": [1.5, None],
        "day": "2024-06-01",
        "path": "a/b",
        "1": [True, None],
    }


def test_progress_is_silent_for_programs_and_a_line_now_and_then_elsewhere(capsys, monkeypatch):
    seconds = iter([0.0, 1.0, 6.0, 6.0, 7.0])
    monkeypatch.setattr("dizuo.cli.session.monotonic", lambda: next(seconds))
    with Session().progress(Text("Examining", "体检")) as report:
        report("early", 0.1)
        report("later", 0.5)
        report("soon after", 0.6)
    assert capsys.readouterr().err == "Examining: 50%, later\n"
    with Session(json=True).progress(Text("Examining", "体检")) as report:
        report("later", 0.5)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with Session().progress(Text("Examining", "体检")) as report:
        report("08.kindergarten_reach", 0.5)
    assert "08.kindergarten_reach" in capsys.readouterr().err


def test_a_pipe_gets_no_colours(dizuo):
    assert "\x1b[" not in dizuo("standards", "kindergarten").out


def test_commands_name_modules_that_hold_them():
    assert set(application.COMMANDS) == set(every_command())
    assert all(command is not None for command in every_command().values())
