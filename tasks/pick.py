"""Pick the winner of the race."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.choosing import choose_winner
from tasks.outcome import stated
from tasks.threads import one_thread

pick = task(name="pick", task_run_name="pick the winner", cache_policy=NO_CACHE)(stated(one_thread(choose_winner)))
