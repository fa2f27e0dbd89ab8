"""A city's own indicators, from Python files in its folder."""

import importlib.util
from pathlib import Path

from dizuo.articles import registry
from dizuo.articles.registry import all_indicators
from dizuo.model.errors import DizuoError, InputError
from dizuo.model.indicator import Indicator

__all__ = ["load_local_indicators"]


def load_local_indicators(folder: Path) -> dict[str, Indicator]:
    """Run the files of a folder and return the indicators that they declare.

    The files use ``dizuo.articles.registry.indicator`` as the articles do. What they declare
    belongs to this city alone: it does not stay in the register.

    Raises
    ------
    InputError
        If a file cannot be run, or declares something that does not fit; the message names it.
    """
    packaged = set(all_indicators())
    found: dict[str, Indicator] = {}
    for file in sorted(folder.glob("*.py")):
        with registry.collecting() as declared:
            try:
                _run(file)
            except InputError:
                raise
            except (DizuoError, SyntaxError, ImportError, NameError, TypeError) as error:
                raise InputError(
                    f"the indicators of this file cannot be used: {error}",
                    file=file,
                    cure="Compare it with an article of dizuo, or see the guide.",
                ) from error
        for name, one in declared.items():
            if name in packaged or name in found:
                raise InputError(
                    f"there is an indicator {name!r} already",
                    file=file,
                    cure="Give yours an id of its own.",
                )
            found[name] = one
    return found


def _run(file: Path) -> None:
    specification = importlib.util.spec_from_file_location(f"local_{file.stem}", file)
    if specification is None or specification.loader is None:
        raise InputError("this is not a Python file", file=file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
