"""A Dask cluster in a config, and whether its scheduler answers."""

import importlib.util
import logging
import socket
import time
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import ConfigDict, Field

from bakeoff.config.base import Part, Text
from bakeoff.errors import AwayError, ConfigError

SCHEDULER_SECONDS = 5  # timeout of the connection
RESTART_SECONDS = 20  # in which one that died answers again
LONGEST_GREETING = 1 << 20  # bytes

Runner = Literal["threads", "dask"]

logger = logging.getLogger("bakeoff.cluster")


class ClusterConfig(Part):
    """Which cluster scores."""

    model_config = ConfigDict(title="Cluster")

    address: Text | None = Field(
        default=None,
        pattern=r"^(tcp|tls)://.+:\d+$",
        description="Scheduler address, such as tcp://scheduler:8786, or tls://.",
    )


class DaskConfig(ClusterConfig):
    """Where fits and folds run, if not here."""

    model_config = ConfigDict(title="Dask")

    workspace: Literal["auto", "shared", "sent"] = Field(
        default="auto",
        description="shared: workers see the workspace under the same path; sent: rows and models travel through "
        "Dask; auto: shared if possible.",
    )


def check_runner(runner: Runner, cluster: ClusterConfig) -> None:
    """Refuse a runner without its address, and an address without its runner.

    Raises:
        ValueError: one of them is missing.
    """
    if (runner == "dask") != (cluster.address is not None):
        raise ValueError(
            "runner: dask needs dask.address, as tcp://scheduler:8786"
            if runner == "dask"
            else "dask.address belongs to runner: dask, but runner is threads; leave one of them out"
        )


def require_scheduler(address: str) -> None:
    """Check that prefect-dask is installed and a Dask scheduler answers at the address, or does within 20 seconds.

    Raises:
        ConfigError: the package is missing, or what answers is no scheduler.
        AwayError: nothing answers.
    """
    if importlib.util.find_spec("prefect_dask") is None:
        raise ConfigError(
            "runner: dask needs the package prefect-dask, which is not installed: pip install prefect-dask"
        )
    deadline, waiting = time.monotonic() + RESTART_SECONDS, False
    while True:
        try:
            greeting = _greeting(urlsplit(address))
            break
        except (OSError, ValueError) as error:  # ValueError: a port above 65535, a host name that is too long
            line = f"no Dask scheduler answers at {address[:200]} ({getattr(error, 'strerror', None) or error})"
            if isinstance(error, ValueError) or time.monotonic() >= deadline:
                kind = ConfigError if isinstance(error, ValueError) else AwayError
                raise kind(f"{line}; start one, or leave runner: threads") from None
            if not waiting:
                logger.warning("%s; trying for %d s", line, RESTART_SECONDS)
            waiting = True
            time.sleep(1)
    # A scheduler sends first: the length of a short message, little-endian.
    if greeting is not None and not 0 < int.from_bytes(greeting, "little") < LONGEST_GREETING:
        raise ConfigError(
            f"what answers at {address[:200]} is no Dask scheduler; give the address that its log names, or leave "
            "runner: threads"
        )


def _greeting(url: SplitResult) -> bytes | None:
    """Return the first bytes that what listens at an address sends; None if they are encrypted."""
    with socket.create_connection((url.hostname or "", url.port or 0), SCHEDULER_SECONDS) as connection:
        return connection.recv(8) if url.scheme == "tcp" else None
