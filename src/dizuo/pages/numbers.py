"""Numbers as people read them."""

from typing import Any

import numpy as np

__all__ = ["format_number"]


def format_number(value: Any) -> str:
    """Write a number as people read it: three or four digits that matter, thousands grouped."""
    if value is None or not np.isfinite(value):
        return "–"
    size = abs(float(value))
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    text = f"{float(value):,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text.replace("-", "−")
