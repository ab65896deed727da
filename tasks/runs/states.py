"""Failed states with a message of one line instead of a traceback, and the results of task runs."""

import asyncio
import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

from prefect.context import FlowRunContext
from prefect.exceptions import Pause
from prefect.futures import PrefectFuture
from prefect.states import Cancelled, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from bakeoff.errors import OutOfTimeError, describe, step_lost
from tasks.runs.cancellation import RunCancelledError, require_wanted

LOST = "Lost"  # the name of the Crashed state of a step that its cluster has lost

P = ParamSpec("P")
R = TypeVar("R")


def failed_state_on_error(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a task or flow so that an exception becomes its Failed state, with the error in one line as message."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        # Prefect makes a returned state the state of the run.
        except RunCancelledError as error:
            return cast("R", Cancelled(message=describe(error), data=error))
        except Exception as error:
            return cast("R", Failed(message=describe(error), data=error))
        except asyncio.CancelledError:
            # Prefect raises it in a run that has lost its concurrency slot, as when its machine was asleep, and would
            # mark the run Crashed, though another attempt may have completed it.
            require_wanted("it ends here")
            raise

    return run


@contextlib.contextmanager
def steps_end_first() -> Iterator[None]:
    """If the run is suspended within the block, cancel its steps that have not begun, and wait for the others."""
    try:
        yield
    except Pause:
        if context := FlowRunContext.get():
            cast("ThreadPoolTaskRunner[Any]", context.task_runner).cancel_all()
        raise


@dataclass(frozen=True)
class TaskEnd:
    """How a task run ended.

    Attributes:
        value: its result.
        reason: why it has no result; None if it has one.
        out_of_time: whether it was stopped at the end of the time budget.
        is_lost: whether it has no result for no fault of its own: see `StepLostError`.
    """

    value: Any = None
    reason: str | None = None
    out_of_time: bool = False
    is_lost: bool = False


def end_of(future: PrefectFuture[Any]) -> TaskEnd:
    """Wait for a task run and return its result or failure, without raising."""
    future.wait()
    if not future.state.is_completed():
        error = future.result(raise_on_failure=False) if future.state.is_failed() else None
        reason, out_of_time = future.state.message or future.state.name, isinstance(error, OutOfTimeError)
        return TaskEnd(None, reason, out_of_time, future.state.name == LOST or step_lost(error))
    result = future.result()
    if isinstance(result, BaseException):  # a failure that a cache stored as a result
        return TaskEnd(reason=describe(result))
    return TaskEnd(value=result)


def result_of(future: PrefectFuture[R]) -> R:
    """Wait for a task run without which the flow can't go on, and return its result.

    Raises:
        Exception: the exception that the task run failed with.
    """
    future.wait()
    result = future.result(raise_on_failure=False)
    if isinstance(result, BaseException):
        raise result
    return result
