"""Score a table with a saved version, and show the progress."""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.config import PredictionConfig
from bakeoff.prediction.predict import score_table
from bakeoff.prediction.scored_table import ScoredTable
from bakeoff.runtime.threads import limit_openmp_threads
from bakeoff.store.load import VersionRef
from tasks.runs.dask_scoring import scoring_cluster
from tasks.runs.progress import PredictionProgress
from tasks.runs.states import failed_state_on_error


@task(name="predict", task_run_name="predict with {ref.version}", cache_policy=NO_CACHE)
@failed_state_on_error
def predict(config: PredictionConfig, ref: VersionRef, folder: Path, run: str) -> ScoredTable:
    """Score the table, with its progress on Prefect's pages."""
    limit_openmp_threads()  # here, since the limit is per thread and Prefect runs the task in this one
    with scoring_cluster(config) as elsewhere:
        return score_table(config, ref, folder, PredictionProgress(ref.name), run, elsewhere)
