"""A flow with as many tasks as the default job, which do nothing: the cost of the orchestrator alone."""

import os

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner

TASKS = 29  # generate, 3 fits, 15 folds, 3 calibrations, 3 evaluations, pick, export, promote, show


@task(cache_policy=NO_CACHE)
def nothing(number: int) -> int:
    """Return the argument."""
    return number


@flow(task_runner=ThreadPoolTaskRunner(max_workers=os.cpu_count()))  # type: ignore[arg-type]  # as in flows/training.py
def empty() -> int:
    """Submit all tasks, and wait for them."""
    return sum(future.result() for future in [nothing.submit(number) for number in range(TASKS)])


if __name__ == "__main__":
    assert sum(range(TASKS)) == empty()
