"""Check that the rows of a race fit the workers of a Dask cluster, before it starts."""

from collections.abc import Mapping
from typing import Any

from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.errors import ConfigError
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.formatting import format_count

CELL = 8  # bytes of a number
COPIES = 4  # of the training rows that a fit has at once: as read, preprocessed, and the classifier's own
USED = 0.8  # the share of a worker's memory that rows may take, by the number of rows that a message recommends
LEAST = 1_000  # rows that are worth a race
GB = 10**9


def require_room(ref: DatasetRef, workers: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that each worker has memory for the rows of as many steps as it has threads.

    Args:
        ref: the dataset.
        workers: by address, what the scheduler knows of each: `memory_limit` in bytes (0: none) and `nthreads`.

    Raises:
        ConfigError: one has not; the message has the number of rows that would fit.
    """
    size, total = ProblemSize.of(ref), sum(ref.rows.values())
    row = COPIES * CELL * size.columns
    room = {each: worker["memory_limit"] // worker["nthreads"] for each, worker in workers.items()}
    smallest = min((each for each in room if room[each]), key=room.__getitem__, default=None)
    if smallest is None or size.rows * row <= room[smallest]:
        return
    fitting = int(USED * room[smallest]) // row * total // size.rows
    fitting -= fitting % 10 ** max(0, len(str(fitting)) - 2)  # two digits and zeros
    fewer = {"file": "dataset.window.last", "synthetic": "dataset.n_samples"}.get(ref.origin.source)
    way_out = f"set {fewer} to {fitting} rows, or " if fewer and fitting >= LEAST else ""
    threads, limit = workers[smallest]["nthreads"], workers[smallest]["memory_limit"]
    raise ConfigError(
        f"{format_count(total, 'row')} don't fit the Dask worker at {smallest}: its {format_count(threads, 'thread')} "
        f"would need {threads * size.rows * row / GB:.1f} GB, and it has {limit / GB:.1f}; {way_out}start workers with "
        "more memory or fewer threads"
    )
