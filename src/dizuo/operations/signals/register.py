"""The register of devices: what they observe, how they are calibrated, and how they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.signals.observations import NEVER, Observations, Quality
from dizuo.operations.time import from_microseconds, to_microseconds

__all__ = ["Calibration", "Device", "DeviceHealth", "Register", "Stream"]

_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration found: true value = read value × factor + offset.

    It holds from its day (0 o'clock UTC) until the next one of the stream; after ``valid_until``
    values are still corrected, but suspect.
    """

    day: date
    valid_until: date | None = None
    factor: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Stream:
    """One thing that a device observes.

    Attributes
    ----------
    kind
        What is observed, as alarm rules name it: ``methane``, ``water_level``.
    interval
        Between two observations in normal times.
    lateness
        How late an observation may come and still be judged.
    reference
        What deviations are taken from: a design value or a normal pressure; None if there is none.
    properties
        Whatever else is known, as JSON knows it.
    active
        Whether it still sends; one that was retired keeps its number.
    """

    id: str
    device: str
    kind: str
    unit: str
    interval: timedelta
    lateness: timedelta = timedelta(0)
    reference: float | None = None
    calibrations: tuple[Calibration, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)
    active: bool = True


@dataclass(frozen=True, slots=True)
class Device:
    """A thing that observes an asset.

    Attributes
    ----------
    asset
        The component, pipe or bridge that alarms are about.
    x, y
        Where it is, in the CRS of the city; None where that is not known.
    properties
        Whatever else is known, as JSON knows it.
    active
        Whether it is still there.
    """

    id: str
    asset: str
    model: str = ""
    installed: date | None = None
    x: float | None = None
    y: float | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    active: bool = True


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """How a device is.

    Attributes
    ----------
    last_seen
        The newest observation of any of its streams.
    online
        Whether each stream has sent within so many intervals as the caller allows.
    calibration_age
        Of the stream that was calibrated longest ago; None where one never was.
    calibrated
        Whether every stream that was calibrated still may be relied on.
    """

    device: str
    last_seen: datetime | None
    online: bool
    calibration_age: timedelta | None
    calibrated: bool


