"""The register of indicators: how an article declares one, and how all are found."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from dizuo.model.errors import DizuoError
from dizuo.model.indicator import Better, Indicator
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.resources.analysis import Analysis
from dizuo.resources.wiring import check_wiring, parameters_of

__all__ = ["all_indicators", "collecting", "indicator", "register"]

Function = TypeVar("Function", bound=Callable[..., object])

_INDICATORS: dict[str, Indicator] = {}
_REGISTERS = [_INDICATORS]


@contextmanager
def collecting() -> Iterator[dict[str, Indicator]]:
    """Let what is declared inside the block go into a register of its own."""
    own: dict[str, Indicator] = {}
    _REGISTERS.append(own)
    try:
        yield own
    finally:
        _REGISTERS.pop()


def register(found: Indicator) -> Indicator:
    """Add an indicator to the register, checking its wiring.

    Raises
    ------
    DizuoError
        If the id is taken or malformed, or a parameter has no provider of its type.
    """
    if found.id in _REGISTERS[-1]:
        raise DizuoError(
            Text(f"two indicators have the id {found.id!r}", f"有两个指标的编号同为“{found.id}”")
        )
    if found.id[:3] != f"{found.article:02d}.":
        raise DizuoError(
            Text(
                f"{found.id!r} must start with its article, '{found.article:02d}.'",
                f"“{found.id}”须以其条目编号“{found.article:02d}.”开头",
            )
        )
    if not found.systems:
        raise DizuoError(
            Text(
                f"{found.id!r} must name a system of the Opinions that it serves",
                f"“{found.id}”须指明所服务的《意见》体系",
            )
        )
    parameters = parameters_of(found.function)
    given: dict[str, type] = {name: Rule for name in found.rules if name in parameters}
    given["analysis"] = Analysis
    check_wiring(found.id, found.function, given=given, needs=found.needs)
    _REGISTERS[-1][found.id] = found
    return found


def indicator(
    *,
    id: str,  # noqa: A002 - the word that readers expect
    systems: tuple[str, ...],
    unit: str,
    better: Better,
    en: str,
    zh: str,
    definition_zh: str,
    formula: str,
    source: str,
    indicator_set: str = "opinions",
    row: str = "",
    place: PlaceKind = PlaceKind.BLOCK,
    rules: Mapping[str, str] | None = None,
    needs: Mapping[str, str] | None = None,
    variants: tuple[str, ...] = ("",),
    largest_distance: float | None = None,
) -> Callable[[Function], Function]:
    """Declare a function as an indicator; its docstring is the English definition.

    Parameters
    ----------
    rules
        Parameter name -> rule id. ``judge`` need not be a parameter: it judges the value.

    Other parameters are those of `dizuo.model.indicator.Indicator`.
    """
    if not id[:2].isdigit():
        raise DizuoError(
            Text(
                f"{id!r} must start with the two digits of its article",
                f"“{id}”须以两位数字的条目编号开头",
            )
        )

    def declare(function: Function) -> Function:
        register(
            Indicator(
                id=id,
                article=int(id[:2]),
                indicator_set=indicator_set,
                row=row,
                systems=systems,
                unit=unit,
                better=better,
                title=Text(en, zh),
                definition=Text(inspect.cleandoc(function.__doc__ or ""), definition_zh),
                formula=formula,
                source=source,
                place=place,
                function=function,  # type: ignore[arg-type]
                rules=dict(rules or {}),
                needs=dict(needs or {}),
                variants=variants,
                largest_distance=largest_distance,
            )
        )
        return function

    return declare


def all_indicators() -> dict[str, Indicator]:
    """Import every article and return its indicators by id, in the order of their ids."""
    return dict(_all_indicators())


@cache
def _all_indicators() -> dict[str, Indicator]:
    package = importlib.import_module("dizuo.articles")
    for module in pkgutil.walk_packages(package.__path__, "dizuo.articles."):
        importlib.import_module(module.name)
    from dizuo.articles.user_tables import row_indicators  # noqa: PLC0415 - needs this module

    for found in row_indicators({one.row for one in _INDICATORS.values()}):
        register(found)
    return dict(sorted(_INDICATORS.items()))
