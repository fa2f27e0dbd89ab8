"""Observations as they are sent: by POST, in a data array, inside a datastream, by MQTT."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dizuo.api.sensorthings.bodies import wrong
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
        If the result is not of the datastream's type.
    """
    if "result" not in body:
        raise wrong(f"{where}.result", "an Observation needs a result", "Observation 需要 result")
    stream, result = str(ones["Datastream"]), body["result"]
    _require_type(creation, stream, result, f"{where}.result")
    number = isinstance(result, int | float) and not isinstance(result, bool)
    quality = body.get("resultQuality")
    known = quality if isinstance(quality, str) and quality in _QUALITIES else None
    phenomenon = columns["phenomenon"] if columns["phenomenon"] is not None else creation.now
    details = {
        "until": columns["until"],
        "result": None if number or result is None else json.dumps(result, ensure_ascii=False),
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
        float(result) if number else math.nan,
        _QUALITIES[known] if known else Quality.GOOD,
        details if any(one is not None for one in details.values()) else {},
    )


def _require_type(creation: "Creation", stream: str, result: Any, where: str) -> None:
    told = creation.observation_type(stream)
    wanted = _TYPES.get(told.rpartition("/")[2])
    if wanted is None or result is None:
        return
    if not isinstance(result, wanted) or (isinstance(result, bool) and bool not in wanted):
        raise wrong(
            where,
            f"{json.dumps(result)[:80]} is no result of the type {told}",
            f"{json.dumps(result)[:80]} 不是类型 {told} 的结果",
        )
