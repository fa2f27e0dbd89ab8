"""What is asked of the doors of cases and what they tell, as declarations."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from dizuo.api.declared import Instant, Name, Words, row_schema
from dizuo.api.times import read_time
from dizuo.operations.cases.register import CaseFilter
from dizuo.operations.cases.squares import SQUARES
from dizuo.operations.cases.stuck import REASONS
from dizuo.operations.cases.table import cases

__all__ = [
    "CASE",
    "CASES",
    "CASE_WITH_HISTORY",
    "ESCALATIONS",
    "CasesAsked",
    "CasesChosen",
    "Health",
    "Ready",
    "StepGiven",
    "StuckAsked",
    "Tracked",
]

_BASE64: Final = r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Photo = Annotated[bytes, Meta(extra_json_schema={"pattern": _BASE64})]
Whole = Annotated[int, Meta(ge=0, le=1_000_000)]
_TIMES: Final = frozenset({"opened", "entered", "stage_due", "due", "closed", "changed"})


class CasesChosen(Struct, frozen=True, forbid_unknown_fields=True):
    """Which cases are meant."""

    case_type: Name | UnsetType = UNSET
    state: Name | UnsetType = UNSET
    unit: Name | UnsetType = UNSET
    category: Name | UnsetType = UNSET
    nature: Name | UnsetType = UNSET
    open: Literal["true", "false"] | UnsetType = UNSET
    before: Annotated[Time, Meta(description="Opened before.")] | UnsetType = UNSET
    opened_from: Annotated[Time, Meta(description="Opened at or after.")] | UnsetType = UNSET
    overdue_at: Annotated[Time, Meta(description="Open, and due before.")] | UnsetType = UNSET
    box: (
        Annotated[
            str,
            Meta(
                pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,6})?(,-?[0-9]{1,9}(\.[0-9]{1,6})?){3}$",
                description="West, south, east, north in metres of the city's system.",
            ),
        ]
        | UnsetType
    ) = UNSET

    def as_filter(self) -> CaseFilter:
        """Return the filter that is asked for.

        Raises
        ------
        MalformedError
            If a time cannot be read.
        """
        given = {name: getattr(self, name) for name in CasesChosen.__struct_fields__}
        wanted = {name: value for name, value in given.items() if value is not UNSET}
        if "open" in wanted:
            wanted["open"] = wanted["open"] == "true"
        if "box" in wanted:
            west, south, east, north = (float(one) for one in wanted["box"].split(","))
            wanted["box"] = (west, south, east, north)
        times = {"before", "opened_from", "overdue_at"} & wanted.keys()
        return CaseFilter(**wanted | {name: read_time(wanted[name]) for name in times})


class CasesAsked(CasesChosen, frozen=True, forbid_unknown_fields=True):
    """Which page of which cases is asked for."""

    most: Annotated[int, Meta(ge=1, le=1000, description="At most so many.")] = 100
    after: (
        Annotated[Name, Meta(description="The last case of the page before this one.")] | UnsetType
    ) = UNSET


class StuckAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """How many cases that are stuck are asked for."""

    most: Annotated[int, Meta(ge=1, le=1000, description="At most so many.")] = 100


class StepGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """What is told with a step; words and photos are kept in confidence."""

    reason_code: Name | UnsetType = UNSET
    clause: Name | UnsetType = UNSET
    unit: Name | UnsetType = UNSET
    supervisor: Name | UnsetType = UNSET
    category: Name | UnsetType = UNSET
    nature: Name | UnsetType = UNSET
    severity: Whole | UnsetType = UNSET
    grade: Annotated[int, Meta(ge=1, le=5)] | UnsetType = UNSET
    contacted: bool | UnsetType = UNSET
    solved: bool | UnsetType = UNSET
    satisfaction: Annotated[int, Meta(ge=1, le=5)] | UnsetType = UNSET
    limit: Name | UnsetType = UNSET
    due: Time | UnsetType = UNSET
    added: Name | UnsetType = UNSET
    calendar: Name | UnsetType = UNSET
    into: Name | UnsetType = UNSET
    hours: Whole | UnsetType = UNSET
    participants: (
        Annotated[int, Meta(ge=0, le=100_000_000, description="How many took part.")] | UnsetType
    ) = UNSET
    result: Name | UnsetType = UNSET
    rule: Name | UnsetType = UNSET
    text: Words | UnsetType = UNSET
    reason: Words | UnsetType = UNSET
    note: Words | UnsetType = UNSET
    photos: list[Photo] = []
    happened: Time | UnsetType = UNSET


class Health(Struct):
    """How the operations are."""

    database: str
    schema_version: int
    database_bytes: int
    free_bytes: int
    events: int
    unsealed: int
    oldest_unsealed: float
    last_sealed: Instant | None
    cases: int
    open_cases: int
    overdue_cases: int
    waiting_deliveries: int
    dead_deliveries: int
    waiting_reports: int


class Ready(Struct):
    """Whether the server can take reports in."""

    ready: bool


class Tracked(Struct):
    """How a case stands, for whoever holds its tracking number.

    Was it merged into another (``merged``), then state, due and closed are those of that one.
    """

    case: str
    case_type: str
    category: str | None
    state: str
    open: bool
    opened: Instant
    due: Instant | None
    closed: Instant | None
    merged: bool
    possible: list[str]


CASE: Final[dict[str, Any]] = row_schema(
    cases, without=frozenset({"token", *SQUARES}), times=_TIMES
)
CASES: Final[dict[str, Any]] = {"type": "array", "items": CASE}
ESCALATIONS: Final[dict[str, Any]] = {
    "type": "array",
    "items": {
        **CASE,
        "properties": {
            **CASE["properties"],
            "why": {"type": "array", "items": {"type": "string", "enum": list(REASONS)}},
            "decided": {"type": ["string", "null"], "format": "date-time"},
        },
        "required": [*CASE["required"], "why", "decided"],
    },
}
_STEP: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "action": {"type": "string"},
        "happened": {"type": "string", "format": "date-time"},
        "actor": {"type": "string"},
        "state": {"type": ["string", "null"]},
        "facts": {"type": "object"},
    },
    "required": ["action", "happened", "actor", "state", "facts"],
}
CASE_WITH_HISTORY: Final[dict[str, Any]] = {
    **CASE,
    "properties": {
        **CASE["properties"],
        "history": {"type": "array", "items": _STEP},
        "possible": {"type": "array", "items": {"type": "string"}},
        "merged": {"type": "array", "items": {"type": "string"}},
    },
    "required": [*CASE["required"], "history", "possible", "merged"],
}
