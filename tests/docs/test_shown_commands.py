"""What the documentation shows is typed here, so that no command that is shown can rot."""

import json
import re
import shlex
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from dizuo.cli import main
from dizuo.cli.application import COMMANDS, program

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "README.zh-CN.md"]
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
CITY = "examples/monaco"
NOT_WALKED = {
    "dizuo serve": "runs until somebody stops it",
    "dizuo signals examples/monaco listen": "needs a broker, and runs until somebody stops it",
    "mosquitto": "is the broker",
    "dizuo build": "was done before the walk",
    "dizuo checkup": "takes long, and `make demo` does it",
    "dizuo explain": "needs the checkup",
    "dizuo notices": "needs a street that is closed; its own test has one",
    "dizuo services elsewhere accept": "needs the key of the other city; its own test has one",
    "dizuo routes": "needs a route and its cases; its own test has them",
    "dizuo texts examples/monaco train": "needs hundreds of cases; its own test has them",
    "dizuo texts examples/monaco evaluate": "needs them as well",
    "dizuo signals examples/monaco unusual STREAM": "needs weeks of it; its own test has them",
    "dizuo signals examples/monaco air": "needs a station's hours; its own test has them",
    "dizuo signals examples/monaco merge": "needs a report about the alarm; its own test has one",
    "dizuo operations examples/monaco webhooks redeliver": "needs a delivery that failed",
    "dizuo simulate examples/monaco --reports 500 --devices 40": "takes minutes by the clock",
}
"""What is only read by the parser, and why."""
WALKED = (
    "README.md", "docs/guide/operations.md", "docs/guide/operations.zh-CN.md",
    "docs/guide/accounts.md", "docs/guide/exchange.md", "docs/guide/signals.md",
    "docs/method/texts.md",
)  # fmt: skip
FILES = {
    "projects.csv": "project,cost,title\npark,400000,Park\nbridge,700000,Bridge\n",
    "ballots.csv": "approved,count\npark;bridge,120\nbridge,80\n",
    "pool.csv": "group,volunteers,residents\nnorth,40,20000\nsouth,60,18000\n",
    "cases.csv": "工单号,category,happened,longitude,latitude,联系人\n"
    "A1,0501,2026-03-01 09:00,7.42,43.73,Li\n",
    "devices.csv": "device,asset,stream,kind,unit,interval_s\np,chamber,gas,methane,%VOL,60\n"
    "s,station,station:pm25,pm25,ug/m3,3600\n",
    "calibrations.csv": "stream,date,valid_until,factor,offset\ngas,2026-01-01,,1,0\n",
    "station.csv": "year,month,day,hour,PM2.5\n2026,3,1,9,35\n",
    f"{CITY}/operations/dispatch/units.csv": "unit,name,catch_all\n"
    "unit:roads,Roads,no\nhall,Town hall,yes\n",
    f"{CITY}/operations/dispatch/rules.csv": "rule,responsible,limit\nall,hall,2 working_days\n",
    f"{CITY}/operations/settings.toml": '[warnings]\nsender = "alerts.example.org"\n'
    'en = "City of Monaco"\nzh = "摩纳哥市"\n',
    f"{CITY}/operations/booking/places.toml": '[north_hall]\nen = "Northern service hall"\n'
    'zh = "北区服务大厅"\ndistrict = "north"\n',
}
"""What the guide leaves to the reader to write."""


def shown(page):
    """The commands of a page's consoles, without prompts, remarks, pipes and line breaks."""
    for block in CONSOLE.findall(page.read_text(encoding="utf-8")):
        text = block.replace("\\\n", " ")
        for one in text.split("$ ")[1:] if text.startswith("$ ") else text.splitlines():
            words = shlex.split(one, comments=True)
            if words:
                yield words[: words.index("|")] if "|" in words else words


def is_walked(words):
    return not any(shlex.join(words).startswith(one) for one in NOT_WALKED)


def choices_of(command, options):
    """What was given for each option that takes one of a few words."""
    for one in command.params:
        if isinstance(one.type, click.Choice) and isinstance(options.get(one.name), str):
            yield one.type, options[one.name]


