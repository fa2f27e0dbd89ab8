"""What a city's own indicator gives, looked at before anything is reckoned with it."""

import functools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dizuo.model.errors import DizuoError, InputError
from dizuo.model.indicator import Indicator
from dizuo.model.text import Text
from dizuo.model.values import Missing, PlaceValues, Values

__all__ = ["guarded"]

_NUMBERS = ("numerator", "denominator", "affected")
_PER_THING = (*_NUMBERS, "failing", "edge", "related", "cost")


def guarded(indicator: Indicator, file: Path) -> Indicator:
    """Return the indicator with a function that tells of its own faults, with the file's name."""
    function = indicator.function

    @functools.wraps(function)
    def told(*arguments: Any, **named: Any) -> Any:
        try:
            results = function(*arguments, **named)
        except (DizuoError, KeyboardInterrupt, MemoryError):
            raise
        except BaseException as error:
            fault = f"{type(error).__name__}: {error}".rstrip(": ")
            raise _refusal(file, indicator.id, _line_of(error, file), Text(fault, fault)) from error
        each = results if isinstance(results, Mapping) else {"": results}
        for variant, result in each.items():
            fault_of = _fault_of(result)
            if fault_of is not None:
                field = f"{indicator.id}:{variant}" if variant else indicator.id
                raise _refusal(file, field, None, fault_of)
        return results

    return replace(indicator, function=told)


def _refusal(file: Path, field: str, row: int | None, fault: Text) -> InputError:
    return InputError(
        Text(f"this indicator gives no result: {fault.en}", f"该指标没有给出结果：{fault.zh}"),
        file=file,
        row=row,
        field=field,
        cure=Text(
            "Correct its function; the guide on local rules shows one.",
            "请修改其函数；可参照指南中“本地规则与指标”的示例。",
        ),
    )


def _line_of(error: BaseException, file: Path) -> int | None:
    """Return the last line of the file that the error passed through."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _fault_of(result: object) -> Text | None:
    """Return what is wrong with one result, or None."""
    if isinstance(result, Missing | PlaceValues):
        return None
    if not isinstance(result, Values):
        return Text(
            f"it returned {type(result).__name__}, not Values, PlaceValues or Missing",
            f"返回的是 {type(result).__name__}，而不是 Values、PlaceValues 或 Missing",
        )
    for name in _PER_THING:
        array = getattr(result, name)
        if array is None or isinstance(array, str):
            continue
        array = np.asarray(array)
        if array.shape[:1] != (len(result.support),) or array.ndim > _dimensions(result, name):
            return Text(
                f"{name} has the shape {array.shape}, for {len(result.support)} "
                f"{result.support.name}",
                f"{name} 的形状为 {array.shape}，而 {result.support.name} 共 "
                f"{len(result.support)} 个",
            )
        if name in _NUMBERS and (array.dtype.kind not in "fiub" or np.isinf(array).any()):
            return Text(f"{name} holds what is no number", f"{name} 中含有非数字的值")
    return None


def _dimensions(result: Values, name: str) -> int:
    return 2 if name == "numerator" and result.reduction == "entropy" else 1
