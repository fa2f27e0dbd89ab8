"""How closures are laid on the streets, and what a notice tells."""

from pathlib import Path
from typing import Annotated, Final

import msgspec

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.settings_file import read_settings
from dizuo.standards.catalogue import load_facility_catalogue

__all__ = ["TravelSettings"]

_SETTINGS: Final = "travel.toml"
_WHAT: Final = Text("how travel notices are made", "出行提示设置")

Metres = Annotated[float, msgspec.Meta(gt=0)]


class TravelSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The numbers of travel notices; the file says what each means."""

    source: str
    edition: str
    certainty: str
    along: Metres
    share_along: Annotated[float, msgspec.Meta(gt=0, le=1)]
    least_inside: Metres
    least_shared: Metres
    least_delay: Annotated[float, msgspec.Meta(ge=0)]
    categories: tuple[str, ...]
    issue_types: tuple[str, ...]
    issue_distance: Metres
    stretch: Metres

    @classmethod
    def load(cls, file: Path | None = None) -> "TravelSettings":
        """Read what dizuo ships, or a city's own in its place.

        Raises
        ------
        InputError
            If something is missing, not known or of another kind.
        """
        found = read_settings(cls, __package__, _SETTINGS, file, _WHAT)
        unknown = sorted(set(found.categories) - set(load_facility_catalogue()))
        if unknown:
            named = ", ".join(unknown)
            raise InputError(
                Text(f"the catalogue has no category {named}", f"设施目录中没有类别 {named}"),
                file=file,
                field="categories",
            )
        return found
