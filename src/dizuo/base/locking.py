"""One writer at a time: a lock beside a folder, which the system frees when its process ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dizuo.model.errors import StoreError
from dizuo.model.text import Text

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, wait: bool) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int, *, wait: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


__all__ = ["base_lock", "writing_turn"]


@contextmanager
def base_lock(folder: Path) -> Iterator[None]:
    """Hold the right to write a base.

    Raises
    ------
    StoreError
        If another process holds it.
    """
    with _opened(folder) as descriptor:
        try:
            _lock(descriptor, wait=False)
        except OSError as error:
            raise StoreError(
                Text(
                    f"{folder}: another process is building this base. Wait until it has ended.",
                    f"{folder}：另一进程正在构建该底座，请等待其结束。",
                )
            ) from error
        yield


@contextmanager
def writing_turn(folder: Path) -> Iterator[None]:
    """Write a folder after every other process that is writing it has ended."""
    with _opened(folder) as descriptor:
        _lock(descriptor, wait=True)
        yield


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    file = folder.with_name(f".{folder.name}.lock")
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
