"""What observations are held to when they come, as data."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec

from dizuo.model.text import Text
from dizuo.operations.settings_file import read_settings

__all__ = ["TakingIn"]

_FILE: Final = "taking_in.toml"
_WHAT: Final = Text("what observations are held to", "观测接收设置")


class TakingIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What observations are held to; the file says what each number means."""

    source: str
    edition: str
    certainty: str
    ahead_seconds: Annotated[float, msgspec.Meta(ge=0)]

    @classmethod
    def load(cls, file: Path | None = None) -> "TakingIn":
        """Read what dizuo ships, or a city's own in its place.

        Raises
        ------
        InputError
            If something is missing, not known or of another kind.
        """
        return read_settings(cls, __package__, _FILE, file, _WHAT)

    @property
    def ahead(self) -> timedelta:
        """How far the clock of a device may be ahead of ours."""
        return timedelta(seconds=self.ahead_seconds)
