"""Run whole processes, and measure their time and the peak memory of them and all their descendants."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from tests.support.prefect_stack import descendants

EVERY_SECONDS = 0.2
MIB = 1 << 20
# Trains each time, also where the store has a version of the same rows and config.
TRAIN = (sys.executable, "-m", "flows.training", "--retrain", "always")


class Job(NamedTuple):
    """The time of a process, its output, and the peak memory of it and its descendants in MiB, 0 if not measured."""

    seconds: float
    peak: float
    output: str


def run_job(command: list[str], look: bool = False, folder: str | None = None, **environment: str | None) -> Job:
    """Run a process that must succeed.

    Args:
        command: the command and its arguments.
        look: whether to measure its memory, which takes a little time.
        folder: its working directory, by default this process's.
        environment: variables to add to this process's environment; None removes one.

    Raises:
        RuntimeError: it failed; the message contains the end of its output.
    """
    variables = {**os.environ, **{key: value for key, value in environment.items() if value is not None}}
    for key in (key for key, value in environment.items() if value is None):
        variables.pop(key, None)
    started = time.perf_counter()
    output_of_both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=folder, env=variables, **output_of_both) as process:
        peak, done = [0.0], threading.Event()
        looking = threading.Thread(target=_look, args=(process.pid, peak, done))
        if look:
            looking.start()
        output, _ = process.communicate()
        seconds = time.perf_counter() - started
        done.set()
        if look:
            looking.join()
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}: {output[-2000:]}")
    return Job(seconds, peak[0], output)


def memory(pid: int) -> float:
    """Return the memory in MiB of a process and its descendants, shared memory counted once (Pss)."""
    kib = 0
    for one in (pid, *descendants(pid)):
        with contextlib.suppress(OSError):  # it ended in the meantime
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            kib += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kib * 1024 / MIB


def _look(pid: int, peak: list[float], done: threading.Event) -> None:
    while not done.wait(EVERY_SECONDS):
        peak[0] = max(peak[0], memory(pid))
