"""Ask for many runs of a deployment within a minute, and watch server, database and two workers until all have ended.

    python -m benchmarks.load [RUNS]      # default 200; real server, PostgreSQL and two workers of two runs each
    python -m benchmarks.load 500         # what grows: memory, workspace, time of a run

Each is a training run of 300 rows and one contestant, with its prediction left out. A probe asks the server for the
newest runs twice a second meanwhile. A run is out of order if it is taken up before as many that were asked for
earlier as can run at once.

Requirements: all complete, each with its version, in order if no more than 200 wait (a worker that looks for work locks
so many, and another one that looks at the same moment finds those behind them); neither server nor database logs a lock
error; the server grows by at most 200 MB, the workspace by 50 MB after its first run; the last runs take at most 1.3
times as long as the first; the probe's 99th percentile is at most 5 seconds.
"""

import contextlib
import json
import re
import statistics
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

from benchmarks.jobs import memory
from tests.support.postgres import postgres
from tests.support.prefect_stack import Stack, end, eventually

MINUTE = 60
WORKERS, LIMIT = ("first", "second"), 2
SLOTS = LIMIT * len(WORKERS)
GROWTH_MIB, ANSWER_SECONDS, WORKSPACE_MIB, LONGER = 200, 5, 50, 1.3
PAGE = 200  # runs that a worker asks for at once
FEW = 20  # runs whose median time is compared
LOCKS = re.compile(r".*(?:database is locked|deadlock|could not serialize|lock timeout).*", re.IGNORECASE)
ENDS = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def main(runs: int = 200) -> int:
    """Print the figures; the exit status is 1 if a requirement is not met."""
    with (
        tempfile.TemporaryDirectory(prefix="bakeoff-load-") as name,
        postgres() as (url, log),
        Stack(folder := Path(name), PREFECT_SERVER_DATABASE_CONNECTION_URL=url) as stack,
    ):
        stack.register()
        stack.drop(f"deployments/{stack.deployment('batch')['id']}")  # so that no run asks for its prediction
        nightly = stack.deployment("nightly")
        stack.change(f"deployments/{nightly['id']}", concurrency_limit=None)
        workers = [stack.start_worker("--name", name, "--limit", str(LIMIT)) for name in WORKERS]
        answers: list[float] = []
        sizes: dict[str, list[float]] = {"server": [], "workers": [], "workspace": []}
        done = threading.Event()
        probe = threading.Thread(target=watch, args=(stack, workers, folder / "work", answers, sizes, done))
        probe.start()
        began = time.monotonic()
        config = {
            "dataset": {"n_samples": 300},
            "classifiers": {"logistic_regression": {}},
            "retrain": "always",
            "store": str(folder / "models"),
            "workspace": str(folder / "work"),
        }
        for number in range(runs):
            time.sleep(max(0.0, began + number * MINUTE / runs - time.monotonic()))
            stack.ask_for_run(nightly, **config)
        asked = time.monotonic() - began
        eventually(lambda: count(stack, nightly, ENDS) == runs, seconds=runs * 60, pause=5)
        seconds = time.monotonic() - began
        done.set()
        probe.join()
        completed = count(stack, nightly, ("COMPLETED",))
        behind = displacement(stack, nightly)
        times = [run["total_run_time"] for run in pages(stack, nightly, ENDS)]
        locks = LOCKS.findall((folder / "server.log").read_text() + log.read_text())
        for worker in workers:
            end(worker)
        versions = len(list(folder.glob("models/classifier/*/card.json")))
    growth = {key: size[-1] - size[0] for key, size in sizes.items()}
    median, slowest = statistics.median(answers), statistics.quantiles(answers, n=100)[-1]
    print(f"{runs} runs asked for in {asked:.0f} s: {completed} completed in {seconds:.0f} s, {versions} versions")
    print(f"most places ahead of its turn: {behind}; lock errors: {len(locks)}")
    print(f"answers of the server, {len(answers)}: median {median:.3f} s, 99th percentile {slowest:.3f} s")
    for key, size in sizes.items():
        print(f"{key}: {size[0]:.0f} MiB at first, {max(size):.0f} at most, {size[-1]:.0f} at last")
    held = completed == versions == runs and (behind <= SLOTS or runs > PAGE) and not locks
    first, last = statistics.median(times[SLOTS : SLOTS + FEW]), statistics.median(times[-SLOTS - FEW : -SLOTS])
    print(f"a run takes {first:.1f} s at first, {last:.1f} s at last (medians of {FEW})")
    held = held and growth["server"] <= GROWTH_MIB and slowest <= ANSWER_SECONDS
    held = held and growth["workspace"] <= WORKSPACE_MIB and last <= LONGER * first
    figures = {"runs": runs, "completed": completed, "seconds": seconds, "behind": behind, "locks": len(locks)}
    figures |= {"answers": [median, slowest], "run": [first, last], "MiB": sizes, "held": held}
    print(json.dumps(figures))
    return int(not held)


def watch(
    stack: Stack,
    workers: list,
    workspace: Path,
    answers: list[float],
    sizes: dict[str, list[float]],
    done: threading.Event,
) -> None:
    """Ask the server twice a second, and note memory and the workspace's size every ten seconds, until `done`."""
    looked = 0.0
    while not done.wait(0.5):
        began = time.monotonic()
        stack.ask("flow_runs/filter", sort="START_TIME_DESC", limit=5)
        answers.append(time.monotonic() - began)
        if began - looked >= 10:
            looked = began
            sizes["server"].append(memory(stack.server.pid))
            sizes["workers"].append(sum(own_memory(worker.pid) for worker in workers))
            sizes["workspace"].append(disk_use(workspace))


def disk_use(folder: Path) -> float:
    """Return the size in MiB of a folder's files; what is removed meanwhile does not count."""
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            size += path.lstat().st_size
    return size / (1 << 20)


def own_memory(pid: int) -> float:
    """Return the resident memory in MiB of a process alone, without the runs that it has started."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def pages(stack: Stack, deployment: dict, states: tuple[str, ...]) -> list[dict]:
    """Return all runs of a deployment that are in one of the states; the server gives 200 at a time."""
    found: list[dict] = []
    while True:
        page = stack.ask(
            "flow_runs/filter",
            deployments={"id": {"any_": [deployment["id"]]}},
            flow_runs={"state": {"type": {"any_": list(states)}}},
            sort="EXPECTED_START_TIME_ASC",
            offset=len(found),
        )
        found += page
        if not page:
            return found


def count(stack: Stack, deployment: dict, states: tuple[str, ...]) -> int:
    """Return how many of the deployment's runs are in one of the states."""
    return len(pages(stack, deployment, states))


def displacement(stack: Stack, deployment: dict) -> int:
    """Return by how many places a run began ahead of its turn, at most: runs were asked for in a certain order."""
    started = sorted(pages(stack, deployment, ENDS), key=lambda run: datetime.fromisoformat(run["start_time"]))
    turns = {run["id"]: turn for turn, run in enumerate(pages(stack, deployment, ENDS))}
    return max(turns[run["id"]] - place for place, run in enumerate(started))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
