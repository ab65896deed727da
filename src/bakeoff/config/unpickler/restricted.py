"""Joblib's unpickler, bounded in what a model may name, call, make and change."""

import functools
import pickle
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler

from bakeoff.config.allowed_modules import NotAllowedError, is_below
from bakeoff.config.unpickler.names import find_name, is_called, own_modules

# Settings by which scikit-learn's estimators would read files, or reach any attribute of an object.
SETTINGS: dict[str, Callable[[Any], bool]] = {
    "importance_getter": lambda value: not (isinstance(value, str) and "__" in value),
    "input": lambda value: value == "content",
    "stack_method_": lambda value: set(value) <= {"decision_function", "predict", "predict_proba"},
}


class RefusedStepError(NotAllowedError):
    """A model does something that no model does while it is read."""

    def __str__(self) -> str:
        """Say what was refused."""
        return f"it {self.path}, which no model does while it is read, so it may be forged"


class Unpickler(NumpyUnpickler):  # type: ignore[misc]  # joblib ships no types
    """Joblib's unpickler, whose steps raise a NotAllowedError where they do what no model needs."""

    dispatch: ClassVar[dict[int, Any]] = dict(NumpyUnpickler.dispatch)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._named: dict[int, tuple[Any, bool]] = {}  # by id, what was named, and whether it may be called

    def find_class(self, module: str, name: str) -> Any:
        """Import what the model names; see `find_name`."""
        found = find_name(module, name)
        self._named[id(found)] = found, is_called(name, found)
        return found

    def _reduce(self) -> None:
        function, arguments = self.stack[-2:]
        for called in (function, *filter(callable, arguments)):  # some functions call an argument
            named, may_be_called = self._named.get(id(called), (None, False))
            is_held = function is functools.partial and named is not None and not isinstance(named, type)
            if not may_be_called and not is_held:
                raise RefusedStepError(f"calls {_kind(called)}")
        self.load_reduce()

    def _newobj(self) -> None:
        self._require_class(self.stack[-2])
        self.load_newobj()

    def _newobj_ex(self) -> None:
        self._require_class(self.stack[-3])
        self.load_newobj_ex()

    def _require_class(self, cls: Any) -> None:
        if not isinstance(cls, type) or id(cls) not in self._named:
            raise RefusedStepError(f"makes an object of {_kind(cls)}")

    def _build(self) -> None:
        instance, state = self.stack[-2:]
        if isinstance(instance, type) or id(instance) in self._named:
            raise RefusedStepError(f"changes {_kind(instance)}")
        for attributes in state if isinstance(state, tuple) else (state,):
            if isinstance(attributes, dict):
                _require_plain(type(instance), attributes)
        pickle._Unpickler.load_build(self)  # type: ignore[attr-defined]  # noqa: SLF001  typeshed leaves it out
        if isinstance(instance, NumpyArrayWrapper):
            self.stack[-1] = self._read_array(instance)

    def _read_array(self, wrapper: Any) -> Any:
        if not isinstance(wrapper.dtype, np.dtype):
            raise RefusedStepError(f"has an array of {_kind(wrapper.dtype)}")
        if wrapper.dtype.hasobject:  # joblib reads the objects under its own rules
            return type(self)("", self.file_handle, ensure_native_byte_order=True).load()
        return wrapper.read(self, ensure_native_byte_order=True)

    def _append(self) -> None:
        self._require(self.stack[-2], list, deque)
        self.load_append()

    def _appends(self) -> None:
        self._require(self.metastack[-1][-1], list, deque)
        self.load_appends()

    def _additems(self) -> None:
        self._require(self.metastack[-1][-1], set)
        self.load_additems()

    def _setitem(self) -> None:
        self._require(self.stack[-3], dict)
        self.load_setitem()

    def _setitems(self) -> None:
        self._require(self.metastack[-1][-1], dict)
        self.load_setitems()

    def _require(self, container: Any, *types: type) -> None:
        if not isinstance(container, types):
            raise RefusedStepError(f"adds items to {_kind(container)}")

    def _refuse(self) -> None:
        raise RefusedStepError("has an opcode of the oldest pickles")

    dispatch.update(
        {
            pickle.REDUCE[0]: _reduce,
            pickle.NEWOBJ[0]: _newobj,
            pickle.NEWOBJ_EX[0]: _newobj_ex,
            pickle.BUILD[0]: _build,
            pickle.APPEND[0]: _append,
            pickle.APPENDS[0]: _appends,
            pickle.ADDITEMS[0]: _additems,
            pickle.SETITEM[0]: _setitem,
            pickle.SETITEMS[0]: _setitems,
            pickle.INST[0]: _refuse,
            pickle.OBJ[0]: _refuse,
        }
    )


def _require_plain(cls: type, attributes: dict[Any, Any]) -> None:
    """Refuse attributes of an object that would replace its methods, and settings of `SETTINGS`."""
    own = is_below(cls.__module__, own_modules())
    for name, value in attributes.items():
        if own and isinstance(name, str):
            continue
        if not isinstance(name, str) or name.startswith("__") or callable(getattr(cls, name, None)):
            raise RefusedStepError(f"replaces {str(name)[:60]!r} of {_kind(cls)}")
        if name in SETTINGS and is_below(cls.__module__, ("sklearn",)) and not SETTINGS[name](value):
            raise RefusedStepError(f"sets {name!r} of {_kind(cls)} to {str(value)[:60]!r}")


def _kind(value: Any) -> str:
    """Name a class, or the class of an object."""
    cls = value if isinstance(value, type) else type(value)
    return f"{cls.__module__}.{cls.__qualname__}"[:120]
