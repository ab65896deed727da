"""Compare a Dask cluster of one worker with one thread to one of two: a race, or a forest that scores a table.

    python -m benchmarks.dask [ROUNDS] [ROWS] [prediction]

Each runs ROUNDS times (default 5), alternately, on ROWS (default 200,000, for a prediction 2,000,000) rows; scheduler,
workers and Prefect's server are processes of this machine, the workers started as in docs/operate.md. The times
compared are by the server's record: those of folds and fits, from the first start to the last end, or that of the step
that scores and writes; those of the whole process are printed too. For predictions the
seconds of a core that the run and its workers have used are among the figures, and all must have written the same.

Requirement: two workers are 1.7 times as fast as one.
"""

import contextlib
import hashlib
import json
import resource
import shutil
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from benchmarks.jobs import TRAIN, run_job
from benchmarks.prediction import write_rows
from tests.support.prefect_stack import Stack, end, eventually

LEAST = 1.7
FOREST = ("--name", "random_forest")


def main() -> int:
    """Print the table, and the figures as JSON on the last line; the exit status is 1 if the requirement is not met."""
    predicts = sys.argv[-1] == "prediction"
    numbers = [int(word) for word in sys.argv[1:] if word != "prediction"]
    rounds = numbers[0] if numbers else 5
    rows = numbers[1] if len(numbers) > 1 else 2_000_000 if predicts else 200_000
    runs: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as name, Stack(Path(name)) as stack:
        if predicts:
            prepare(stack, rows)
        for _ in range(rounds):
            for workers, times_of_runs in runs.items():
                times_of_runs.append(score(stack, workers) if predicts else race(stack, workers, rows))
    medians = {
        workers: {key: statistics.median(one[key] for one in times_of_runs) for key in times_of_runs[0]}
        for workers, times_of_runs in runs.items()
    }
    print(f"{rows:,} rows{'':<12} {'scoring' if predicts else 'folds and fits':>15} {'whole process':>14}")
    for workers, figures in medians.items():
        print(f"{workers} worker{'s' * (workers > 1):<16} {figures['compute']:>13.1f} s {figures['process']:>12.1f} s")
    times = {key: medians[1][key] / medians[2][key] for key in ("compute", "process")}
    print(f"{'times':<23} {times['compute']:>15.2f} {times['process']:>14.2f}")
    held = times["compute"] >= LEAST
    print(json.dumps({"rounds": rounds, "rows": rows, "seconds": runs, "times": times, "held": held}))
    return int(not held)


@contextlib.contextmanager
def new_cluster(stack: Stack, workers: int) -> Iterator[str]:
    """Start a scheduler and workers, and end them; yields the scheduler's address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address, common = f"tcp://127.0.0.1:{port}", ("--no-dashboard", "--host", "127.0.0.1")
    processes = [stack.start("distributed.cli.dask_scheduler", *common, "--port", str(port))]
    own = ("--nthreads", "1", "--local-directory", str(stack.folder), "--preload", "tasks.runs.dask_worker")
    processes += [stack.start("distributed.cli.dask_worker", *common, *own, address) for _ in range(workers)]
    assert eventually(lambda: are_registered(address, workers)), "the cluster did not come up"
    yield address
    for process in reversed(processes):
        end(process, signal.SIGKILL)


def race(stack: Stack, workers: int, rows: int) -> dict[str, float]:
    """Time one race on a new cluster."""
    with new_cluster(stack, workers) as address:
        flags = ["--runner", "dask", "--dask.address", address, "--dataset.n_samples", str(rows)]
        seconds = run_training(stack, *flags)
    return {"compute": recorded_seconds(stack, ("fit ", "cross-validate ")), "process": seconds}


def run_training(stack: Stack, *flags: str) -> float:
    """Train; returns the seconds of the process."""
    places = ("--store", f"{stack.folder}/models", "--workspace", f"{stack.folder}/work")
    command = [*TRAIN, *places, *flags]
    return run_job(command, PREFECT_API_URL=stack.url, PREFECT_HOME=str(stack.folder)).seconds


def prepare(stack: Stack, rows: int) -> None:
    """Train a forest, and write the table."""
    run_training(stack, *FOREST, "--classifiers", json.dumps({"random_forest": {}}))
    write_rows(stack.folder / "rows.parquet", rows)


def score(stack: Stack, workers: int) -> dict[str, float]:
    """Time one prediction on a new cluster."""
    output, digest = stack.folder / "out", stack.folder / "digest"
    places = ("--store", f"{stack.folder}/models", "--input", f"{stack.folder}/rows.parquet", "--output", str(output))
    with new_cluster(stack, workers) as address:
        flags = (*FOREST, *places, "--runner", "dask", "--dask.address", address)
        command = [sys.executable, "-m", "flows.prediction", *flags]
        before = child_seconds()
        job = run_job(command, PREFECT_API_URL=stack.url, PREFECT_HOME=str(stack.folder))
        cores = {"run cores": child_seconds() - before, "worker cores": worker_seconds(address)}
    with (output / "predictions.parquet").open("rb") as file:
        written = hashlib.file_digest(file, "sha256").hexdigest()
    assert not digest.exists() or written == digest.read_text(), "another run has written other predictions"
    digest.write_text(written)
    shutil.rmtree(output)
    return {"compute": recorded_seconds(stack, ("predict ",)), "process": job.seconds, **cores}


def recorded_seconds(stack: Stack, names: tuple[str, ...]) -> float:
    """Return the time from the first start to the last end of the newest run's steps whose name begins with these."""
    (run,) = stack.ask("flow_runs/filter", sort="START_TIME_DESC", limit=1)
    tasks = stack.ask("task_runs/filter", flow_runs={"id": {"any_": [run["id"]]}}, limit=200)
    timed = [task for task in tasks if task["name"].startswith(names)]
    began, ended = ([datetime.fromisoformat(task[key]) for task in timed] for key in ("start_time", "end_time"))
    return (max(ended) - min(began)).total_seconds()


def child_seconds() -> float:
    """Return the seconds of a core that ended child processes have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def worker_seconds(address: str) -> float:
    """Return the seconds of a core that all workers have used so far."""
    from distributed import Client

    with Client(address, set_as_default=False, timeout=30) as client:
        return float(sum(client.run(time.process_time).values()))


def are_registered(address: str, workers: int) -> bool:
    """Return whether all workers have registered."""
    from distributed import Client

    with Client(address, set_as_default=False, timeout=30) as client:
        return len(client.scheduler_info()["workers"]) == workers


if __name__ == "__main__":
    raise SystemExit(main())
