"""The versions of Python, libraries and code that a model depends on."""

import contextlib
import functools
import hashlib
import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from importlib.resources import files
from pathlib import Path

ENGINE = "scikit-learn-intelex"
PACKAGES = ("bakeoff", "scikit-learn", "numpy", "pandas", "pyarrow", "joblib")


@functools.cache
def digest_code() -> str:
    """SHA-256 over all source files of the package."""
    digest = hashlib.sha256()
    root = Path(str(files(__package__.partition(".")[0])))
    for path in sorted(root.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def describe_environment() -> dict[str, str]:
    """The versions that fold scores, predictions and pickles depend on."""
    found = {name: installed(name) for name in PACKAGES}
    with contextlib.suppress(PackageNotFoundError):  # only available for x86-64
        found[ENGINE] = installed(ENGINE)
    return {"python": platform.python_version()} | found
