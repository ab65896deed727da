"""Let the new version meet the champion, and promote it if it is better."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.challenge import challenge_champion
from tasks.outcome import stated
from tasks.threads import one_thread

promote = task(name="promote", task_run_name="meet the champion", cache_policy=NO_CACHE)(
    stated(one_thread(challenge_champion))
)
