"""Somebody who follows a document: a copy of the project, and a shell that remembers what was exported."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from prefect_stack import ROOT, end, eventually

# make looks at these; what they say is installed in the .venv that the copy is given.
LOCKS = ("pyproject.toml", "requirements-setup.txt", "requirements.txt", "requirements-dev.txt")
COMMAND_SECONDS = 300


class Reader:
    """Follows one document in a folder of its own."""

    def __init__(self, document, folder, home):
        self.document, self.folder, self.home = document, folder / "project", home
        self.state = folder / "exported"
        self.log = folder / "background.log"
        self.processes = []
        self.ports = {4200: free_port(), 4201: free_port()}
        copy_project(self.folder)
        # Nothing of the person who runs the tests, and nothing of the make that runs them: it exports its ARGS too.
        theirs = ("PREFECT_", "BAKEOFF_", "MAKE", "MFLAGS", "ARGS", "PYTEST_")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(theirs)}
        own = {"HOME": str(home), "PREFECT_HOME": str(home / ".prefect"), "PYTHONUNBUFFERED": "1"}
        self.environment = kept | own | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}

    def leave(self):
        """End what was left running; what was written stays."""
        for process in reversed(self.processes):
            end(process, signal.SIGKILL)

    def run(self, text):
        """Give a command; returns its status and all that it printed. What it exports holds for those after it."""
        remembering = f"{self.recalling}{text}\nstatus=$?\nexport -p > '{self.state}'\nexit $status"
        done = subprocess.run(
            ["bash", "-c", remembering],
            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
            timeout=COMMAND_SECONDS, cwd=self.folder, env=self.environment,
        )  # fmt: skip
        return done.returncode, done.stdout

    def start(self, text, is_up, **settings):
        """Give a command that stays, in a terminal of its own; returns whether it came up."""
        before = self.said()
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                ["bash", "-c", self.recalling + text],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                cwd=self.folder, env=self.environment | settings, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        came_up = eventually(lambda: process.poll() is not None or is_up(self.said()[len(before) :]), pause=0.1)
        return came_up and process.poll() is None

    @property
    def recalling(self):
        return f". '{self.state}'\n" if self.state.exists() else ""

    def said(self):
        """What the commands that stay have printed."""
        return self.log.read_text() if self.log.exists() else ""

    def versions(self, name):
        """The model's versions, with the champion last."""
        folder = self.folder / "models" / name
        champion = (folder / "champion").read_text().strip()
        return sorted((path.name for path in folder.glob("*Z-*")), key=lambda version: (version == champion, version))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def copy_project(folder):
    """What a clone of the working tree as it stands would have, with the .venv that is there linked.

    Setting up is left out: it takes minutes and downloads. Locks that are older than the .venv keep make from it; else
    it would install the copy over the project.
    """
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, check=True, capture_output=True, text=True, cwd=ROOT, timeout=60).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():  # not one that was deleted and is not committed yet
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for name in LOCKS:
        os.utime(folder / name, (0, 0))
    (folder / ".venv").symlink_to(Path(ROOT / ".venv"))
