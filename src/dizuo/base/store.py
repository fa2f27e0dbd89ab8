"""A base on disk: one GeoParquet file a layer, a manifest, and binary artefacts beside them.

A base is written whole into a sibling folder, forced to disk and swapped in, so a reader sees the
last good base or the new one, never a half. Whoever writes holds a lock, which the system frees
when the process ends.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dizuo.base.fingerprints import fingerprint, hash_file
from dizuo.base.locking import base_lock
from dizuo.base.manifest import ArtefactEntry, Manifest, read_manifest
from dizuo.base.schema_version import SCHEMA_VERSION
from dizuo.base.writing import recover, replace_manifest, write_durably
from dizuo.model.errors import StoreError
from dizuo.model.text import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from pyproj import CRS

__all__ = ["Base"]
__systems__ = ("S22.2",)


class Base:
    """A city's base, opened for reading. Layers are read when asked for.

    Parameters
    ----------
    folder
        Where the base stands.
    manifest
        Its table of contents.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest

    @classmethod
    def open(cls, folder: str | Path) -> "Base":
        """Open a base.

        Raises
        ------
        StoreError
            If there is none, its manifest is damaged, or it is of another schema version.
        """
        path = Path(folder)
        recover(path)
        return cls(path, read_manifest(path, SCHEMA_VERSION))

    @cached_property
    def crs(self) -> "CRS":
        """The city's metric coordinate reference system."""
        from pyproj import CRS  # noqa: PLC0415 (opening a base must not load the libraries)

        return CRS.from_user_input(self.manifest.crs)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of the layers and tables of this base."""
        return tuple(self.manifest.layers)

    def layer(self, name: str) -> "gpd.GeoDataFrame":
        """Read a layer, in the city's metric system.

        Raises
        ------
        StoreError
            If the base has no such layer, or its file is damaged.
        """
        import geopandas as gpd  # noqa: PLC0415

        file = self._checked_file(name)
        try:
            return gpd.read_parquet(file)
        except (OSError, ValueError) as error:
            raise StoreError(
                Text(
                    f"{file}: the layer cannot be read ({error}).",
                    f"{file}：无法读取该图层（{error}）。",
                )
            ) from error

    def table(self, name: str) -> "pd.DataFrame":
        """Read a layer that has no geometry: ``rejects``, ``user_values``, timetables.

        Raises
        ------
        StoreError
            If the base has no such table, or its file is damaged.
        """
        import pandas as pd  # noqa: PLC0415

        return pd.read_parquet(self._checked_file(name))

    def artefact_path(self, name: str, *, layers: Sequence[str], version: str) -> Path | None:
        """Return the file of an artefact, or None if there is none that still holds.

        Parameters
        ----------
        name
            Name of the artefact, for instance ``streets.walk.hierarchy``.
        layers
            The layers it was prepared from: it holds while their content stays the same.
        version
            Version and parameters of what prepared it.

        Raises
        ------
        StoreError
            If the file is absent or damaged.
        """
        entry = self.manifest.artefacts.get(name)
        if entry is None or entry.fingerprint != self._artefact_fingerprint(layers, version):
            return None
        return _verified(self.folder / entry.file, entry.hash)

    def keep_artefact(
        self, name: str, write: Callable[[Path], None], *, layers: Sequence[str], version: str
    ) -> Path:
        """Keep a prepared artefact in the base, in one step for other readers.

        Parameters
        ----------
        name, layers, version
            As in ``artefact_path``.
        write
            Writes the artefact to the path that it is given.

        Returns
        -------
        Path
            The kept file.

        Raises
        ------
        StoreError
            If another process writes this base, or the base was rebuilt since it was opened.
        """
        with base_lock(self.folder):
            current = read_manifest(self.folder, SCHEMA_VERSION)
            if current.layers != self.manifest.layers:
                raise StoreError(
                    Text(
                        f"{self.folder}: the base was rebuilt meanwhile. Open it again.",
                        f"{self.folder}：底座已被重新构建，请重新打开。",
                    )
                )
            file = self.folder / "artefacts" / name
            file.parent.mkdir(exist_ok=True)
            write_durably(file, write)
            entry = ArtefactEntry(
                file=f"artefacts/{name}",
                hash=hash_file(file),
                layers=tuple(layers),
                fingerprint=self._artefact_fingerprint(layers, version),
            )
            self.manifest = replace(current, artefacts={**current.artefacts, name: entry})
            replace_manifest(self.folder, self.manifest)
        return file

    def _artefact_fingerprint(self, layers: Sequence[str], version: str) -> str:
        hashes = {name: self._entry_hash(name) for name in layers}
        return fingerprint({"layers": hashes, "version": version})

    def _entry_hash(self, name: str) -> str:
        if name not in self.manifest.layers:
            known = ", ".join(self.manifest.layers)
            raise StoreError(
                Text(
                    f"{self.folder}: there is no layer {name!r}; there are {known}.",
                    f"{self.folder}：没有图层“{name}”；现有图层：{known}。",
                )
            )
        return self.manifest.layers[name].hash

    def _checked_file(self, name: str) -> Path:
        expected = self._entry_hash(name)
        return _verified(self.folder / self.manifest.layers[name].file, expected)


def _verified(file: Path, expected: str) -> Path:
    try:
        found = hash_file(file)
    except OSError as error:
        raise StoreError(
            Text(
                f"{file}: the file is gone ({error.strerror}). Run: dizuo build --force.",
                f"{file}：文件已不存在（{error.strerror}）。请运行 dizuo build --force。",
            )
        ) from error
    if found != expected:
        raise StoreError(
            Text(
                f"{file}: the file is not what the manifest says: it is damaged, or the base was "
                "rebuilt meanwhile. Open the base again, or run: dizuo build --force.",
                f"{file}：文件与底座清单不符：文件已损坏，或底座已被重新构建。请重新打开底"
                "座，或运行 dizuo build --force。",
            )
        )
    return file
