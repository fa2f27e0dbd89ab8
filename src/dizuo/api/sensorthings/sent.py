"""Observations as they are sent: by POST, in a data array, inside a datastream, by MQTT."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dizuo.api.sensorthings.bodies import ConflictError, wrong
from dizuo.model.text import Text
from dizuo.operations.signals.observations import Quality

if TYPE_CHECKING:
    from dizuo.api.sensorthings.creating import Creation

__all__ = ["SentObservation", "sent_observation"]

_QUALITIES: Final = {"good": Quality.GOOD, "suspect": Quality.SUSPECT, "bad": Quality.BAD}
_TYPE: Final = "OM_"
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "OM_Measurement": (int, float),
    "OM_CountObservation": (int,),
    "OM_TruthObservation": (bool,),
    "OM_CategoryObservation": (str,),
}
"""What results are, by the type of observation; of any other type they may be anything."""


@dataclass(frozen=True, slots=True)
class SentObservation:
    """One observation, ready to be taken in.

    Attributes
    ----------
    stream
        Id of the datastream.
    value
        NaN where the result is no number.
    details
        Columns of what is said beyond a number, its times and its quality; empty for most.
    """

    stream: str
    phenomenon: int
    result_time: int
    value: float
    quality: int
    details: Mapping[str, Any]


def sent_observation(
    creation: "Creation",
    columns: Mapping[str, Any],
    body: Mapping[str, Any],
    ones: Mapping[str, str | None],
    where: str,
) -> SentObservation:
    """Return an observation from the columns of its body.

    Raises
    ------
    InputError
        If there is no result, or none that can be kept.
    ConflictError
        If the result is not of the datastream's type.
    """
    if "result" not in body:
        raise wrong(f"{where}.result", "an Observation needs a result", "Observation 需要 result")
    stream, result = str(ones["Datastream"]), body["result"]
    _require_type(creation, stream, result, f"{where}.result")
    number = _as_number(result, f"{where}.result")
    told = None if result is None or not math.isnan(number) else result
    quality = body.get("resultQuality")
    known = quality if isinstance(quality, str) and quality in _QUALITIES else None
    phenomenon = columns["phenomenon"] if columns["phenomenon"] is not None else creation.now
    details = {
        "until": columns["until"],
        "result": None if told is None else json.dumps(told, ensure_ascii=False),
        "quality": None if known or quality is None else json.dumps(quality, ensure_ascii=False),
        "valid_from": columns["valid_from"],
        "valid_until": columns["valid_until"],
        "parameters": columns["parameters"],
        "feature": ones["FeatureOfInterest"],
    }
    return SentObservation(
        stream,
        phenomenon,
        columns["result_time"] if columns["result_time"] is not None else phenomenon,
        number,
        _QUALITIES[known] if known else Quality.GOOD,
        details if any(one is not None for one in details.values()) else {},
    )


def _require_type(creation: "Creation", stream: str, result: Any, where: str) -> None:
    told = creation.observation_type(stream)
    wanted = _TYPES.get(told.rpartition("/")[2])
    if wanted is None or result is None:
        return
    whole = wanted == (int,) and isinstance(result, float) and result.is_integer()
    fits = isinstance(result, wanted) and not (isinstance(result, bool) and bool not in wanted)
    if not fits and not whole:
        seen = json.dumps(result, ensure_ascii=False)[:80]
        raise ConflictError(
            Text(f"{seen} is no result of the type {told}", f"{seen} 不是类型 {told} 的结果"),
            field=where,
        )


def _as_number(result: Any, where: str) -> float:
    """Return a result as it is kept: NaN where it is no number."""
    if isinstance(result, bool) or not isinstance(result, int | float):
        return math.nan
    try:
        return float(result)
    except OverflowError:
        raise wrong(where, "the number is out of bounds", "数值超出范围") from None
