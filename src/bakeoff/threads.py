"""One layer is parallel: contestants and folds run side by side, so each of them keeps to one thread."""

import contextlib
from collections.abc import Iterator


def cores() -> int:
    """How many cores this process may use, containers' and schedulers' limits counted in."""
    from joblib import cpu_count

    return int(cpu_count())


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Hold BLAS and OpenMP to one thread a caller, for the whole process, until the end of the block.

    Besides keeping the total at the number of cores, it makes sums come out alike at any number of workers.
    """
    import sklearn.linear_model  # noqa: F401  the libraries must be loaded before they can be limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
