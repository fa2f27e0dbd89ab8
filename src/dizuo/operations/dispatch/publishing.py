"""Publish a table of dispatch rules: proved, numbered, and never changed again.

A published table carries its version and the hash of its content, and every duty names both. So an
old case says which table sent it, and the table can be shown unaltered.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dizuo.model.errors import DizuoError, InputError
from dizuo.model.text import Text
from dizuo.operations.dispatch.checking import check
from dizuo.operations.dispatch.domain import Domain
from dizuo.operations.dispatch.reading import rule_from_texts, texts_from_rule
from dizuo.operations.dispatch.report import Report
from dizuo.operations.dispatch.rules import RuleTable

__all__ = ["PublishedTable", "TableRefusedError", "publish", "table_in_force"]


class TableRefusedError(InputError):
    """A table that must not be published; ``report`` says why.

    Parameters
    ----------
    report
        What the check found.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__(
            Text(
                report.in_words("en").replace("\n", " ").removesuffix("."),
                report.in_words("zh").replace("\n", "").removesuffix("。"),
            ),
            file=report.file or None,
            cure=Text(
                "Close the holes, remove or move the shadowed rules, correct the names.",
                "请补上缺口，删除或移动被遮蔽的规则，更正名称。",
            ),
        )


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """One version of a table, as it was published.

    Attributes
    ----------
    id, version
        Which table, and its running number, from 1.
    valid_from
        Moment (UTC) from which cases are sent by it.
    hash
        SHA-256 of everything above and of the rules.
    domain_hash
        Digest of the domain that it was proved on.
    previous
        Hash of the version before; ``""`` for the first.
    table
        The rules.
    """

    id: str
    version: int
    valid_from: datetime
    hash: str
    domain_hash: str
    previous: str
    table: RuleTable

    @property
    def stamp(self) -> str:
        """Name of the version for the record of a case: ``dispatch/3#0f3a…``, 16 digits of hash."""
        return f"{self.id}/{self.version}#{self.hash[:16]}"

    def to_json(self) -> str:
        """Return the version as text, the same for the same version."""
        content = _content(
            self.id, self.version, self.valid_from, self.domain_hash, self.previous, self.table
        )
        return _canonical({**content, "hash": self.hash})

    @classmethod
    def from_json(cls, text: str) -> "PublishedTable":
        """Return the version that a text holds.

        Raises
        ------
        InputError
            If the text is not one, or its content is not what was published.
        """
        try:
            content = json.loads(text)
            stated = content.pop("hash")
            rules = tuple(rule_from_texts(texts) for texts in content["rules"])
            published = cls(
                id=content["id"],
                version=content["version"],
                valid_from=datetime.fromisoformat(content["valid_from"]),
                hash=stated,
                domain_hash=content["domain_hash"],
                previous=content["previous"],
                table=RuleTable(rules),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                Text(f"this is no published table ({error})", f"这不是已发布的规则表（{error}）"),
                cure=Text("Take it from the log again.", "请从日志中重新取回。"),
            ) from error
        if _hash(content) != stated:
            raise InputError(
                Text(
                    f"the table {published.id}, version {published.version}, was altered after "
                    "it was published",
                    f"规则表 {published.id} 的版本 {published.version} 在发布后被改动",
                ),
                field="hash",
                cure=Text("Take it from the log or a backup.", "请从日志或备份中取回。"),
            )
        return published


def publish(
    table: RuleTable,
    domain: Domain,
    *,
    id: str,  # noqa: A002 (the word for it everywhere)
    valid_from: datetime,
    previous: PublishedTable | None = None,
    jurisdiction: bool = True,
) -> tuple[PublishedTable, Report]:
    """Prove a table and give it a version.

    Parameters
    ----------
    table, domain, jurisdiction
        As for :func:`~dizuo.operations.dispatch.checking.check`.
    id
        Name of the table, the same in all its versions.
    valid_from
        Moment from which it sends cases; not before that of the previous version.
    previous
        The version before this one; None for the first.

    Returns
    -------
    tuple
        The published table, and the report with its warnings.

    Raises
    ------
    TableRefusedError
        If the table has holes, rules that can never fire, or unknown names.
    InputError
        If it does not follow on the previous version.
    """
    if valid_from.tzinfo is None:
        raise InputError(
            Text("the moment has no time zone", "时刻没有时区"),
            field="valid_from",
            cure=Text("Give it in UTC.", "请以 UTC 给出。"),
        )
    if previous is not None and (previous.id != id or valid_from <= previous.valid_from):
        raise InputError(
            Text(
                f"it does not follow on version {previous.version} of {previous.id}, which is "
                f"valid from {previous.valid_from.isoformat()}",
                f"它不在 {previous.id} 的版本 {previous.version} 之后（该版本自 "
                f"{previous.valid_from.isoformat()} 生效）",
            ),
            field="valid_from" if previous.id == id else "id",
            cure=Text(
                "Publish versions of one table in the order in which they become valid.",
                "同一张表的版本请按生效先后发布。",
            ),
        )
    valid_from = valid_from.astimezone(UTC)
    report = check(table, domain, jurisdiction=jurisdiction)
    if not report.publishable:
        raise TableRefusedError(report)
    version = 1 if previous is None else previous.version + 1
    before = "" if previous is None else previous.hash
    content = _content(id, version, valid_from, domain.digest(), before, table)
    published = PublishedTable(
        id, version, valid_from, _hash(content), domain.digest(), before, table
    )
    return published, report


def table_in_force(versions: Iterable[PublishedTable], moment: datetime) -> PublishedTable:
    """Return the version that sends the cases of a moment.

    Raises
    ------
    DizuoError
        If none is valid yet.
    """
    valid = [version for version in versions if version.valid_from <= moment]
    if not valid:
        raise DizuoError(
            Text(
                f"No dispatch table is valid on {moment.isoformat()}. Publish one.",
                f"{moment.isoformat()} 没有生效的派遣规则表。请先发布。",
            )
        )
    return max(valid, key=lambda version: version.version)


def _content(
    id: str,  # noqa: A002 (the word for it everywhere)
    version: int,
    valid_from: datetime,
    domain_hash: str,
    previous: str,
    table: RuleTable,
) -> dict[str, Any]:
    return {
        "id": id,
        "version": version,
        "valid_from": valid_from.isoformat(),
        "domain_hash": domain_hash,
        "previous": previous,
        "rules": [texts_from_rule(rule) for rule in table],
    }


def _canonical(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(content).encode()).hexdigest()
