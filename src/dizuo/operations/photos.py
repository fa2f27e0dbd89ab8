"""Photos of residents: proved to be pictures, stripped of all that the camera wrote into them."""

import io
import warnings
from pathlib import Path
from typing import Annotated, Final

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.settings_file import read_settings

__all__ = ["PhotoLimits", "clean_photo"]

_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_FILE: Final = "photos.toml"
_WHAT: Final = Text("the limits of photos", "照片限额")


class PhotoLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What photos a report may bring along; the file says what each number means."""

    source: str
    edition: str
    certainty: str
    most_photos: int
    most_bytes: int
    most_pixels: int
    quality: Annotated[int, msgspec.Meta(ge=1, le=95)]

    @classmethod
    def load(cls, file: Path | None = None) -> "PhotoLimits":
        """Read the limits that dizuo ships, or a city's own in their place.

        Raises
        ------
        InputError
            If something is missing, not known or of another kind.
        """
        return read_settings(cls, __package__, _FILE, file, _WHAT)


def clean_photo(content: bytes, limits: PhotoLimits) -> bytes:
    """Return the same picture, upright, with nothing but its pixels: no place, time or camera.

    The picture is drawn anew, so whatever else the file held is gone.

    Raises
    ------
    InputError
        If it is no whole JPEG, PNG or WebP, or is too large.
    """
    if len(content) > limits.most_bytes:
        raise _refused(Text(f"a photo may have {limits.most_bytes:,} bytes",
                            f"照片不得超过 {limits.most_bytes:,} 字节"))  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
                most = limits.most_pixels
                if opened.width * opened.height > most:
                    raise _refused(Text(f"a photo may have {most:,} pixels",
                                        f"照片不得超过 {most:,} 像素"))  # fmt: skip
                kind = str(opened.format)
                upright = ImageOps.exif_transpose(opened)
                drawn = upright.convert("RGB" if kind == "JPEG" else "RGBA")
    except InputError:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, TypeError, KeyError,
            IndexError, OverflowError, Image.DecompressionBombError) as error:  # fmt: skip
        raise _refused(Text("this is no JPEG, PNG or WebP that can be read",
                            "无法作为 JPEG、PNG 或 WebP 图片读取")) from error  # fmt: skip
    bare = Image.new(drawn.mode, drawn.size)
    bare.paste(drawn)
    written = io.BytesIO()
    bare.save(written, kind, quality=limits.quality)
    return written.getvalue()


def _refused(problem: Text) -> InputError:
    return InputError(problem, field="media")
