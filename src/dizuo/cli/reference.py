"""``dizuo standards`` and ``dizuo systems``: what dizuo knows, listed from its code."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dizuo.cli.command import command, option
from dizuo.cli.explaining import CERTAINTY
from dizuo.cli.session import Session
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.standards.units import unit_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dizuo.model.rule import Rule

__all__ = ["standards", "systems"]


@command(
    "standards",
    Text(
        "List and search the rule book.\n\n"
        "SEARCH is words of an id, a title, a source or a clause, in English or Chinese. Rules "
        "marked 'check' were not yet read in the standard itself.",
        "列出并检索规则库。\n\n"
        "SEARCH 为规则编号、名称、来源或条款中的词，中英文均可。"
        "标记 check 的规则尚未与标准原文核对。",
    ),
)
@click.argument("search", required=False, default="")
@option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    text=Text("Only rules in force on this day.", "仅列出该日有效的规则。"),
)
@option(
    "--city",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    text=Text("Folder of a city whose own rules count too.", "城市文件夹，其本地规则一并计入。"),
)
def standards(session: Session, search: str, on: Any, city: Path | None) -> None:
    """List rules, all or those that a search finds."""
    from dizuo.standards.rule_book import RuleBook, rule_as_dict  # noqa: PLC0415

    own = [city / "rules"] if city is not None and (city / "rules").is_dir() else []
    book = RuleBook.load(own)
    found = book.search(search) if search else book.all()
    if on is not None:
        found = [rule for rule in found if rule.in_force(on.date())]
    if session.json:
        session.answer([rule_as_dict(rule) for rule in found])
        return
    if not found:
        raise InputError(
            Text(f"no rule is like {search!r}", f"没有与“{search}”相近的规则"),
            field="SEARCH",
            cure=Text(
                "Try one word, or list all: dizuo standards.",
                "请只用一个词检索，或列出全部：dizuo standards。",
            ),
        )
    _show_rules(session, found)


def _show_rules(session: Session, rules: "Sequence[Rule]") -> None:
    from rich.table import Table  # noqa: PLC0415 - only where a table is drawn

    table = Table(box=None, header_style="bold")
    table.add_column(session.text(Text("Rule", "规则")), overflow="fold")
    for heading, narrowest in (
        (Text("Title", "名称"), 14),
        (Text("Value", "限值"), 10),
        (Text("Source", "来源"), 10),
        (Text("In force", "有效期"), 10),
        (Text("Mark", "标记"), 5),
    ):
        table.add_column(session.text(heading), overflow="fold", min_width=narrowest)
    for rule in rules:
        source = f"{rule.source} {rule.clause}".strip()
        table.add_row(
            rule.id,
            session.text(rule.title),
            session.text(limit_in_words(rule)),
            source,
            f"{rule.valid_from} – {rule.valid_to or ''}".strip(),
            session.text(CERTAINTY[rule.certainty.value]),
        )
    session.out.print(table)
    to_check = sum(rule.certainty.value == "check" for rule in rules)
    session.out.print(
        session.text(
            Text(
                f"{len(rules)} rules, {to_check} still to be checked against the standard.",
                f"共 {len(rules)} 条规则，其中 {to_check} 条待与标准原文核对。",
            )
        )
    )


def limit_in_words(rule: "Rule") -> Text:
    """Return what a rule asks, such as ``≤ 300 m``."""
    sign = {"at_most": "≤ ", "at_least": "≥ ", "between": "", "given": "= "}[rule.comparison]
    upper = f"–{rule.upper:g}" if rule.upper is not None else ""
    number, unit = f"{sign}{rule.value:g}{upper}", unit_text(rule.unit)
    return Text(f"{number} {unit.en}".rstrip(), f"{number} {unit.zh}".rstrip())


@command(
    "systems",
    Text(
        "List the 217 systems of the Opinions, with what realises each.\n\n"
        "Elements are read from the code, tests from their marks; a system without elements is "
        "printed as missing.",
        "列出《意见》的 217 项体系及其实现情况。\n\n"
        "实现要素取自代码，测试取自其标记；没有实现要素的标为“缺失”。",
    ),
)
@option(
    "--missing",
    is_flag=True,
    text=Text("Only systems that nothing realises yet.", "仅列出尚未实现的体系。"),
)
@option(
    "--article",
    type=int,
    text=Text("Only systems of one article.", "仅列出某一条的体系。"),
)
def systems(session: Session, missing: bool, article: int | None) -> None:
    """List the systems with their elements and tests."""
    from dizuo.cli.systems_table import systems_table  # noqa: PLC0415

    rows = [
        row
        for row in systems_table()
        if (not missing or not row["elements"]) and article in {None, row["article"]}
    ]
    if session.json:
        session.answer(rows)
        return
    for row in rows:
        elements = ", ".join(row["elements"]) or session.text(Text("missing", "缺失"))
        title = row["title_zh"] if session.language == "zh" else row["title"]
        session.out.print(f"{row['id']:<7} {title}", style="bold" if row["elements"] else "dim")
        session.out.print(f"        {elements}", style=None if row["elements"] else "yellow")
        for test in row["tests"]:
            session.out.print(f"        {test}", style="dim")
    realised = sum(bool(row["elements"]) for row in rows)
    session.out.print(
        session.text(
            Text(
                f"{realised} of {len(rows)} systems are realised by at least one element.",
                f"{len(rows)} 项体系中，{realised} 项至少有一个实现要素。",
            )
        )
    )
