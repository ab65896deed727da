"""What may be imported because a config or a saved model names it.

Importing a module runs it, and configs and versions come from others. So a class is imported only from modules that
this machine allows: scikit-learn's and three boosting libraries', and those that an environment variable names, which
no config can set.
"""

import difflib
import importlib
import importlib.util
import os
import re
import sys
from typing import Any

VARIABLE = "BAKEOFF_CLASSIFIER_MODULES"
ALWAYS = ("sklearn", "lightgbm", "xgboost", "catboost")


class MissingPackageError(ValueError):
    """A package is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(package)
        self.package = package

    def __str__(self) -> str:
        """Return the message."""
        return f"the package {self.package} is not installed; pip install {self.package}"


class NotAllowedError(ValueError):
    """A class is of a module that this machine doesn't allow."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        """Say what is allowed, and who may change that."""
        return (
            f"class {self.path[:120]} is not allowed: its module must be one of {', '.join(allowed_modules())}; "
            f"whoever runs Bakeoff can allow more by the environment variable {VARIABLE}"
        )


def allowed_modules() -> tuple[str, ...]:
    """The modules whose classes, and whose submodules' classes, may race and be loaded."""
    return tuple(dict.fromkeys([*ALWAYS, *filter(None, re.split(r"[,\s]+", os.environ.get(VARIABLE, "")))]))


def is_allowed(module: str) -> bool:
    """Return whether a module is one of `allowed_modules`, or below one."""
    return is_below(module, allowed_modules())


def check_path(path: Any) -> str:
    """Check, without importing anything, that a class may be imported, and return its path.

    Raises:
        NotAllowedError: its module is not allowed.
        ValueError: it is no path of a class.
    """
    if not isinstance(path, str) or "." not in path or not all(part.isidentifier() for part in path.split(".")):
        raise ValueError(f"class is {str(path)[:80]!r}; allowed: module and class, as in lightgbm.LGBMClassifier")
    if not is_allowed(path.rpartition(".")[0]):
        raise NotAllowedError(path)
    return path


def load_class(path: str) -> type:
    """Import a class from an allowed module; the class found must be defined in an allowed module, too.

    Raises:
        MissingPackageError: its package, or one that it needs, is not installed.
        NotAllowedError: its module is not allowed.
        ValueError: there is no such class.
    """
    module, _, name = check_path(path).rpartition(".")
    package = module.partition(".")[0]
    if importlib.util.find_spec(package) is None:
        raise MissingPackageError(package)
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        missing = error.name or module
        if is_below(missing, (package,)):
            raise ValueError(f"class {path}: there is no module {missing}") from error
        raise MissingPackageError(missing.partition(".")[0]) from error
    except Exception as error:  # whatever a module does when it is imported
        raise ValueError(f"class {path} can't be imported: {type(error).__name__}: {error}") from error
    if not isinstance(found, type):
        classes = {each.lower(): each for each, value in vars(sys.modules[module]).items() if isinstance(value, type)}
        near = difflib.get_close_matches(name.lower(), classes, n=1)
        raise ValueError(f"{module} has no class {name}" + (f"; did you mean {classes[near[0]]}?" if near else ""))
    if not is_allowed(found.__module__):
        raise NotAllowedError(f"{found.__module__}.{found.__qualname__}")
    return found


def is_below(module: str, modules: tuple[str, ...]) -> bool:
    """Return whether a module is one of `modules`, or below one."""
    return any(module == each or module.startswith(f"{each}.") for each in modules)
