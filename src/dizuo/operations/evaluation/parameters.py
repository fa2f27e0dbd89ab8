"""What an evaluation is computed with: numbers and lists as data, each with its source."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.sourced_parameters import (
    Origin,
    Tables,
    origins_of,
    own_parameters,
    packaged_parameters,
)

__all__ = ["EvaluationParameters"]

_PACKAGE: Final = "dizuo.operations.evaluation"
_SHARES: Final = {
    "basically_satisfied_factor": (0.0, 1.0), "interval_level": (0.5, 0.9999),
    "least_weight_present": (0.0, 1.0),
}  # fmt: skip
_MANY: Final = 100


@dataclass(frozen=True)
class EvaluationParameters:
    """The values of ``parameters.toml``, or those that a city gives in their place.

    What each means stands in the file, and in ``origins`` by the same name.
    """

    three_rate_weights: Mapping[str, float]
    basically_satisfied_factor: float
    satisfaction_answers: Mapping[str, list[str]]
    excluded_reasons: list[str]
    excluded_natures: list[str]
    exclude_own_call_backs: bool
    interval_level: float
    bootstrap_draws: int
    least_ranked: int
    grades: Mapping[str, float]
    composite_weights: Mapping[str, float]
    least_weight_present: float
    states_not_valid: list[str]
    states_left: list[str]
    collector_channels: list[str]
    handling_steps: list[str]
    states_passed: list[str]
    states_adopted: list[str]
    states_declined: list[str]
    smallest_group: int
    smallest_social_group: int
    types_about_people: list[str]
    social_types: list[str]
    evidence_needed: Mapping[str, str]
    silent_reopening_days: float
    silent_reopening_radius: float
    fast_closure_minutes: float
    last_minutes: float
    merged_before_due_hours: float
    backdating_minutes: float
    origins: Mapping[str, Origin] = field(repr=False, compare=False)

    @classmethod
    def load(cls, own: Path | None = None) -> "EvaluationParameters":
        """Read the packaged parameters, and lay a city's own file over them.

        Raises
        ------
        InputError
            With the file and the field, if a parameter is not known, has no source, or is of
            another kind than the packaged one.
        """
        if own is None:
            return _packaged()
        packaged = packaged_parameters(_PACKAGE)
        tables = own_parameters(own, packaged)
        for name, table in tables.items():
            told, shipped = table["value"], packaged[name]["value"]
            if not _alike(told, shipped):
                raise InputError(
                    Text(
                        f"{told!r} is of another kind than {shipped!r}",
                        f"{told!r}的类型与{shipped!r}不同",
                    ),
                    file=own, field=name,
                )  # fmt: skip
        return _made(tables, own)

    def as_dict(self) -> dict[str, Any]:
        """Return the values, to be written beside what was computed with them."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "origins"}

    @property
    def satisfaction(self) -> dict[str, float]:
        """What each known answer about satisfaction counts."""
        worth = {
            "satisfied": 1.0,
            "basically_satisfied": self.basically_satisfied_factor,
            "dissatisfied": 0.0,
        }
        return {
            answer: worth[meaning]
            for meaning, answers in self.satisfaction_answers.items()
            for answer in answers
        }


@cache
def _packaged() -> EvaluationParameters:
    return _made(packaged_parameters(_PACKAGE), "parameters.toml")


def _alike(value: Any, packaged: Any) -> bool:
    if isinstance(packaged, bool) or isinstance(value, bool):
        return type(value) is type(packaged)
    if isinstance(packaged, int | float):
        return isinstance(value, int | float) and value >= 0
    if isinstance(packaged, dict):
        some = next(iter(packaged.values()))
        return isinstance(value, dict) and all(_alike(one, some) for one in value.values())
    if isinstance(packaged, list):
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, str)


def _made(tables: Tables, file: Path | str) -> EvaluationParameters:
    made = EvaluationParameters(
        **{name: one["value"] for name, one in tables.items()}, origins=origins_of(tables, file)
    )
    for name, (least, most) in _SHARES.items():
        if not least <= getattr(made, name) <= most:
            raise InputError(
                Text(f"must lie between {least} and {most}", f"须在{least}与{most}之间"),
                file=file,
                field=name,
            )
    for name in ("three_rate_weights", "composite_weights"):
        if abs(sum(getattr(made, name).values()) - 1) > 1e-9:
            raise InputError(
                Text("the weights must add up to 1", "权重之和须为 1"), file=file, field=name
            )
    if set(made.three_rate_weights) != {"response", "resolution", "satisfaction"}:
        raise InputError(
            Text(
                "needs response, resolution and satisfaction",
                "须有 response、resolution 和 satisfaction",
            ),
            file=file,
            field="three_rate_weights",
        )
    if not set(made.satisfaction_answers) <= {"satisfied", "basically_satisfied", "dissatisfied"}:
        raise InputError(
            Text(
                "an answer means satisfied, basically_satisfied or dissatisfied",
                "回答须归入 satisfied、basically_satisfied 或 dissatisfied",
            ),
            file=file, field="satisfaction_answers",
        )  # fmt: skip
    if made.bootstrap_draws < _MANY:
        raise InputError(
            Text(f"needs {_MANY} draws at least", f"至少抽样{_MANY}次"),
            file=file,
            field="bootstrap_draws",
        )
    if 0 not in made.grades.values():
        raise InputError(
            Text("the lowest grade begins at 0", "最低等级须从 0 开始"), file=file, field="grades"
        )
    return made
