"""Limits of time, as rules state them: ``2 urgent_hours``, ``4 工作时``, ``20 working_days``."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["Limit", "Unit", "is_in_days", "parse_limit", "unit_name"]

Unit = Literal["urgent_hours", "working_hours", "working_days", "calendar_days"]

_NAMES: dict[Unit, Text] = {
    "urgent_hours": Text("urgent hours", "紧急工作时"),
    "working_hours": Text("working hours", "工作时"),
    "working_days": Text("working days", "工作日"),
    "calendar_days": Text("calendar days", "自然日"),
}
# What people write, and how many of it make one of our units.
_WRITTEN: dict[str, tuple[Unit, int]] = {
    "urgent_hour": ("urgent_hours", 1),
    "urgent_minute": ("urgent_hours", 60),
    "working_hour": ("working_hours", 1),
    "working_minute": ("working_hours", 60),
    "working_day": ("working_days", 1),
    "calendar_day": ("calendar_days", 1),
    "紧急工作时": ("urgent_hours", 1),
    "紧急工作小时": ("urgent_hours", 1),
    "工作时": ("working_hours", 1),
    "工作小时": ("working_hours", 1),
    "个工作日": ("working_days", 1),
    "工作日": ("working_days", 1),
    "自然日": ("calendar_days", 1),
}
_LIMIT = re.compile(r"(?P<amount>\d+(?:\.\d+|/\d+)?)[\s_]*(?P<unit>\D+)")
_SECONDS = 3600
_LONGEST_DAYS = 36_525
_CURE = Text(
    "Write a positive number and one of urgent_hours, working_hours, working_days or "
    "calendar_days, for example '2 urgent_hours'.",
    "请写正数加以下单位之一：紧急工作时 urgent_hours、工作时 working_hours、"
    "工作日 working_days、自然日 calendar_days，例如 '2 urgent_hours'。",
)


def is_in_days(unit: Unit) -> bool:
    """Whether a unit counts whole days rather than seconds."""
    return unit in {"working_days", "calendar_days"}


def unit_name(unit: Unit) -> Text:
    """Return the name of a unit in both languages."""
    return _NAMES[unit]


@dataclass(frozen=True, slots=True)
class Limit:
    """So much time, in the clock that the rule names.

    Parameters
    ----------
    amount
        How many units; exact. Hours may be broken down to whole seconds, days are whole.
    unit
        ``urgent_hours`` run day and night, ``working_hours`` only while the calendar is open,
        ``working_days`` and ``calendar_days`` are whole days.

    Raises
    ------
    InputError
        If the amount is not positive, not whole seconds or days, or above a hundred years.
    """

    amount: Fraction
    unit: Unit

    def __post_init__(self) -> None:
        if self.unit not in get_args(Unit):
            raise InputError(
                Text(f"There is no unit '{self.unit}'", f"没有单位 '{self.unit}'"),
                field="limit",
                cure=_CURE,
            )
        object.__setattr__(self, "amount", Fraction(self.amount))
        if self.amount <= 0:
            raise InputError(
                Text(f"A limit of {self.amount} is not positive", f"时限 {self.amount} 不是正数"),
                field="limit",
                cure=_CURE,
            )
        size = 1 if is_in_days(self.unit) else _SECONDS
        if (self.amount * size).denominator != 1:
            whole = "days" if is_in_days(self.unit) else "seconds"
            raise InputError(
                Text(
                    f"{self.amount} {self.unit} are not whole {whole}",
                    f"{self.amount} {self.unit} 不是整数 {whole}",
                ),
                field="limit",
                cure=Text(
                    "Half a day is written in working_hours.", "半天请用 working_hours 表示。"
                )
                if whole == "days"
                else None,
            )

        if self.count * (86_400 if size == 1 else 1) > _LONGEST_DAYS * 86_400:
            raise InputError(
                Text(f"{self} are more than a hundred years", f"{self} 超过一百年"),
                field="limit",
                cure=_CURE,
            )

    @property
    def count(self) -> int:
        """The limit as the kernels count it: days, or seconds for both kinds of hours."""
        return int(self.amount) if is_in_days(self.unit) else int(self.amount * _SECONDS)

    @classmethod
    def of_count(cls, count: int, unit: Unit) -> "Limit":
        """Return the limit of so many days or seconds, whichever the unit is counted in."""
        return cls(Fraction(count, 1 if is_in_days(unit) else _SECONDS), unit)

    def __add__(self, other: "Limit") -> "Limit":
        """Return the sum of two limits in the same unit."""
        if other.unit != self.unit:
            raise InputError(
                Text(f"{other} cannot be added to {self}", f"{other} 不能加到 {self} 上"),
                field="limit",
                cure=Text(
                    f"An extension is in the unit of its limit: {self.unit}.",
                    f"延期的单位须与时限一致：{self.unit}。",
                ),
            )
        return Limit(self.amount + other.amount, self.unit)

    def __str__(self) -> str:
        """Return what :func:`parse_limit` reads as the same limit."""
        return f"{self.amount} {self.unit}"

    @property
    def text(self) -> Text:
        """The limit in both languages; hours that are not whole are told in minutes."""
        name, amount = unit_name(self.unit), self.amount
        if amount.denominator == 1 or (amount * 60).denominator != 1:
            return Text(f"{amount} {_counted(name.en, amount)}", f"{amount}{name.zh}")
        minutes = amount * 60
        return Text(
            f"{minutes} {_counted(name.en.replace('hours', 'minutes'), minutes)}",
            f"{minutes}分钟（{name.zh}）",
        )


def _counted(plural: str, amount: Fraction) -> str:
    return plural.removesuffix("s") if amount == 1 else plural


def parse_limit(text: str) -> Limit:
    """Return the limit that a rule states as text.

    Parameters
    ----------
    text
        A number and a unit, in English or Chinese: ``"2 urgent_hours"``, ``"0.5 working hour"``,
        ``"30 urgent_minutes"``, ``"4工作时"``, ``"20个工作日"``.

    Raises
    ------
    InputError
        If the text is no limit.
    """
    match = _LIMIT.fullmatch(text.strip())
    written = match["unit"].strip().lower().replace(" ", "_").removesuffix("s") if match else ""
    if match is None or written not in _WRITTEN:
        raise InputError(
            Text(f"'{text}' is not a limit of time", f"'{text}' 不是时限"),
            field="limit",
            cure=_CURE,
        )
    unit, parts = _WRITTEN[written]
    try:
        amount = Fraction(match["amount"])
    except ZeroDivisionError:
        raise InputError(
            Text(f"'{text}' is not a limit of time", f"'{text}' 不是时限"),
            field="limit",
            cure=_CURE,
        ) from None
    return Limit(amount / parts, unit)
