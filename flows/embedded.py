"""Prefect's embedded server, started at once in a child process while this one still imports.

Prefect would start one by itself, but only after this process has imported the whole server too, and one after the
other. This file is both sides: `EmbeddedServer` in the parent, `python -m flows.embedded PORT` in the child.
"""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

STARTUP_SECONDS = 180


class EmbeddedServer:
    """A Prefect server of this process's own on a free port of 127.0.0.1; it ends when this process does."""

    def __init__(self) -> None:
        self.port = _free_port()
        self.api_url = f"http://127.0.0.1:{self.port}/api"
        # The child reads from this pipe and ends when it is closed, as it is however this process ends. A session of
        # its own keeps Ctrl-C from ending the server before the run could report to it.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flows.embedded", str(self.port)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            env={
                **os.environ,
                "PREFECT_UI_ENABLED": "0",
                "PREFECT__SERVER_EPHEMERAL": "1",
                "PREFECT__SERVER_FINAL": "1",
            },
        )

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            RuntimeError: it ended, or did not answer in time.
        """
        deadline = time.monotonic() + STARTUP_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"Prefect's embedded server ended with status {self._process.returncode}")
            try:
                with urllib.request.urlopen(f"{self.api_url}/health", timeout=5):  # noqa: S310  our own http address
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise RuntimeError(f"Prefect's embedded server did not answer within {STARTUP_SECONDS} s")

    def stop(self) -> None:
        """End it, giving it time to write down what it was told last."""
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def serve(port: int) -> None:
    """Be the server: runs in the child process until it is terminated or its parent ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import uvicorn

    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="critical",
        lifespan="on",
    )


if __name__ == "__main__":
    serve(int(sys.argv[1]))
