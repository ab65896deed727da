"""One thread inside, as many steps outside as there are cores."""

import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import joblib
import pytest
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from threadpoolctl import threadpool_info, threadpool_limits

from bakeoff.classifiers import build_classifier
from bakeoff.runtime import threads
from bakeoff.runtime.threads import OneSlot, cpu_count, limit_blas_threads, limit_openmp_threads, map_in_order


def blas():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_blas_is_held_to_one_thread_until_the_last_block_ends():
    """Blocks may overlap, and end in any order; then all is as it was."""
    first, second = limit_blas_threads(), limit_blas_threads()
    with threadpool_limits(2, "blas"):
        first.__enter__()
        second.__enter__()
        assert {1} == blas()
        first.__exit__(None, None, None)
        assert {1} == blas()
        second.__exit__(None, None, None)
        assert {2} == blas()


def test_openmp_is_held_in_the_thread_that_works():
    """Its limit counts in the calling thread alone."""

    def work():
        limit_openmp_threads()
        return _openmp_effective_n_threads()

    with ThreadPoolExecutor(1) as pool:
        assert 1 == pool.submit(work).result()


def test_n_jobs_is_held_at_one():
    """Contestants and folds already run side by side."""
    assert 1 == build_classifier("random_forest", {"n_jobs": -1}).n_jobs


def test_there_is_a_core():
    """At least one."""
    assert cpu_count() >= 1


def test_class_weights_survive_json():
    """Where classes are whole numbers, their keys come back as such."""
    assert {0: 1, 1: 5, "a": 2} == build_classifier("svm", {"class_weight": {"0": 1, 1: 5, "a": 2}}).class_weight


def test_as_many_cores_as_joblib_counts():
    assert joblib.cpu_count() == threads.cpu_count()


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "max 100000\n"}, 64),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 64),
        ({}, 64),
    ],
)
def test_a_containers_quota_counts(tmp_path, monkeypatch, files, quota):
    """Of control groups of both versions; without one all cores count."""
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert quota == threads._quota(tmp_path)


class Value:
    """Something that a weak reference may follow."""


def test_a_value_is_made_once_for_a_key():
    """Another key's takes its place; what is forgotten is made again."""
    made = []
    slot = OneSlot()

    def make():
        made.append(len(made))
        return made[-1]

    assert [0, 0, 1, 2] == [slot.get(key, make) for key in ("a", "a", "b", "a")]
    slot.forget()
    assert 3 == slot.get("a", make)


def test_the_old_value_is_let_go_before_the_new_one_is_made():
    """Memory holds one of them at most."""
    slot = OneSlot()
    old = weakref.ref(slot.get("a", Value))
    assert old() is not None
    assert slot.get("b", lambda: old() is None)


def test_a_value_that_cannot_be_made_is_not_remembered():
    """Nor is the one before it."""
    slot = OneSlot()
    slot.get("a", lambda: 1)
    with pytest.raises(ZeroDivisionError):
        slot.get("b", lambda: 1 // 0)
    assert 2 == slot.get("a", lambda: 2)


def test_threads_that_ask_at_once_get_one_value():
    """One of them makes it, the others wait."""
    slot, found = OneSlot(), []

    def make():
        second.start()
        second.join(0.05)  # it waits for this one
        return object()

    second = threading.Thread(target=lambda: found.append(slot.get("a", object)))
    found.append(slot.get("a", make))
    second.join()
    assert found[0] is found[1]


@pytest.mark.parametrize("ahead", [0, 1, 3, 9])
def test_an_error_comes_after_the_results_before_it(ahead):
    """Of the function or of the items, however many of those were taken in advance."""

    def items():
        yield from range(5)
        raise ValueError("no sixth item")

    def broken(item):
        if item == 3:
            raise KeyError(item)
        return item

    for function, expected, error in ((broken, [0, 1, 2], KeyError), (lambda item: item, [*range(5)], ValueError)):
        found = []
        with ThreadPoolExecutor(2) as pool, pytest.raises(error):
            found.extend(map_in_order(pool, function, items(), ahead))
        assert expected == found
