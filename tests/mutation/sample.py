"""Change the engines at random places and see whether their tests notice (``make mutation``).

A sample of mutants (cosmic-ray's operators) is drawn, each is put into a copy of the checkout, and
the tests of its module run, then, if they pass, all tests of its package. A mutant that no test
notices survives. More than a tenth of survivors fails the run. Mutants of decorators, annotations
and messages of errors are not drawn: they change no result.
"""

import argparse
import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from cosmic_ray import plugins
from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.work_db import WorkDB, use_db

ROOT = Path(__file__).parents[2]
ENGINES = Path("src/dizuo/engines")
MOST_SURVIVORS = 0.10
LEFT_OUT = ("RemoveDecorator", "VariableInserter", "VariableReplacer")


@dataclass(frozen=True)
class Mutant:
    module: Path
    operator: str
    occurrence: int
    line: int
    arguments: tuple


def quiet_spans(code):
    """Lines and columns in which a change changes no result."""
    spans = []
    for node in ast.walk(ast.parse(code)):
        parts = list(getattr(node, "decorator_list", []))
        parts += [part for name in ("annotation", "returns") if (part := getattr(node, name, None))]
        if isinstance(node, ast.Raise):
            parts.append(node)
        spans += [
            ((part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset))
            for part in parts
        ]
    return spans


def all_mutants(modules, folder):
    """Every mutant of the modules, by the place that it changes."""
    places = {}
    with use_db(str(folder / "mutants.sqlite"), WorkDB.Mode.create) as database:
        init(modules, database, {})
        items = [mutation for item in database.work_items for mutation in item.mutations]
    spans = {module: quiet_spans(module.read_text(encoding="utf-8")) for module in modules}
    for one in items:
        module, start = Path(one.module_path), tuple(one.start_pos)
        quiet = any(begin <= start < end for begin, end in spans[module])
        if quiet or one.operator_name.endswith(LEFT_OUT):
            continue
        mutant = Mutant(
            module, one.operator_name, one.occurrence, start[0], tuple(one.operator_args.items())
        )
        places.setdefault((str(module), start), []).append(mutant)
    return places


def draw(places, count, generator):
    """One mutant at each of some places, the modules taking turns."""
    by_module = {}
    for (module, _), mutants in sorted(places.items()):
        by_module.setdefault(module, []).append(generator.choice(mutants))
    for mutants in by_module.values():
        generator.shuffle(mutants)
    drawn = []
    while len(drawn) < count and any(by_module.values()):
        drawn += [mutants.pop() for mutants in by_module.values() if mutants]
    return drawn[:count]


def tests_of(module, checkout):
    """The tests of a module first, then those of its package."""
    package = checkout / "tests" / "engines" / module.parent.name
    own = package / f"test_{module.stem.removeprefix('_kernels_')}.py"
    return [own, package] if own.exists() else [package]


def run_tests(target, checkout, cache, limit):
    """Whether the tests pass; a run that takes too long counts as noticed."""
    environment = os.environ | {
        "PYTHONPATH": str(checkout / "src"),
        "NUMBA_CACHE_DIR": str(cache),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header"]
    try:
        done = subprocess.run(
            [*command, "-m", "not slow and not shared", str(target)],
            cwd=checkout,
            env=environment,
            capture_output=True,
            check=False,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def importers_of(module, checkout):
    """Kernel files that compile code of a module into their own, directly or not."""
    stem = rf"\b{re.escape(module.stem)}\b"
    files = sorted((checkout / ENGINES).rglob("_kernels*.py"))
    found = {
        file
        for file in files
        if file != module and re.search(rf"import .*{stem}|{stem} import", file.read_text("utf-8"))
    }
    for file in list(found):
        found |= importers_of(file, checkout) - {module}
    return found


def survives(mutant, checkout, baseline, limits):
    """Whether no test notices a mutant, and what it changed."""
    code = mutant.module.read_text(encoding="utf-8")
    stamps = {file: file.stat() for file in {mutant.module, *importers_of(mutant.module, checkout)}}
    operator = plugins.get_operator(mutant.operator)(**dict(mutant.arguments))
    changed = mutate_code(code, operator, mutant.occurrence)
    cache = checkout / "cache"
    shutil.copytree(baseline, cache)
    try:
        mutant.module.write_text(changed, encoding="utf-8")
        for file in stamps:
            os.utime(file)
        passed = all(
            run_tests(target, checkout, cache, limits[target])
            for target in tests_of(mutant.module, checkout)
        )
    finally:
        mutant.module.write_text(code, encoding="utf-8")
        for file, stamp in stamps.items():
            os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        shutil.rmtree(cache)
    difference = unified_diff(code.splitlines(), changed.splitlines(), lineterm="", n=0)
    return passed, [
        line for line in difference if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=60, help="mutants to draw")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--module", default="*.py", help="names of modules, as a pattern")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "dizuo"
        ignored = shutil.ignore_patterns(
            "__pycache__", ".venv*", ".git", "base", "checkups", "site"
        )
        shutil.copytree(
            ROOT / "src", checkout / "src", ignore=shutil.ignore_patterns("__pycache__")
        )
        for part in ("tests", "examples"):
            keep = ignored if part == "examples" else shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, checkout / part, ignore=keep)
        shutil.copy(ROOT / "pyproject.toml", checkout)
        modules = [
            file
            for file in sorted((checkout / ENGINES).rglob(asked.module))
            if file.name != "__init__.py"
        ]
        places = all_mutants(modules, Path(folder))
        drawn = draw(places, asked.count, random.Random(asked.seed))
        print(f"{len(drawn)} mutants of {len(places):,} places in {len(modules)} modules")
        baseline, limits = Path(folder) / "baseline", {}
        baseline.mkdir()
        for target in dict.fromkeys(t for one in drawn for t in tests_of(one.module, checkout)):
            run_tests(target, checkout, baseline, 1800)  # compiles
            begun = time.monotonic()
            if not run_tests(target, checkout, baseline, 1800):
                sys.exit(f"the tests {target.relative_to(checkout)} fail without any mutant")
            limits[target] = 120 + 5 * (time.monotonic() - begun)
        survivors = 0
        for number, mutant in enumerate(drawn, start=1):
            passed, change = survives(mutant, checkout, baseline, limits)
            survivors += passed
            place = f"{mutant.module.relative_to(checkout)}:{mutant.line}"
            print(f"{number:4} {'SURVIVED' if passed else 'noticed '} {place}", flush=True)
            if passed:
                print("\n".join(f"       {line}" for line in change), flush=True)
    share = survivors / max(len(drawn), 1)
    print(f"{survivors} of {len(drawn)} mutants survived ({share:.0%})")
    sys.exit(share > MOST_SURVIVORS)


if __name__ == "__main__":
    main()
