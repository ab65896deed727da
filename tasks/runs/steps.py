"""A step of the training flow as a Prefect task, whose work a function of `bakeoff` does in a process of its own."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture

from bakeoff.runtime.processes import run_in_process
from bakeoff.runtime.transfer import RECEIVED, Bundle, unpack
from tasks.runs.dask import step_inputs
from tasks.runs.states import failed_state_on_error

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class _Upstream:
    result: Any


def upstream(future: PrefectFuture[R]) -> R:
    """Make a parameter of what another step will return.

    Were it the future itself, Prefect would ask the server how it is, and fail the flow where nobody answers.
    """
    return cast("R", _Upstream(future))


def step(path: str, *, name: str, run_name: str, anywhere: bool = False) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Make a task of a function that declares what a step takes and returns; its body is never run.

    Args:
        path: `module:name` of the function that does the work, with the same signature; it is not imported here.
        name: the task's.
        run_name: its runs', as Prefect's `task_run_name`.
        anywhere: it may run on a Dask worker, where its parameters `ref` and `run` become that machine's, and what it
            returns is packed if the two share no folder.
    """

    def decorate(function: Callable[P, R]) -> Task[P, R]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            given = signature.bind(*args, **kwargs)
            given.apply_defaults()
            named = given.arguments
            named |= {key: value.result for key, value in named.items() if isinstance(value, _Upstream)}
            result: R
            if not anywhere:
                if "folder" in named:
                    named |= {key: _received(value, named["folder"] / RECEIVED) for key, value in named.items()}
                result = run_in_process(path, *given.args)
                return result
            deadline = named["run"].deadline
            with step_inputs(named["ref"], named["run"]) as here:
                named |= {"ref": here.ref, "run": here.run}
                result = here.hand_on(run_in_process(path, *given.args, deadline=deadline))
                return result

        return task(name=name, task_run_name=run_name, cache_policy=NO_CACHE)(failed_state_on_error(run))

    return decorate


def _received(value: Any, folder: Any) -> Any:
    """What came packed from another machine, with its files in the folder."""
    if isinstance(value, list):
        return [_received(each, folder) for each in value]
    return unpack(value, folder) if isinstance(value, Bundle) else value
