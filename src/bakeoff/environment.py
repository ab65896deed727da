"""The versions that a model depends on."""

import contextlib
import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

ENGINE = "scikit-learn-intelex"
PACKAGES = ("bakeoff", "scikit-learn", "numpy", "pandas", "pyarrow", "joblib")


def describe_environment() -> dict[str, str]:
    """The versions that fold scores, predictions and pickles depend on."""
    found = {name: installed(name) for name in PACKAGES}
    with contextlib.suppress(PackageNotFoundError):  # it is for x86-64 alone
        found[ENGINE] = installed(ENGINE)
    return {"python": platform.python_version()} | found
