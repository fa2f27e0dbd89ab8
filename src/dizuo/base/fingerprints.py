"""Content hashes of files and settings, with a memory of files that did not change."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["FileMark", "fingerprint", "hash_file", "mark_file"]

_CHUNK: Final = 1 << 20
_SHAPEFILE: Final = (".cpg", ".CPG", ".dbf", ".DBF", ".prj", ".PRJ", ".shx", ".SHX")


@dataclass(frozen=True, slots=True)
class FileMark:
    """What identifies the content of a file: its hash, and the size and time it was taken at."""

    size: int
    modified_ns: int
    blake2b: str

    def as_dict(self) -> dict[str, Any]:
        """Return the mark as plain values."""
        return asdict(self)


def hash_file(path: Path) -> str:
    """Return the BLAKE2b hash (128 bits, hexadecimal) of a file's content."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def mark_file(path: Path, known: FileMark | None = None) -> FileMark:
    """Return the mark of a source; content is read only if size or time differ from a known mark.

    To a Shapefile belong the files beside it, to a folder (an unzipped GTFS feed) the files in it.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        files = _files_of(path)
        states = [file.stat() for file in files]
        size = sum(state.st_size for state in states)
        modified = max((state.st_mtime_ns for state in states), default=0)
        if known is not None and (size, modified) == (known.size, known.modified_ns):
            return known
        hashes = [hash_file(file) for file in files]
        names = [file.name for file in files]
        whole = hashes[0] if files == [path] else fingerprint({"files": names, "hashes": hashes})
        return FileMark(size, modified, whole)
    except OSError as error:
        raise InputError(
            Text(f"the file cannot be read: {error.strerror}", f"无法读取文件：{error.strerror}"),
            file=path,
            cure=Text("Correct its path or its permissions.", "请更正路径或文件权限。"),
        ) from error


def _files_of(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.is_file())
    if path.suffix.lower() == ".shp":
        beside = (path.with_suffix(suffix) for suffix in _SHAPEFILE)
        return [path, *(file for file in beside if file.exists())]
    return [path]


def fingerprint(parts: Mapping[str, Any]) -> str:
    """Return one hash of plain values; equal values give equal hashes in any order of keys."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
