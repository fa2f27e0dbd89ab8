"""Change the engines at random places and see whether their tests notice.

Mutants are drawn with a seed, some at each module, and put before the module's tests one by one,
quick tests first. Nothing is written to the checkout: mutants live in a copy's imports only.

Kernels run uncompiled, which needs no minute of compiling for each mutant and has two effects: an
index out of range is an error, where compiled code would read on, and tests of large towns are too
slow and left out. ``engines.toml`` tells the tests of each module, and the mutants that change
nothing but the speed.

Results are kept (``--results``): kills as long as the module stays as it is, survivors as long as
the tests do too. So an interrupted run goes on where it stopped.
"""

import argparse
import ast
import hashlib
import importlib.abc
import importlib.util
import inspect
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter
from dataclasses import asdict, dataclass
from difflib import unified_diff
from pathlib import Path

os.environ |= {"NUMBA_DISABLE_JIT": "1", "OPENBLAS_NUM_THREADS": "1"}

import hypothesis
import numpy as np
import pytest
from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

ROOT = Path(__file__).parents[1]
ENGINES = Path("src/dizuo/engines")
MOST_SURVIVORS = 0.10
SLOWEST_TEST = 12.0
"""Seconds of processor time; slower tests are left out."""
LEFT_OUT = ("RemoveDecorator", "_Is", "_IsNot")
"""Compilers refuse to ask for the identity of numbers, so these would not tell of the tests."""
MEMORY = 8 * 2**30
SURVIVED, KILLED, TIMED_OUT = 0, 1, 99
OUTCOMES = {SURVIVED: "survived", TIMED_OUT: "timeout"}
PRELOADED = (
    "geopandas", "momepy", "networkx", "numba", "osmium", "pandas", "pyproj",
    "scipy.sparse.csgraph", "scipy.spatial", "shapely",
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of a module."""

    module: str
    operator: str
    occurrence: int
    line: int
    function: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def key(self):
        return f"{self.module} {self.operator} {self.occurrence}"


def quiet_spans(code):
    """Lines and columns where a change changes no result: types, decorators, messages."""
    spans = []
    tree = ast.parse(code)
    for node in ast.walk(tree):
        parts = list(getattr(node, "decorator_list", []))
        parts += [part for name in ("annotation", "returns") if (part := getattr(node, name, None))]
        if isinstance(node, ast.Raise):
            parts.append(node)
        if isinstance(node, ast.FunctionDef) and any(
            getattr(one, "id", "") == "overload" for one in node.decorator_list
        ):
            parts.append(node)
        spans += [
            ((part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset))
            for part in parts
        ]
    for node in tree.body:
        if isinstance(node, ast.Assign) and "NDArray" in ast.unparse(node):
            spans.append(((node.lineno, 0), (node.end_lineno + 1, 0)))
    return spans


def places_of(module, code):
    """Every place of a module that can be changed, with the (operator, occurrence)s for it."""
    spans, places, lines = quiet_spans(code), {}, code.splitlines()
    nodes = list(ast_nodes(get_ast(code)))
    for name in plugins.operator_names():
        operator = plugins.get_operator(name)
        if operator.arguments() or name.endswith(LEFT_OUT):
            continue
        positions = (place[0] for node in nodes for place in operator().mutation_positions(node))
        for occurrence, start in enumerate(positions):
            quiet = lines[start[0] - 1].startswith("*,", start[1])  # marks keywords
            if not quiet and not any(begin <= start < end for begin, end in spans):
                places.setdefault(start, []).append((name, occurrence))
    return [(start[0], changes) for start, changes in sorted(places.items())]


def draw(module, code, count, seed):
    """Draw mutants at random places, all places taking turns; valid Python that differs."""
    generator = random.Random(f"{seed} {module}")
    places = places_of(module, code)
    generator.shuffle(places)
    for _, changes in places:
        generator.shuffle(changes)
    tree, drawn = ast.parse(code), []
    plain = ast.dump(tree)
    functions = [(getattr(node, "name", ""), node.end_lineno) for node in tree.body]
    turns = [(line, *turn) for k in range(99) for line, all_ in places for turn in all_[k : k + 1]]
    for line, operator, occurrence in turns:
        if len(drawn) == count:
            break
        try:
            changed = mutated(code, operator, occurrence)
            same = ast.dump(ast.parse(changed)) == plain
        except (AttributeError, SyntaxError):  # ExceptionReplacer knows no names with dots
            continue
        if not same:
            lines = list(unified_diff(code.splitlines(), changed.splitlines(), lineterm="", n=0))
            before = tuple(x[1:].strip() for x in lines[2:] if x.startswith("-"))
            after = tuple(x[1:].strip() for x in lines[2:] if x.startswith("+"))
            function = next((name for name, end in functions if line <= end), "")
            drawn.append(Mutant(module, operator, occurrence, line, function, before, after))
    return drawn


def mutated(code, operator, occurrence):
    return mutate_code(code, plugins.get_operator(operator)(), occurrence)


class Importer(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Import one module from other source than that of its file."""

    def __init__(self, name, path, code):
        self.name, self.path, self.code = name, path, code

    def find_spec(self, fullname, path=None, target=None):
        if fullname == self.name:
            return importlib.util.spec_from_file_location(fullname, self.path, loader=self)
        return None

    def get_filename(self, fullname):
        return str(self.path)

    def get_data(self, path):
        return self.code.encode()

    def path_stats(self, path):
        raise OSError  # so that neither is old bytecode read nor new written


class Watch:
    """Pytest plugin: quick tests first, a limit of processor time for each, and a record."""

    def __init__(self, known, longest, report):
        self.known, self.longest, self.report = known, longest, report
        self.seconds, self.running, self.failed = {}, None, None

    def pytest_collection_modifyitems(self, items):
        if self.known:
            items[:] = sorted(
                (item for item in items if item.nodeid in self.known),
                key=lambda item: self.known[item.nodeid],
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        limit = 3.0 + 5.0 * self.known[item.nodeid] if self.known else self.longest
        begun, self.running = time.process_time(), item.nodeid
        signal.signal(signal.SIGPROF, self.stop if self.known else self.give_up)
        signal.setitimer(signal.ITIMER_PROF, limit)
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            self.seconds.setdefault(item.nodeid, time.process_time() - begun)

    def pytest_runtest_logreport(self, report):
        if report.failed and self.failed is None and report.nodeid not in self.seconds:
            self.failed = report.nodeid

    def stop(self, *_):
        self.report.write_text(json.dumps([self.seconds, self.running]), encoding="utf-8")
        os._exit(TIMED_OUT)

    def give_up(self, *_):
        self.seconds[self.running] = SLOWEST_TEST
        pytest.fail("too slow to run uncompiled")


def in_plain_python(machine_code):
    """Do by hand what a function would have compiled to machine code."""

    def add_within(sums, at, costs, row, cutoff, weight):
        sums[at : at + 16] += np.where(costs[row : row + 16] <= cutoff, weight, 0)

    def lower(costs, into, source, step):
        width = inspect.getclosurevars(machine_code).nonlocals["width"]
        old = costs[into : into + width].copy()
        costs[into : into + width] = np.minimum(old, costs[source : source + width] + step)
        return bool((costs[into : into + width] != old).any())

    return {
        "_add_within": add_within,
        "_count_trailing_zeros": lambda word: np.uint64((int(word) & -int(word)).bit_length() - 1),
        "_prefetch": lambda *_: None,
        "lower": lower,
    }[machine_code.__name__]


def run_tests(checkout, tests, seconds, report, importer=None, *, compiled=False):
    """Run tests in this very process, which must be a fork, and leave it."""
    os.chdir(checkout)
    os.setpgid(0, 0)
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.path.insert(0, str(checkout / "src"))
    if importer:
        sys.meta_path.insert(0, importer)
    if compiled:
        config = importlib.import_module("numba.core.config")
        config.DISABLE_JIT = 0
        config.CACHE_DIR = tempfile.mkdtemp(dir=checkout)
    watch, code = Watch(seconds, 600.0 if compiled else SLOWEST_TEST, report), KILLED
    try:
        if not compiled:
            importlib.import_module("numba.extending").intrinsic = in_plain_python
        code = pytest.main(
            [
                "-q", *(["-x"] if importer else []), "--tb=no",
                "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov",
                "-m", "not slow and not shared and not peers",
                "-W", "ignore:overflow:RuntimeWarning",  # compiled numbers wrap round in silence
                "-W", "ignore::pytest.PytestAssertRewriteWarning",
                *tests,
            ],
            plugins=[watch],
        )  # fmt: skip
        report.write_text(json.dumps([watch.seconds, watch.failed]), encoding="utf-8")
    finally:
        os._exit(SURVIVED if code == 0 else KILLED)


def fork_and_wait(wall_seconds, *arguments, **options):
    """Run tests in a fork; return its outcome."""
    child = os.fork()
    if child == 0:
        run_tests(*arguments, **options)
    deadline = time.monotonic() + wall_seconds
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            exited = os.waitstatus_to_exitcode(status)
            return exited if exited in OUTCOMES else KILLED
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return TIMED_OUT
        time.sleep(0.02)


class Laboratory:
    """A copy of the checkout with the tests of its modules, and what is known already."""

    def __init__(self, folder, results):
        self.checkout, self.results = Path(folder) / "dizuo", results
        self.report = Path(folder) / "report.json"
        for part, left_out in (("src", ()), ("tests", ()), ("examples", ("base", "checkups"))):
            ignored = shutil.ignore_patterns("__pycache__", *left_out)
            shutil.copytree(ROOT / part, self.checkout / part, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", self.checkout)
        settings = tomllib.loads((ROOT / "mutation" / "engines.toml").read_text(encoding="utf-8"))
        self.tests, self.machine_code = settings["tests"], settings["machine_code"]
        self.equivalent = {
            (one["module"], tuple(one["before"]), tuple(one["after"])): one["why"]
            for one in settings.get("equivalent", [])
        }
        self.known = {}
        if results.exists():
            for line in results.read_text(encoding="utf-8").splitlines():
                one = json.loads(line)
                self.known[one["key"], one["source"]] = one

    def modules(self, wanted):
        """Modules with code, by their path below the engines."""
        files = sorted((self.checkout / ENGINES).rglob("*.py"))
        names = [file.relative_to(self.checkout / ENGINES).as_posix() for file in files]
        return [name for name in names if "__init__" not in name and (not wanted or wanted in name)]

    def source(self, module):
        return (self.checkout / ENGINES / module).read_text(encoding="utf-8")

    def tests_of(self, module):
        names = self.tests.get(module, [f"test_{Path(module).stem.removeprefix('_kernels_')}.py"])
        folder = Path("tests/engines") / Path(module).parent
        return [os.path.normpath(folder / name) for name in names]

    def digest_of_tests(self, module):
        files = [self.checkout / name for name in self.tests_of(module)]
        files += sorted((self.checkout / "tests/engines/streets").glob("*_*s.py"))
        text = b"".join(file.read_bytes() for file in files)
        return hashlib.sha256(text).hexdigest()[:12]

    def baseline(self, module):
        """Seconds of each test that passes uncompiled in time."""
        self.report.unlink(missing_ok=True)
        fork_and_wait(3600, self.checkout, self.tests_of(module), {}, self.report)
        seconds, failed = json.loads(self.report.read_text(encoding="utf-8"))
        slow = {test for test, spent in seconds.items() if spent >= SLOWEST_TEST}
        if not seconds or (failed and failed not in slow):
            sys.exit(f"{module}: {failed or 'no test runs'} without any mutant")
        return {test: spent for test, spent in seconds.items() if test not in slow}, sorted(slow)

    def try_out(self, mutant, seconds):
        """Run a mutant's tests; return the outcome and the test that noticed it."""
        self.report.unlink(missing_ok=True)
        path = self.checkout / ENGINES / mutant.module
        compiled = mutant.function in self.machine_code
        name = "dizuo.engines." + mutant.module.removesuffix(".py").replace("/", ".")
        code = mutated(self.source(mutant.module), mutant.operator, mutant.occurrence)
        outcome = fork_and_wait(
            3600 if compiled else 120 + 20 * sum(seconds.values()),
            self.checkout, self.tests_of(mutant.module), {} if compiled else seconds, self.report,
            Importer(name, path, code), compiled=compiled,
        )  # fmt: skip
        noticed = None
        if self.report.exists():
            noticed = json.loads(self.report.read_text(encoding="utf-8"))[1]
        return OUTCOMES.get(outcome, "killed"), noticed

    def judge(self, module, count, seed, *, show):
        """Try a sample of a module's mutants; return how many met each outcome."""
        code, tests = self.source(module), self.digest_of_tests(module)
        source = hashlib.sha256(code.encode()).hexdigest()[:12]
        seconds, tally = None, Counter()
        for mutant in draw(module, code, count, seed):
            one = self.known.get((mutant.key, source))
            why = self.equivalent.get((module, mutant.before, mutant.after))
            again = one and one["outcome"] == "survived" and one["tests"] != tests and not why
            if one is None or again:
                if seconds is None:
                    seconds, slow = self.baseline(module)
                    print(f"{module}: {len(seconds)} tests, {sum(seconds.values()):.0f} s; "
                          f"left out: {slow or 'none'}", flush=True)  # fmt: skip
                outcome, noticed = self.try_out(mutant, seconds)
                one = asdict(mutant) | {
                    "key": mutant.key, "source": source, "tests": tests, "outcome": outcome,
                    "noticed": noticed,
                }  # fmt: skip
                with self.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(one) + "\n")
            outcome = one["outcome"]
            if outcome == "survived" and why:
                outcome = "equivalent"
            tally[outcome] += 1
            if outcome == "survived" or (show and outcome == "equivalent"):
                print(f"{outcome.upper()} {module}:{mutant.line} {mutant.operator} {why or ''}")
                print("\n".join(f"   - {line}" for line in mutant.before))
                print("\n".join(f"   + {line}" for line in mutant.after), flush=True)
        return tally


def row(name, tally):
    total = tally.total() - tally["equivalent"]
    share = tally["survived"] / total if total else 0.0
    killed = tally["killed"] + tally["timeout"]
    return share, (
        f"| {name} | {tally.total()} | {killed} | {tally['timeout']} | {tally['equivalent']} "
        f"| {tally['survived']} | {share:.0%} |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=30, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--module", default="", help="only modules whose path holds this")
    parser.add_argument(
        "--results", type=Path, default=Path(tempfile.gettempdir()) / "mutants.jsonl"
    )
    parser.add_argument("--equivalent", action="store_true", help="print equivalent mutants too")
    asked = parser.parse_args()
    for name in PRELOADED:
        importlib.import_module(name)
    hypothesis.settings.register_profile(
        "mutation", phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        derandomize=True, database=None, deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    hypothesis.settings.load_profile("mutation")
    tallies = {}
    with tempfile.TemporaryDirectory() as folder:
        laboratory = Laboratory(folder, asked.results)
        for module in laboratory.modules(asked.module):
            tallies[module] = laboratory.judge(
                module, asked.sample, asked.seed, show=asked.equivalent
            )
            print(row(module, tallies[module])[1], flush=True)
    print("\n| module | mutants | killed | of these by time | equivalent | survived | share |")
    print("|---|---|---|---|---|---|---|")
    tallies["together"] = sum(tallies.values(), Counter())
    rows = [row(module, tally) for module, tally in tallies.items() if tally]
    print("\n".join(text for _, text in rows))
    sys.exit(any(share > MOST_SURVIVORS for share, _ in rows))


if __name__ == "__main__":
    main()
