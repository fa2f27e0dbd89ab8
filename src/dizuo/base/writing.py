"""Writing a base so that an interruption at any moment leaves the last good one in place."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dizuo.base.locking import base_lock
from dizuo.base.manifest import MANIFEST_FILE, Manifest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["new_base", "recover", "replace_manifest", "take_over", "write_durably", "write_table"]


def _sibling(folder: Path, state: str) -> Path:
    return folder.with_name(f".{folder.name}.{state}")


def recover(folder: Path) -> None:
    """Put the last good base back if a process ended between the two renames of a swap."""
    previous = _sibling(folder, "previous")
    if not folder.exists() and previous.exists():
        previous.rename(folder)


@contextmanager
def new_base(folder: Path) -> Iterator[Path]:
    """Yield an empty folder; when the block ends well, it takes the place of the base.

    Raises
    ------
    StoreError
        If another process is writing this base.
    """
    with base_lock(folder):
        recover(folder)
        building, previous = _sibling(folder, "building"), _sibling(folder, "previous")
        for leftover in (building, previous):
            shutil.rmtree(leftover, ignore_errors=True)
        building.mkdir(parents=True)
        try:
            yield building
            _force_to_disk(building)
            if folder.exists():
                folder.rename(previous)
            building.rename(folder)
            _force_to_disk(folder.parent)
        finally:
            recover(folder)
            shutil.rmtree(building, ignore_errors=True)
            shutil.rmtree(previous, ignore_errors=True)


def write_table(frame: "pd.DataFrame", file: Path) -> None:
    """Write a table, with geometry or without, as (Geo)Parquet and force it to disk."""
    write_durably(file, lambda path: frame.to_parquet(path, compression="zstd", index=False))


def write_durably(file: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a temporary file, force it to disk and move it into place."""
    temporary = file.with_name(f".{file.name}.part")
    try:
        write(temporary)
        _force_to_disk(temporary)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def replace_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest in one step."""
    text = manifest.to_json()

    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    write_durably(folder / MANIFEST_FILE, write)


def take_over(old: Path, new: Path) -> None:
    """Give a file of the last base to the new one: linked where possible, else copied."""
    new.parent.mkdir(exist_ok=True)
    try:
        new.hardlink_to(old)
    except OSError:
        shutil.copy2(old, new)


def _force_to_disk(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
