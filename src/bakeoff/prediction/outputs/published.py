"""Find what an earlier try of a run has published: it may have crashed before the server knew."""

import contextlib
import logging
from pathlib import Path
from typing import Any

from bakeoff.config import PredictionConfig
from bakeoff.errors import DriftError, UnscoredError
from bakeoff.formatting import format_count
from bakeoff.prediction.drift_check import require_undrifted
from bakeoff.prediction.outputs.object_output import SUMMARY, read_summary
from bakeoff.prediction.outputs.output_folder import HERE, outputs
from bakeoff.runtime.objects.address import Address, object_address
from bakeoff.runtime.objects.place import naming, open_place

logger = logging.getLogger(__name__)


def published_before(config: PredictionConfig, run: str) -> Path | Address | None:
    """Return the output that an earlier try of the same run has published; None if none has.

    Args:
        config: the run's config.
        run: the run's id.

    Raises:
        UnscoredError, DriftError: one has published the output that the config names, and failed after that.
        UserError, ReadError: the object store can't be read.
    """
    found: list[Path | Address] = []
    address = object_address(config.output)
    if address is not None:
        with naming(address):
            found += [address] if SUMMARY in open_place(address).names() else []
    elif config.output is not None:
        found += [Path(config.output)]
    else:
        found += [*outputs(HERE)][::-1]
    for folder in found:
        with contextlib.suppress(OSError, ValueError):
            summary, _ = read_summary(str(folder))
            if isinstance(summary, dict) and summary.get("run") == run:
                try:
                    _require_success(config, summary, folder)
                except (DriftError, UnscoredError):
                    if config.output is None:  # there is room for another folder, and the rows may have been mended
                        return None
                    raise
                logger.info("an earlier try of this run has published %r", str(folder))
                return folder
    return None


def _require_success(config: PredictionConfig, summary: dict[str, Any], folder: Path | Address) -> None:
    if config.max_rejected is None and not summary["predicted"]:
        rows = format_count(summary["rows"], "row")
        raise UnscoredError(f"none of {rows} could be scored: {str(folder / 'rejected.parquet')!r} names each")
    require_undrifted(config, summary.get("drift"), folder)
