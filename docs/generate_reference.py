"""Write the reference from the code, while the documentation is built (a MkDocs hook).

Every function here returns one page as Markdown, so that tests read the same pages as people do.
"""

import importlib
import inspect
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import click

from dizuo.operations.access.policy import Policy

DECISIONS = Path(__file__).parent / "decisions"
PUBLIC_MODULES = (
    "dizuo",
    "dizuo.city",
    "dizuo.checkup.result",
    "dizuo.base.store",
    "dizuo.model.errors",
)
"""What users import; everything else may change between versions."""


def commands_page() -> str:
    """Every command with its options."""
    from dizuo.cli.application import COMMANDS, program
    from dizuo.cli.session import Session

    parts = [
        "# Commands",
        "Each command answers on standard output; notices, progress and errors go to standard "
        "error. Every command takes `--json`, `--lang en|zh` and `--debug`. `DIZUO_LANG` sets the "
        "language once for all.",
    ]
    context = click.Context(program, info_name="dizuo", obj=Session())
    for name in COMMANDS:
        command = program.get_command(context, name)
        own = click.Context(command, info_name=name, parent=context, obj=Session())
        parts += [f"## dizuo {name}", f"*{command.short_text('zh')}*", _code(command.get_help(own))]
    parts += [
        "## Exit codes",
        _table(
            ("Code", "Meaning"),
            [
                ("0", "done"),
                ("1", "failed"),
                ("2", "a wrong argument, or a file that cannot be used"),
                ("3", "a rule is absent, ambiguous or not in force"),
                ("4", "arrays that an engine cannot work on"),
                ("5", "the base is absent, damaged or of another version"),
                ("70", "a fault of dizuo: please report it"),
                ("130", "interrupted"),
            ],
        ),
    ]
    return _page(parts)


def indicators_page() -> str:
    """Every indicator by article, with definition, formula, unit, source and rules."""
    from dizuo.articles.registry import all_indicators
    from dizuo.standards.opinions import load_articles

    articles = load_articles()
    grouped = defaultdict(list)
    for indicator in all_indicators().values():
        grouped[indicator.article].append(indicator)
    parts = [
        "# Indicators",
        f"{sum(map(len, grouped.values()))} definitions. Tiers, radii, network and straight-line "
        "variants of one definition count once.",
    ]
    for number, indicators in sorted(grouped.items()):
        title = articles[number].title
        parts.append(f"## Article {number}: {title.en} {title.zh}")
        parts += [_indicator(indicator) for indicator in indicators]
    return _page(parts)


def _indicator(indicator: Any) -> str:
    facts = [
        (
            "Set",
            f"`{indicator.indicator_set}`" + (f", row `{indicator.row}`" if indicator.row else ""),
        ),
        ("Unit", indicator.unit or "–"),
        ("Better", indicator.better),
        ("Place", indicator.place.value),
        ("Formula", f"`{indicator.formula}`"),
        ("Source", indicator.source),
        ("Rules", ", ".join(f"`{rule}`" for rule in indicator.rules.values()) or "–"),
        ("Variants", ", ".join(f"`{name}`" for name in indicator.variants if name) or "–"),
        (
            "Largest distance",
            f"{indicator.largest_distance:g} m" if indicator.largest_distance else "whole city",
        ),
        ("Systems", ", ".join(indicator.systems)),
    ]
    return "\n\n".join(
        [
            f"### {indicator.title.en} · {indicator.title.zh} {{ #{indicator.id} }}",
            f"`{indicator.id}`",
            indicator.definition.en,
            indicator.definition.zh,
            _table(("", ""), facts),
        ]
    )


def rules_page() -> str:
    """Every rule by standard, with value, dates and certainty."""
    from dizuo.cli.reference import limit_in_words
    from dizuo.standards.rule_book import RuleBook

    book = RuleBook.load()
    grouped = defaultdict(list)
    for rule in book.all():
        grouped[rule.id.split(".")[0]].append(rule)
    parts = [
        "# Rules",
        f"{len(book.all())} rules of {len(book.standards)} standards, plans and practices. *check* "
        "marks a number that was not yet read in the standard itself; every value that uses one is "
        "marked too.",
    ]
    for standard in sorted(book.standards, key=lambda standard: standard.id):
        parts += [
            f"## {standard.title.en} {{ #{standard.id} }}",
            f"{standard.title.zh} · {standard.source}, {standard.edition}"
            + (f" · {standard.note}" if standard.note else ""),
            _table(
                ("Rule", "Title", "标题", "Value", "Clause", "In force", "Mark"),
                [
                    (
                        f"`{rule.id}`",
                        rule.title.en,
                        rule.title.zh,
                        limit_in_words(rule).en,
                        rule.clause,
                        f"{rule.valid_from} – {rule.valid_to or ''}".strip(),
                        rule.certainty.value,
                    )
                    for rule in grouped[standard.id]
                ],
            ),
        ]
    return _page(parts)


