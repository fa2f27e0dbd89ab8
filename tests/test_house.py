"""The rules of the house, as tests: what a reviewer should never have to say twice."""

import ast
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "dizuo"
MODULES = sorted(SOURCE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
HEAVY = {"numpy", "pandas", "geopandas", "shapely", "numba", "scipy", "osmium", "pyogrio", "jinja2"}
LONGEST_MODULE = 500
LONGEST_FUNCTION = 60
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "stuff", "base_utils"}


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def is_kernel(path):
    return path.name.startswith("_kernels")


def offenders(paths, finds):
    """Names of the files in which something is found, with what was found."""
    return {name_of(path): found for path in paths if (found := finds(path))}


def test_every_public_module_says_what_it_offers():
    def silent(path):
        tree = tree_of(path)
        if not [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]:
            return False
        names = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        return "__all__" not in names

    public = [path for path in MODULES if not path.name.startswith("_") or "__init__" in path.name]
    assert offenders(public, silent) == {}


def test_what_a_module_offers_is_there():
    def absent(path):
        tree = tree_of(path)
        offered, defined = set(), set()
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                defined.add(node.name)
            elif isinstance(node, ast.alias):
                defined.add((node.asname or node.name).split(".")[0])
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                defined.add(node.id)
        for node in tree.body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
                offered = set(ast.literal_eval(node.value))
        return sorted(offered - defined)

    assert offenders(MODULES, absent) == {}


def test_nothing_prints_exits_or_asserts_in_the_library():
    def forbidden(path):
        found = []
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Assert):
                found.append(f"line {node.lineno}: assert")
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                script = path.name == "__main__.py" and called == "sys.exit"
                if called in {"print", "sys.exit", "exit", "quit", "os._exit"} and not script:
                    found.append(f"line {node.lineno}: {called}")
        return found

    assert offenders(MODULES, forbidden) == {}


def test_nothing_is_left_to_do():
    def unfinished(path):
        text = path.read_text(encoding="utf-8")
        marks = [mark for mark in ("TODO", "FIXME", "XXX", "HACK") if mark in text]
        empty = [
            node.name
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.FunctionDef) and "NotImplementedError" in ast.unparse(node)
        ]
        return marks + empty

    assert offenders(MODULES, unfinished) == {}


def test_modules_are_short():
    def length(path):
        lines = path.read_text(encoding="utf-8").count("\n")
        return lines if lines > LONGEST_MODULE else 0

    assert offenders(MODULES + TESTS, length) == {}


def test_functions_fit_a_screen():
    def long(path):
        found = []
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = node.end_lineno - body[0].lineno + 1 if body else 0
                if lines > LONGEST_FUNCTION:
                    found.append(f"{node.name}: {lines} lines")
        return found

    assert offenders([path for path in MODULES if not is_kernel(path)], long) == {}


def test_names_say_what_is_inside():
    assert [name_of(path) for path in MODULES + TESTS if path.stem in VAGUE] == []


def test_compiled_kernels_have_files_of_their_own():
    def compiled(path):
        return [
            node.name
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.FunctionDef)
            and any("njit" in ast.unparse(decorator) for decorator in node.decorator_list)
        ]

    plain = [path for path in MODULES if not is_kernel(path)]
    assert offenders(plain, compiled) == {}


def test_no_path_of_somebodys_machine_is_written_anywhere():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    private = tuple(f"/{folder}/" for folder in ("root", "home", "work", "Users"))
    found = [
        name
        for name in tracked
        if Path(name).suffix in {".py", ".toml", ".md", ".yml", ".sh", ""}
        and name != "uv.lock"
        and any(
            f'"{path}' in text or f" {path}" in text
            for text in [(ROOT / name).read_text(encoding="utf-8", errors="ignore")]
            for path in private
        )
    ]
    assert found == []


def test_rooms_import_only_what_stands_below_them():
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout


def loaded_by(code):
    """Names of the heavy libraries that a fresh interpreter has loaded after some code."""
    listing = "import sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{listing}"], capture_output=True, text=True, check=True
    )
    return HEAVY & set(done.stdout.splitlines()[-1].split())


def test_importing_the_packages_loads_nothing_heavy():
    packages = sorted(
        ".".join(path.parent.relative_to(SOURCE.parent).parts)
        for path in MODULES
        if path.name == "__init__.py"
    )
    assert "dizuo.cli" in packages
    assert loaded_by(f"import {', '.join(packages)}") == set()


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["checkup", "--help"], ["standards", "kindergarten"], ["build", "nowhere"]],
    ids=" ".join,
)
def test_quick_commands_load_nothing_heavy(arguments):
    code = f"from dizuo.cli import main\nmain({arguments})"
    assert loaded_by(code) == set()


def test_test_files_have_names_of_their_own():
    names = Counter(path.name for path in TESTS if path.name != "conftest.py")
    assert [name for name, count in names.items() if count > 1] == []


def test_every_test_can_fail():
    def harmless(path):
        functions = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef)]
        judging = {node.name for node in functions if _judges(node, set())}
        judging |= {node.name for node in functions if _judges(node, judging)}
        return [
            node.name
            for node in functions
            if node.name.startswith("test_") and node.name not in judging
        ]

    assert offenders([path for path in TESTS if path.name.startswith("test_")], harmless) == {}


def _judges(function, judging):
    """Whether a function asserts, expects an error, or calls one that does."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rsplit(".", 1)[-1]
            checked = any(
                keyword.arg == "check" and ast.unparse(keyword.value) == "True"
                for keyword in node.keywords
            )
            if checked or called in judging or called.startswith(("assert", "raises")):
                return True
    return False


def test_the_version_is_the_same_everywhere():
    import dizuo

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert project["version"] == dizuo.__version__
    assert f"## [{dizuo.__version__}]" in changelog
