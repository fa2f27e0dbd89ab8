"""``dizuo doctor``."""

import importlib.metadata
import shutil

import pytest

from dizuo.cli import doctor as module
from dizuo.cli.doctor import examine_machine


def checks_by_name():
    return {check.name: check for check in examine_machine()}


def test_a_machine_that_runs_these_tests_can_run_dizuo(dizuo):
    ran = dizuo("doctor")
    assert ran.code == 0
    assert "dizuo can work here." in ran.out
    answer = dizuo("doctor", "--json").answer
    assert answer["ok"] is True
    assert {"python", "numba", "memory", "disk", "kernel cache", "GDAL and PROJ"} <= {
        check["name"] for check in answer["checks"]
    }


def test_an_absent_library_is_wrong_and_cured(dizuo, monkeypatch):
    found = importlib.metadata.version

    def version(name):
        if name == "shapely":
            raise importlib.metadata.PackageNotFoundError(name)
        return found(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    ran = dizuo("doctor")
    assert ran.code == 1
    assert "pip install shapely" in ran.out
    assert "1 things keep dizuo from working" in ran.out
    assert dizuo("doctor", "--json").answer["ok"] is False


@pytest.mark.parametrize(
    ("name", "cure"),
    [("Chinese font", "fonts-noto-cjk"), ("Chromium", "chromium"), ("ogrinfo", "gdal-bin")],
)
def test_what_is_optional_is_limited_not_wrong(dizuo, monkeypatch, name, cure):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    check = checks_by_name()[name]
    assert check.state == "limited"
    assert cure in check.cure.en
    assert cure in check.cure.zh
    assert dizuo("doctor", "--lang", "zh").code == 0


def test_a_machine_without_chinese_fonts(monkeypatch):
    class Nothing:
        stdout = ""

    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(module.subprocess, "run", lambda *_arguments, **_settings: Nothing)
    assert checks_by_name()["Chinese font"].found == "absent"


def test_little_disk_and_memory_are_told(monkeypatch):
    monkeypatch.setattr(module, "_FREE_BYTES_NEEDED", 2**60)
    monkeypatch.setattr(module, "_MEMORY_NEEDED", 2**60)
    checks = checks_by_name()
    assert checks["disk"].state == checks["memory"].state == "limited"


def test_a_kernel_cache_that_cannot_be_kept(monkeypatch, tmp_path):
    from numba.core import config

    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path / "file"))
    check = checks_by_name()["kernel cache"]
    assert check.state == "limited"
    assert "NUMBA_CACHE_DIR" in check.cure.en


def test_an_empty_kernel_cache_costs_the_first_run(monkeypatch, tmp_path):
    from numba.core import config

    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    assert "first run compiles" in checks_by_name()["kernel cache"].found


def test_a_library_that_breaks_is_wrong(monkeypatch):
    import pyogrio

    monkeypatch.setattr(pyogrio, "list_drivers", lambda **_settings: {})
    assert checks_by_name()["GDAL and PROJ"].state == "wrong"

    def fail(**_settings):
        raise RuntimeError("GDAL data not found")

    monkeypatch.setattr(pyogrio, "list_drivers", fail)
    assert "GDAL data not found" in checks_by_name()["geodata"].found
