"""What comes one by one is taken together: as many at once as wait."""

import queue
import time
from collections.abc import Iterator
from typing import TypeVar

__all__ = ["gathered"]

Item = TypeVar("Item")


def gathered(
    waiting: "queue.SimpleQueue[Item | None]", most: int, *, seconds: float = 0.0
) -> Iterator[list[Item]]:
    """Yield what waits, in its order and at most so many together, until there comes None.

    Parameters
    ----------
    seconds
        How long the first of each lot waits for others.
    """
    while (first := waiting.get()) is not None:
        if seconds:
            time.sleep(seconds)
        together = [first]
        while len(together) < most:
            try:
                one = waiting.get_nowait()
            except queue.Empty:
                break
            if one is None:
                yield together
                return
            together.append(one)
        yield together
