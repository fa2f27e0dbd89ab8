"""The folder of a checkup's results: written whole, and known again while nothing changed."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dizuo.base.config import CITY_FILE
from dizuo.cli.session import Progress
from dizuo.model.text import Language

if TYPE_CHECKING:
    from dizuo.base.store import Base
    from dizuo.checkup.result import Checkup
    from dizuo.city import City

__all__ = ["RESULT_FILES", "fingerprint_of", "kept_summary", "write_reports", "write_results"]

RESULT_FILES: Final = (
    "report.html",
    "report.pdf",
    "checkup.gpkg",
    "values.parquet",
    "findings.parquet",
    "scores.parquet",
    "values.csv",
    "checkup.json",
    "settings.toml",
)
_FINGERPRINT: Final = ".fingerprint"
_FULL: Final = 1_000_000
"""A disk with less room than this (bytes) is full."""


def fingerprint_of(city: "City", base: "Base", asked: Sequence[str], language: Language) -> str:
    """Return one hash of everything that the results follow from.

    The content of the base, what ``city.toml`` says, the city's own rules and indicators, dizuo's
    own code and rule book, and what was asked for.
    """
    told = hashlib.blake2b(digest_size=16)
    told.update(repr((base.manifest.content_hash, sorted(asked), language)).encode())
    told.update((city.folder / CITY_FILE).read_bytes())
    for name, content in _code(city.folder):
        told.update(f"{name} {len(content)} ".encode() + content)
    return told.hexdigest()


def _code(folder: Path) -> Iterator[tuple[str, bytes]]:
    package = Path(str(files("dizuo")))
    roots = [package, folder / "rules", folder / "indicators"]
    for root in roots:
        for file in sorted(root.rglob("*")):
            if file.suffix in {".py", ".toml", ".js", ".css", ".html", ".typ", ".j2"}:
                yield file.relative_to(root).as_posix(), file.read_bytes()


def kept_summary(folder: Path, fingerprint: str) -> dict[str, Any] | None:
    """Return the summary of results that are whole and still hold, else None."""
    try:
        kept = (folder / _FINGERPRINT).read_text(encoding="utf-8")
        whole = all((folder / name).is_file() for name in RESULT_FILES)
        if kept != fingerprint or not whole:
            return None
        summary: dict[str, Any] = json.loads((folder / "checkup.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return summary


def write_results(
    checkup: "Checkup", folder: Path, fingerprint: str, language: Language, progress: Progress
) -> dict[str, Any]:
    """Write report, GeoPackage and tables, and return the summary.

    Everything is written into a folder beside and moved into place when it is whole, so that an
    interrupted run leaves the last good results. Files of other names in the folder are kept.

    Raises
    ------
    OSError
        If the disk is full, whatever the library that noticed it says.
    """
    from dizuo.base.locking import writing_turn  # noqa: PLC0415
    from dizuo.checkup.outputs.geopackage import write_geopackage  # noqa: PLC0415
    from dizuo.checkup.outputs.tidy_tables import summary, write_tables  # noqa: PLC0415

    part = folder.with_name(f".{folder.name}.part")
    with writing_turn(folder), _whole_or_gone(part):
        progress("tables", 0.0)
        write_tables(checkup, part)
        progress("checkup.gpkg", 0.2)
        write_geopackage(checkup, part / "checkup.gpkg")
        progress("report", 0.5)
        write_reports(checkup, part, language)
        write_settings(checkup.effective_settings, part / "settings.toml")
        (part / _FINGERPRINT).write_text(fingerprint, encoding="utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FINGERPRINT).unlink(missing_ok=True)
        written = sorted(part.iterdir(), key=lambda file: file.name == _FINGERPRINT)
        for file in written:
            file.replace(folder / file.name)
    return summary(checkup)


@contextmanager
def _whole_or_gone(part: Path) -> Iterator[None]:
    """Make a folder to write in; nothing of it stays, nor of one that was left by a kill."""
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        yield
    except Exception as error:
        if shutil.disk_usage(part).free < _FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(part.parent)) from error
        raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_reports(checkup: "Checkup", folder: Path, language: Language) -> None:
    """Write report.html and report.pdf."""
    from dizuo.checkup.outputs.one_page_pdf import write_one_page_pdf  # noqa: PLC0415
    from dizuo.checkup.outputs.report_html import write_report  # noqa: PLC0415

    write_report(checkup, folder / "report.html", language)
    write_one_page_pdf(checkup, folder / "report.pdf", language)


def write_settings(settings: Mapping[str, Any], file: Path) -> None:
    """Write the settings that were in force; what has no value is left out."""
    import tomlkit  # noqa: PLC0415 - only when results are written

    head = "Every setting that was in force in this checkup, defaults included.\n"
    file.write_text(f"# {head}\n{tomlkit.dumps(_told(settings))}", encoding="utf-8")


def _told(settings: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            plain[str(name)] = _told(value)
        elif isinstance(value, list | tuple):
            plain[str(name)] = [
                _told(part) if isinstance(part, Mapping) else part for part in value
            ]
        elif value is not None:
            plain[str(name)] = value
    return plain
