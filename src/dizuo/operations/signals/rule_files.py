"""Read alarm rules from TOML: those that ship, and a city's own.

::

    [alarm_rules]
    id = "lifeline"
    en = "..."
    zh = "..."
    source = "..."
    edition = "..."
    valid_from = 2023-11-01
    certainty = "check"

    [[alarm_rule]]
    id = "lifeline.gas.methane"
    en = "..."
    zh = "..."
    kind = "methane"
    unit = "%VOL"
    measure = "value"           # value | deviation | rate | frozen | missing
    direction = "above"         # above | below | either
    hold_minutes = 0
    hold_samples = 2

    [[alarm_rule.level]]
    at = 1.0
    clear = 0.8
    severity = 1
    en = "Level 3"
    zh = "三级"
    colour = "yellow"
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from dizuo.base.toml_files import parse_toml, toml_text
from dizuo.model.errors import InputError, RuleError
from dizuo.model.rule import Certainty
from dizuo.model.text import Text
from dizuo.operations.signals.rules import MEASURES, AlarmRule, Direction, Level

__all__ = ["load_alarm_rules"]
__systems__ = ("L4",)  # crowds, queues and noise, by place

_SHIPPED = (
    "lifeline_alarms.toml", "bridge_jtt1037.toml", "device_alarms.toml", "order_alarms.toml",
    "noise_alarms.toml", "unusual_alarms.toml",
)  # fmt: skip
_FILE_FIELDS = {
    "id",
    "en",
    "zh",
    "source",
    "edition",
    "valid_from",
    "valid_to",
    "certainty",
    "note",
}
_RULE_FIELDS = (_FILE_FIELDS - {"source"}) | {
    "source", "kind", "unit", "measure", "direction", "level", "hold_minutes", "hold_samples",
    "clear_minutes", "clear_samples", "bridge_minutes", "tolerance", "beyond",
    "streams",
}  # fmt: skip
_LEVEL_FIELDS = {"at", "clear", "severity", "en", "zh", "colour"}


def load_alarm_rules(own: Iterable[Path] = (), *, day: date) -> tuple[AlarmRule, ...]:
    """Return the alarm rules that are in force on a day.

    A rule of the city takes the place of one that ships and has the same id; one of several
    editions is chosen by the day.

    Raises
    ------
    RuleError
        If a file or rule is not well formed, or two editions of a rule are in force at once; the
        message names the file, the rule and the key.
    """
    chosen: dict[str, AlarmRule] = {}
    for layer in (_packaged(), _read(own)):
        mine: dict[str, AlarmRule] = {}
        for rule in layer:
            if rule.in_force(day):
                if rule.id in mine:
                    raise RuleError(
                        Text(
                            f"two editions of {rule.id} are in force on {day}.",
                            f"{rule.id} 有两个版本在 {day} 同时生效。",
                        )
                    )
                mine[rule.id] = rule
        chosen.update(mine)
    return tuple(chosen.values())


@cache
def _packaged() -> tuple[AlarmRule, ...]:
    folder = files("dizuo.standards")
    return tuple(
        rule
        for name in _SHIPPED
        for rule in _parse((folder / name).read_text(encoding="utf-8"), name)
    )


def _read(own: Iterable[Path]) -> list[AlarmRule]:
    found: list[AlarmRule] = []
    for path in own:
        found.extend(_parse(toml_text(path), str(path)))
    return found


def _parse(text: str, file: str) -> list[AlarmRule]:
    tables = parse_toml(text, file)
    if set(tables) - {"alarm_rules", "alarm_rule"} or "alarm_rules" not in tables:
        raise RuleError(
            Text(
                f"{file}: give the tables [alarm_rules] and [[alarm_rule]].",
                f"{file}：请给出 [alarm_rules] 和 [[alarm_rule]]。",
            )
        )
    head = tables["alarm_rules"]
    _refuse_unknown(head, _FILE_FIELDS, f"{file} [alarm_rules]")
    inherited = {key: head[key] for key in _FILE_FIELDS - {"id", "en", "zh", "note"} if key in head}
    return [_rule(inherited | entry, head, file) for entry in tables.get("alarm_rule", [])]


def _rule(entry: Mapping[str, Any], head: Mapping[str, Any], file: str) -> AlarmRule:
    where = f"{file} [[alarm_rule]] {entry.get('id', '?')}"
    _refuse_unknown(entry, _RULE_FIELDS, where)
    try:
        if not str(entry["id"]).startswith(f"{head['id']}."):
            raise RuleError(
                Text(
                    f"{where}: the id must start with {head['id']!r} and a dot.",
                    f"{where}：id 须以 {head['id']!r} 加点号开头。",
                )
            )
        return AlarmRule(
            id=entry["id"],
            title=Text(entry["en"], entry["zh"]),
            kind=entry["kind"],
            unit=entry["unit"],
            measure=_one_of(entry, "measure", MEASURES, where),
            direction=_one_of({"direction": "above"} | dict(entry), "direction",
                              get_args(Direction), where),
            levels=tuple(_level(level, where) for level in entry["level"]),
            source=entry["source"],
            edition=entry["edition"],
            certainty=Certainty(_one_of(entry, "certainty", tuple(Certainty), where)),
            valid_from=_day(entry, "valid_from", where),
            valid_to=_day(entry, "valid_to", where) if "valid_to" in entry else None,
            hold_time=_minutes(entry.get("hold_minutes", 0)),
            hold_count=entry.get("hold_samples", 1),
            clear_time=_minutes(entry.get("clear_minutes", 0)),
            clear_count=entry.get("clear_samples", 1),
            bridge=_minutes(entry["bridge_minutes"]) if "bridge_minutes" in entry else None,
            tolerance=float(entry.get("tolerance", 0)),
            beyond=bool(entry.get("beyond", False)),
            streams=tuple(entry.get("streams", ())),
            note=entry.get("note", ""),
        )  # fmt: skip
    except KeyError as error:
        raise RuleError(
            Text(f"{where}: the key {error} is missing.", f"{where}：缺少键 {error}。")
        ) from error
    except InputError as error:
        raise RuleError(
            Text(f"{where}: {error.problem}.", f"{where}：{error.problem}。")
        ) from error
    except (TypeError, ValueError) as error:
        raise RuleError(
            Text(
                f"{where}: a value is not of its kind ({error}).",
                f"{where}：值的类型不对（{error}）。",
            )
        ) from error


def _minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def _level(entry: Mapping[str, Any], where: str) -> Level:
    _refuse_unknown(entry, _LEVEL_FIELDS, f"{where} level")
    at = float(entry["at"])
    return Level(
        at=at,
        clear=float(entry.get("clear", at)),
        severity=int(entry["severity"]),
        label=Text(entry["en"], entry["zh"]),
        colour=entry.get("colour", ""),
    )


def _refuse_unknown(table: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise RuleError(
            Text(
                f"{where}: unknown keys {', '.join(unknown)}. Known: {sorted(known)}.",
                f"{where}：未知的键 {'、'.join(unknown)}。已有：{sorted(known)}。",
            )
        )


def _one_of(table: Mapping[str, Any], key: str, allowed: Iterable[str], where: str) -> Any:
    if table[key] not in allowed:
        raise RuleError(
            Text(
                f"{where}: '{key}' is {table[key]!r}, none of {', '.join(allowed)}.",
                f"{where}：'{key}' 为 {table[key]!r}，须为以下之一：{'、'.join(allowed)}。",
            )
        )
    return table[key]


def _day(table: Mapping[str, Any], key: str, where: str) -> date:
    value = table[key]
    if not isinstance(value, date) or isinstance(value, datetime):
        raise RuleError(
            Text(
                f"{where}: '{key}' must be a date, like 2026-03-01.",
                f"{where}：'{key}' 须为日期，例如 2026-03-01。",
            )
        )
    return value
