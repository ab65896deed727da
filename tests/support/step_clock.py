"""Clocks that can be stepped while a process runs; `clock.c` says how."""

import struct
import subprocess
from pathlib import Path


def build_clock(library):
    """Compile what is preloaded into the processes; needs a C compiler."""
    source = Path(__file__).with_name("clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source)], check=True)


def set_clock(offset, seconds):
    """Step the clock, by the file that the processes have mapped, so that it is off by the seconds.

    The file is written in place: another one of its name would not be seen.
    """
    with offset.open("r+b" if offset.exists() else "wb", buffering=0) as file:
        file.write(struct.pack("@l", seconds))
