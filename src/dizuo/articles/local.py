"""A city's own indicators, from Python files in its folder."""

import importlib.util
from pathlib import Path

from dizuo.articles import registry
from dizuo.articles.local_results import guarded
from dizuo.articles.registry import all_indicators
from dizuo.model.errors import DizuoError, InputError
from dizuo.model.indicator import Indicator
from dizuo.model.text import Text

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
            except (Exception, SystemExit) as error:  # a city's own code may raise anything
                told = error.text if isinstance(error, DizuoError) else Text(f"{error}", f"{error}")
                raise InputError(
                    Text(
                        f"the indicators of this file cannot be used: {told.en}",
                        f"该文件中的指标无法使用：{told.zh}",
                    ),
                    file=file,
                    cure=Text(
                        "Compare it with an article of dizuo, or see the guide.",
                        "请对照 dizuo 自带的指标文件，或参阅指南。",
                    ),
                ) from error
        for name, one in declared.items():
            if name in packaged or name in found:
                raise InputError(
                    Text(f"there is an indicator {name!r} already", f"指标“{name}”已存在"),
                    file=file,
                    cure=Text("Give yours an id of its own.", "请为您的指标另取编号。"),
                )
            found[name] = guarded(one, file)
    return found


def _run(file: Path) -> None:
    specification = importlib.util.spec_from_file_location(f"local_{file.stem}", file)
    if specification is None or specification.loader is None:
        raise InputError(Text("this is not a Python file", "该文件不是 Python 文件"), file=file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