def facilities_page() -> str:
    """Every facility category, and how OpenStreetMap tags it."""
    from dizuo.standards.catalogue import load_facility_catalogue

    catalogue = load_facility_catalogue()
    rows = [
        (
            f"`{category.id}`",
            category.title.en,
            category.title.zh,
            category.code,
            category.mapped,
            category.access,
            " or ".join(_tag_set(tags) for tags in category.osm),
        )
        for category in catalogue.values()
    ]
    return _page(
        [
            "# Facilities",
            f"{len(catalogue)} categories. *direct*: the tag means the category; *proxy*: it only "
            "suggests it, and values that rest on it are `estimated`; *none*: OpenStreetMap has no "
            "tag, so a table of the city is needed. *area*: reached at the edge of its area.",
            _table(("Category", "Name", "名称", "Code", "Mapped", "Access", "Tags"), rows),
        ]
    )


def layers_page() -> str:
    """Every layer of a base with its columns."""
    from dizuo.base.config import USER_LAYERS
    from dizuo.base.schemas import LAYERS

    parts = [
        "# Layers",
        "What a base holds: one GeoParquet file a layer, in the city's metric system. Layers marked "
        "*fillable* take rows of your own (`layer` of a source). `<column>_evidence` says how well "
        "`<column>` is known. The source layer `population_points` has `id` and `residents`.",
    ]
    for name, schema in LAYERS.items():
        rows = []
        for column, facts in schema.columns.items():
            limits = [
                f"{sign} {limit:g}"
                for sign, limit in (("≥", facts.least), ("≤", facts.most))
                if limit is not None
            ]
            allowed = ", ".join(f"`{word}`" for word in facts.words) or ", ".join(limits)
            rows.append((f"`{column}`", facts.kind, allowed, "" if facts.unknown else "required"))
        shapes = ", ".join(schema.geometries) or "no geometry"
        fillable = ", fillable" if name in USER_LAYERS else ""
        parts += [
            f"## {name}",
            f"*{shapes}{fillable}*",
            _table(("Column", "Kind", "Values", ""), rows),
        ]
    return _page(parts)


def _tag_set(conditions: Iterable[Any]) -> str:
    texts = []
    for condition in conditions:
        if condition.pattern is not None:
            value = f"~{condition.pattern.pattern}"
        else:
            value = ";".join(sorted(condition.values)) or "*"
        texts.append(f"{condition.key}={value}")
    return "`" + " & ".join(texts).replace("|", "\\|") + "`"


def python_page() -> str:
    """Everything that users import, with its signature and its docstring."""
    parts = ["# Python", "What is listed here keeps its meaning between versions."]
    for name in PUBLIC_MODULES:
        module = importlib.import_module(name)
        parts += [f"## {name}", inspect.cleandoc(module.__doc__ or "").split("\n\n")[0]]
        for offered in module.__all__:
            found = getattr(module, offered)
            if inspect.isclass(found):
                parts += _class(name, found)
            elif callable(found):
                parts += _callable(f"{name}.{offered}", found)
    return _page(parts)


def _class(module: str, found: type) -> list[str]:
    parts = [f"### {module}.{found.__name__}", _docstring(found)]
    for name, member in vars(found).items():
        if name.startswith("_") or inspect.getdoc(member) is None:
            continue
        inner = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if inspect.isfunction(inner):
            parts += _callable(f"{found.__name__}.{name}", inner, level=4)
        elif isinstance(member, property) or hasattr(member, "func"):
            parts += [f"#### {found.__name__}.{name}", _docstring(member)]
    return parts


def _callable(title: str, function: Callable[..., Any], level: int = 3) -> list[str]:
    signature = re.sub(r"(dizuo|pathlib|datetime)\.(\w+\.)*", "", str(inspect.signature(function)))
    name = title.rsplit(".", 1)[-1]
    return [f"{'#' * level} {title}", _code(f"{name}{signature}", "python"), _docstring(function)]


