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
    """The SHA-256 of all source files of the package, as hexadecimal digits."""
    digest = hashlib.sha256()
    root = Path(str(files(__package__.partition(".")[0])))
    for path in sorted(root.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def describe_environment() -> dict[str, str]:
    """The versions of Python and of the libraries that scores, predictions and pickles depend on, by name."""
    versions = {name: installed(name) for name in PACKAGES}
    with contextlib.suppress(PackageNotFoundError):  # only available for x86-64
        versions[ENGINE] = installed(ENGINE)
    return {"python": platform.python_version()} | versions
