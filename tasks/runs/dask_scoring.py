"""Score the chunks of a table on the workers of a Dask cluster."""

import contextlib
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from bakeoff.config import PredictionConfig
from bakeoff.errors import ClusterError, ConfigError
from bakeoff.prediction.chunk_tasks import FilePart, ScorerSpec, forget_scorer, score_elsewhere, score_part
from bakeoff.prediction.preflight import ScoringJob
from bakeoff.prediction.score_batches import ScoreChunks
from bakeoff.prediction.scorer import ScoredBatch
from bakeoff.runtime.objects.address import object_address
from bakeoff.tables.batches import Chunk, Position
from tasks.runs.dask import count_threads

PER_THREAD = 2  # chunks of each thread that are under way, or scored and not yet written
LARGEST_GRAPH = "256MB"  # above the size of any chunk that is sent, of which Dask would warn

logger = logging.getLogger("bakeoff.cluster")


@contextlib.contextmanager
def scoring_cluster(config: PredictionConfig) -> Iterator[ScoreChunks | None]:
    """Connect to the config's Dask cluster; None without one.

    Raises:
        AwayError: the cluster has no workers.
        ConfigError: one of them doesn't see the store or the table.
        ClusterError: the cluster has lost a chunk, or can no longer be reached.
    """
    if config.dask.address is None:
        yield None
        return
    import dask.config  # late: the package may be missing
    from distributed import Client

    with (
        dask.config.set({"distributed.admin.large-graph-warning-threshold": LARGEST_GRAPH}),
        Client(config.dask.address, set_as_default=False) as client,  # type: ignore[no-untyped-call]  # Dask is not typed
    ):
        threads = count_threads(client, config.dask.address)
        _require_seen(client, config)
        logger.info("chunks are scored on %d threads of the Dask cluster at %s", threads, config.dask.address)
        ahead = PER_THREAD * threads if config.workers == "auto" else config.workers
        key = uuid4().hex
        try:
            yield partial(_score, config, client, ahead, key)
        finally:
            with contextlib.suppress(Exception):  # the cluster is gone, as the error in the block says
                client.run(forget_scorer, key, on_error="ignore")


def _score(
    config: PredictionConfig, client: Any, ahead: int, key: str, job: ScoringJob, position: Position
) -> Iterator[tuple[int, int, ScoredBatch]]:
    """Score the chunks from a position on; chunks of a worker that dies are scored again by another one."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker

    from tasks.runs.dask_runner import describe_loss

    pool = client.get_executor(pure=False)
    try:
        yield from score_elsewhere(config, pool, ahead, score_on_worker, key, job, position)
    except (KilledWorker, CancelledError) as error:
        loss = describe_loss(error if isinstance(error, KilledWorker) else None, "a chunk")
        raise ClusterError(f"{loss}; what was scored before is kept: give the same command again") from error


def score_on_worker(spec: ScorerSpec, part: tuple[int, FilePart | Chunk]) -> tuple[int, int, ScoredBatch]:
    """Score a chunk on the Dask worker that runs this."""
    from distributed import get_worker

    return score_part(spec, part, f"the Dask worker at {get_worker().address}")


def _require_seen(client: Any, config: PredictionConfig) -> None:
    """Check that all workers see the store and the table under the same paths.

    Raises:
        ConfigError: one doesn't.
    """
    given = [path for path in (config.store, config.input) if path is not None and object_address(str(path)) is None]
    paths = [Path(str(path)).absolute() for path in given]
    for worker, unseen in sorted(client.run(_unseen, list(map(str, paths))).items()):
        if unseen:
            raise ConfigError(
                f"the Dask worker at {worker} doesn't see {unseen[0]!r}; workers need store and input under the same "
                "paths as here"
            )


def _unseen(paths: list[str]) -> list[str]:
    return [path for path in paths if not Path(path).exists()]
