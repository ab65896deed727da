"""Compare a race on a Dask cluster of one worker with one thread to a race on two.

    python -m benchmarks.dask [ROUNDS] [ROWS]

Each runs ROUNDS times (default 5), alternately, on ROWS (default 200,000) rows; scheduler, workers and Prefect's
server are processes of this machine, the workers started as in docs/operate.md. The times compared are those of folds
and fits, from the first start to the last end by the server's record; those of the whole process are printed too.

Requirement: two workers are 1.7 times as fast as one.
"""

import json
import signal
import socket
import statistics
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from benchmarks.jobs import TRAIN, run_job
from tests.support.prefect_stack import Stack, end, eventually

LEAST = 1.7


def main() -> int:
    """Print the table, and the figures as JSON on the last line; the exit status is 1 if the requirement is not met."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 200_000
    runs: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as name, Stack(Path(name)) as stack:
        for _ in range(rounds):
            for workers, times_of_runs in runs.items():
                times_of_runs.append(race(stack, workers, rows))
    medians = {
        workers: {key: statistics.median(one[key] for one in times_of_runs) for key in times_of_runs[0]}
        for workers, times_of_runs in runs.items()
    }
    print(f"{rows:,} rows{'':<12} {'folds and fits':>15} {'whole process':>14}")
    for workers, figures in medians.items():
        print(f"{workers} worker{'s' * (workers > 1):<16} {figures['compute']:>13.1f} s {figures['process']:>12.1f} s")
    times = {key: medians[1][key] / medians[2][key] for key in ("compute", "process")}
    print(f"{'times':<23} {times['compute']:>15.2f} {times['process']:>14.2f}")
    held = times["compute"] >= LEAST
    print(json.dumps({"rounds": rounds, "rows": rows, "seconds": runs, "times": times, "held": held}))
    return int(not held)


def race(stack: Stack, workers: int, rows: int) -> dict[str, float]:
    """Time one run on a new cluster."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address, common = f"tcp://127.0.0.1:{port}", ("--no-dashboard", "--host", "127.0.0.1")
    processes = [stack.start("distributed.cli.dask_scheduler", *common, "--port", str(port))]
    options = (
        *common,
        "--nthreads",
        "1",
        "--local-directory",
        str(stack.folder),
        "--preload",
        "tasks.runs.dask_worker",
    )
    processes += [stack.start("distributed.cli.dask_worker", *options, address) for _ in range(workers)]
    assert eventually(lambda: are_registered(address, workers)), "the cluster did not come up"
    places = ["--store", f"{stack.folder}/models", "--workspace", f"{stack.folder}/work"]
    flags = ["--runner", "dask", "--dask.address", address, "--dataset.n_samples", str(rows)]
    command = [*TRAIN, *places, *flags]
    job = run_job(command, PREFECT_API_URL=stack.url, PREFECT_HOME=str(stack.folder))
    for process in reversed(processes):
        end(process, signal.SIGKILL)
    (run,) = stack.ask("flow_runs/filter", sort="START_TIME_DESC", limit=1)
    tasks = stack.ask("task_runs/filter", flow_runs={"id": {"any_": [run["id"]]}}, limit=200)
    computed = [task for task in tasks if task["name"].startswith(("fit ", "cross-validate "))]
    began, ended = ([datetime.fromisoformat(task[key]) for task in computed] for key in ("start_time", "end_time"))
    return {"compute": (max(ended) - min(began)).total_seconds(), "process": job.seconds}


def are_registered(address: str, workers: int) -> bool:
    """Return whether all workers have registered."""
    from distributed import Client

    with Client(address, set_as_default=False, timeout=30) as client:
        return len(client.scheduler_info()["workers"]) == workers


if __name__ == "__main__":
    raise SystemExit(main())
