"""How a step fails: as a state with one line that a person can act on, instead of a traceback of sixty."""

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

from bakeoff.errors import OutOfTimeError, describe
from tasks.runs.cancellation import RunCancelledError

P = ParamSpec("P")
R = TypeVar("R")


def failed_state_on_error(function: Callable[P, R]) -> Callable[P, R]:
    """Let what a task or flow raises become its run's Failed state, with the error in one line as the message."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        # Prefect takes a state that is returned for the run's own.
        except RunCancelledError as error:
            return cast("R", Cancelled(message=describe(error), data=error))
        except Exception as error:
            return cast("R", Failed(message=describe(error), data=error))

    return run


@contextlib.contextmanager
def steps_end_first() -> Iterator[None]:
    """Where a run is suspended within the block, wait for the steps that run, and begin no other."""
    try:
        yield
    except Pause:
        if context := FlowRunContext.get():
            cast("ThreadPoolTaskRunner[Any]", context.task_runner).cancel_all()
        raise


@dataclass(frozen=True)
class TaskEnd:
    """What became of a task run: its result, or the reason why there is none."""

    value: Any = None
    reason: str | None = None
    out_of_time: bool = False


def end_of(future: PrefectFuture[Any]) -> TaskEnd:
    """Wait for a task run and look at its state, without raising what it failed by."""
    future.wait()
    if not future.state.is_completed():
        error = future.result(raise_on_failure=False) if future.state.is_failed() else None
        return TaskEnd(None, future.state.message or future.state.name, isinstance(error, OutOfTimeError))
    result = future.result()
    if isinstance(result, BaseException):  # what a cache that took a failure for a result would give
        return TaskEnd(reason=describe(result))
    return TaskEnd(value=result)


def result_of(future: PrefectFuture[R]) -> R:
    """Wait for a task run that the flow can't go on without, and return its result.

    Raises:
        Exception: what the task run failed by.
    """
    future.wait()
    result = future.result(raise_on_failure=False)
    if isinstance(result, BaseException):
        raise result
    return result
