"""What a city offers for booking: its places and its slots, as it writes them down.

``operations/booking/places.toml`` names the places (``en``, ``zh``, ``district``);
``operations/booking/slots.csv`` the slots, a row each: ``service`` (an item of the catalogue),
``place``, ``date``, ``begin`` and ``end`` by the city's clock, ``capacity``.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from dizuo.base.tables import read_table, refuse_torn_rows
from dizuo.base.toml_files import read_toml
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.toml_fields import TomlFields

__all__ = ["SLOTS_FILE", "OfferedSlot", "Place", "read_offer"]

SLOTS_FILE: Final = "slots.csv"
_PLACES_FILE: Final = "places.toml"
_COLUMNS: Final = ("service", "place", "date", "begin", "end", "capacity")
_PLACE: Final = frozenset({"en", "zh", "district"})
_CAPACITY: Final = re.compile(r"[1-9][0-9]{0,4}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is had."""

    id: str
    title: Text
    district: str


@dataclass(frozen=True, slots=True)
class OfferedSlot:
    """So many seats of a service at a place, from a time to a time.

    Attributes
    ----------
    row
        Of the file, for what has to be told of it later.
    """

    id: str
    service: str
    place: Place
    begins: datetime
    ends: datetime
    capacity: int
    row: str


def read_offer(folder: Path, services: Collection[str], zone: ZoneInfo) -> list[OfferedSlot]:
    """Read the slots of a city, those that lie in the past too.

    Parameters
    ----------
    folder
        ``operations/booking`` of the city.
    services
        Ids of the items that may be offered.
    zone
        Of the city's clock.

    Raises
    ------
    InputError
        With file, row and field: something is missing, not known, twice, or no time or number.
    """
    places = _read_places(folder / _PLACES_FILE)
    file = folder / SLOTS_FILE
    table, torn = read_table(file)
    refuse_torn_rows(torn, file)
    for name in _COLUMNS:
        if name not in table.columns:
            raise InputError(Text("the column is missing", "缺少该列"), file=file, field=name)
    reader = _Rows(file, places, services, zone)
    offered: dict[str, OfferedSlot] = {}
    for row in table.fillna("").astype(str).to_dict("records"):
        one = reader.slot({str(name): str(value).strip() for name, value in row.items()})
        if one.id in offered:
            first = offered[one.id].row
            raise InputError(
                Text(
                    f"this slot stands in row {first} already", f"该时段已在第 {first} 行出现"
                ),
                file=file, row=one.row, field="begin",
            )  # fmt: skip
        offered[one.id] = one
    return list(offered.values())


def _read_places(file: Path) -> dict[str, Place]:
    fields, places = TomlFields(str(file)), {}
    for key, table in read_toml(file).items():
        fields.keys(table, _PLACE, f"{key}.")
        district = fields.need(table, "district", str, f"{key}.")
        places[key] = Place(key, fields.title(table, f"{key}."), district)
    return places


@dataclass(frozen=True)
class _Rows:
    file: Path
    places: Mapping[str, Place]
    services: Collection[str]
    zone: ZoneInfo

    def slot(self, row: Mapping[str, str]) -> OfferedSlot:
        service = self._one_of(row, "service", self.services)
        place = self.places[self._one_of(row, "place", self.places)]
        begins, ends = (self._time(row, name) for name in ("begin", "end"))
        if ends <= begins:
            raise self._refuse(row, "end", Text("it ends before it begins", "结束不晚于开始"))
        if not _CAPACITY.fullmatch(row["capacity"]):
            told = Text(
                f"{row['capacity']!r} is no number of seats",
                f"{row['capacity']!r} 不是名额数",
            )
            cure = Text("Write a whole number from 1 to 99999.", "请写 1 至 99999 的整数。")
            raise self._refuse(row, "capacity", told, cure)
        written = f"{begins.astimezone(self.zone):%Y-%m-%dT%H:%M}"
        return OfferedSlot(
            f"slot:{service}/{place.id}/{written}", service, place, begins, ends,
            int(row["capacity"]), row["row"],
        )  # fmt: skip

    def _one_of(self, row: Mapping[str, str], name: str, known: Collection[str]) -> str:
        if row[name] not in known:
            told = Text(f"there is no {name} {row[name]!r}", f"没有 {name} {row[name]!r}")
            names = sorted(known)
            cure = Text(
                f"Known are: {', '.join(names) or 'none'}.", f"已有：{'、'.join(names) or '无'}。"
            )
            raise self._refuse(row, name, told, cure)
        return row[name]

    def _time(self, row: Mapping[str, str], name: str) -> datetime:
        written = f"{row['date']} {row[name]}"
        try:
            time = datetime.fromisoformat(written if _TIME.fullmatch(written) else "")
        except ValueError:
            told = Text(f"{written!r} is no time", f"{written!r} 不是时间")
            cure = Text("Write 2026-03-02 and 09:00.", "请写成 2026-03-02 和 09:00。")
            raise self._refuse(row, name, told, cure) from None
        return time.replace(tzinfo=self.zone).astimezone(UTC)

    def _refuse(
        self, row: Mapping[str, Any], name: str, told: Text, cure: Text | None = None
    ) -> InputError:
        return InputError(told, file=self.file, row=row["row"], field=name, cure=cure)
