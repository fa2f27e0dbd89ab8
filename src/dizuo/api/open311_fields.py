"""What GeoReport v2 takes and answers, as declarations."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from dizuo.api.declared import Declared, Name, Words

__all__ = ["DEFINITION", "REFUSAL", "REPORTED", "REPORT_DECLARED", "ReportGiven", "RequestsAsked",
           "of_open311"]  # fmt: skip

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
_FORM: Final = Literal["json", "xml"]
_MEDIA: Final = ("application/json", "application/xml")
Degrees = Annotated[float, Meta(ge=-180, le=180)]


class RequestsAsked(Struct, frozen=True):
    """Which reports are asked for; other names in the address are passed over."""

    service_request_id: Words | UnsetType = UNSET
    service_code: Words | UnsetType = UNSET
    start_date: Time | UnsetType = UNSET
    end_date: Time | UnsetType = UNSET
    status: Literal["open", "closed", "open,closed", "closed,open"] | UnsetType = UNSET
    page_size: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    jurisdiction_id: Words | UnsetType = UNSET


class ReportGiven(Struct, frozen=True):
    """A report: the service, a place or an address, and what is told."""

    service_code: Name
    lat: Annotated[float, Meta(ge=-90, le=90)] | UnsetType = UNSET
    long: Degrees | UnsetType = UNSET
    address_string: Words | UnsetType = UNSET
    address_id: Words | UnsetType = UNSET
    description: Words | UnsetType = UNSET
    first_name: Words | UnsetType = UNSET
    last_name: Words | UnsetType = UNSET
    phone: Words | UnsetType = UNSET
    email: Words | UnsetType = UNSET
    device_id: Words | UnsetType = UNSET
    account_id: Words | UnsetType = UNSET
    media_url: Words | UnsetType = UNSET
    jurisdiction_id: Words | UnsetType = UNSET
    api_key: Words | UnsetType = UNSET


class Error(Struct):
    """What is wrong."""

    code: int
    description: str


class ServiceTold(Struct):
    """What can be reported."""

    service_code: str
    service_name: str
    description: str
    metadata: bool
    type: str
    keywords: str
    group: str


class Value(Struct):
    """What can be chosen."""

    key: str
    name: str


class Attribute(Struct):
    """What is asked besides."""

    variable: bool
    code: str
    datatype: str
    required: bool
    datatype_description: str
    order: int
    description: str
    values: list[Value]


class ServiceDefinition(Struct):
    """What a service asks for."""

    service_code: str
    attributes: list[Attribute]


class RequestTold(Struct):
    """A report as everybody may know it."""

    service_request_id: str
    status: Literal["open", "closed"]
    status_notes: str
    service_name: str
    service_code: str
    description: str | None
    agency_responsible: str | None
    service_notice: str | None
    requested_datetime: str
    updated_datetime: str
    expected_datetime: str | None
    address: str | None
    address_id: str | None
    zipcode: str | None
    lat: float | None
    long: float | None
    media_url: str | None


class Reported(Struct):
    """What whoever reported is told."""

    service_request_id: str
    service_notice: str
    account_id: str | None


class Token(Struct):
    """The report that a tracking number belongs to."""

    service_request_id: str
    token: str


class Endpoint(Struct):
    """Where the standard is spoken."""

    specification: str
    url: str
    changeset: str
    type: str
    formats: list[str]


class Discovery(Struct):
    """How reports are made here."""

    changeset: str
    contact: str
    key_service: str
    endpoints: list[Endpoint]


REFUSAL: Final = list[Error]
DEFINITION: Final = ServiceDefinition
REPORTED: Final = list[Reported]
_ANSWERS: Final[dict[str, Any]] = {
    "services": list[ServiceTold],
    "service": ServiceDefinition,
    "requests": list[RequestTold],
    "token": list[Token],
    "discovery": Discovery,
}


def of_open311(summary: str, answer: str, **more: Any) -> Declared:
    """Declare a route of the standard, which answers and refuses in the standard's own form."""
    return Declared(
        summary, "open311", answer=_ANSWERS[answer], media=_MEDIA, problems=REFUSAL,
        problem_media=_MEDIA, path={"form": _FORM}, public=True, **more,
    )  # fmt: skip


REPORT_DECLARED: Final = Declared(
    "Report something.", "open311", form=ReportGiven, answer=REPORTED, status=(200, 201),
    media=_MEDIA, problems=REFUSAL, problem_media=_MEDIA, path={"form": _FORM}, public=True,
    headers={"Idempotency-Key": "Names the report: sent again it is made once."},
    form_media=("application/x-www-form-urlencoded", "multipart/form-data"),
)  # fmt: skip
