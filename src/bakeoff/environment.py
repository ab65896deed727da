"""The versions that a model depends on."""

import platform
from importlib.metadata import version as installed

PACKAGES = ("bakeoff", "scikit-learn", "numpy", "pandas", "pyarrow", "joblib")


def describe_environment() -> dict[str, str]:
    """The versions that fold scores, predictions and pickles depend on."""
    return {"python": platform.python_version()} | {name: installed(name) for name in PACKAGES}
