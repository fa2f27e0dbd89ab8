"""``dizuo cases CITY import|export|template FILE``: cases as tables."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dizuo.model.errors import InputError, StoreError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.operations.cases.office import Actor
    from dizuo.operations.exchange.importing import Project
    from dizuo.operations.opening import Operations

__all__ = ["EXCHANGES", "exchange"]

EXCHANGES: Final = frozenset({"import", "export", "template"})


def exchange(
    opened: "Operations", city: Path, actor: "Actor", step: str, file: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Bring cases in, take them out, or write an empty table.

    Raises
    ------
    InputError
        If no file is named, or it cannot be used.
    """
    if not file:
        raise InputError(
            Text(f"{step} needs a file", f"{step} 需要指定文件"),
            cure=Text(
                f"Write: dizuo cases CITY {step} FILE.", f"请写：dizuo cases CITY {step} FILE。"
            ),
        )
    if step == "import":
        return _import(opened, city, actor, Path(file), given)
    if step == "export":
        return _export(opened, city, Path(file), given)
    from dizuo.operations.exchange.importing import write_import_template  # noqa: PLC0415

    write_import_template(Path(file))
    return {"file": file}


def _import(
    opened: "Operations", city: Path, actor: "Actor", file: Path, given: Mapping[str, Any]
) -> dict[str, Any]:
    from dizuo.operations.exchange.importing import RowImport, import_cases  # noqa: PLC0415

    reading = RowImport(given["source"], *_ground(city), given["case_type"] or "")
    mapping = dict(_pair(one) for one in given["map"])
    done = import_cases(opened, file, reading, actor, mapping=mapping, encoding=given["encoding"])
    return {
        "opened": done.opened,
        "known": done.known,
        "rejected": done.rejected,
        "rejects": None if done.rejects is None else str(done.rejects),
    }


def _export(
    opened: "Operations", city: Path, file: Path, given: Mapping[str, Any]
) -> dict[str, Any]:
    from pyproj import Transformer  # noqa: PLC0415 - heavy

    from dizuo.operations.cases.register import CaseFilter  # noqa: PLC0415
    from dizuo.operations.evaluation.parameters import EvaluationParameters  # noqa: PLC0415
    from dizuo.operations.exchange.exporting import export_cases, export_counts  # noqa: PLC0415

    asked = CaseFilter(**{n: given[n] for n in ("case_type", "category", "state", "unit")})
    with opened.engine.connect().execution_options(reads_only=True) as connection:
        if given["by"]:
            file_of_city = city / "operations" / "evaluation.toml"
            own = EvaluationParameters.load(file_of_city if file_of_city.exists() else None)
            by = [one.strip() for one in given["by"].split(",")]
            rows = export_counts(connection, file, by, own.smallest_group, asked)
        else:
            back = Transformer.from_crs(_crs(city), "EPSG:4326", always_xy=True)
            rows = export_cases(connection, file, opened.office.types, back.transform, asked)
    return {"file": str(file), "rows": rows}


def _ground(city: Path) -> tuple["Project", Callable[[float, float], str | None]]:
    """Return how degrees become metres and cells; unchecked where no base tells the city's edge."""
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.operations.ground import open_ground, read_unit_grid  # noqa: PLC0415

    try:
        ground = open_ground(city, City.open(city).base)
    except StoreError:
        from pyproj import Transformer  # noqa: PLC0415 - heavy

        grid = read_unit_grid(city / "operations" / "grid")
        to_city = Transformer.from_crs("EPSG:4326", _crs(city), always_xy=True)
        return to_city.transform, grid.cell_of if grid else lambda *_: None
    return ground.place_of, ground.cell_of


def _crs(city: Path) -> Any:
    """Return the city's own metres: as its folder says, or as its base was built."""
    from dizuo.base.config import read_config  # noqa: PLC0415
    from dizuo.city import City  # noqa: PLC0415

    said = read_config(city).city.crs
    return City.open(city).base.crs if said == "auto" else said


def _pair(text: str) -> tuple[str, str]:
    heading, sign, column = text.rpartition("=")
    if not sign or not heading:
        raise InputError(
            Text(f"{text!r} is no heading=column", f"“{text}”不是“表头=列名”的形式"),
            field="--map",
        )
    return heading, column
