"""Logging of runs: one line per event."""

import logging
import sys

from prefect.exceptions import Pause

from bakeoff.errors import BakeoffError
from bakeoff.formatting import one_line
from bakeoff.runtime.fork_server import log_warnings


def follow_library() -> None:
    """Show the library's log records at INFO in the terminal and on Prefect's pages, each in one line.

    Prefect adds its handlers to the library's logger (`logging.extra_loggers`) but doesn't set the logger's level.
    """
    logger = logging.getLogger("bakeoff")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    log_warnings()
    for handler in logger.handlers:
        handler.addFilter(_in_one_line)
    logging.getLogger("prefect.task_runs").addFilter(_adds_information)
    logging.getLogger("prefect.flow_runs").addFilter(_without_traceback)


def _in_one_line(record: logging.LogRecord) -> bool:
    """Escape line breaks and control characters, which names of tables, classes or files may hold."""
    record.msg, record.args = one_line(record.getMessage()), ()
    return True


def _without_traceback(record: logging.LogRecord) -> bool:
    """Log an error of Bakeoff's as its message, without a traceback of seventy lines."""
    if record.exc_info and isinstance(record.exc_info[1], BakeoffError):
        record.msg, record.args, record.exc_info = str(record.exc_info[1]), (), None
    return True


def _adds_information(record: logging.LogRecord) -> bool:
    """Drop lines that Prefect logs as errors and that are wrong, or that the next line repeats.

    For a task that returns a Failed state Prefect logs two lines, of which the second tells all. A task that is about
    to begin when the run is suspended begins again when the run is resumed: it has not "finished in state Pending".
    """
    message = str(record.msg)
    suspended = isinstance(sys.exception(), Pause) and message.startswith("Finished in state")
    return not (suspended or message.startswith("Task run failed with state"))
