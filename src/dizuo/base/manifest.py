"""What a base consists of, where it came from, and how to tell whether it still holds."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from dizuo.base.fingerprints import FileMark
from dizuo.model.errors import StoreError
from dizuo.model.text import Text

__all__ = [
    "MANIFEST_FILE",
    "ArtefactEntry",
    "LayerEntry",
    "Manifest",
    "SourceEntry",
    "read_manifest",
]
__systems__ = ("S22.2", "S22.4")  # lineage, licences and dates

MANIFEST_FILE: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """One layer: its file, its content, and what it was made from.

    Attributes
    ----------
    hash
        BLAKE2b of the layer's file.
    fingerprint
        Hash of everything the layer was made from; the layer is kept while it stays the same.
    sources
        Ids of the sources that rows came from or that columns rest on (lineage).
    rows, rejected
        Rows kept, and rows rejected by reason.
    mended, area_change
        Geometries mended by fault, and the sum of the absolute changes of area, m².
    evidence
        For each marked column the share of rows by mark.
    """

    file: str
    hash: str
    fingerprint: str
    sources: tuple[str, ...]
    rows: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    mended: Mapping[str, int] = field(default_factory=dict)
    area_change: float = 0.0
    evidence: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArtefactEntry:
    """One binary artefact, such as a prepared street hierarchy, and the layers it rests on."""

    file: str
    hash: str
    layers: tuple[str, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One source: its file, and what must be said when its data is shown."""

    kind: str
    file: str
    mark: FileMark
    licence: str
    attribution: str
    date: str
    evidence: str
    completeness: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The table of contents of a base.

    Attributes
    ----------
    files
        Marks of input files that are no source: the settings, the boundary.
    content_hash
        One hash over all layers and artefacts: equal hashes mean equal bases.
    """

    schema_version: int
    dizuo_version: str
    city: Mapping[str, Any]
    crs: str
    settings_hash: str
    content_hash: str
    sources: Mapping[str, SourceEntry]
    files: Mapping[str, FileMark]
    layers: Mapping[str, LayerEntry]
    artefacts: Mapping[str, ArtefactEntry] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the manifest as JSON text."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def read_manifest(folder: Path, schema_version: int) -> Manifest:
    """Read the manifest of a base.

    Raises
    ------
    StoreError
        If there is no base, the manifest is damaged, or it is of another schema version.
    """
    file = folder / MANIFEST_FILE
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(
            Text(
                f"{folder}: there is no base here. Run: dizuo build.",
                f"{folder}：此处没有底座。请运行 dizuo build。",
            )
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise StoreError(
            Text(
                f"{file}: the manifest is damaged ({error}). Run: dizuo build --force.",
                f"{file}：底座清单已损坏（{error}）。请运行 dizuo build --force。",
            )
        ) from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != schema_version:
        raise StoreError(
            Text(
                f"{folder}: the base has layout {version!r}, this dizuo reads {schema_version}. "
                "Run: dizuo build --force.",
                f"{folder}：底座的结构版本为 {version!r}，本版 dizuo 读取的版本为 "
                f"{schema_version}。请运行 dizuo build --force。",
            )
        )
    try:
        return _from_dict(content)
    except (KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            Text(
                f"{file}: the manifest lacks or misnames {error}. Run: dizuo build --force.",
                f"{file}：底座清单缺少 {error} 或名称有误。请运行 dizuo build --force。",
            )
        ) from error


def _from_dict(content: dict[str, Any]) -> Manifest:
    content = dict(content)
    content["sources"] = {
        name: SourceEntry(**{**entry, "mark": FileMark(**entry["mark"])})
        for name, entry in content["sources"].items()
    }
    content["files"] = {name: FileMark(**mark) for name, mark in content["files"].items()}
    content["layers"] = {
        name: LayerEntry(**{**entry, "sources": tuple(entry["sources"])})
        for name, entry in content["layers"].items()
    }
    content["artefacts"] = {
        name: ArtefactEntry(**{**entry, "layers": tuple(entry["layers"])})
        for name, entry in content["artefacts"].items()
    }
    return Manifest(**content)
