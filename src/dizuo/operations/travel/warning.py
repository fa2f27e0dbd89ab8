"""A travel notice as a message of CAP 1.2, and as features for a map."""

import json
from datetime import datetime
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from dizuo.model.text import Text
from dizuo.operations.incidents.cap import Area, Info, Message, Status
from dizuo.operations.incidents.warning import Sender, rings_in_wgs84
from dizuo.operations.travel.notice import Notice
from dizuo.operations.travel.wording import describe, headline, instruct

__all__ = ["notice_features", "notice_message"]
__systems__ = ("L3",)

_EVENT: Final = Text("Traffic control", "交通管制")
_WIDTH: Final = 20.0
"""Metres beside a closed street that the outline of a message takes in, so that it is an area."""
_LEFT_OUT: Final = 5.0
"""Metres by which the outline may be simpler than the streets."""


def notice_message(
    notice: Notice, sender: Sender, sent: datetime, *, status: Status = "Draft"
) -> Message:
    """Return the notice as a message that expires with its window.

    Parameters
    ----------
    sent
        With its zone.
    status
        ``Draft`` until somebody answers for it.

    Raises
    ------
    InputError
        If the window is over.
    """
    around = shapely.union_all(shapely.buffer(notice.streets.geometry.to_numpy(), _WIDTH))
    outline = shapely.simplify(around, _LEFT_OUT)
    names = sorted({name for name in notice.streets["name"] if name})
    info = Info(
        categories=("Transport",),
        event=_EVENT,
        urgency="Future" if notice.begin > sent else "Immediate",
        severity="Minor",
        certainty="Likely",
        expires=notice.end,
        sender_name=sender.name,
        headline=headline(notice),
        description=describe(notice),
        instruction=instruct(notice),
        area=Area(
            Text(", ".join(names) or notice.city.en, "、".join(names) or notice.city.zh),
            rings_in_wgs84(outline, str(notice.streets.crs)),
        ),
        responses=("Avoid",),
    )
    return Message(
        identifier=f"travel.{notice.begin:%Y%m%dT%H%M}.{sent:%Y%m%dT%H%M%S}",
        sender=sender.id,
        sent=sent.astimezone(sender.zone).replace(microsecond=0),
        status=status,
        kind="Alert",
        info=info,
    )


def notice_features(notice: Notice) -> str:
    """Return closed streets and stops as GeoJSON, in degrees."""
    streets = notice.streets.assign(kind="closed_street")
    stops = notice.stops.assign(
        kind=notice.stops["shut"].map({True: "stop_shut", False: "stop_instead"}),
        lines=[" ".join(one) for one in notice.stops["lines"]],
    )
    shown = pd.concat([streets, stops], ignore_index=True)
    frame = gpd.GeoDataFrame(shown, geometry="geometry", crs=notice.streets.crs)
    found: dict[str, Any] = json.loads(frame.to_crs("EPSG:4326").to_json(drop_id=True, na="drop"))
    found["from"], found["until"] = notice.begin.isoformat(), notice.end.isoformat()
    return json.dumps(found, ensure_ascii=False, indent=1)
