"""Record which tasks of the default job ran when, and how busy the cores were.

    python -m benchmarks.timeline [PICTURE.svg] [FLAG …]

One run with a running Prefect server, by the server's record of its tasks; the flags are the training flow's. The
compute phase is from the first fit's start to the last fold's or fit's end; the cores' load in it is the machine's own
count (/proc/stat), so nothing else should run. The picture needs matplotlib (`make notebook` installs it).

Requirement: the cores are busy for 85 % of the compute phase.
"""

import json
import os
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from bakeoff.classifiers import title
from benchmarks.jobs import TRAIN, run_job
from tests.support.prefect_stack import Stack

LEAST_BUSY = 0.85
EVERY_SECONDS = 0.02


def main() -> int:
    """Print the tasks, and the figures as JSON on the last line; the exit status is 1 if the requirement is not met."""
    picture = next((Path(word) for word in sys.argv[1:2] if word.endswith(".svg")), None)
    flags = sys.argv[2 if picture else 1 :]
    with tempfile.TemporaryDirectory() as name, Stack(Path(name)) as stack:
        places = ["--store", f"{name}/models", "--workspace", f"{name}/work"]
        command = [*TRAIN, *places, *flags]
        environment = {"PREFECT_API_URL": stack.url, "PREFECT_HOME": name}
        run_job(command, **environment)  # a server's first run is slower
        counts: list[tuple[float, int, int]] = []
        done = threading.Event()
        counting = threading.Thread(target=_count, args=(counts, done))
        counting.start()
        began = time.time()
        job = run_job(command, **environment)
        done.set()
        counting.join()
        (run,) = stack.ask("flow_runs/filter", sort="START_TIME_DESC", limit=1)
        task_runs = stack.ask("task_runs/filter", flow_runs={"id": {"any_": [run["id"]]}}, limit=200)
    tasks = sorted(
        (moment(task["start_time"]) - began, moment(task["end_time"]) - began, task["name"]) for task in task_runs
    )
    computed = [(start, end) for start, end, name in tasks if name.startswith(("fit ", "cross-validate "))]
    first, last = min(start for start, _ in computed), max(end for _, end in computed)
    busy = share(counts, began + first, began + last)
    for start, end, name in tasks:
        print(f"{start:>7.2f} {end:>7.2f}  {name}")
    print(f"whole process {job.seconds:.2f} s; folds and fits from {first:.2f} to {last:.2f} s, cores {busy:.0%} busy")
    if picture:
        draw(picture, tasks, counts, began, job.seconds)
    figures = {"seconds": job.seconds, "compute": [first, last], "busy": busy, "tasks": tasks}
    print(json.dumps({**figures, "held": busy >= LEAST_BUSY}))
    return int(busy < LEAST_BUSY)


def moment(text: str) -> float:
    """Parse a time as the server writes it, in seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def _count(counts: list[tuple[float, int, int]], done: threading.Event) -> None:
    """Record the cores' ticks so far: idle ones and all."""
    while not done.wait(EVERY_SECONDS):
        ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        counts.append((time.time(), ticks[3] + ticks[4], sum(ticks)))


def share(counts: list[tuple[float, int, int]], first: float, last: float) -> float:
    """Return the share of non-idle ticks between two times."""
    within = [count for count in counts if first <= count[0] <= last]
    idle, total = (within[-1][place] - within[0][place] for place in (1, 2))
    return 1 - idle / total


def draw(path: Path, tasks: list[Any], counts: list[tuple[float, int, int]], began: float, seconds: float) -> None:
    """Draw a bar for each task, in as few rows as possible, above the load of the cores."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    colours = {
        "random forest": "#1b7837", "svm": "#762a83", "logistic regression": "#b35806", "": "#4d4d4d",
    }  # fmt: skip
    figure, (bars, cores) = plt.subplots(2, 1, figsize=(10, 4), sharex=True, height_ratios=(5, 2), layout="constrained")
    lines: list[float] = []
    for start, end, name in tasks:
        line = next((place for place, free in enumerate(lines) if free <= start), len(lines))
        lines[line:] = [end, *lines[line + 1 :]]
        who = next(each for each in colours if each in name.replace("_", " "))
        bars.barh(line, end - start, left=start, color=colours[who], edgecolor="white", linewidth=0.6)
    for who, colour in colours.items():
        bars.barh(0, 0, color=colour, label=title(who.replace(" ", "_")) if who else "all contestants")
    bars.set(yticks=[], ylabel="tasks at once", title=f"The default job on {os.cpu_count()} cores: {seconds:.1f} s")
    bars.legend(loc="upper left", fontsize=8, frameon=False)
    step = 5
    middle = [(one[0] + two[0]) / 2 - began for one, two in zip(counts, counts[step:])]
    busy = [100 * (1 - (two[1] - one[1]) / max(1, two[2] - one[2])) for one, two in zip(counts, counts[step:])]
    cores.fill_between(middle, busy, color="#9ecae1")
    cores.set(ylim=(0, 100), xlim=(0, seconds), ylabel="cores busy, %", xlabel="seconds since the command")
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    raise SystemExit(main())
