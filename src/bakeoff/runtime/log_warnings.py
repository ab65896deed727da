"""Log warnings."""

import logging
import warnings
from typing import Any


def log_warnings() -> None:
    """Log each warning in one line, in the log of the step that caused it."""
    warnings.showwarning = _log


def _log(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    text = " ".join(str(message).split())
    logging.getLogger("bakeoff.warnings").warning("%s: %s", category.__name__, text[:300])
