"""Steps of the training flow as Prefect tasks, each of which runs a function of `bakeoff` in its own process."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.utilities.annotations import opaque

from bakeoff.runtime.processes import run_in_process
from bakeoff.runtime.transfer import RECEIVED, Bundle, unpack
from bakeoff.training.time_budget import expect
from tasks.runs.dask import leave_thread, step_inputs
from tasks.runs.states import failed_state_on_error

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True)
class _Upstream:
    result: Any


def upstream(future: PrefectFuture[R]) -> R:
    """Wrap the future of another step, to pass its result as an argument.

    For a bare future Prefect would request its state from the server, and fail the flow if the server doesn't answer.
    """
    return cast("R", _Upstream(future))


def untraversed(value: T) -> T:
    """Wrap an argument that holds no futures, so that Prefect doesn't search each of its parts for them."""
    return cast("T", opaque(value))


def step(path: str, *, name: str, run_name: str, anywhere: bool = False) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Decorate a function that declares a step's parameters and result, and whose body is never run, as a task.

    Args:
        path: `module:name` of the function that does the work, with the same signature; it is not imported here.
        name: the task's name.
        run_name: Prefect's `task_run_name`.
        anywhere: whether the step is one of a contestant that may run on a Dask worker. There its arguments `ref` and
            `run` are replaced by those of the worker's machine, and its result is packed if the machines share no
            folder.
    """

    def decorate(function: Callable[P, R]) -> Task[P, R]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            arguments = bound.arguments
            arguments |= {key: value.result for key, value in arguments.items() if isinstance(value, _Upstream)}
            result: R
            if not anywhere:
                if "folder" in arguments:
                    arguments |= {
                        key: _unpacked(value, arguments["folder"] / RECEIVED) for key, value in arguments.items()
                    }
                result = run_in_process(path, *bound.args)
                return result
            here = arguments["run"]
            expected = expect(arguments["contestant"], here)
            with step_inputs(arguments["ref"], arguments["run"]) as inputs:
                arguments |= {"ref": inputs.ref, "run": inputs.run}
                result = run_in_process(
                    path, *bound.args, deadline=here.deadline, expected=expected, make_way=expected and leave_thread()
                )
                return cast("R", inputs.pack_result(result))

        return task(name=name, task_run_name=run_name, cache_policy=NO_CACHE)(failed_state_on_error(run))

    return decorate


def _unpacked(value: Any, folder: Any) -> Any:
    """Unpack a value, or the values in a list, that came packed from another machine; files go into the folder."""
    if isinstance(value, list):
        return [_unpacked(item, folder) for item in value]
    return unpack(value, folder) if isinstance(value, Bundle) else value
