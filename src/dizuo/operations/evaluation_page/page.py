"""The page of an evaluation: one HTML file in both languages that needs nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dizuo.model.text import Language, Text
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation_page.contents import Contents
from dizuo.operations.evaluation_page.drawing import (
    CaseMap,
    draw_hours,
    draw_interval,
    draw_map,
)
from dizuo.operations.signals.alarm_quality import AlarmQuality
from dizuo.pages.writing import asset, environment, labels

__all__ = ["Surroundings", "write_evaluation_page"]

_PACKAGE: Final = "dizuo.operations.evaluation_page"

Shapes = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What stands on the page beside the evaluation itself.

    Attributes
    ----------
    city
        Its name.
    first, last
        Days of the period, both within it.
    places
        How many cases lay where; None where no case has a place.
    boundary, water
        Polygons of the city's base, in metres; empty where there is no base.
    alarms
        None where no device is registered.
    incidents
        Those declared in the period: ``title``, ``grade``, ``state`` (texts), ``declared``,
        ``closed``.
    attribution
        Of the base's sources.
    """

    city: Text
    first: date
    last: date
    places: CaseMap | None
    boundary: Shapes
    water: Shapes
    alarms: AlarmQuality | None
    incidents: Sequence[Mapping[str, Any]]
    attribution: Sequence[str]


def write_evaluation_page(
    contents: Contents,
    around: Surroundings,
    parameters: EvaluationParameters,
    path: Path,
    language: Language = "en",
) -> Path:
    """Write the page; a file that is there is replaced.

    Parameters
    ----------
    language
        Shown until the reader switches.
    """
    picture, legend = "", list[tuple[str, str]]()
    if around.places is not None and len(around.places.counts):
        picture, legend = draw_map(around.places, around.boundary, around.water)
    made = environment(_PACKAGE, language)
    made.filters["interval"] = lambda row: draw_interval(row["value"], row["low"], row["high"])
    made.filters["minutes"] = lambda span: None if span is None else span.total_seconds() / 60
    text = made.get_template("evaluation.html.j2").render(
        contents=contents,
        around=around,
        period=_period(around),
        parameters=sorted(parameters.origins.items()),
        picture=picture,
        legend=legend,
        hours=draw_hours(contents.hours),
        style=asset("page.css") + asset("templates/evaluation.css", _PACKAGE),
        script=asset("language_switch.js"),
    )
    partial = path.with_name(f".{path.name}.part")
    partial.write_text(text, encoding="utf-8")
    return partial.replace(path)


def _period(around: Surroundings) -> Text:
    words = labels(_PACKAGE)["period"]
    days = {"begin": around.first.isoformat(), "end": around.last.isoformat()}
    return Text(words.en.format(**days), words.zh.format(**days))
