"""Generate or read the rows, and write their training, test and hold-out parts into the run's folder."""

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.runtime.workspace import RunFolder
from tasks.runs.steps import step


@step("bakeoff.data.prepare:prepare_cached", name="generate", run_name="generate {config.dataset.source} rows")
def generate(config: TrainingConfig, run: RunFolder) -> DatasetRef:
    """Return a reference to the training, test and hold-out rows."""
