"""One layer is parallel: contestants and folds run side by side, so each of them keeps to one thread."""

import contextlib
import functools
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from math import ceil
from pathlib import Path
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_changing = threading.Lock()
_holders: list[Any] = []  # the limiter of the first block that is open; blocks may overlap


def cpu_count() -> int:
    """How many cores this process may use, containers' and schedulers' limits counted in.

    As `joblib.cpu_count`, which takes a tenth of a second to import.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _quota(Path("/sys/fs/cgroup"))))


def _quota(cgroup: Path) -> int:
    """How many cores the control group may keep busy, rounded up; as many as there are where it has no quota."""
    try:
        if (cgroup / "cpu.max").exists():
            quota, period = (cgroup / "cpu.max").read_text().split()
        else:
            quota, period = ((cgroup / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return ceil(int(quota) / int(period)) if int(quota) > 0 else os.cpu_count() or 1
    except (OSError, ValueError):  # there is none, or it says "max"
        return os.cpu_count() or 1


@contextlib.contextmanager
def limit_blas_threads() -> Iterator[None]:
    """Hold BLAS to one thread a caller, for the whole process, until the end of the last such block.

    Besides keeping the total at the number of cores, it makes sums come out alike at any number of workers.
    """
    with _changing:
        _holders.append(_controller().limit(limits=1) if not _holders else None)
    try:
        yield
    finally:
        with _changing:
            limiter = _holders.pop(0)
            if _holders:
                _holders[0] = limiter  # whoever is left restores what was there before the first
            else:
                limiter.restore_original_limits()


def limit_openmp_threads() -> None:
    """Hold OpenMP to one thread in the calling thread, where alone that limit counts."""
    _controller().limit(limits=1, user_api="openmp")


@functools.cache
def _controller() -> Any:
    import sklearn.linear_model  # noqa: F401  the libraries must be loaded before they can be limited
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def map_in_order(
    pool: ThreadPoolExecutor, function: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[Result]:
    """What the function makes of each item, in order, of which so many may be under way at once."""
    waiting: deque[Future[Result]] = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
