"""How much a table may hold that comes or goes over HTTP, as data."""

import io
import zipfile
from pathlib import Path
from typing import Final

import msgspec

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.settings_file import read_settings

__all__ = ["ExchangeLimits"]

_FILE: Final = "limits.toml"
_WHAT: Final = Text("the limits of tables", "表格限额")


class ExchangeLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much a table may hold; the file says what each number means."""

    source: str
    edition: str
    certainty: str
    most_bytes: int
    most_unpacked_bytes: int
    most_cells: int
    most_rows: int
    most_exported: int

    @classmethod
    def load(cls, file: Path | None = None) -> "ExchangeLimits":
        """Read the limits that dizuo ships, or a city's own in their place.

        Raises
        ------
        InputError
            If something is missing, not known or of another kind.
        """
        return read_settings(cls, __package__, _FILE, file, _WHAT)

    def require_unpackable(self, content: bytes) -> None:
        """Refuse a workbook that is small only as long as it is packed.

        Raises
        ------
        InputError
            If it is none, or unpacks to more than it may.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                size = sum(one.file_size for one in packed.infolist())
        except (zipfile.BadZipFile, ValueError) as error:
            raise InputError(
                Text("this is no workbook", "这不是工作簿"),
                cure=Text("Save it as .xlsx.", "请另存为 .xlsx。"),
            ) from error
        if size > self.most_unpacked_bytes:
            raise InputError(
                Text(
                    f"the workbook is too large: {size:,} bytes unpacked",
                    f"工作簿过大：解压后 {size:,} 字节",
                ),
                cure=Text("Send it in parts.", "请分批发送。"),
            )
