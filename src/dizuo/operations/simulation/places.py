"""Where made-up things are: along the streets of the city."""

import geopandas as gpd
import numpy as np

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["along", "near"]


def along(
    streets: gpd.GeoDataFrame, count: int, dice: np.random.Generator
) -> list[tuple[float, float]]:
    """Draw places along streets, longer ones more often.

    Raises
    ------
    InputError
        If there are no streets.
    """
    length = streets.geometry.length.to_numpy()
    if not length.sum() > 0:
        raise InputError(
            Text("the city has no streets to make reports up on", "城市没有可用于模拟的道路")
        )
    chosen = streets.geometry.iloc[dice.choice(len(streets), count, p=length / length.sum())]
    points = chosen.interpolate(dice.random(count), normalized=True)
    return [(float(x), float(y)) for x, y in zip(points.x, points.y, strict=True)]


def near(
    place: tuple[float, float], metres: float, dice: np.random.Generator
) -> tuple[float, float]:
    """Draw a place within so many metres of another, all of them as likely."""
    away, angle = metres * np.sqrt(dice.random()), 2 * np.pi * dice.random()
    return (float(place[0] + away * np.cos(angle)), float(place[1] + away * np.sin(angle)))
