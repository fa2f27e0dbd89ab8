"""Share a range of independent work among the processors."""

from collections.abc import Callable

from dizuo.engines.streets.threads import on_threads, thread_count

__all__ = ["run_chunks"]


def run_chunks(
    work: Callable[[int, int], None], count: int, *, smallest: int = 1024, pieces: int = 4
) -> None:
    """Call ``work(first, last)`` for chunks that cover ``range(count)``, on several threads.

    Parameters
    ----------
    work
        Writes its results into arrays of its own range only, so that the order does not matter.
    count
        Number of elements.
    smallest
        Fewest elements that are worth a chunk.
    pieces
        Chunks per thread, so that uneven chunks even out.
    """
    chunks = max(1, min(thread_count() * pieces, count // max(smallest, 1)))
    bounds = [count * k // chunks for k in range(chunks + 1)]
    on_threads(lambda k: work(bounds[k], bounds[k + 1]), range(chunks))
