"""The rule book: every threshold, picked by its id, the reference date and the jurisdiction.

The packaged rules stand in TOML files beside this module (see `dizuo.standards.rule_files`). A
city adds a folder of its own: where its rule and a packaged one have the same id and
jurisdiction and both are in force, the city's holds.
"""

import difflib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from dizuo.model.errors import RuleError
from dizuo.model.rule import Certainty, Rule, Scale
from dizuo.model.text import Text
from dizuo.standards.rule_files import Standard, parse_rule_file

__all__ = ["RuleBook", "rule_as_dict"]

_DEFAULT_SCALES = "dizuo.scale."
_NEAR_ENOUGH = 0.6  # of difflib's similarity, in fuzzy search and in "did you mean"

Editions = dict[tuple[str, str], tuple[Rule, ...]]
"""Id and jurisdiction -> editions, by the day they come into force."""


@dataclass(frozen=True)
class RuleBook:
    """All rules that are known, in force or not.

    Attributes
    ----------
    layers
        Editions by id and jurisdiction: the city's own first, then the packaged.
    standards
        The documents that the rules come from.
    """

    layers: tuple[Editions, ...]
    standards: tuple[Standard, ...]

    @classmethod
    def load(cls, extra_folders: Iterable[Path | str] = ()) -> "RuleBook":
        """Read the packaged rules and those of a city's own folders.

        Parameters
        ----------
        extra_folders
            Folders whose ``*.toml`` files are rule files. Their rules override packaged ones.

        Raises
        ------
        RuleError
            If a file is not well formed, or two rules of one id and jurisdiction are in force on
            one day within the packaged rules or within the extra folders.
        """
        packaged = _packaged()
        own: list[tuple[Standard, list[Rule]]] = []
        for folder in map(Path, extra_folders):
            if not folder.is_dir():
                raise RuleError(
                    Text(
                        f"{folder}: the folder of rules does not exist.",
                        f"{folder}：规则文件夹不存在。",
                    )
                )
            own.extend(_read_own(path) for path in sorted(folder.glob("*.toml")))
        layers = [_editions(packaged)]
        if own:
            layers.insert(0, _editions(own))
        return cls(
            layers=tuple(layers),
            standards=tuple(standard for standard, _ in (*own, *packaged)),
        )

    def rule(self, id: str, day: date, jurisdictions: Sequence[str]) -> Rule:  # noqa: A002
        """Return the rule in force on a day.

        Parameters
        ----------
        id
            Dotted name of the rule.
        day
            The reference date of the checkup.
        jurisdictions
            Whose rules apply, in order of precedence. Rules that apply anywhere come last.

        Raises
        ------
        RuleError
            If no rule has the id, none applies in the jurisdictions, or none is in force.
        """
        for jurisdiction in (*jurisdictions, ""):
            for layer in self.layers:
                for edition in layer.get((id, jurisdiction), ()):
                    if edition.in_force(day):
                        return edition
        raise RuleError(self._why_absent(id, day, jurisdictions))

    def rule_or_none(self, id: str, day: date, jurisdictions: Sequence[str]) -> Rule | None:  # noqa: A002
        """Return the rule in force on a day, or None where none is in force yet or any more.

        Raises
        ------
        RuleError
            If no rule at all has the id: that is a slip of the pen, not a matter of dates.
        """
        if not any(known == id for layer in self.layers for known, _ in layer):
            raise RuleError(self._why_absent(id, day, jurisdictions))
        try:
            return self.rule(id, day, jurisdictions)
        except RuleError:
            return None

    def all(self) -> list[Rule]:
        """Return every edition of every rule, by id, jurisdiction and date."""
        found = [edition for layer in self.layers for line in layer.values() for edition in line]
        return sorted(found, key=lambda rule: (rule.id, rule.jurisdiction, rule.valid_from))

    def in_force(self, day: date, jurisdictions: Sequence[str]) -> list[Rule]:
        """Return the rules that a checkup of that day uses, one per id."""
        ids = sorted({known for layer in self.layers for known, _ in layer})
        picked = (self.rule_or_none(id_, day, jurisdictions) for id_ in ids)
        return [rule for rule in picked if rule is not None]

    def search(self, text: str) -> list[Rule]:
        """Return the rules that a text points at, the nearest first.

        Every word must be part of the id, a title, the source, the clause or the unit, in either
        language. If no rule has them all, ids and titles that read alike are returned.
        """
        words = text.casefold().split()
        if not words:
            return self.all()
        exact = [rule for rule in self.all() if all(word in _haystack(rule) for word in words)]
        if exact:
            return sorted(exact, key=lambda rule: _rank(rule, " ".join(words)))
        scored = [(max(_likeness(word, rule) for word in words), rule) for rule in self.all()]
        near = [(score, rule) for score, rule in scored if score >= _NEAR_ENOUGH]
        return [rule for _, rule in sorted(near, key=lambda pair: -pair[0])]

    def scale_for(self, rule: Rule, day: date, jurisdictions: Sequence[str]) -> Rule | None:
        """Return a rule whose ``scale`` turns values judged by ``rule`` into scores.

        The rule itself if it has a scale; else dizuo's default for it (``dizuo.scale.<id>``); else
        the general default for its comparison, in multiples of its value. None if it cannot be
        scored: parameters, ranges, and counts of which none is allowed.
        """
        if rule.scale is not None:
            return rule
        own = self._default_scale(rule.id, day, jurisdictions)
        if own is not None:
            return own
        if rule.comparison not in {"at_least", "at_most"} or rule.value <= 0:
            return None
        full = rule.comparison == "at_least" and rule.unit == "%" and rule.value >= 100
        name = "full_coverage" if full else rule.comparison
        general = self._default_scale(name, day, jurisdictions)
        if general is None or general.scale is None or full:
            return general
        limit = 100.0 if rule.unit == "%" else math.inf
        return replace(
            general,
            unit=rule.unit,
            scale=Scale(
                floor=min(general.scale.floor * rule.value, limit),
                passing=general.scale.passing * rule.value,
                excellent=min(general.scale.excellent * rule.value, limit),
            ),
        )

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return every rule as plain values, for ``--json`` and the API."""
        return [rule_as_dict(rule) for rule in self.all()]

    def as_json(self) -> str:
        """Return every rule as JSON text."""
        return json.dumps(self.as_dicts(), ensure_ascii=False, indent=2)

    def _default_scale(self, name: str, day: date, jurisdictions: Sequence[str]) -> Rule | None:
        wanted = f"{_DEFAULT_SCALES}{name}"
        if not any(name == wanted for layer in self.layers for name, _ in layer):
            return None
        return self.rule_or_none(wanted, day, jurisdictions)

    def _why_absent(self, id_: str, day: date, jurisdictions: Sequence[str]) -> Text:
        same = [rule for rule in self.all() if rule.id == id_]
        if not same:
            near = difflib.get_close_matches(
                id_, sorted({rule.id for rule in self.all()}), n=3, cutoff=_NEAR_ENOUGH
            )
            hint = (
                Text(f" Near ids: {', '.join(near)}.", f"相近的编号：{'、'.join(near)}。")
                if near
                else Text(" Search: dizuo standards.", "可用 dizuo standards 检索。")
            )
            return Text(
                f"no rule has the id {id_!r}.{hint.en}", f"没有编号为“{id_}”的规则。{hint.zh}"
            )
        applying = [rule for rule in same if rule.jurisdiction in {*jurisdictions, ""}]
        if not applying:
            known = ", ".join(sorted({rule.jurisdiction for rule in same}))
            asked = ", ".join(jurisdictions) or "none"
            asked_zh = "、".join(jurisdictions) or "无"
            return Text(
                f"rule {id_!r} is known for {known}, not for the jurisdictions of the city "
                f"({asked}). Add one to 'standards' in city.toml, or give the city its own rule.",
                f"规则“{id_}”仅见于 {known} 的标准，不见于本城市采用的标准（{asked_zh}）。"
                "请在 city.toml 的 standards 中添加，或为城市制定本地规则。",
            )
        dates = "; ".join(
            f"{rule.source} from {rule.valid_from}"
            + (f" until {rule.valid_to}" if rule.valid_to else "")
            for rule in applying
        )
        dates_zh = "；".join(
            f"{rule.source}，自 {rule.valid_from} 起"
            + (f"，至 {rule.valid_to} 止" if rule.valid_to else "")
            for rule in applying
        )
        return Text(
            f"rule {id_!r} is not in force on {day}. Editions: {dates}.",
            f"规则“{id_}”在 {day} 无效。各版本：{dates_zh}。",
        )


def rule_as_dict(rule: Rule) -> dict[str, Any]:
    """Return a rule as plain values (text, numbers, None) that JSON can hold; dates are ISO."""
    plain = asdict(rule)
    plain["valid_from"] = rule.valid_from.isoformat()
    plain["valid_to"] = rule.valid_to.isoformat() if rule.valid_to else None
    plain["certainty"] = Certainty(rule.certainty).value
    return plain


@cache
def _packaged() -> tuple[tuple[Standard, list[Rule]], ...]:
    parsed = (
        parse_rule_file(entry.read_text(encoding="utf-8"), entry.name)
        for entry in sorted(files("dizuo.standards").iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    )
    return tuple(found for found in parsed if found is not None)


def _read_own(path: Path) -> tuple[Standard, list[Rule]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(
            Text(
                f"{path}: cannot be read ({error}). Save it as UTF-8.",
                f"{path}：无法读取（{error}）。请另存为 UTF-8。",
            )
        ) from error
    found = parse_rule_file(text, str(path))
    if found is None:
        raise RuleError(
            Text(
                f"{path}: a file of rules needs a [standard] table.",
                f"{path}：规则文件须有 [standard] 表。",
            )
        )
    return found


def _editions(sources: Iterable[tuple[Standard, list[Rule]]]) -> Editions:
    """Gather editions by id and jurisdiction, refusing two that are in force on one day."""
    gathered: dict[tuple[str, str], list[tuple[Rule, str]]] = {}
    for standard, rules in sources:
        for rule in rules:
            gathered.setdefault((rule.id, rule.jurisdiction), []).append((rule, standard.file))
    for editions in gathered.values():
        editions.sort(key=lambda pair: pair[0].valid_from)
        for (earlier, one), (later, other) in pairwise(editions):
            if earlier.valid_to is None or later.valid_from < earlier.valid_to:
                raise RuleError(
                    Text(
                        f"two rules {later.id!r} for {later.jurisdiction or 'anywhere'} are in "
                        f"force on {later.valid_from} ({one} and {other}). Give the earlier one a "
                        "valid_to.",
                        f"适用于{later.jurisdiction or '任何地区'}的两条规则“{later.id}”在 "
                        f"{later.valid_from} 同时有效（{one} 和 {other}）。"
                        "请为较早的一条给出 valid_to。",
                    )
                )
    return {key: tuple(rule for rule, _ in editions) for key, editions in gathered.items()}


def _haystack(rule: Rule) -> str:
    parts = (rule.id, rule.title.en, rule.title.zh, rule.source, rule.clause, rule.unit)
    return "\n".join(parts).casefold()


def _rank(rule: Rule, text: str) -> tuple[bool, bool, str]:
    """Exact ids first, then ids that contain the text, then the rest."""
    return rule.id != text, text not in rule.id, rule.id


def _likeness(word: str, rule: Rule) -> float:
    names = {
        *rule.id.replace("_", ".").split("."),
        *rule.title.en.casefold().split(),
        rule.title.zh,
    }
    return max(difflib.SequenceMatcher(None, word, name).ratio() for name in names)
