"""What a checkup comes to, on one screen."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dizuo.cli.session import Session
from dizuo.model.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from dizuo.checkup.result import Checkup

__all__ = ["show_summary", "summarise"]

_FINDINGS_SHOWN = 5


def summarise(checkup: "Checkup", written: Mapping[str, Path], seconds: float) -> dict[str, Any]:
    """Return the scores, the gravest findings and the files, as plain values."""
    findings = checkup.findings
    values = checkup.values  # noqa: PD011 - a table of the checkup, not of pandas
    city = values[values["place_kind"] == "city"]
    known = city.loc[city["value"].notna(), "indicator"].unique()
    whole = checkup.scores[checkup.scores["article"] == 0]
    return {
        "city": dict(checkup.city),
        "seconds": seconds,
        "indicators": len(checkup.indicators),
        "indicators_with_value": len(known),
        "scores": _records(
            whole,
            ["indicator_set", "score", "low", "high", "coverage", "indicators"],
            ["measured", "estimated", "simulated", "missing"],
        ),
        "findings": len(findings),
        "gravest_findings": _records(
            _gravest(findings).head(_FINDINGS_SHOWN),
            ["id", "indicator", "place", "value", "unit", "rule", "certainty", "residents"],
            ["text_en", "text_zh"],
        ),
        "files": {name: str(path) for name, path in written.items()},
    }


def show_summary(session: Session, summary: Mapping[str, Any]) -> None:
    """Print a summary for a person."""
    say, city = session.text, summary["city"]
    name = say(Text(city["name"], city["name_zh"] or city["name"]))
    session.out.print(
        say(
            Text(
                f"{name}, {city['reference_date']}: {summary['indicators_with_value']} of "
                f"{summary['indicators']} indicators have a value, {summary['findings']:,} "
                f"findings ({summary['seconds']:.1f} s)",
                f"{name}，{city['reference_date']}：{summary['indicators']} 项指标中 "
                f"{summary['indicators_with_value']} 项有值，问题 {summary['findings']:,} 条"
                f"（{summary['seconds']:.1f} 秒）",
            )
        ),
        style="bold",
    )
    _show_scores(session, summary["scores"])
    if summary["gravest_findings"]:
        session.out.print()
        session.out.print(say(Text("Gravest findings", "最突出的问题")), style="bold")
    for finding in summary["gravest_findings"]:
        session.out.print("  " + finding[f"text_{session.language}"])
    session.out.print()
    for file, path in summary["files"].items():
        session.out.print(f"  {file:<18} {path}")


def _show_scores(session: Session, scores: list[dict[str, Any]]) -> None:
    from rich.table import Table  # noqa: PLC0415 - only where a table is drawn

    table = Table(box=None, header_style="bold")
    headings = (
        (Text("Indicator set", "指标体系"), "left"),
        (Text("Score", "得分"), "right"),
        (Text("Range", "区间"), "right"),
        (Text("Covered", "覆盖"), "right"),
        (Text("Measured", "实测"), "right"),
        (Text("Estimated", "估算"), "right"),
    )
    for heading, side in headings:
        table.add_column(session.text(heading), justify="right" if side == "right" else "left")
    for row in scores:
        scored = row["score"] is not None
        table.add_row(
            row["indicator_set"],
            f"{row['score']:.0f}" if scored else "–",
            f"{row['low']:.0f}–{row['high']:.0f}" if scored else "–",
            f"{row['coverage']:.0%}",
            f"{row['measured']:.0%}",
            f"{row['estimated']:.0%}",
        )
    session.out.print(table)


def _gravest(findings: "pd.DataFrame") -> "pd.DataFrame":
    """Most residents first, then the most severe."""
    return findings.sort_values(
        ["residents", "severity", "id"], ascending=[False, False, True], na_position="last"
    )


def _records(frame: "pd.DataFrame", *columns: list[str]) -> list[dict[str, Any]]:
    """Return rows as plain values, with None where a number is missing."""
    wanted = frame[[name for group in columns for name in group]]
    return [
        {str(name): None if value != value else value for name, value in row.items()}  # noqa: PLR0124
        for row in wanted.astype(object).to_dict("records")
    ]
