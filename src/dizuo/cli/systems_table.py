"""What realises each system of the Opinions: read from the code and from the tests' source."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dizuo
from dizuo.articles.registry import all_indicators
from dizuo.model.indicator import Indicator
from dizuo.operations.cases.case_type import CaseTypes
from dizuo.standards.opinions import load_systems

__all__ = ["find_modules", "find_tests", "systems_table"]

_NAMES = "systems"  # the mark of a test that names systems
_KINDS = "every_indicator"  # the mark of a test that goes through all indicators of a kind
_MODULE = "__systems__"  # what a module that serves systems says of itself


def systems_table(tests: Path | None = None) -> list[dict[str, Any]]:
    """Return one row for each system: ``id, article, title, title_zh, elements, tests``.

    Elements are the indicators and case types that serve the system, wholly or in part, and the
    modules that name it in their ``__systems__``.

    Parameters
    ----------
    tests
        Folder of the tests; that of the checkout by default. An installed dizuo has none.
    """
    source = Path(dizuo.__file__).parent
    indicators = all_indicators()
    elements: dict[str, list[str]] = defaultdict(list)
    for indicator in indicators.values():
        for system in indicator.systems:
            elements[system].append(f"indicator {indicator.id}")
    for case_type in CaseTypes.load():
        for system in case_type.systems:
            elements[system].append(f"case type {case_type.id}")
    for module, systems in find_modules(source).items():
        for system in systems:
            elements[system].append(f"module {module}")
    found = find_tests(tests or source.parents[1] / "tests", indicators)
    return [
        {
            "id": system.id,
            "article": system.article,
            "title": system.title.en,
            "title_zh": system.title.zh,
            "elements": elements[system.id],
            "tests": found.get(system.id, []),
        }
        for system in load_systems().values()
    ]


def find_modules(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the systems that modules name in their ``__systems__``, by the module's name.

    Parameters
    ----------
    folder
        Folder of the package. Its modules are read, not imported.
    """
    found = {}
    for file in sorted(folder.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if f"\n{_MODULE}" in text:
            named = _assigned(ast.parse(text).body, _MODULE)
            name = ".".join(file.relative_to(folder.parent).with_suffix("").parts)
            found[name] = tuple(system for node in named for system in _texts(node))
    return found


def find_tests(folder: Path, indicators: Mapping[str, Indicator]) -> dict[str, list[str]]:
    """Return the tests that serve each system.

    A test serves the systems that its mark names (``@pytest.mark.systems("S8.11")``), those of
    every indicator of a kind if its mark says that it goes through them all
    (``@pytest.mark.every_indicator("computed")`` or ``"filled"`` from a city's tables), and those
    of every indicator whose id it mentions. Marks stand on the test or its class; a module's
    ``pytestmark`` makes the whole file serve.

    Parameters
    ----------
    folder
        Where the tests are; nothing is found where it is absent.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted(folder.rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        label = file.relative_to(folder.parent).as_posix()
        for system in _marked(_assigned(tree.body, "pytestmark"), indicators):
            found[system].add(label)
        for name, test, marks in _tests(tree):
            served = _marked(marks, indicators)
            for mentioned in set(_texts(test)) & indicators.keys():
                served.update(indicators[mentioned].systems)
            for system in served:
                found[system].add(f"{label}::{name}")
    return {system: sorted(labels) for system, labels in found.items()}


def _tests(tree: ast.Module) -> Iterator[tuple[str, ast.AST, list[ast.expr]]]:
    """Yield each test with its name and the decorators of itself and its class."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield node.name, node, node.decorator_list
        elif isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and member.name.startswith("test"):
                    marks = node.decorator_list + member.decorator_list
                    yield f"{node.name}::{member.name}", member, marks


def _assigned(body: list[ast.stmt], name: str) -> list[ast.expr]:
    """Return what a module assigns to a name."""
    return [
        node.value
        for node in body
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]


def _marked(marks: Iterable[ast.expr], indicators: Mapping[str, Indicator]) -> set[str]:
    """Return the systems that marks stand for."""
    served: set[str] = set()
    for part in (part for mark in marks for part in ast.walk(mark)):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            texts = _texts(*part.args)
            if part.func.attr == _NAMES:
                served.update(texts)
            elif part.func.attr == _KINDS:
                for one in indicators.values():
                    if _kind(one) in texts:
                        served.update(one.systems)
    return served


def _kind(indicator: Indicator) -> str:
    """Whether an indicator is computed from layers or reads the table of its row."""
    return "filled" if indicator.id[3:] == indicator.row else "computed"


def _texts(*nodes: ast.AST) -> list[str]:
    return [
        part.value
        for node in nodes
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
