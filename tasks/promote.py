"""Let the new version meet the champion, and promote it if it is better."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import apart
from bakeoff.challenge import challenge_champion
from tasks.outcome import stated

promote = task(name="promote", task_run_name="meet the champion", cache_policy=NO_CACHE)(
    stated(apart(challenge_champion))
)
