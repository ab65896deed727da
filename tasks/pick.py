"""Pick the winner of the race."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import apart
from bakeoff.choosing import choose_winner
from tasks.outcome import stated

pick = task(name="pick", task_run_name="pick the winner", cache_policy=NO_CACHE)(stated(apart(choose_winner)))
