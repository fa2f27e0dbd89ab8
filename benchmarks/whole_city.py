"""A city from its raw files to the report: the very first time, again, and with nothing changed.

Each run is a process of its own, as a user starts it. The first compiles the kernels, because its
cache of them is empty; the second begins with an empty base, the third finds everything there.

    python benchmarks/whole_city.py examples/monaco CITY ...
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def run(folder, kernels):
    """Examine a city in a process of its own; return the seconds and its largest memory in GiB."""
    command = [sys.executable, "-c", "from dizuo.cli import main; main()", "checkup", str(folder)]
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, env=os.environ | {"NUMBA_CACHE_DIR": str(kernels)}, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"the checkup of {folder} failed")
    return time.perf_counter() - begin, used.ru_maxrss / 2**20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cities", nargs="+", type=Path, help="folders with a city.toml")
    print("| city | the very first time | from raw files | nothing changed | largest memory |")
    print("| --- | --- | --- | --- | --- |")
    for city in parser.parse_args().cities:
        with tempfile.TemporaryDirectory() as place:
            folder, kernels = Path(place) / city.resolve().name, Path(place) / "kernels"
            shutil.copytree(city, folder, ignore=shutil.ignore_patterns("base", "checkups"))
            first, _ = run(folder, kernels)
            for made in ("base", "checkups"):
                shutil.rmtree(folder / made)
            again, memory = run(folder, kernels)
            unchanged, _ = run(folder, kernels)
        print(
            f"| {city.resolve().name} | {first:.1f} s | {again:.1f} s | {unchanged:.2f} s "
            f"| {memory:.2f} GiB |",
            flush=True,
        )


if __name__ == "__main__":
    main()
