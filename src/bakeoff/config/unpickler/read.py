"""Read models under the rules of `bakeoff.config.unpickler`."""

from pathlib import Path
from typing import Any, BinaryIO


def read_model(path: Path) -> Any:
    """Load the model in a file; see `unpickle_model`."""
    with path.open("rb") as file:
        return unpickle_model(file)


def unpickle_model(file: BinaryIO) -> Any:
    """Load a model that was written by joblib.

    Raises:
        MissingPackageError: the package of a class is not installed.
        NotAllowedError: the model names something that it may not; nothing of it was called or imported.
        Exception: whatever unpickling raises.
    """
    from bakeoff.config.unpickler.restricted import Unpickler  # joblib is slow to import

    return Unpickler("", file, ensure_native_byte_order=True).load()
