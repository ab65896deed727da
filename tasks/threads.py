"""How many threads a step takes: one, since as many steps run at once as there are cores."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from bakeoff.threads import hold_this_thread

P = ParamSpec("P")
R = TypeVar("R")


def one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Hold the worker thread that runs the function to itself."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        hold_this_thread()
        return function(*args, **kwargs)

    return run
