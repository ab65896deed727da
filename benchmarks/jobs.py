"""Whole processes that are timed, and the memory that they and all that they start hold at most."""

import contextlib
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import NamedTuple

from tests.support.prefect_stack import descendants

EVERY_SECONDS = 0.2
MIB = 1 << 20


class Job(NamedTuple):
    """What a process took; `peak` in MiB, of it and its descendants together, 0 where nobody looked."""

    seconds: float
    peak: float
    output: str


def run_job(command: list[str], look: bool = False, folder: str | None = None, **environment: str | None) -> Job:
    """Run a process that must succeed.

    Args:
        look: whether to look at its memory, which takes a little of the time.
        folder: its current one, this process's by default.
        environment: what it finds beside this process's; None takes a variable away.

    Raises:
        RuntimeError: it failed, with the end of what it printed.
    """
    told = {**os.environ, **{key: value for key, value in environment.items() if value is not None}}
    for key in (key for key, value in environment.items() if value is None):
        told.pop(key, None)
    started = time.perf_counter()
    output_of_both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=folder, env=told, **output_of_both) as process:
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
    """MiB that a process and its descendants hold, what they share counted once (Pss)."""
    kib = 0
    for one in (pid, *descendants(pid)):
        with contextlib.suppress(OSError):  # it ended meanwhile
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            kib += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kib * 1024 / MIB


def _look(pid: int, peak: list[float], done: threading.Event) -> None:
    while not done.wait(EVERY_SECONDS):
        peak[0] = max(peak[0], memory(pid))
