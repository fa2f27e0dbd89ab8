"""What changed between two checkups, as one HTML file that needs nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dizuo.checkup.compare import Comparison
from dizuo.checkup.outputs.contents import records, set_title, variant_title
from dizuo.checkup.outputs.words import environment
from dizuo.model.indicator import Indicator
from dizuo.model.place import PlaceKind
from dizuo.model.text import Language, Text
from dizuo.pages.numbers import format_number
from dizuo.pages.writing import asset

__all__ = ["write_comparison_report"]

_LISTED = 100
"""Findings that are listed as gained and as lost."""


def write_comparison_report(
    comparison: Comparison,
    path: Path,
    language_default: Language = "en",
    indicators: Mapping[str, Indicator] | None = None,
) -> Path:
    """Write the comparison of two checkups, in both languages, as one HTML file.

    Parameters
    ----------
    path
        The file to write; an existing one is replaced.
    language_default
        Language shown until the reader switches.
    indicators
        Indicators by id, for their names; without them ids are shown.
    """
    path = Path(path)
    findings = comparison.findings.sort_values(
        ["residents", "severity"], ascending=False, na_position="last"
    )
    by_status = {
        status: findings.loc[findings["status"] == status] for status in ("gained", "lost", "kept")
    }
    values = _city_values(comparison.values, indicators or {})
    made = environment(language_default)
    made.filters["signed"] = _signed
    page = made.get_template("comparison.html.j2").render(
        old=comparison.old,
        new=comparison.new,
        scores=[
            {**row, "set": set_title(str(row["indicator_set"]))}
            for row in records(comparison.scores)
        ],
        values=values,
        changed=sum(1 for row in values if row["change"]),
        counts={status: len(rows) for status, rows in by_status.items()},
        findings={status: records(rows.head(_LISTED)) for status, rows in by_status.items()},
        layers=records(comparison.layers),
        attribution=_attribution(comparison),
        style=asset("page.css"),
        script=asset("language_switch.js"),
    )
    path.write_text(page, encoding="utf-8")
    return path


def _city_values(values: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[dict[str, Any]]:
    """Return the city's own values that are known on either day, in the indicators' order."""
    city = values.loc[
        (values["place_kind"] == PlaceKind.CITY.value)
        & (values["old"].notna() | values["new"].notna())
    ]
    found = []
    for row in records(city.sort_values(["indicator", "variant"])):
        name = str(row["indicator"])
        title = indicators[name].title if name in indicators else Text(name, name)
        change = row["change"]
        found.append(
            {
                **row,
                "title": title,
                "variant_title": variant_title(str(row["variant"])),
                "change": change if np.isfinite(change) and abs(change) > 1e-9 else 0.0,
            }
        )
    return found


def _signed(change: Any) -> str:
    """Write a change with its sign; nothing changed is a dash."""
    if change is None or not np.isfinite(change) or abs(change) <= 1e-9:
        return "–"
    return f"{'+' if change > 0 else ''}{format_number(change)}"


def _attribution(comparison: Comparison) -> list[str]:
    texts = [
        f"{one['attribution']} ({one['licence']}, {one['date']})"
        for city in (comparison.old, comparison.new)
        for one in city["attribution"]
    ]
    return list(dict.fromkeys(texts))
