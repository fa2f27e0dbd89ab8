"""One writer at a time: a lock beside the base, which the system frees when its process ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dizuo.model.errors import StoreError
from dizuo.model.text import Text

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


__all__ = ["base_lock"]


@contextmanager
def base_lock(folder: Path) -> Iterator[None]:
    """Hold the right to write a base.

    Raises
    ------
    StoreError
        If another process holds it.
    """
    file = folder.with_name(f".{folder.name}.lock")
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            raise StoreError(
                Text(
                    f"{folder}: another process is building this base. Wait until it has ended.",
                    f"{folder}：另一进程正在构建该底座，请等待其结束。",
                )
            ) from error
        yield
    finally:
        os.close(descriptor)
