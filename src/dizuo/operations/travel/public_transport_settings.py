"""How public transport is timed."""

from pathlib import Path
from typing import Annotated, Final

import msgspec

from dizuo.model.text import Text
from dizuo.operations.settings_file import read_settings

__all__ = ["PublicTransportSettings"]

_SETTINGS: Final = "public_transport.toml"
_WHAT: Final = Text("how public transport is timed", "公共交通计时设置")

Seconds = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class PublicTransportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The numbers of journeys by public transport; the file says what each means."""

    source: str
    edition: str
    certainty: str
    longest_walk: Seconds
    longest_transfer: Seconds
    change: Seconds
    longest_journey: Seconds
    step: Seconds
    slot: Seconds
    around: Annotated[float, msgspec.Meta(ge=0)]
    longest_window: Seconds
    most_destinations: Annotated[int, msgspec.Meta(ge=0)]
    shares: Annotated[tuple[Share, ...], msgspec.Meta(min_length=1)]

    @classmethod
    def load(cls, file: Path | None = None) -> "PublicTransportSettings":
        """Read what dizuo ships, or a city's own in its place.

        Raises
        ------
        InputError
            If something is missing, not known or of another kind.
        """
        return read_settings(cls, __package__, _SETTINGS, file, _WHAT)
