"""Kill prediction runs at random moments and start them again; compare the results with an undisturbed run.

    python -m benchmarks.resume [KILLS] [ROWS]

Each of KILLS (default 10) is a SIGKILL of `python -m flows.prediction` at any time of the run, with a real server;
then the same command runs to its end. Requirements: the result is byte for byte that of the undisturbed run, the
output folder does not exist before the run is complete, and scored rows are not scored again.
"""

import hashlib
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

from benchmarks.prediction import train, write_rows
from tests.support.prefect_stack import Stack

CONTINUED = re.compile(r"([\d,]+) rows were scored by a run that ended early")


def main(kills: int = 10, rows: int = 5_000_000, seed: int = 0) -> int:
    """Print the table and the figures; the exit status is 1 if a requirement is not met."""
    generator, wrong, figures = random.Random(seed), 0, []
    with tempfile.TemporaryDirectory() as name, Stack(Path(name)) as stack:
        folder = Path(name)
        os.environ |= {"PREFECT_API_URL": stack.url, "PREFECT_HOME": name}  # for the auth string
        train(folder, "logistic_regression")
        write_rows(folder / "rows.parquet", rows)
        started = time.monotonic()
        finish(start(folder, "whole"))
        whole, expected = time.monotonic() - started, digests(folder / "whole")
        print(f"undisturbed: {rows:,} rows in {whole:.1f} s")
        print(f"{'killed after':>12} {'continued after':>18} {'then':>8}  result")
        for number in range(kills):
            moment, output = generator.uniform(0, whole), f"out-{number}"
            process = start(folder, output)
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            early = (folder / output).exists()
            ended = early and process.returncode == 0
            kept = kept_rows(folder)
            started = time.monotonic()
            text = "" if early else finish(start(folder, output))
            seconds = time.monotonic() - started
            skipped = int(CONTINUED.search(text)[1].replace(",", "")) if CONTINUED.search(text) else 0
            same = digests(folder / output) == expected and skipped == kept and early == ended
            wrong += not same
            print(
                f"{moment:>10.2f} s {skipped:>13,} rows {seconds:>6.1f} s  {'the same' if same else 'ANOTHER'}",
                flush=True,
            )
            figures.append({"seconds": moment, "behind": skipped, "then": seconds, "same": same, "ended": ended})
        left = [path.name for path in folder.iterdir() if path.name.startswith(".bakeoff-")]
    print(f"{kills} kills, {wrong} wrong results, {len(left)} folders left behind")
    print(json.dumps({"rows": rows, "whole": whole, "kills": figures, "wrong": wrong, "left": len(left)}))
    return int(wrong > 0 or len(left) > 0)


def kept_rows(folder: Path) -> int:
    """Return the number of rows that a killed run has saved."""
    rows = 0
    for state in folder.glob(".bakeoff-*/state.jsonl"):
        for line in state.read_bytes().splitlines(keepends=True)[1:]:
            if line.endswith(b"\n"):
                rows = json.loads(line.rpartition(b" ")[0])["after"]["row"]
    return rows


def start(folder: Path, output: str) -> "subprocess.Popen[str]":
    """Start one run of the command line."""
    command = [sys.executable, "-m", "flows.prediction", "--name", "logistic_regression", "--store", f"{folder}/models"]
    command += ["--input", f"{folder}/rows.parquet", "--output", f"{folder}/{output}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process: "subprocess.Popen[str]") -> str:
    """Wait for a run that must succeed; returns its output."""
    text, _ = process.communicate()
    assert process.returncode == 0, text
    return text


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a result."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
