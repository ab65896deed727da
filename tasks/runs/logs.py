"""What stands in a run's log: one line an event."""

import logging
import sys

from prefect.exceptions import Pause

from bakeoff.errors import BakeoffError
from bakeoff.formatting import one_line
from bakeoff.runtime.fork_server import log_warnings


def follow_library() -> None:
    """Let the library's lines through to the terminal and to Prefect's pages, and fold what would take more than one.

    Prefect hands the library's lines on (`logging.extra_loggers`) but leaves their level alone, and a library doesn't
    set its own.
    """
    logger = logging.getLogger("bakeoff")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    log_warnings()
    for handler in logger.handlers:
        handler.addFilter(_in_one_line)
    logging.getLogger("prefect.task_runs").addFilter(_tells_news)
    logging.getLogger("prefect.flow_runs").addFilter(_without_traceback)


def _in_one_line(record: logging.LogRecord) -> bool:
    """A name of a table, class or file is quoted in a line; it neither ends it nor steers a terminal."""
    record.msg, record.args = one_line(record.getMessage()), ()
    return True


def _without_traceback(record: logging.LogRecord) -> bool:
    """Prefect logs seventy lines for what a sentence says: an error of Bakeoff's own."""
    if record.exc_info and isinstance(record.exc_info[1], BakeoffError):
        record.msg, record.args, record.exc_info = str(record.exc_info[1]), (), None
    return True


def _tells_news(record: logging.LogRecord) -> bool:
    """Drop what Prefect logs as an error and is none, or is said by the line that follows.

    A task that returns a Failed state gets two lines, of which the second is whole. A task whose run is suspended while
    it begins is left as it is, and begins again when the run is resumed: it has not "finished in state Pending".
    """
    message = str(record.msg)
    suspended = isinstance(sys.exception(), Pause) and message.startswith("Finished in state")
    return not (suspended or message.startswith("Task run failed with state"))
