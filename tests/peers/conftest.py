"""Ask other libraries, each in a process and an environment of its own.

The peers are AGPL and GPL among others. Nothing of theirs is imported here: a question is a script
under ``questions``, run by the interpreter of the peers' environment, that reads arrays from one
file and writes arrays to another. ``make peers`` makes the environment.
"""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import dizuo

ROOT = Path(__file__).parents[2]
QUESTIONS = Path(__file__).parent / "questions"
PYTHON = Path(os.environ.get("DIZUO_PEERS", ROOT / ".venv-peers")) / "bin" / "python"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("peers")


@pytest.fixture(scope="session")
def ask(tmp_path_factory):
    """Put a question with arrays, and get arrays back."""
    if not PYTHON.exists():
        pytest.skip(f"the peers are not installed at {PYTHON.parents[1]}; run: make peers")

    def put(question, **arrays):
        folder = tmp_path_factory.mktemp("question")
        np.savez(folder / "given.npz", **arrays)
        done = subprocess.run(
            [PYTHON, QUESTIONS / f"{question}.py", folder / "given.npz", folder / "answer.npz"],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        with np.load(folder / "answer.npz") as answer:
            return dict(answer)

    return put


@pytest.fixture(scope="session")
def monaco_city(monaco, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cities") / "monaco"
    shutil.copytree(monaco, folder, ignore=shutil.ignore_patterns("base", "checkups"))
    city = dizuo.open(folder)
    city.build()
    return city


@pytest.fixture(scope="session")
def walking(monaco_city):
    """The walking network of Monaco, and the places of its nodes."""
    streets = monaco_city.examination().workshop().get("walking")
    nodes = monaco_city.base.layer("street_nodes").sort_values("node")
    places = np.full((streets.graph.node_count, 2), np.nan)
    places[: len(nodes)] = nodes[["x", "y"]].to_numpy()
    # Barriers end streets at nodes of their own, which stand where the streets end.
    lines = streets.edges
    places[lines.start] = lines.coordinates[lines.offsets[:-1]]
    places[lines.end] = lines.coordinates[lines.offsets[1:] - 1]
    assert np.isfinite(places).all()
    return streets, places[:, 0].copy(), places[:, 1].copy()
