"""Pick the winner of the race."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.selection import pick_best
from tasks.outcome import stated

pick = task(name="pick", task_run_name="pick the best", cache_policy=NO_CACHE)(stated(pick_best))
