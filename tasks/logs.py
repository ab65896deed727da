"""What stands in a run's log: one line an event."""

import logging
import warnings
from typing import Any


def follow_library() -> None:
    """Let the library's lines through to the terminal and to Prefect's pages, and fold what would take more than one.

    Prefect hands the library's lines on (`logging.extra_loggers`) but leaves their level alone, and a library doesn't
    set its own.
    """
    logger = logging.getLogger("bakeoff")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    warnings.showwarning = _log_warning
    logging.getLogger("prefect.task_runs").addFilter(_tells_news)


def _log_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """One line in the log of the task that caused it, where Python would print several to the terminal."""
    text = " ".join(str(message).split())
    logging.getLogger("bakeoff.warnings").warning("%s: %s", category.__name__, text[:300])


def _tells_news(record: logging.LogRecord) -> bool:
    """Of the two lines that Prefect logs when a task returns a Failed state, keep the second, which is whole."""
    return not str(record.msg).startswith("Task run failed with state")
