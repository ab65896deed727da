"""Write a fitted Pipeline so that equal models give equal bytes."""

import pickle
from pathlib import Path
from types import FunctionType
from typing import Any

from joblib.numpy_pickle import NumpyPickler

from bakeoff.config.unpickler.names import find_name


def dump_model(pipeline: Any, path: Path) -> None:
    """Write a Pipeline as `joblib.dump` does; `joblib.load` reads it.

    Whether two equal strings are one object depends on what the process imported and unpickled before, and a pickle
    refers to an object that it holds already instead of repeating it. Equal strings are written as one object here.

    Raises:
        NotAllowedError: it consists of something that `unpickle_model` would refuse.
    """
    with path.open("wb") as file:
        _Pickler(file).dump(pipeline)


class _Pickler(NumpyPickler):  # type: ignore[misc]  # joblib ships no types
    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self._strings: dict[str, str] = {}

    def save(self, obj: Any) -> None:
        super().save(self._strings.setdefault(obj, obj) if type(obj) is str else obj)

    def save_global(self, obj: Any, name: str | None = None) -> None:
        name = name or getattr(obj, "__qualname__", obj.__name__)
        find_name(pickle.whichmodule(obj, name), name)  # type: ignore[attr-defined]  # typeshed leaves it out
        super().save_global(obj, name)

    dispatch = NumpyPickler.dispatch | {FunctionType: save_global}
