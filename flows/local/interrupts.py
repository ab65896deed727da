"""What Ctrl-C and SIGTERM do to a command: one line, the run's state on the server, its folders cleared, the end."""

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.local.flow_run import OwnRun


CLEAR_SECONDS = 5  # to clean up; fits that still run are not waited for
TELL_SECONDS = 60  # for a busy server to note what became of the run
PATIENCE_SECONDS = 2  # until whoever waits for that is told so
SAME_PRESS_SECONDS = 0.5  # `timeout` and others signal the process and then its group


class Ending:
    """Ends the command when it is interrupted, in a thread that waits for nobody but the server.

    Attributes:
        run: the flow's run, once there is one.
        status: to end with.
    """

    def __init__(self, name: str) -> None:
        """Take the signals.

        Args:
            name: of the flow.
        """
        self.run: OwnRun | None = None
        self.status = 1
        self._name = name
        self._since: float | None = None
        self._told = threading.Event()
        self.take_signals()

    def take_signals(self) -> None:
        """Be asked by both signals from now on."""
        signal.signal(signal.SIGINT, self._interrupt)
        signal.signal(signal.SIGTERM, self._interrupt)

    @contextlib.contextmanager
    def told_first(self) -> Iterator[None]:
        """Where the block is interrupted, don't leave it before the server knows."""
        try:
            yield
        finally:
            if self._since is not None:
                self._told.wait()

    def _interrupt(self, number: int, _frame: object) -> None:
        if self._since is not None:
            if time.monotonic() > self._since + SAME_PRESS_SECONDS:
                os._exit(self.status)
            return
        self._since = time.monotonic()
        logging.disable()  # what threads still finish is kept, and is not this run's result
        by = "interrupted by Ctrl-C" if number == signal.SIGINT else "interrupted by SIGTERM"
        stands = "".join(f"; it had published {path}" for path in self._published())
        if self.run is None or not self.run.is_delivered:
            self._say(f"interrupted{stands or '; the same command goes on where it was'}")
        threading.Thread(target=self._end, args=(by + stands,), daemon=True).start()
        raise KeyboardInterrupt

    def _end(self, message: str) -> None:
        try:
            self._tell(message)
        finally:
            self._told.set()
            time.sleep(CLEAR_SECONDS)
            os._exit(self.status)

    def _tell(self, message: str) -> None:
        if self.run is not None:
            waiting = "waiting for the server to note it, up to a minute; Ctrl-C again ends at once"
            patience = threading.Timer(PATIENCE_SECONDS, self._say, (waiting,))
            patience.daemon = True
            patience.start()
            told = self.run.tell(message, time.monotonic() + TELL_SECONDS)
            patience.cancel()
            if not told:
                self._say("the server could not be told; there the run stays as it was")

    def _say(self, line: str) -> None:
        os.write(2, f"{self._name}: {line}\n".encode())  # `print` may be what was interrupted

    @staticmethod
    def _published() -> list[object]:
        wanted = sys.modules.get("tasks.runs.cancellation")
        return list(wanted.published) if wanted else []
