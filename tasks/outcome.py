"""How a step fails: as a state with one line that a person can act on, instead of a traceback of sixty."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec

from prefect.futures import PrefectFuture
from prefect.states import Failed

from bakeoff.errors import BakeoffError

P = ParamSpec("P")


def stated(function: Callable[P, Any]) -> Callable[P, Any]:
    """Let what the function raises become the task run's Failed state, with the error in one line as its message."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            return Failed(message=describe(error), data=error)

    return run


def describe(error: BaseException) -> str:
    """The error in one line: Bakeoff's own sentences as they are, others with the name of their type."""
    text = " ".join(str(error).split())
    return text if isinstance(error, BakeoffError) else f"{type(error).__name__}: {text}"


@dataclass(frozen=True)
class Outcome:
    """What became of a task run: its result, or the reason why there is none."""

    value: Any = None
    reason: str | None = None


def outcome(future: PrefectFuture[Any]) -> Outcome:
    """Wait for a task run and look at its state, without raising what it failed by."""
    future.wait()
    if future.state.is_completed():
        return Outcome(value=future.result())
    return Outcome(reason=future.state.message or future.state.name)
