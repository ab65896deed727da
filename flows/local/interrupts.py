"""End a command on Ctrl-C or SIGTERM: print one line, report the run to the server, clean up its folders."""

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


CLEAR_SECONDS = 5  # the time to clean up before the process is ended; fits that still run are not awaited
TELL_SECONDS = 60  # the longest wait for a busy server to record the run's state
PATIENCE_SECONDS = 2  # the time after which a line tells what the command is waiting for
SAME_PRESS_SECONDS = 0.5  # a signal within it is no second one: `timeout` signals the process, then its group


class Ending:
    """Ends the command when it is interrupted; a thread reports that to the server, and then ends the process.

    Attributes:
        run: the flow's run; None before it is made.
        status: the exit status for an interrupted command; the run's own once it has ended.
    """

    def __init__(self, name: str) -> None:
        """Handle the signals.

        Args:
            name: the flow's name.
        """
        self.run: OwnRun | None = None
        self.status = 1
        self._name = name
        self._since: float | None = None
        self._reported = threading.Event()
        self.take_signals()

    def take_signals(self) -> None:
        """Handle SIGINT and SIGTERM from now on."""
        signal.signal(signal.SIGINT, self._interrupt)
        signal.signal(signal.SIGTERM, self._interrupt)

    @contextlib.contextmanager
    def reported_first(self) -> Iterator[None]:
        """If the block is interrupted, wait at its end until the run has been reported to the server, or can't be."""
        try:
            yield
        finally:
            if self._since is not None:
                self._reported.wait()

    def _interrupt(self, number: int, _frame: object) -> None:
        """Handle a signal: begin to end the command, or at a second signal end the process at once."""
        if self._since is not None:
            if time.monotonic() > self._since + SAME_PRESS_SECONDS:
                os._exit(self.status)
            return
        self._since = time.monotonic()
        logging.disable()  # threads may still finish steps, which are cached but no longer part of this run
        by = "interrupted by Ctrl-C" if number == signal.SIGINT else "interrupted by SIGTERM"
        published = "".join(f"; it had published {path}" for path in self._published())
        if self.run is None or not self.run.is_delivered:
            self._say(f"interrupted{published or '; run the same command again to continue'}")
        threading.Thread(target=self._end, args=(by + published,), daemon=True).start()
        raise KeyboardInterrupt

    def _end(self, message: str) -> None:
        try:
            self._tell(message)
        finally:
            self._reported.set()
            time.sleep(CLEAR_SECONDS)
            os._exit(self.status)

    def _tell(self, message: str) -> None:
        if self.run is not None:
            waiting = "waiting up to a minute for the server to record it; Ctrl-C again ends at once"
            patience = threading.Timer(PATIENCE_SECONDS, self._say, (waiting,))
            patience.daemon = True
            patience.start()
            reported = self.run.tell(message, time.monotonic() + TELL_SECONDS)
            patience.cancel()
            if not reported:
                self._say("the run's state could not be reported to the server")

    def _say(self, line: str) -> None:
        os.write(2, f"{self._name}: {line}\n".encode())  # not by `print`, which the signal may have interrupted

    @staticmethod
    def _published() -> list[object]:
        module = sys.modules.get("tasks.runs.cancellation")
        return list(module.published) if module else []