def test_every_shown_command_has_the_options_and_words_that_it_is_given():
    seen = set()
    for page in PAGES:
        for words in shown(page):
            if words[0] != "dizuo":
                continue
            assert words[1] in COMMANDS, (page.name, words)
            command = program.get_command(click.Context(program), words[1])
            context = click.Context(command, info_name=words[1])
            given, left, _ = command.make_parser(context).parse_args(words[2:])
            assert left == [], (page.name, words)
            for choice, word in choices_of(command, given):
                assert word in choice.choices, (page.name, words)
            seen.add(words[1])
    assert {"cases", "operations", "serve", "simulate", "evaluate", "signals"} <= seen


@pytest.fixture(scope="module")
def built(tmp_path_factory, monaco):
    """The bundled city with its base, and nothing else."""
    from dizuo.city import City

    folder = tmp_path_factory.mktemp("shown") / CITY
    shutil.copytree(monaco, folder, ignore=shutil.ignore_patterns("base", "checkups", "operations"))
    City.open(folder).build()
    return folder


def toml_of(page):
    """The shared services that the guide shows."""
    blocks = re.findall(r"^```toml\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return next(one for one in blocks if "[facts.age]" in one)


def json_of(page):
    """The warning that the guide shows."""
    blocks = re.findall(r"^```json\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return next(one for one in blocks if '"headline"' in one)


def day_of_slots():
    """The day after the next in the city of the guide, so that nothing is too late at midnight."""
    return (datetime.now(UTC) + timedelta(days=2)).date().isoformat()


@pytest.fixture
def ready(built, tmp_path, monkeypatch):
    """A clean folder with the built city, and with what the guide leaves to the reader."""
    for name in ("DIZUO_DATABASE_URL", "DIZUO_SIMULATED_DATABASE_URL", "DIZUO_LANG"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(built, tmp_path / CITY)
    guide = ROOT / "docs" / "guide"
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    rows = [f"gas,{(begin + timedelta(minutes=n)).isoformat()},6.{n}" for n in range(3)]
    files = FILES | {
        "history.csv": "\n".join(["stream,time,value", *rows, ""]),
        f"{CITY}/operations/booking/slots.csv": "service,place,date,begin,end,capacity\n"
        f"free_bus,north_hall,{day_of_slots()},09:00,10:00,4\n",
        "warning.json": json_of(guide / "exchange.md").replace("2026-", "2999-"),
        f"{CITY}/operations/shared_services.toml": toml_of(guide / "operations.md"),
    }
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def dizuo(capsys):
    """Run ``dizuo`` as it is typed; return what it told."""

    def run(*words):
        capsys.readouterr()
        code = main(list(words))
        told = capsys.readouterr()
        assert code == 0, (words, told.err)
        return told.out

    return run


@pytest.fixture
def filled(dizuo):
    """Put what was made before in the place of the words that stand for it."""
    ways = {
        "CASE": (("cases", CITY), "case"),
        "ALARM": (("signals", CITY, "alarms"), "alarm"),
        "incident:...": (("incidents", CITY), "incident"),
        "SLOT": (("services", CITY, "slots"), "slot"),
        "BOOKING": (("services", CITY, "day", "--day", day_of_slots()), "booking"),
        "webhook:...": (("operations", CITY, "webhooks", "list"), "subscription"),
    }

    def fill(word):
        if word not in ways:
            return word
        asked, name = ways[word]
        return json.loads(dizuo(*asked, "--json"))[0][name]

    return fill


@pytest.mark.parametrize("page", WALKED)
def test_the_commands_of_a_page_work_one_after_another(page, ready, dizuo, filled):
    walked = [words for words in shown(ROOT / page) if is_walked(words)]
    for words in walked:
        if words[0] in {"mkdir", "cp"}:
            subprocess.run(words, check=True, cwd=ready)
        elif words[0] == "dizuo" and {CITY, "elsewhere"} & set(words):
            # A day of fewer reports is made in the same way.
            short = ["20" if word == "500" else word for word in words[1:]]
            dizuo(*(filled(word) for word in short))
    assert any(words[0] == "dizuo" for words in walked)
