"""Build a city's base: only what changed, and only whole."""

from collections.abc import Callable
from pathlib import Path

from dizuo.base.config import CityConfig, read_config
from dizuo.base.estimate import BuildEstimate, estimate_build
from dizuo.base.fingerprints import FileMark, fingerprint, mark_file
from dizuo.base.manifest import Manifest, read_manifest
from dizuo.base.schema_version import SCHEMA_VERSION
from dizuo.base.steps import STEPS, step_fingerprints
from dizuo.base.store import Base
from dizuo.base.writing import recover
from dizuo.model.errors import StoreError

__all__ = ["BuildEstimate", "Progress", "build", "estimate"]
__systems__ = ("S22.2",)

Progress = Callable[[str, float], None]
"""Called with the name of the step that begins and the share done, 0 to 1."""


def estimate(city_folder: str | Path, *, force: bool = False) -> BuildEstimate:
    """Tell how long a build takes and how much memory it needs, before it begins.

    Raises
    ------
    InputError
        If ``city.toml`` cannot be used.
    """
    config = read_config(city_folder)
    old = None if force else _last_manifest(config)
    stale = _stale_steps(config, old, _marks(config, old))
    return estimate_build(config, stale)


def build(
    city_folder: str | Path, *, progress: Progress | None = None, force: bool = False
) -> Base:
    """Build the base of a city from its sources.

    A layer is built again only if something that it is made from changed: a file's content, its
    settings, or dizuo's code. If nothing changed, nothing is written. The last good base stays in
    place until the new one is whole.

    Parameters
    ----------
    city_folder
        The folder of the city's ``city.toml``.
    progress
        Called when a step begins.
    force
        Build every layer again.

    Raises
    ------
    InputError
        If the settings or a source cannot be used.
    StoreError
        If another process is building this base.
    """
    config = read_config(city_folder)
    recover(config.base_folder)
    old = None if force else _last_manifest(config)
    marks = _marks(config, old)
    stale = _stale_steps(config, old, marks)
    if old is not None and not stale and old.settings_hash == settings_hash(config):
        return Base(config.base_folder, old)

    from dizuo.base.assembly import assemble  # noqa: PLC0415 (loads the libraries)

    return assemble(
        config,
        old=old,
        stale=stale,
        marks=marks,
        fingerprints=step_fingerprints(config, marks),
        settings_hash=settings_hash(config),
        progress=progress or _silent,
    )


def settings_hash(config: CityConfig) -> str:
    """Return the hash of everything that ``city.toml`` says."""
    return fingerprint({"config": repr(config)})


def _silent(_stage: str, _share: float) -> None:
    """Report nothing."""


def _last_manifest(config: CityConfig) -> Manifest | None:
    """Return the manifest of the last base if it can be built upon."""
    try:
        return read_manifest(config.base_folder, SCHEMA_VERSION)
    except StoreError:
        return None


def _marks(config: CityConfig, old: Manifest | None) -> dict[str, FileMark]:
    """Return the marks of all input files; unchanged files are not read again."""
    known = {} if old is None else dict(old.files)
    marks = {source.id: mark_file(source.file, known.get(source.id)) for source in config.sources}
    for name, file in (("file", config.boundary.file), ("edge", config.boundary.edge)):
        if isinstance(file, Path):
            marks[f"boundary:{name}"] = mark_file(file, known.get(f"boundary:{name}"))
    return marks


def _stale_steps(
    config: CityConfig, old: Manifest | None, marks: dict[str, FileMark]
) -> tuple[str, ...]:
    """Return the steps whose layers are absent or made from something else."""
    if old is None:
        return tuple(step.name for step in STEPS)
    wanted = step_fingerprints(config, marks)
    return tuple(
        step.name
        for step in STEPS
        if any(
            layer not in old.layers or old.layers[layer].fingerprint != wanted[step.name]
            for layer in step.layers
        )
    )
