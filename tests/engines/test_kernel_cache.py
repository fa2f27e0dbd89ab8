"""Kernels are kept where that can be; where nothing can be written they still run."""

from pathlib import Path

from dizuo.engines.kernel_cache import give_kernels_a_folder


def test_kernels_are_kept_beside_the_code_or_with_the_user(tmp_path):
    closed = tmp_path / "file"
    closed.touch()
    for folders in ([tmp_path], [closed / "package", tmp_path / "home" / ".cache"]):
        environment = {}
        give_kernels_a_folder(folders, environment)
        assert environment == {}


def test_a_service_without_a_home_gets_a_folder_of_its_run(tmp_path):
    closed = tmp_path / "file"
    closed.touch()
    environment = {}
    give_kernels_a_folder([closed / "package", closed / "home"], environment)
    made = Path(environment["NUMBA_CACHE_DIR"])
    assert made.is_dir()
    assert made.stat().st_mode & 0o777 == 0o700
    made.rmdir()
    give_kernels_a_folder([closed], chosen := {"NUMBA_CACHE_DIR": "/var/cache/dizuo"})
    assert chosen == {"NUMBA_CACHE_DIR": "/var/cache/dizuo"}
