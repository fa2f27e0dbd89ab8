"""What realises each system of the Opinions: read from the code and from the tests' source."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dizuo
from dizuo.articles.registry import all_indicators
from dizuo.model.indicator import Indicator
from dizuo.standards.opinions import load_systems

__all__ = ["find_tests", "systems_table"]

_MARK = "systems"


def systems_table(tests: Path | None = None) -> list[dict[str, Any]]:
    """Return one row for each system: ``id, article, title, title_zh, elements, tests``.

    Parameters
    ----------
    tests
        Folder of the tests; that of the checkout by default. An installed dizuo has none.
    """
    folder = tests or Path(dizuo.__file__).parents[2] / "tests"
    indicators = all_indicators()
    elements: dict[str, list[str]] = defaultdict(list)
    for indicator in indicators.values():
        for system in indicator.systems:
            elements[system].append(f"indicator {indicator.id}")
    found = find_tests(folder, indicators)
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


def find_tests(folder: Path, indicators: Mapping[str, Indicator]) -> dict[str, list[str]]:
    """Return the tests that serve each system.

    A test serves the systems that its mark names (``@pytest.mark.systems("S8.11")``, on the test,
    its class or its module's ``pytestmark``), and those of every indicator whose id it mentions.

    Parameters
    ----------
    folder
        Where the tests are; nothing is found where it is absent.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted(folder.rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        module_marks = _marked(tree.body)
        for name, test, around in _tests(tree):
            served = module_marks | _marks_of(test) | around
            for mentioned in _texts(test) & indicators.keys():
                served.update(indicators[mentioned].systems)
            label = f"{file.relative_to(folder.parent).as_posix()}::{name}"
            for system in served:
                found[system].add(label)
    return {system: sorted(labels) for system, labels in found.items()}


def _tests(tree: ast.Module) -> Iterator[tuple[str, ast.AST, set[str]]]:
    """Yield each test with its name and the systems that its class is marked with."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield node.name, node, set()
        elif isinstance(node, ast.ClassDef):
            marks = _marks_of(node)
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and member.name.startswith("test"):
                    yield f"{node.name}::{member.name}", member, marks


def _marked(body: list[ast.stmt]) -> set[str]:
    """Return the systems of a module's ``pytestmark``."""
    return {
        system
        for node in body
        if isinstance(node, ast.Assign)
        and any(isinstance(name, ast.Name) and name.id == "pytestmark" for name in node.targets)
        for part in ast.walk(node.value)
        for system in _systems_of(part)
    }


def _marks_of(node: ast.AST) -> set[str]:
    decorators = getattr(node, "decorator_list", [])
    return {system for decorator in decorators for system in _systems_of(decorator)}


def _systems_of(node: ast.AST) -> set[str]:
    if not (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == _MARK
    ):
        return set()
    return _texts(*node.args)


def _texts(*nodes: ast.AST) -> set[str]:
    return {
        part.value
        for node in nodes
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
