"""Photos of residents: proved to be pictures, stripped of all that the camera wrote into them."""

import io
import warnings
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["MOST_BYTES", "clean_photo"]

MOST_BYTES: Final = 10 * 1024 * 1024
"""Of one photo."""
_MOST_PIXELS: Final = 50_000_000
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_QUALITY: Final = 90


def clean_photo(content: bytes) -> bytes:
    """Return the same picture, upright, with nothing but its pixels: no place, time or camera.

    The picture is drawn anew, so whatever else the file held is gone.

    Raises
    ------
    InputError
        If it is no whole JPEG, PNG or WebP, or is too large.
    """
    if len(content) > MOST_BYTES:
        raise _refused(Text(f"a photo may have {MOST_BYTES:,} bytes",
                            f"照片不得超过 {MOST_BYTES:,} 字节"))  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    raise _refused(Text(f"a photo may have {_MOST_PIXELS:,} pixels",
                                        f"照片不得超过 {_MOST_PIXELS:,} 像素"))  # fmt: skip
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
    bare.save(written, kind, quality=_QUALITY)
    return written.getvalue()


def _refused(problem: Text) -> InputError:
    return InputError(problem, field="media")