def _docstring(found: Any) -> str:
    """Return a NumPy docstring as Markdown: sections become small headings, entries a list."""
    lines: list[str] = []
    text = inspect.getdoc(found) or ""
    body = text.splitlines()
    for number, line in enumerate(body):
        underlined = number + 1 < len(body) and re.fullmatch(r"-{3,}", body[number + 1])
        if re.fullmatch(r"-{3,}", line):
            continue
        if underlined:
            lines += ["", f"**{line}**", ""]
        elif lines and line and not line.startswith(" ") and _in_section(body, number):
            lines += ["", f"`{line}`  "]
        else:
            lines.append(line.strip() if line.startswith("    ") else line)
    return "\n".join(lines).replace("``", "`")


def _in_section(body: list[str], number: int) -> bool:
    """Whether a line that is not indented is the head of an entry: the next line is indented."""
    listed = any(re.fullmatch(r"-{3,}", line) for line in body[:number])
    following = body[number + 1] if number + 1 < len(body) else ""
    return listed and following.startswith("    ")


def access_page() -> str:
    """Every permission with the roles that are granted it, and every number of logins."""
    policy = Policy.load()
    roles = [f"- `{one.id}`: {one.title.en} ({one.title.zh})" for one in policy.roles.values()]
    rows = [
        (
            f"`{one.id}`",
            f"{one.title.en}. {one.title.zh}。",
            one.rows or "–",
            _granted(policy, one.id),
        )
        for one in policy.permissions.values()
    ]
    numbers = tomllib.loads(
        resources.files("dizuo.operations.access").joinpath("login.toml").read_text("utf-8")
    )
    settings = [
        (f"`{name}`", str(one["value"]), one["source"], one["certainty"])
        for name, one in numbers.items()
    ]
    return _page(
        [
            "# Permissions and roles",
            "What the doors ask for and the roles that dizuo ships. [Accounts and "
            "permissions](../guide/accounts.md) tells how a city changes them.",
            "## Roles",
            "\n".join(roles),
            "## Permissions",
            _table(("permission", "lets one", "rows", "granted to"), rows),
            "## Numbers of logins",
            _table(("setting", "value", "source", "certainty"), settings),
        ]
    )


def _granted(policy: Policy, permission: str) -> str:
    told = []
    for role in policy.roles.values():
        grants = role.may.get(permission, ())
        scopes = [
            grant.scope + (f" of {', '.join(sorted(grant.case_types))}" if grant.case_types else "")
            for grant in grants
        ]
        told += [f"{role.id} ({'; '.join(scopes)})"] if scopes else []
    return ", ".join(told) or "nobody"


def systems_page() -> str:
    """What realises each of the 217 systems of the Opinions."""
    from dizuo.cli.systems_table import systems_table

    rows = systems_table()
    realised = sum(bool(row["elements"]) for row in rows)
    return _page(
        [
            "# Systems of the Opinions",
            f"{realised} of {len(rows)} systems are realised by at least one element so far; the others "
            "are printed as missing. The same table is `dizuo systems`.",
            _table(
                ("Id", "System", "体系", "Elements"),
                [
                    (
                        row["id"],
                        row["title"],
                        row["title_zh"],
                        ", ".join(f"`{element}`" for element in row["elements"]) or "missing",
                    )
                    for row in rows
                ],
            ),
        ]
    )


def decisions_page() -> str:
    """The list of decisions, from their files."""
    rows = []
    for file in sorted(DECISIONS.glob("[0-9]*.md")):
        title = file.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
        number, _, name = title.partition(" ")
        rows.append((number.rstrip(".:"), f"[{name}]({file.name})"))
    return _page(
        [
            "# Decisions",
            "One page each: context, decision, consequence, with the measurement behind it.",
            _table(("Number", "Decision"), rows),
        ]
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "reference/commands.md": commands_page,
    "reference/indicators.md": indicators_page,
    "reference/rules.md": rules_page,
    "reference/facilities.md": facilities_page,
    "reference/layers.md": layers_page,
    "reference/access.md": access_page,
    "reference/python.md": python_page,
    "reference/systems.md": systems_page,
    "decisions/index.md": decisions_page,
}


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages to those that are written by hand."""
    from mkdocs.structure.files import File

    for name, page in PAGES.items():
        files.append(File.generated(config, name, content=page()))
    return files


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _code(text: str, language: str = "text") -> str:
    return f"```{language}\n{text}\n```"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(_cell(cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(text: str) -> str:
    text = text.replace("\n", " ")
    return text if "\\|" in text else text.replace("|", "\\|")
