"""Write a fitted Pipeline so that equal models give equal bytes."""

from pathlib import Path
from typing import Any

from joblib.numpy_pickle import NumpyPickler


def dump_model(pipeline: Any, path: Path) -> None:
    """Write a Pipeline as `joblib.dump` does; `joblib.load` reads it.

    Whether two equal strings are one object depends on what the process imported and unpickled before, and a pickle
    refers to an object that it holds already instead of repeating it. Equal strings are written as one object here.
    """
    with path.open("wb") as file:
        _Pickler(file).dump(pipeline)


class _Pickler(NumpyPickler):  # type: ignore[misc]  # joblib ships no types
    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self._strings: dict[str, str] = {}

    def save(self, obj: Any) -> None:
        super().save(self._strings.setdefault(obj, obj) if type(obj) is str else obj)
