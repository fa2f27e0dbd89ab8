"""Where compiled kernels are kept on a machine that lets nothing be written beside them.

A service often has a read-only installation and no home. Numba then refuses to compile at all what
is to be kept; so it gets a folder of this run's own, and compiles anew in each.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Final

__all__ = ["give_kernels_a_folder"]

_CHOSEN: Final = "NUMBA_CACHE_DIR"


def give_kernels_a_folder(folders: Iterable[Path], environment: MutableMapping[str, str]) -> None:
    """Name a folder of this run in the environment, unless one is named or can be written.

    Parameters
    ----------
    folders
        Where numba looks by itself: beside the code, and in the caches of the user.
    """
    if _CHOSEN not in environment and not any(map(_can_be_written, folders)):
        made = tempfile.mkdtemp(prefix="dizuo-kernels-")
        atexit.register(shutil.rmtree, made, ignore_errors=True)
        environment[_CHOSEN] = made


def _can_be_written(folder: Path) -> bool:
    for one in (folder, *folder.parents):
        try:
            if one.exists():
                return one.is_dir() and os.access(one, os.W_OK)
        except PermissionError:  # below a folder that may not even be looked into
            return False
    return False
