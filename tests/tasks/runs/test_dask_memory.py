"""A race whose rows don't fit a Dask worker is refused before it starts."""

from types import SimpleNamespace

import pytest

from bakeoff.errors import ConfigError
from tasks.runs.dask_memory import require_room

GB = 10**9


def dataset(source, rows=10_000_000):
    """Of ten numbers; seven rows in ten are for training."""
    features = [SimpleNamespace(kind="number", categories=None, missing=False, format=None)] * 10
    parts = {"train": 7 * rows // 10, "test": 2 * rows // 10, "validation": rows // 10}
    return SimpleNamespace(rows=parts, features=features, classes=("a", "b"), origin=SimpleNamespace(source=source))


def worker(gigabytes, threads=2):
    return {"memory_limit": int(gigabytes * GB), "nthreads": threads}


@pytest.mark.parametrize(
    ("source", "way_out"),
    [
        ("file", "set dataset.window.last to 1700000 rows, or start workers"),
        ("synthetic", "set dataset.n_samples to 1700000 rows, or start workers"),
        ("bundled", "; start workers"),
    ],
)
def test_rows_that_do_not_fit_are_refused_with_the_number_that_would(source, way_out):
    """In one line, which names the worker with the least memory for a thread; that number of rows is taken."""
    workers = {"tcp://a:1": worker(64), "tcp://b:1": worker(1), "tcp://c:1": worker(8, threads=8)}
    sentence = "10,000,000 rows don't fit the Dask worker at tcp://b:1: its 2 threads"
    with pytest.raises(ConfigError, match=sentence) as error:
        require_room(dataset(source), workers)
    assert way_out in str(error.value)
    assert "would need 4.5 GB, and it has 1.0" in str(error.value)
    require_room(dataset(source, 1_700_000), workers)


@pytest.mark.parametrize("memory", [0, 5])
def test_a_worker_with_room_or_without_a_limit_is_taken(memory):
    require_room(dataset("file"), {"tcp://a:1": worker(memory)})


def test_fewer_rows_than_a_race_needs_are_not_recommended():
    with pytest.raises(ConfigError, match="has 0.0; start workers with more memory or fewer threads$"):
        require_room(dataset("file"), {"tcp://a:1": worker(0.0001)})
