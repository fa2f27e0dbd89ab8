"""Public green of the living circles: parks of each circle's size for each resident."""

import numpy as np

from dizuo.articles.per_place import per_resident
from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.values import Result
from dizuo.resources.spaces import Features

__all__: list[str] = []


def _green(public_green: Features, least: Rule, below: float) -> Result:
    """Area of public green from a size in ha to below another for each resident."""
    inside = (public_green.area >= least.value * 1e4) & (public_green.area < below * 1e4)
    return per_resident(
        public_green.support,
        public_green.area * inside,
        evidence=public_green.evidence,
        resolution=PlaceKind.DISTRICT,
    )


def _declare(minutes: int, name: str, larger: int | None) -> None:
    rules = {
        "least": f"gb50180.green.tier{minutes}.park_area",
        "judge": f"gb50180.green.tier{minutes}.per_person",
    }
    if larger is None:

        def circle_green(public_green: Features, least: Rule) -> Result:
            return _green(public_green, least, np.inf)

    else:
        rules["below"] = f"gb50180.green.tier{larger}.park_area"

        def circle_green(  # type: ignore[misc]
            public_green: Features, least: Rule, below: Rule
        ) -> Result:
            return _green(public_green, least, below.value)

    circle_green.__doc__ = (
        f"Area of public parks of the size of a {minutes}-minute circle for each resident, "
        "without those of a larger circle. Every resident of the place counts; a park's width and "
        "its share of sports grounds are not looked at."
    )
    indicator(
        id=f"13.public_green_{minutes}_minutes",
        indicator_set="living_circle",
        systems=("S13.3", "S8.11"),
        unit="m²/person",
        better="higher",
        en=f"Public green of the {minutes}-minute circle per resident",
        zh=f"{name}分钟生活圈人均公共绿地面积",
        definition_zh=f"达到{name}分钟生活圈公园最小规模、未达到上一级规模的公共绿地面积除以常住人口。"
        "公园宽度和体育场地占比未计。",
        formula="Σ m² of parks of the circle's size / residents",
        source="GB 50180-2018",
        place=PlaceKind.DISTRICT,
        rules=rules,
    )(circle_green)


_declare(15, "十五", None)
_declare(10, "十", 15)
_declare(5, "五", 10)
