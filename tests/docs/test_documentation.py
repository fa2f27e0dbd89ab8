"""The documentation is under test: nothing that users meet is left out of it."""

import importlib.util
import re
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from dizuo.articles.local import load_local_indicators
from dizuo.articles.registry import all_indicators
from dizuo.base.config import (
    BoundarySettings,
    CitySettings,
    PopulationSettings,
    SourceSettings,
    read_config,
)
from dizuo.base.schemas import LAYERS
from dizuo.cli.application import COMMANDS
from dizuo.cli.results_folder import RESULT_FILES
from dizuo.model.evidence import Evidence
from dizuo.operations.access.login_settings import read_login_settings
from dizuo.operations.access.policy import Policy
from dizuo.standards.catalogue import load_facility_catalogue
from dizuo.standards.opinions import load_systems
from dizuo.standards.rule_book import RuleBook

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LOGIN = ROOT / "src" / "dizuo" / "operations" / "access" / "login.toml"
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
HEADING = re.compile(r"^(#+) ", re.MULTILINE)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def reference():
    """The pages that are written from the code, by name."""
    spec = importlib.util.spec_from_file_location(
        "generate_reference", DOCS / "generate_reference.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: page() for name, page in module.PAGES.items()}


def hand_written():
    return sorted(DOCS.rglob("*.md")) + READMES + [ROOT / "CONTRIBUTING.md"]


def read(name):
    return (DOCS / name).read_text(encoding="utf-8")


def test_every_indicator_is_documented(reference):
    page = reference["reference/indicators.md"]
    for one in all_indicators().values():
        assert f"### {one.title.en} · {one.title.zh} {{ #{one.id} }}" in page
        assert one.formula in page


def test_every_indicator_says_what_it_is_in_both_languages():
    for one in all_indicators().values():
        assert len(one.definition.en) > 30, one.id
        assert re.search("[一-鿿]", one.definition.zh), one.id
        assert one.source, one.id


def test_every_rule_is_documented(reference):
    page = reference["reference/rules.md"]
    for rule in RuleBook.load().all():
        assert f"| `{rule.id}` | {rule.title.en}" in page


def test_every_facility_category_is_documented(reference):
    page = reference["reference/facilities.md"]
    for category in load_facility_catalogue().values():
        assert f"| `{category.id}` | {category.title.en} | {category.title.zh} |" in page


def test_every_permission_role_and_number_of_logins_is_documented(reference):
    page, policy = reference["reference/access.md"], Policy.load()
    for name in (*policy.permissions, *policy.roles, *tomllib.loads(LOGIN.read_text("utf-8"))):
        assert f"`{name}`" in page
    assert "unit (own_unit)" in page
    assert "nobody" not in page


def test_the_policy_and_the_logins_of_the_guide_can_be_used(tmp_path):
    blocks = [body for kind, body in BLOCK.findall(read("guide/accounts.md")) if kind == "toml"]
    policy = tmp_path / "policy.toml"
    policy.write_text(next(one for one in blocks if "[roles." in one), encoding="utf-8")
    assert Policy.load(policy).allows("cases.read", ["mediator"])
    settings = [tomllib.loads(one)["login"] for one in blocks if "[login]" in one]
    read_settings = [read_login_settings(one) for one in settings]
    assert read_settings[0].session_hours == 12
    assert read_settings[1].oidc.groups["road crew"].unit == "unit:roads"


def test_every_layer_and_column_is_documented(reference):
    page = reference["reference/layers.md"]
    for name, schema in LAYERS.items():
        section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert all(f"| `{column}` |" in section for column in schema.columns)


def test_every_system_is_documented(reference):
    rows = set(re.findall(r"^\| (\S+) \|", reference["reference/systems.md"], re.MULTILINE))
    assert set(load_systems()) <= rows


def test_every_command_and_option_is_documented(reference):
    page = reference["reference/commands.md"]
    for name in COMMANDS:
        section = page.split(f"\n## dizuo {name}\n")[1].split("\n## ")[0]
        assert f"Usage: dizuo {name}" in section
        assert "--json" in section
    for option in ("--osm", "--boundary", "--gtfs", "--population", "--force", "--place", "--on"):
        assert option in page


def test_everything_public_in_python_is_documented(reference):
    page = reference["reference/python.md"]
    for name in ("dizuo.open", "City.build", "City.checkup", "Base.layer", "InputError", "Checkup"):
        assert name in page


def test_every_decision_is_listed(reference):
    files = [file.name for file in DOCS.glob("decisions/[0-9]*.md")]
    assert files
    assert all(f"({name})" in reference["decisions/index.md"] for name in files)
    assert len({name[:4] for name in files}) == len(files)


@pytest.mark.parametrize(
    ("section", "settings"),
    [
        ("[city]", CitySettings),
        ("[boundary]", BoundarySettings),
        ("[population]", PopulationSettings),
        ("[[sources]]", SourceSettings),
    ],
)
def test_every_key_of_city_toml_is_explained(section, settings):
    explained = read("guide/city-toml.md").split(f"\n## {section}\n")[1].split("\n## ")[0]
    for field in fields(settings):
        assert f"`{field.name}`" in explained


def test_the_city_toml_of_the_guide_can_be_read(tmp_path):
    blocks = BLOCK.findall(read("guide/city-toml.md"))
    shown = "\n".join(text for kind, text in blocks if kind == "toml")
    for file in ("kindergartens.csv", "relief.tif"):
        (tmp_path / file).write_text("", encoding="utf-8")
    head = '[city]\nid = "a"\nname = "A"\nreference_date = 2024-01-01\n'
    (tmp_path / "city.toml").write_text(head + shown, encoding="utf-8")
    read_source, relief = read_config(tmp_path).sources
    assert relief.kind == "elevation"
    assert read_source.constants == {"category": "kindergarten"}


def test_the_rules_and_the_indicator_of_the_guide_can_be_used(tmp_path):
    blocks = dict(BLOCK.findall(read("guide/local-rules.md")))
    (tmp_path / "plan.toml").write_text(blocks["toml"], encoding="utf-8")
    (tmp_path / "pharmacies.py").write_text(blocks["python"], encoding="utf-8")
    rules = {rule.id for rule in RuleBook.load([tmp_path]).search("monaco_plan")}
    (found,) = load_local_indicators(tmp_path).values()
    assert rules == set(found.rules.values())
    assert found.id == "08.near_a_pharmacy"
    assert found.id not in all_indicators()


def test_every_choice_of_method_is_explained_where_it_stands():
    told = tomllib.loads((ROOT / "src/dizuo/resources/analysis.toml").read_text(encoding="utf-8"))
    assert {"walking_speed", "lattice_spacing"} <= set(told)


def test_every_block_of_toml_and_python_is_well_formed():
    for file in hand_written():
        for kind, text in BLOCK.findall(file.read_text(encoding="utf-8")):
            if kind == "toml":
                assert tomllib.loads(text) != {}, file
            if kind == "python":
                assert compile(text, str(file), "exec") is not None


def shell_words(program):
    """The first words that follow a program's name in commands, in blocks and between backticks."""
    found = set()
    for file in hand_written():
        text = file.read_text(encoding="utf-8")
        commands = [
            line
            for kind, block in BLOCK.findall(text)
            if kind == "console"
            for line in block.splitlines()
        ]
        commands += re.findall(r"`([^`\n]+)`", text)
        found |= {
            match[1] for line in commands if (match := re.match(rf"{program} ([a-z]+)", line))
        }
    return found


def test_every_command_that_the_documentation_names_is_there():
    named = shell_words("dizuo")
    assert {"build", "checkup", "explain", "compare", "doctor"} <= named <= set(COMMANDS)


def test_the_readme_lists_every_command():
    for file in READMES:
        rows = re.findall(r"^\| (`[^|]+`) \|", file.read_text(encoding="utf-8"), re.MULTILINE)
        listed = {name for row in rows for name in re.findall(r"`([a-z]+)`", row)}
        assert set(COMMANDS) - listed == set(), file.name


def test_every_make_target_that_the_documentation_names_is_there():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {"demo", "test", "lint", "docs", "unit", "bench"} <= shell_words("make") <= targets


def test_every_result_file_is_explained():
    page = read("index.md")
    assert [name for name in RESULT_FILES if f"`{name}`" not in page] == []


def test_every_mark_of_evidence_is_explained():
    for mark in Evidence:
        assert f"| `{mark.value}` |" in read("method/evidence.md")


def test_the_readme_opens_with_the_two_commands_and_a_picture():
    for file in READMES:
        text = file.read_text(encoding="utf-8")
        block = BLOCK.search(text)
        assert [line.split("#")[0].strip() for line in block[2].splitlines()] == [
            "make demo",
            "make test",
        ]
        picture = re.search(r"!\[.*?\]\((.*?)\)", text)[1]
        assert (ROOT / picture).stat().st_size > 10_000
        assert text.index("![") < text.index("\n## ")


def test_both_readmes_say_the_same():
    english, chinese = (file.read_text(encoding="utf-8") for file in READMES)
    assert HEADING.findall(english) == HEADING.findall(chinese)
    assert english.count("\n| ") == chinese.count("\n| ")
    assert set(re.findall(r"\]\((.*?)\)", english)) - {"README.zh-CN.md"} == set(
        re.findall(r"\]\((.*?)\)", chinese)
    ) - {"README.md"}
    for (_, one), (_, other) in zip(BLOCK.findall(english), BLOCK.findall(chinese), strict=True):
        assert [line.split("#")[0] for line in one.splitlines()] == [
            line.split("#")[0] for line in other.splitlines()
        ]


def test_relative_links_lead_somewhere():
    pages = (
        "commands", "indicators", "rules", "facilities", "layers", "access", "python", "systems",
    )  # fmt: skip
    generated = {"decisions/index.md"} | {f"reference/{name}.md" for name in pages}
    broken = []
    for file in hand_written():
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8")):
            target = (file.parent / link).resolve()
            inside = target.relative_to(DOCS).as_posix() if target.is_relative_to(DOCS) else ""
            if not target.exists() and inside not in generated:
                broken.append(f"{file.name}: {link}")
    assert broken == []


def test_the_licence_of_the_bundled_data_is_stated():
    for name in ("NOTICE", "README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "OpenStreetMap" in text
        assert "ODbL" in text
        assert "quackosm 0.19.0" in text


def test_the_navigation_names_every_page():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    written = {file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.md")}
    expected = {name for name in written if not name.startswith("decisions/")}
    assert [name for name in sorted(expected) if name not in navigation] == []


def test_scripts_are_runnable():
    for name in (".ci/run", ".ci/setup"):
        listed = subprocess.run(
            ["git", "ls-files", "--stage", name],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert listed.startswith("100755"), name
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "set -euo pipefail" in text
    assert "sudo" not in (ROOT / "Makefile").read_text(encoding="utf-8").replace("uses sudo", "")
