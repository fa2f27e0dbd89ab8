"""Whether people came by public transport and outside of the peak when they were asked to."""

from typing import Final

from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.values import Result
from dizuo.resources.travel_shifts import TravelShifts

__all__: list[str] = []

_SOURCE: Final = "the city's own counts of travellers, as 'dizuo shifts' compares them"


@indicator(
    id="12.public_transport_shift",
    systems=("L3", "S12.6"),
    unit="percentage points",
    better="higher",
    en="Shift to public transport in the newest period",
    zh="公共交通分担率变化",
    definition_zh="最近一次活动时段内公共交通客流占比与此前同类日的差（百分点）；差异不显著时不给出数值。",
    formula="share on days of the period − share on comparable days, in percentage points",
    source=_SOURCE,
    place=PlaceKind.CITY,
)
def public_transport_shift(travel_shifts: TravelShifts) -> Result:
    """Share of counted travellers by public transport, beside that of comparable days before.

    Missing where the interval of the shift holds 0, or too few comparable days were counted alike.
    """
    return travel_shifts.of("public_transport")


@indicator(
    id="12.peak_shift",
    systems=("L3", "S12.6"),
    unit="percentage points",
    better="lower",
    en="Shift into the peak in the newest period",
    zh="高峰客流占比变化",
    definition_zh="最近一次活动时段内高峰时段客流占比与此前同类日的差（百分点）；差异不显著时不给出数值。",
    formula="share on days of the period − share on comparable days, in percentage points",
    source=_SOURCE,
    place=PlaceKind.CITY,
)
def peak_shift(travel_shifts: TravelShifts) -> Result:
    """Share of counted travellers in the hours of the peak, beside that of comparable days before.

    Below 0 where people avoided the peak. Missing where the interval of the shift holds 0, or too
    few comparable days were counted alike.
    """
    return travel_shifts.of("peak")
