"""Compare the default job as a whole process: the training flow, alternatives to it, and an empty flow.

    make bench-peers                                 # once: LazyPredict and PyCaret, each in an environment of its own
    python -m benchmarks.reference_job [ROUNDS]

All run alternately, ROUNDS times (default 5); the ratios of the medians are compared. `bakeoff` and `empty flow` use
one running Prefect server, `bakeoff, embedded` starts its own. A peer that is not installed is left out, with a note.

Requirements for bakeoff: ≤ 0.45 of the plain script, ≤ 0.30 of LazyPredict, ≤ 0.25 of PyCaret, and at most the empty
flow plus a fifth of the plain script; embedded: ≤ 0.9 of the plain script.
"""

import json
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.jobs import TRAIN, run_job
from tests.support.prefect_stack import Stack

PEERS = Path(".venv-peers").absolute()
PEER_NAMES = ("LazyPredict", "PyCaret")  # PyCaret writes a log to its working directory
LIMITS = {"plain script": 0.45, "LazyPredict": 0.30, "PyCaret": 0.25}
EMBEDDED = 0.9
OVER_EMPTY = 0.2


def main() -> int:
    """Print the table, and the figures as JSON on the last line; the exit status is 1 if a requirement is not met."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as name, Stack(Path(name)) as stack:
        places = ["--store", f"{name}/models", "--workspace", f"{name}/work"]
        jobs = {
            "plain script": [sys.executable, "-m", "benchmarks.plain"],
            **peers(),
            "empty flow": [sys.executable, "-m", "benchmarks.empty_flow"],
            "bakeoff": [*TRAIN, *places],
            "bakeoff, embedded": [*TRAIN, *places],
        }
        seconds: dict[str, list[float]] = {job: [] for job in jobs}
        for _ in range(rounds):
            for job, command in jobs.items():
                alone = job == "bakeoff, embedded"
                environment = {
                    "PREFECT_API_URL": None if alone else stack.url,
                    "PREFECT_HOME": f"{name}/{'own' * alone}",
                }
                seconds[job].append(run_job(command, folder=name if job in PEER_NAMES else None, **environment).seconds)
    medians = {job: statistics.median(times) for job, times in seconds.items()}
    print(f"{'whole process, seconds':<24} {'median':>7}   each")
    for job, times in seconds.items():
        print(f"{job:<24} {medians[job]:>7.2f}   {'  '.join(f'{time:.2f}' for time in times)}")
    held = check_ratios(medians)
    print(json.dumps({"rounds": rounds, "seconds": seconds, "medians": medians, "held": held}))
    return int(not all(held.values()))


def peers() -> dict[str, list[str]]:
    """Return the commands of the installed peers."""
    commands = {}
    for job in PEER_NAMES:
        python = PEERS / job.lower() / "bin" / "python"
        if python.exists():
            commands[job] = [str(python), f"{Path(__file__).parent}/peers/{job.lower()}_job.py"]
        else:
            print(f"without {job}: make bench-peers installs it")
    return commands


def check_ratios(medians: dict[str, float]) -> dict[str, bool]:
    """Print each ratio with its limit; returns which limits are met."""
    rows = [("bakeoff", job, medians[job], limit) for job, limit in LIMITS.items() if job in medians]
    rows += [("bakeoff, embedded", "plain script", medians["plain script"], EMBEDDED)]
    held = {}
    for ours, theirs, seconds, limit in rows:
        ratio = medians[ours] / seconds
        held[f"{ours} / {theirs}"] = ratio <= limit
        print(f"{f'{ours} / {theirs}':<34} {ratio:.2f}, at most {limit:.2f}{'' if ratio <= limit else '   NOT HELD'}")
    most = medians["empty flow"] + OVER_EMPTY * medians["plain script"]
    held["over the empty flow"] = medians["bakeoff"] <= most
    verdict = "" if held["over the empty flow"] else "   NOT HELD"
    print(f"{'empty flow + 0.2 plain script':<34} {most:.2f} s, bakeoff {medians['bakeoff']:.2f} s{verdict}")
    return held


if __name__ == "__main__":
    raise SystemExit(main())
