"""Measure the time from requesting a deployment run to its first running task, and the idle stack's memory.

python -m benchmarks.dispatch [ROUNDS]      # real server, PostgreSQL and one idle process worker, as shipped

Requirement: the median of five is at most 12 seconds.
"""

import itertools
import json
import statistics
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import httpx

from tests.support.postgres import postgres
from tests.support.prefect_stack import Stack, descendants, eventually

LIMIT_SECONDS = 12
STEPS = ("taken up", "running", "first task")


def main(rounds: int = 5) -> int:
    """Print the table and the figures; the exit status is 1 if the requirement is not met."""
    with (
        tempfile.TemporaryDirectory(prefix="bakeoff-dispatch-") as name,
        postgres() as (url, log),
        Stack(folder := Path(name), pages=True, PREFECT_SERVER_DATABASE_CONNECTION_URL=url) as stack,
    ):
        stack.register()
        worker = stack.start_worker("--limit", "2")
        online = eventually(
            lambda: "ONLINE" in {one["status"] for one in stack.ask("work_pools/bakeoff/workers/filter")}
        )
        assert online, "the worker did not come up"
        postmaster = int((log.parent / "data" / "postmaster.pid").read_text().split()[0])
        memory = {"server": stack.server.pid, "worker": worker.pid, "postgres": postmaster}
        megabytes = {name: round(memory_of(pid)) for name, pid in memory.items()}
        waits = [dispatch(stack, folder) for _ in range(rounds)]
    medians = {step: statistics.median(wait[step] for wait in waits) for step in (*STEPS, "total")}
    print(f"{'step':<12}" + "".join(f"{f'run {number}':>8}" for number in range(1, rounds + 1)) + f"{'median':>9}")
    for step, median in medians.items():
        print(f"{step:<12}" + "".join(f"{wait[step]:>8.2f}" for wait in waits) + f"{median:>9.2f}")
    print("seconds after the step before; memory of the idle stack in MB: ", megabytes)
    figures = {"seconds": medians, "totals": [wait["total"] for wait in waits], "megabytes": megabytes}
    print(json.dumps(figures))
    return int(medians["total"] > LIMIT_SECONDS)


def dispatch(stack: Stack, folder: Path) -> dict[str, float]:
    """Request one small run; returns the seconds of each step, by the server's clock."""
    config = {"dataset": {"n_samples": 500}, "store": str(folder / "models"), "workspace": str(folder / "work")}
    run = stack.ask_for_run(stack.deployment("nightly"), **config)
    assert eventually(lambda: stack.state(run)["type"] == "COMPLETED"), stack.state(run)
    asked = {"params": {"flow_run_id": run["id"]}, "auth": stack.auth, "timeout": 30}
    history = httpx.get(f"{stack.url}/flow_run_states/", **asked).json()
    at = {state["name"]: moment(state["timestamp"]) for state in history}

    def tasks() -> list[str]:
        task_runs = stack.ask("task_runs/filter", flow_runs={"id": {"any_": [run["id"]]}})
        return [task["start_time"] for task in task_runs if task["start_time"]]

    first = min(map(moment, eventually(tasks)))
    moments = (at["Scheduled"], at["Pending"], at["Running"], first)
    steps = [(end - begin).total_seconds() for begin, end in itertools.pairwise(moments)]
    return dict(zip((*STEPS, "total"), (*steps, sum(steps)), strict=True))


def moment(text: str) -> datetime:
    """Parse a time as the server writes it."""
    return datetime.fromisoformat(text)


def memory_of(pid: int) -> float:
    """Return the memory in MB of a process and its children, shared memory counted once (Pss)."""
    pids = [pid, *descendants(pid)]
    rollups = (Path(f"/proc/{one}/smaps_rollup").read_text().splitlines() for one in pids)
    return sum(int(line.split()[1]) for lines in rollups for line in lines if line.startswith("Pss:")) / 1000


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
