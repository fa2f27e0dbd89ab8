"""Observations in rows under one head (data array extension, clause 11)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dizuo.api.sensorthings.bodies import wrong
from dizuo.api.sensorthings.creating import Creation
from dizuo.api.sensorthings.model import ENTITIES, EntityType
from dizuo.api.sensorthings.sent import SentObservation
from dizuo.model.errors import InputError

__all__ = ["DataArrays"]

_OBSERVATIONS: Final = ENTITIES["Observations"]
_FEATURE: Final = frozenset({"FeatureOfInterest/id", "FeatureOfInterest/@iot.id"})


@dataclass
class DataArrays:
    """What was sent in rows.

    Attributes
    ----------
    observations
        Those that can be taken in, in their order.
    problems
        Of every row what is wrong with it; None where nothing is.
    """

    entity: EntityType = _OBSERVATIONS
    observations: list[SentObservation] = field(default_factory=list)
    problems: list[str | None] = field(default_factory=list)

    @classmethod
    def of(cls, creation: Creation, body: Any) -> "DataArrays":
        """Read the arrays of a request.

        Raises
        ------
        InputError
            If they are no list of datastreams with components and rows.
        """
        if not isinstance(body, list):
            raise wrong("body", "a list is expected", "应为列表")
        made = cls()
        for k, one in enumerate(body):
            made._read(creation, one, f"body[{k}]")
        return made

    def _read(self, creation: Creation, one: Any, where: str) -> None:
        if not isinstance(one, Mapping):
            raise wrong(where, "a JSON object is expected", "应为 JSON 对象")
        components, rows = one.get("components"), one.get("dataArray")
        if not isinstance(components, list) or not all(isinstance(c, str) for c in components):
            raise wrong(f"{where}.components", "a list of names is expected", "应为名称列表")
        if not isinstance(rows, list):
            raise wrong(f"{where}.dataArray", "a list of rows is expected", "应为行列表")
        stream = creation.linked(
            ENTITIES["Datastreams"], one.get("Datastream"), f"{where}.Datastream"
        )
        for k, row in enumerate(rows):
            at = f"{where}.dataArray[{k}]"
            try:
                if not isinstance(row, list) or len(row) != len(components):
                    raise wrong(
                        at, f"{len(components)} values are expected", f"应有 {len(components)} 个值"
                    )
                creation.create(_OBSERVATIONS, _body(components, row), {"Datastream": stream}, at)
            except InputError as error:
                self.problems.append(str(error))
            else:
                self.observations.append(creation.observations[-1])
                self.problems.append(None)


def _body(components: list[str], row: list[Any]) -> dict[str, Any]:
    told = dict(zip(components, row, strict=True))
    for name in _FEATURE & told.keys():
        told["FeatureOfInterest"] = {"@iot.id": told.pop(name)}
    return told
