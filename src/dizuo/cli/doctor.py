"""``dizuo doctor``: is everything here that dizuo needs, and what cures what is not."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from dizuo import __version__
from dizuo.cli.command import command
from dizuo.cli.session import Session
from dizuo.model.text import Text

__all__ = ["Check", "doctor", "examine_machine"]

_LIBRARIES: Final = (
    "geopandas", "numba", "numpy", "osmium", "pandas", "pyarrow", "pyogrio", "pyproj", "scipy",
    "shapely", "typst",
)  # fmt: skip
_CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FREE_BYTES_NEEDED: Final = 2 * 1024**3
_MEMORY_NEEDED: Final = 2 * 1024**3
_NOTHING: Final = Text("", "")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    state
        ``ok``; ``wrong`` if dizuo cannot work so; ``limited`` if something optional is absent.
    cure
        What to do, where the state is not ``ok``.
    """

    name: str
    state: str
    found: str
    cure: Text = _NOTHING


@command(
    "doctor",
    Text(
        "Check that this machine has what dizuo needs, and say what cures what is not.",
        "检查本机是否具备 dizuo 所需的一切，并给出解决办法。",
    ),
)
def doctor(session: Session) -> None:
    """Print what was looked at; exit code 1 if dizuo cannot work here."""
    from click import get_current_context  # noqa: PLC0415

    checks = list(examine_machine())
    wrong = sum(check.state == "wrong" for check in checks)
    if session.json:
        session.answer({"ok": not wrong, "checks": [asdict(check) for check in checks]})
    else:
        _show(session, checks, wrong)
    if wrong:
        get_current_context().exit(1)


def examine_machine() -> Iterator[Check]:
    """Look at one thing after the other."""
    yield Check("dizuo", "ok", f"{__version__}, {Path(__file__).parents[1]}")
    yield Check("python", "ok", f"{platform.python_version()}, {sys.executable}")
    yield from map(_library, _LIBRARIES)
    yield from (_cores(), _memory(), _disk())
    for look in (_geodata, _kernel_cache, _chinese_font, _chromium, _gdal_programs):
        yield _guarded(look)


def _guarded(look: Callable[[], Check]) -> Check:
    try:
        return look()
    except (ImportError, OSError, RuntimeError) as error:
        cure = Text("Install dizuo again: make demo.", "请重新安装 dizuo：make demo。")
        return Check(look.__name__.strip("_"), "wrong", f"{error}", cure)


def _library(name: str) -> Check:
    try:
        return Check(name, "ok", importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        cure = Text(
            f"Install dizuo with its locked set: uv sync --frozen (or pip install {name}).",
            f"请安装锁定的依赖：uv sync --frozen（或 pip install {name}）。",
        )
        return Check(name, "wrong", "absent", cure)


def _cores() -> Check:
    return Check("cores", "ok", str(os.cpu_count() or 1))


def _memory() -> Check:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return Check("memory", "ok", "unknown on this system")
    size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    found = f"{size / 1024**3:.1f} GiB"
    if size >= _MEMORY_NEEDED:
        return Check("memory", "ok", found)
    cure = Text(
        "A city of 100 km² needs 2 GiB; smaller ones do with less.",
        "100 km² 的城市约需 2 GiB 内存；更小的城市所需更少。",
    )
    return Check("memory", "limited", found, cure)


def _disk() -> Check:
    free = shutil.disk_usage(Path.cwd()).free
    found = f"{free / 1024**3:.1f} GiB free in {Path.cwd()}"
    if free >= _FREE_BYTES_NEEDED:
        return Check("disk", "ok", found)
    cure = Text(
        "Free some space, or work in a folder on another disk.",
        "请清理磁盘空间，或换到其他磁盘的文件夹。",
    )
    return Check("disk", "limited", found, cure)


def _geodata() -> Check:
    """Whether coordinates can be converted and GeoPackages written: GDAL and PROJ with data."""
    import pyogrio  # noqa: PLC0415 - heavy, and only the doctor's patient needs it
    import pyproj  # noqa: PLC0415

    version = ".".join(str(part) for part in pyogrio.__gdal_version__)
    metric = pyproj.Transformer.from_crs(4326, 32632, always_xy=True).transform(9.0, 0.0)
    if abs(metric[0] - 500_000.0) > 1e-3 or "GPKG" not in pyogrio.list_drivers(write=True):
        cure = Text("Install dizuo again: make demo.", "请重新安装 dizuo：make demo。")
        return Check("GDAL and PROJ", "wrong", f"{version}, conversion or GeoPackage fails", cure)
    return Check("GDAL and PROJ", "ok", f"GDAL {version}, PROJ {pyproj.proj_version_str}")


def _kernel_cache() -> Check:
    """Whether compiled kernels can be kept, or are compiled again in every run."""
    from numba.core import config  # noqa: PLC0415 - half a second

    chosen = str(getattr(config, "CACHE_DIR", "") or "")
    folder = Path(chosen) if chosen else Path(__file__).parents[1] / "engines"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            kept = sum(1 for _ in folder.rglob("*.nbi"))
    except OSError:
        cure = Text(
            "Every run compiles for half a minute. Set NUMBA_CACHE_DIR to a folder that you may "
            "write.",
            "每次运行都要编译约半分钟。请将 NUMBA_CACHE_DIR 设为可写文件夹。",
        )
        return Check("kernel cache", "limited", f"{folder} cannot be written", cure)
    state = f"{kept} kernels kept" if kept else "empty: the first run compiles for half a minute"
    return Check("kernel cache", "ok", f"{folder}, {state}")


def _chinese_font() -> Check:
    cure = Text(
        "The PDF shows boxes instead of Chinese. On Debian: apt-get install fonts-noto-cjk.",
        "PDF 中的汉字将显示为方框。Debian 系统请安装 fonts-noto-cjk。",
    )
    if shutil.which("fc-list") is None:
        return Check("Chinese font", "limited", "unknown: there is no fc-list", cure)
    listed = subprocess.run(
        ["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False, timeout=20
    ).stdout.splitlines()
    if listed:
        return Check("Chinese font", "ok", min(listed).split(",")[0])
    return Check("Chinese font", "limited", "absent", cure)


def _chromium() -> Check:
    found = next((path for path in map(shutil.which, _CHROMIUM) if path), None)
    if found:
        return Check("Chromium", "ok", found)
    cure = Text(
        "Only tests of the report need it. On Debian: apt-get install chromium.",
        "仅报告的测试需要。Debian 系统请安装 chromium。",
    )
    return Check("Chromium", "limited", "absent", cure)


def _gdal_programs() -> Check:
    found = shutil.which("ogrinfo")
    if found:
        return Check("ogrinfo", "ok", found)
    cure = Text(
        "Only tests of the GeoPackage need it. On Debian: apt-get install gdal-bin.",
        "仅 GeoPackage 的测试需要。Debian 系统请安装 gdal-bin。",
    )
    return Check("ogrinfo", "limited", "absent", cure)


def _show(session: Session, checks: list[Check], wrong: int) -> None:
    marks = {"ok": ("✓", "green"), "limited": ("–", "yellow"), "wrong": ("✗", "red")}
    for check in checks:
        mark, style = marks[check.state]
        session.out.print(f"{mark} {check.name:<14} {check.found}", style=style)
        if check.state != "ok":
            session.out.print(f"    {session.text(check.cure)}")
    verdict = (
        Text(f"{wrong} things keep dizuo from working.", f"{wrong} 项问题导致 dizuo 无法工作。")
        if wrong
        else Text("dizuo can work here.", "dizuo 可以在本机运行。")
    )
    session.out.print(session.text(verdict), style="bold")
