"""Fixtures that every room shares, and the rule that nothing is skipped unnoticed."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["mosquitto_broker", "postgresql_server"]
ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("DIZUO_SHARED", ROOT.parent / "shared")) / "data"
# The town drawn by hand serves several rooms; its modules stand with the tests of the base.
sys.path.insert(0, str(ROOT / "tests" / "base"))
IN_CI = os.environ.get("CI", "").lower() == "true"
if not IN_CI:  # there Hypothesis does so by itself: a busy machine is no fault of what is tested
    settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")


def pytest_configure(config):
    config.addinivalue_line("markers", "systems(*ids): systems of the Opinions that a test serves")
    config.addinivalue_line(
        "markers", "every_indicator(kind): goes through all that are 'computed' or 'filled'"
    )


def pytest_collection_modifyitems(items):
    """Begin with files of slow tests, so that no worker is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_runtest_setup(item):
    if item.get_closest_marker("shared") and not SHARED.is_dir():
        pytest.skip(
            f"the larger cities are not at {SHARED}; set DIZUO_SHARED to the folder that holds "
            "data/las_palmas"
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """In continuous integration a skip is a failure, but for what needs the larger cities."""
    report = yield
    excused = item.get_closest_marker("shared") and not SHARED.is_dir()
    if IN_CI and report.skipped and not hasattr(report, "wasxfail") and not excused:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and CI skips nothing: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if IN_CI and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped, and CI skips nothing: {_reason(report)}"
    return report


def _reason(report):
    where = report.longrepr
    return where[2] if isinstance(where, tuple) else str(where)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def monaco() -> Path:
    """The folder of the bundled city: read it, never write to it."""
    return ROOT / "examples" / "monaco"


@pytest.fixture(scope="session")
def las_palmas() -> Path:
    """The raw data of the larger city, for tests that are marked ``shared``."""
    folder = SHARED / "las_palmas"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}; set DIZUO_SHARED to the folder that holds data/")
    return folder
