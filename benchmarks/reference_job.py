"""The default job as a whole process: the training flow with its embedded server, beside the plain script.

    python -m benchmarks.reference_job [ROUNDS]

Both run in turn, ROUNDS times (default 3); what counts is the ratio of the medians.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time


def seconds(command: list[str]) -> float:
    """The wall time of a process that must succeed."""
    started = time.perf_counter()
    environment = {
        key: value for key, value in os.environ.items() if key != "PREFECT_API_URL"
    }  # the server is embedded
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - started


def main() -> None:
    """Time both in turn and print one table, and the figures as JSON on the last line."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    times: dict[str, list[float]] = {"plain": [], "bakeoff": []}
    with tempfile.TemporaryDirectory() as folder:
        training = ["-m", "flows.training", "--store", f"{folder}/models", "--workspace", f"{folder}/work"]
        for _ in range(rounds):
            times["plain"].append(seconds([sys.executable, "-m", "benchmarks.plain"]))
            times["bakeoff"].append(seconds([sys.executable, *training]))
    medians = {name: statistics.median(several) for name, several in times.items()}
    ratio = medians["bakeoff"] / medians["plain"]
    print(f"{'whole process':<34} {'median':>8}   each")
    for name, label in (("plain", "plain script"), ("bakeoff", "training flow, embedded server")):
        each = "  ".join(f"{value:.1f}" for value in times[name])
        print(f"{label:<34} {medians[name]:6.1f} s   {each}")
    print(f"{'ratio':<34} {ratio:6.2f}")
    print(json.dumps({"rounds": rounds, "seconds": times, "medians": medians, "ratio": ratio}))


if __name__ == "__main__":
    main()
