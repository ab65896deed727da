"""Kill training runs at random moments and start them again; compare the versions with an undisturbed run's.

    python -m benchmarks.resume_training [KILLS] [ROWS]

KILLS (default 20) times a training run of ROWS rows (default 20,000) is killed by SIGKILL at a random moment, and the
same command is run again. Its version is compared with that of an undisturbed run: model and rows byte for byte, the
card except for times, versions and durations.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.support.prefect_stack import Stack

VOLATILE = {"version", "created", "config", "fit_seconds", "predict_rows_per_second", "files"}
SAME = ("model.joblib", "validation.parquet", "sample.parquet", "trained_on.parquet")


def main() -> None:
    """Kill and restart; prints a line for each kill, and the figures as JSON on the last line."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    rows = sys.argv[2] if len(sys.argv) > 2 else "20000"
    generator, outcomes = random.Random(0), []
    with tempfile.TemporaryDirectory() as name, Stack(Path(name)) as stack:
        os.environ |= {"PREFECT_API_URL": stack.url, "PREFECT_HOME": name}  # for the auth string
        train(Path(name, "warm"), rows)
        started = time.perf_counter()
        expected = read(train(Path(name, "undisturbed"), rows)[0])
        whole = time.perf_counter() - started
        print(f"an undisturbed run takes {whole:.1f} s")
        print(f"{'killed after':>12} {'taken over':>11} {'then':>8}  result")
        for number in range(kills):
            folder = Path(name, str(number))
            moment = generator.uniform(0, whole)
            ended = not kill(folder, rows, moment)
            started = time.perf_counter()
            version, taken = train(folder, rows)
            seconds = time.perf_counter() - started
            # A run that was killed after its export has made a version, too.
            same = all(expected == read(path) for path in sorted(version.parent.glob("2*-*")))
            left = [path.name for path in (folder / "work").iterdir()]
            outcomes.append(
                {"moment": moment, "ended": ended, "taken": taken, "then": seconds, "same": same, "left": left}
            )
            verdict = ("the same" if same else "DIFFERENT") + ("" if not left else f", left behind: {', '.join(left)}")
            print(f"{moment:>10.2f} s {taken:>11} {seconds:>6.1f} s  {verdict}", flush=True)
    wrong = sum(not outcome["same"] or bool(outcome["left"]) for outcome in outcomes)
    print(f"{kills} kills, {wrong} wrong results")
    print(json.dumps({"rows": rows, "whole": whole, "kills": outcomes, "wrong": wrong}))
    sys.exit(bool(wrong))


def command(folder: Path, rows: str) -> list[str]:
    """Return the run's command line."""
    places = ["--store", str(folder / "models"), "--workspace", str(folder / "work")]
    return [sys.executable, "-m", "flows.training", "--dataset.n_samples", rows, *places]


def train(folder: Path, rows: str) -> tuple[Path, int]:
    """Run it to its end; returns the version, and the number of steps taken over."""
    done = subprocess.run(command(folder, rows), check=True, capture_output=True, text=True)
    return Path(done.stdout.splitlines()[-1]), len(re.findall("taken over from a run", done.stderr))


def kill(folder: Path, rows: str, moment: float) -> bool:
    """Run it and kill it; returns False if it had ended before."""
    process = subprocess.Popen(command(folder, rows), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


def read(version: Path) -> dict[str, Any]:
    """Return what is the same in every run: the files' bytes, and the card without what changes."""
    card = json.loads((version / "card.json").read_text())
    return {"card": steady(card)} | {name: (version / name).read_bytes() for name in SAME}


def steady(value: Any) -> Any:
    """Remove the keys that change from run to run."""
    if isinstance(value, dict):
        return {key: steady(each) for key, each in value.items() if key not in VOLATILE}
    return [steady(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
