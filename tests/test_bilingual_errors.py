"""Whatever a planner can cause is told in English and in Chinese, with the same facts."""

import ast
import builtins
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "dizuo"
ERRORS = {"InputError", "SchemaError", "StoreError", "RuleError", "AccessError", "DizuoError"}
CHINESE = re.compile("[一-鿿]")
FACTS = re.compile(r"--[a-z][a-z-]*|\d[\d:.-]*\d|\d|\[\[?\w+\]?\]|\w+\.(?:toml|txt|xlsx)|[A-Z]{3,}")
"""What stands in both sentences: options, numbers, tables and files by name, abbreviations."""

ENGLISH_ONLY = {
    "model/*": "raises nothing itself",
    "engines/*": "arrays that do not fit: only code can cause it",
    "api/*": "answers to programs",
}
"""Modules whose errors are in English, and why."""

TRANSLATED = {"api/guard*", "api/sessions*"}
"""What is in both languages already among those."""

SLIPS = {
    "two functions provide the resource {}",
    "resources in a circle: {}",
    "nothing provides the resource {}",
}
"""What only whoever writes a resource can cause."""


def spoken_modules():
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        english = any(fnmatch(name, pattern) for pattern in ENGLISH_ONLY)
        if not english or any(fnmatch(name, pattern) for pattern in TRANSLATED):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def called(node):
    return ast.unparse(node.func).rsplit(".", 1)[-1] if isinstance(node, ast.Call) else ""


def fixed(node):
    """The fixed part of a text in the code, ``{}`` for what is filled in; None for no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(fixed(part) or "{}" for part in node.values)
    return None


def filled_in(node):
    """Names of what is filled in."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return names - set(dir(builtins))


def values_of(node, tree):
    """What an expression can be: both branches of a choice, everything a name is set to."""
    if isinstance(node, ast.IfExp):
        return values_of(node.body, tree) + values_of(node.orelse, tree)
    if isinstance(node, ast.Name):
        return [
            value
            for each in ast.walk(tree)
            if isinstance(each, ast.Assign | ast.AnnAssign) and each.value is not None
            for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
            if isinstance(target, ast.Name) and target.id == node.id
            for value in values_of(each.value, tree)
        ]
    return [node]


def told(tree):
    """Every problem and every cure that an error of a module is made with."""
    for call in ast.walk(tree):
        if called(call) in ERRORS:
            parts = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "cure")]
        elif called(call).endswith("error"):  # makes the error of a key or of a row
            parts = [each for each in call.args if called(each) == "Text"]
        else:
            continue
        for part in parts:
            yield from values_of(part, tree)


MODULES = dict(spoken_modules())
TEXTS = [
    pytest.param(*node.args, id=f"{name}:{node.lineno}")
    for name, tree in MODULES.items()
    for node in told(tree)
    if called(node) == "Text"
]


def test_there_are_errors_to_look_at():
    assert len(TEXTS) > 250
    assert {name.split("/")[0] for name in MODULES} >= {"base", "cli", "checkup", "standards"}


@pytest.mark.parametrize("name", MODULES)
def test_no_error_is_in_one_language(name):
    found = {fixed(node) for node in told(MODULES[name])}
    assert found - {None} - SLIPS == set()


@pytest.mark.parametrize(("english", "chinese"), TEXTS)
def test_both_languages_tell_the_same_facts(english, chinese):
    assert bool(CHINESE.search(fixed(chinese))) == bool(re.search("[a-z]", fixed(english)))
    assert not CHINESE.search(fixed(english))
    assert filled_in(english) <= filled_in(chinese)
    for fact in FACTS.findall(fixed(english)):
        assert fact in fixed(chinese), fact


@pytest.mark.parametrize(("english", "chinese"), TEXTS)
def test_both_languages_end_alike(english, chinese):
    ends = {".": "。", "?": "？"}
    end = fixed(english)[-1]
    if not fixed(english).endswith("..."):
        assert fixed(chinese)[-1] == ends.get(end, fixed(chinese)[-1])
        assert (fixed(chinese)[-1] in ends.values()) == (end in ends)
