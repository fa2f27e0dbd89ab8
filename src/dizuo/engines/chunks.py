"""Share independent work among the processors, with kernels that release the interpreter."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from numba import get_num_threads

__all__ = ["run_chunks"]


def run_chunks(
    work: Callable[[int, int], object], count: int, *, smallest: int = 1024, pieces: int = 4
) -> None:
    """Call ``work(first, last)`` for chunks that cover ``range(count)``, each on its own thread.

    Parameters
    ----------
    work
        Writes its results into arrays of its own range only, so that the order does not matter.
    count
        Number of elements.
    smallest
        Fewest elements that are worth a chunk.
    pieces
        Chunks per processor, so that uneven chunks even out.
    """
    workers = get_num_threads()
    chunks = max(1, min(workers * pieces, count // max(smallest, 1)))
    if workers == 1 or chunks == 1:
        work(0, count)
        return
    bounds = [count * k // chunks for k in range(chunks + 1)]
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work, bounds[k], bounds[k + 1]) for k in range(chunks)]:
            done.result()
