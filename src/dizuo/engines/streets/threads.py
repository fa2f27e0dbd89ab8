"""Run compiled kernels on the processors at hand.

Kernels release the interpreter's lock, so plain threads suffice; results never depend on how many
there are.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["on_threads", "thread_count"]

Task = TypeVar("Task")
Result = TypeVar("Result")


def thread_count(threads: int | None = None) -> int:
    """Return the number of threads to use: as asked, else one for each processor we may use."""
    if threads is not None:
        return max(1, threads)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def on_threads(
    work: Callable[[Task], Result], tasks: Iterable[Task], threads: int | None = None
) -> list[Result]:
    """Do the work for every task, and return the results in the order of the tasks."""
    waiting = list(tasks)
    workers = min(thread_count(threads), len(waiting))
    if workers <= 1:
        return [work(task) for task in waiting]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, waiting))
