"""Work on threads."""

import threading

import pytest

from dizuo.engines.streets.threads import on_threads, thread_count


@pytest.mark.parametrize(("asked", "used"), [(1, 1), (3, 3), (0, 1), (-2, 1)])
def test_as_many_threads_as_asked_but_at_least_one(asked, used):
    assert thread_count(asked) == used


def test_without_asking_there_is_one_thread_for_each_processor_we_may_use(monkeypatch):
    this_process = 0  # as systems number it
    processors = {this_process: {0, 2, 5}}
    monkeypatch.setattr("os.sched_getaffinity", processors.__getitem__, raising=False)
    assert thread_count() == 3


def test_where_affinity_is_unknown_all_processors_count(monkeypatch):
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    assert thread_count() == 6
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert thread_count() == 1


@pytest.mark.parametrize("threads", [1, 2, 9])
def test_results_come_in_the_order_of_the_tasks(threads):
    assert on_threads(lambda task: task * task, range(20), threads) == [k * k for k in range(20)]


def test_one_thread_is_that_of_the_caller_and_no_task_needs_none():
    here = threading.current_thread()
    assert on_threads(lambda _: threading.current_thread(), range(3), 1) == [here] * 3
    assert on_threads(lambda _: threading.current_thread(), range(1), 2) == [here]
    assert on_threads(lambda task: task, [], 2) == []


def test_tasks_run_side_by_side():
    both = threading.Barrier(2, timeout=20)
    assert sorted(on_threads(lambda _: both.wait(), range(2), 2)) == [0, 1]


def test_an_error_in_a_task_reaches_the_caller():
    def fail(task):
        raise ValueError(task)

    with pytest.raises(ValueError, match="0"):
        on_threads(fail, range(3), 2)
