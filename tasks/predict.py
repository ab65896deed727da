"""Score a table with a saved version, and show how far it is."""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.config import PredictionConfig
from bakeoff.prediction import ScoredTable, score_table
from bakeoff.ready import VersionRef
from tasks.outcome import stated
from tasks.progress import RowsDone
from tasks.threads import one_thread


def score_and_show(config: PredictionConfig, ref: VersionRef, folder: Path) -> ScoredTable:
    """Score the table, with its progress on Prefect's pages."""
    return score_table(config, ref, folder, RowsDone(ref.name))


predict = task(name="predict", task_run_name="predict with {ref.version}", cache_policy=NO_CACHE)(
    stated(one_thread(score_and_show))
)
