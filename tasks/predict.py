"""Score a table with a saved version."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.prediction import score_table
from tasks.outcome import stated
from tasks.threads import one_thread

predict = task(name="predict", task_run_name="predict with {ref.version}", cache_policy=NO_CACHE)(
    stated(one_thread(score_table))
)