@dataclass(frozen=True)
class Register:
    """All devices and streams. Streams are numbered in their order: observations use the numbers.

    Raises
    ------
    InputError
        If two devices or streams share an id, a stream belongs to no device, or two calibrations of
        a stream are of one day.
    """

    devices: tuple[Device, ...]
    streams: tuple[Stream, ...]
    _numbers: Mapping[str, int] = field(init=False, repr=False, compare=False)
    _devices: Mapping[str, Device] = field(init=False, repr=False, compare=False)
    _of_device: Mapping[str, list[Stream]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_numbers", _unique("stream", [one.id for one in self.streams]))
        places = _unique("device", [one.id for one in self.devices])
        object.__setattr__(self, "_devices", {one: self.devices[n] for one, n in places.items()})
        mine: dict[str, list[Stream]] = {one: [] for one in places}
        object.__setattr__(self, "_of_device", mine)
        for stream in self.streams:
            if stream.device not in places:
                raise InputError(
                    Text(
                        f"the stream {stream.id} belongs to no device: there is no {stream.device}",
                        f"数据流 {stream.id} 不属于任何设备：没有 {stream.device}",
                    ),
                    field="device",
                )
            mine[stream.device].append(stream)
            days = [one.day for one in stream.calibrations]
            if sorted(set(days)) != days:
                raise InputError(
                    Text(
                        f"the calibrations of {stream.id} must be of rising days",
                        f"{stream.id} 的校准日期须递增",
                    )
                )

    def number(self, stream: str) -> int:
        """Return the number of a stream; ``InputError`` if there is none of that name."""
        found = self._numbers.get(stream)
        if found is None:
            raise InputError(
                Text(
                    f"there is no stream {stream!r} in the register",
                    f"登记表中没有数据流 {stream!r}",
                ),
                field="stream",
                cure=Text("Register the device and its streams first.", "请先登记设备及其数据流。"),
            )
        return found

    def streams_of(self, device: str) -> list[Stream]:
        """Return the streams that a device has now; none if it is not known."""
        return [one for one in self._of_device.get(device, []) if one.active]

    def device(self, device: str) -> Device | None:
        """Return a device, or None if it is not known."""
        return self._devices.get(device)

    def asset_of(self, stream: Stream) -> str:
        """Return what a stream's alarms are about."""
        return self._devices[stream.device].asset

    def lateness(self) -> NDArray[np.int64]:
        """Return the lateness that each stream allows, in microseconds."""
        return np.array([_microseconds(one.lateness) for one in self.streams], np.int64)

    def calibrated(self, raw: Observations) -> Observations:
        """Return observations with the calibrations of their day applied.

        Where the calibration is no longer valid, good values become suspect. Where there is none
        yet, values stay as they are.
        """
        value, quality = raw.value.copy(), raw.quality.copy()
        for number in np.unique(raw.stream):
            known = self.streams[number].calibrations
            if not known:
                continue
            mine = np.flatnonzero(raw.stream == number)
            days = raw.phenomenon[mine] // _DAY
            begins = np.array([_day_number(one.day) for one in known])
            which = np.searchsorted(begins, days, side="right") - 1
            mine, which, days = mine[which >= 0], which[which >= 0], days[which >= 0]
            factor = np.array([one.factor for one in known])
            offset = np.array([one.offset for one in known])
            value[mine] = value[mine] * factor[which] + offset[which]
            ends = np.array([_day_number(one.valid_until or date.max) for one in known])
            over = mine[days > ends[which]]
            quality[over] = np.maximum(quality[over], np.uint8(Quality.SUSPECT))
        return Observations(raw.stream, raw.phenomenon, raw.result, value, quality)

    def health(
        self, newest: NDArray[np.int64], now: datetime, *, intervals: float = 3.0
    ) -> Iterator[DeviceHealth]:
        """Tell of every device how it is.

        Parameters
        ----------
        newest
            Newest observation of each stream, as :class:`~.receiving.Received` keeps them.
        intervals
            After how many intervals without an observation a stream counts as off.
        """
        moment = to_microseconds(now)
        by_device: dict[str, list[int]] = {one.id: [] for one in self.devices}
        for number, stream in enumerate(self.streams):
            by_device[stream.device].append(number)
        for device, numbers in by_device.items():
            seen = [int(newest[n]) for n in numbers]
            known = [one for one in seen if one != NEVER]
            limits = [intervals * _microseconds(self.streams[n].interval) for n in numbers]
            online = bool(numbers) and all(
                one != NEVER and moment - one <= limit
                for one, limit in zip(seen, limits, strict=True)
            )
            yield DeviceHealth(
                device,
                from_microseconds(max(known)) if known else None,
                online,
                *self._calibration(numbers, now),
            )

    def _calibration(self, numbers: Sequence[int], now: datetime) -> tuple[timedelta | None, bool]:
        today = now.astimezone(UTC).date()
        latest = [
            max((c for c in self.streams[n].calibrations if c.day <= today),
                key=lambda one: one.day, default=None)
            for n in numbers
        ]  # fmt: skip
        done = [one for one in latest if one is not None]
        valid = all(one.valid_until is None or today <= one.valid_until for one in done)
        oldest = min((one.day for one in done), default=today)
        age = today - oldest if done and len(done) == len(latest) else None
        return age, valid


def _unique(what: str, ids: Sequence[str]) -> dict[str, int]:
    numbers = {one: n for n, one in enumerate(ids)}
    if len(numbers) < len(ids):
        twice = next(one for n, one in enumerate(ids) if numbers[one] != n)
        raise InputError(
            Text(
                f"two of the register are the {what} {twice!r}", f"登记表中 {what} {twice!r} 重复"
            ),
            field=what,
        )
    return numbers


def _microseconds(time: timedelta) -> int:
    return time // timedelta(microseconds=1)


def _day_number(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()
