"""Make the stale layers, take over the others, and put the new base in place."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd

from dizuo.base.city_data import CityData
from dizuo.base.config import CityConfig
from dizuo.base.fingerprints import FileMark, fingerprint, hash_file
from dizuo.base.making import MAKERS, Made, Materials
from dizuo.base.manifest import ArtefactEntry, LayerEntry, Manifest, SourceEntry
from dizuo.base.rejects import join_rejects, rejected_counts
from dizuo.base.schema_version import SCHEMA_VERSION, dizuo_version
from dizuo.base.schemas import LAYERS, check_layer
from dizuo.base.steps import STEPS, step_sources
from dizuo.base.store import Base
from dizuo.base.writing import new_base, replace_manifest, take_over, write_table

__all__ = ["assemble"]

_REJECTS: Final = "rejects"
_FROM_OSM: Final = "osm"


def assemble(
    config: CityConfig,
    *,
    old: Manifest | None,
    stale: tuple[str, ...],
    marks: Mapping[str, FileMark],
    fingerprints: Mapping[str, str],
    settings_hash: str,
    progress: Callable[[str, float], None],
) -> Base:
    """Build the stale steps and write a whole new base.

    Parameters
    ----------
    old
        The last base's manifest, None to take nothing from it.
    stale
        Names of the steps to build.
    marks
        Marks of the input files.
    fingerprints
        Fingerprint of each step.
    progress
        Told of each step and the share done.
    """
    last = None if old is None else Base(config.base_folder, old)
    with new_base(config.base_folder) as folder:
        share = _Shares(stale, progress)
        data = CityData(config, share.report)
        materials = Materials(data, last)
        entries: dict[str, LayerEntry] = {}
        rejects: list[pd.DataFrame] = []
        for step in STEPS:
            if step.name in stale:
                share.begin(step.name)
                made = MAKERS[step.name](materials)
                for name, layer in made.items():
                    frame = check_layer(name, layer.frame, data.crs)
                    materials.keep(name, frame)
                    sources = tuple(source.id for source in step_sources(step, config))
                    entries[name] = _write(
                        folder, name, frame, layer, sources, fingerprints[step.name]
                    )
                    rejects.append(layer.rejects.assign(layer=name))
            elif old is not None:
                for name in step.layers:
                    entries[name] = old.layers[name]
                    take_over(config.base_folder / entries[name].file, folder / entries[name].file)
        share.begin("write")
        crs = data.crs.to_string() if stale or old is None else old.crs
        entries[_REJECTS] = _write_rejects(folder, data, last, entries, rejects, stale)
        manifest = _manifest(config, crs, marks, settings_hash, entries)
        manifest = _with_artefacts(manifest, old, config.base_folder, folder)
        replace_manifest(folder, manifest)
    progress("done", 1.0)
    return Base(config.base_folder, manifest)


class _Shares:
    """Turns the weights of the steps into shares done."""

    def __init__(self, stale: tuple[str, ...], progress: Callable[[str, float], None]) -> None:
        self._weights = {step.name: step.weight for step in STEPS if step.name in stale}
        self._whole = sum(self._weights.values()) + 1.0
        self._done = 0.0
        self._ahead = 0.0
        self._progress = progress

    def begin(self, name: str) -> None:
        self._done += self._ahead
        self._ahead = self._weights.get(name, 0.0)
        self.report(name)

    def report(self, name: str) -> None:
        self._progress(name, self._done / self._whole)


def _write(
    folder: Path,
    name: str,
    frame: pd.DataFrame,
    made: Made,
    sources: tuple[str, ...],
    step_fingerprint: str,
) -> LayerEntry:
    file = folder / f"{name}.parquet"
    write_table(frame, file)
    return LayerEntry(
        file=file.name,
        hash=hash_file(file),
        fingerprint=step_fingerprint,
        sources=sources,
        rows=len(frame),
        rejected=rejected_counts(made.rejects),
        mended=dict(made.mended),
        area_change=round(made.area_change, 3),
        evidence=_evidence_shares(frame),
    )


def _evidence_shares(frame: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return for each marked column the share of rows by mark."""
    return {
        str(name).removesuffix("_evidence"): {
            str(mark): round(float(share), 6)
            for mark, share in frame[name].value_counts(normalize=True).sort_index().items()
        }
        for name in frame.columns
        if str(name) == "evidence" or str(name).endswith("_evidence")
    }


def _write_rejects(
    folder: Path,
    data: CityData,
    last: Base | None,
    entries: Mapping[str, LayerEntry],
    fresh: list[pd.DataFrame],
    stale: tuple[str, ...],
) -> LayerEntry:
    """Write the rejects of the layers built now, and of those taken over."""
    built = {layer for step in STEPS if step.name in stale for layer in step.layers}
    tables = list(fresh)
    if data.extract_was_read and data.extract is not None and data.osm_source is not None:
        built.add(_FROM_OSM)
        tables.append(data.extract.rejects.assign(layer=_FROM_OSM, source=data.osm_source.id))
    if last is not None:
        kept = last.table(_REJECTS)
        tables.append(kept[~kept["layer"].isin(built)])
    rejects = join_rejects(tables).sort_values(["layer", "source", "row", "id", "reason"])
    file = folder / f"{_REJECTS}.parquet"
    write_table(rejects[list(LAYERS[_REJECTS].columns)], file)
    return LayerEntry(
        file=file.name,
        hash=hash_file(file),
        fingerprint=fingerprint({name: entry.fingerprint for name, entry in entries.items()}),
        sources=(),
        rows=len(rejects),
        rejected=rejected_counts(rejects),
    )


def _manifest(
    config: CityConfig,
    crs: str,
    marks: Mapping[str, FileMark],
    settings_hash: str,
    entries: Mapping[str, LayerEntry],
) -> Manifest:
    return Manifest(
        schema_version=SCHEMA_VERSION,
        dizuo_version=dizuo_version(),
        city={
            "id": config.city.id,
            "name": config.city.name,
            "name_zh": config.city.name_zh,
            "reference_date": config.city.reference_date.isoformat(),
        },
        crs=crs,
        settings_hash=settings_hash,
        content_hash=fingerprint({name: entry.hash for name, entry in entries.items()}),
        sources={
            source.id: SourceEntry(
                kind=source.kind,
                file=source.file.name,
                mark=marks[source.id],
                licence=source.licence,
                attribution=source.attribution,
                date=source.date.isoformat(),
                evidence=str(source.evidence),
                completeness={
                    layer: {"share": stated.share, "source": stated.source}
                    for layer, stated in source.completeness.items()
                },
            )
            for source in config.sources
        },
        files=dict(marks),
        layers=dict(entries),
    )


def _with_artefacts(
    manifest: Manifest, old: Manifest | None, old_folder: Path, folder: Path
) -> Manifest:
    """Take over the artefacts whose layers did not change their content."""
    kept: dict[str, ArtefactEntry] = {}
    for name, entry in (old.artefacts if old else {}).items():
        same = all(
            old is not None
            and layer in old.layers
            and layer in manifest.layers
            and old.layers[layer].hash == manifest.layers[layer].hash
            for layer in entry.layers
        )
        if same and (old_folder / entry.file).exists():
            take_over(old_folder / entry.file, folder / entry.file)
            kept[name] = entry
    return replace(manifest, artefacts=kept)
