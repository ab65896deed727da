"""CPU count, thread limits and a cache that threads share.

Contestants and folds run in parallel, so each of them uses one thread.
"""

import contextlib
import functools
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from math import ceil
from pathlib import Path
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Key = TypeVar("Key")
Value = TypeVar("Value")

_changing = threading.Lock()
_holders: list[Any] = []  # an entry per open block: the limiter for the first, None for the others; blocks may overlap


def cpu_count() -> int:
    """The number of cores that this process may use, with the limits of containers and schedulers.

    As `joblib.cpu_count`, which takes a tenth of a second to import.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _quota(Path("/sys/fs/cgroup"))))


def _quota(cgroup: Path) -> int:
    """The control group's CPU quota in cores, rounded up; all cores of the machine without a quota."""
    try:
        if (cgroup / "cpu.max").exists():
            quota, period = (cgroup / "cpu.max").read_text().split()
        else:
            quota, period = ((cgroup / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return ceil(int(quota) / int(period)) if int(quota) > 0 else os.cpu_count() or 1
    except (OSError, ValueError):  # no control group, or its quota is "max"
        return os.cpu_count() or 1


@contextlib.contextmanager
def limit_blas_threads() -> Iterator[None]:
    """Limit BLAS to one thread per caller in the whole process, until the last such block ends.

    Sums are then the same for any number of workers.
    """
    with _changing:
        _holders.append(_controller().limit(limits=1) if not _holders else None)
    try:
        yield
    finally:
        with _changing:
            limiter = _holders.pop(0)
            if _holders:
                _holders[0] = limiter  # the last block restores the limits from before the first
            else:
                limiter.restore_original_limits()


def limit_openmp_threads() -> None:
    """Limit OpenMP to one thread in the calling thread; OpenMP's limit is per thread."""
    _controller().limit(limits=1, user_api="openmp")


@functools.cache
def _controller() -> Any:
    import sklearn.linear_model  # noqa: F401  the libraries must be loaded before they can be limited
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def map_in_order(
    pool: Executor, function: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[Result]:
    """Map a function over items in a pool, and yield the results in order.

    An error of the items or of the function is raised after the results before it, whatever `ahead` is.

    Args:
        pool: the pool that runs the function.
        function: called with each item.
        items: taken only when they are submitted.
        ahead: the number of items submitted beyond the one whose result is yielded next.
    """
    waiting: deque[Future[Result]] = deque()
    taken = iter(items)
    broken: Exception | None = None
    try:
        while broken is None:
            try:
                waiting.append(pool.submit(function, next(taken)))
            except StopIteration:
                break
            except Exception as error:
                broken = error
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        if broken is not None:
            raise broken
    finally:
        for future in waiting:  # after an error, or if the caller has ended early
            future.cancel()


class OneSlot(Generic[Key, Value]):
    """A thread-safe cache of the value that was made last, and of the key that it was made for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[Key, Value] | None = None

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return the cached value if it was made for an equal key, else make a new one.

        While one thread makes it, others wait. The old value is dropped first, so that memory need not hold both; if
        `make` raises, nothing is cached.
        """
        with self._lock:
            if self._held is None or self._held[0] != key:
                self._held = None
                self._held = (key, make())
            return self._held[1]

    def forget(self) -> None:
        """Drop the cached value."""
        with self._lock:
            self._held = None
