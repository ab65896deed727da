"""The commands `bakeoff train`, `predict` and `clean`: the flags of the flows, from any folder, without Prefect."""

import gc
import getpass
import json
import logging
import os
import signal
from collections.abc import Sequence
from typing import Any, NoReturn

from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.config.flags import Output, read_command
from bakeoff.formatting import format_count, format_size
from bakeoff.runtime.workers import start_fork_server

# The fields that positional arguments set.
TABLE_TARGET = {"TABLE": "dataset.path", "TARGET": "dataset.target"}
TABLE = {"TABLE": "input"}
PRELOAD = "bakeoff.training.preflight:preload"  # what the fork server imports for all steps
LOG = "%(asctime)s %(levelname)-7s %(message)s"


def train(arguments: Sequence[str]) -> int:
    """Train on a table, or what the flags and the config name, and print the leaderboard; returns the exit status.

    Args:
        arguments: the command line behind `train`.
    """
    start_fork_server(PRELOAD)
    gc.disable()  # imports make hardly any garbage, and collecting it takes a tenth of their time
    _end_on_sigterm()
    config, output = read_command(TrainingConfig, arguments, "bakeoff train", TABLE_TARGET)
    _log(output)
    from bakeoff.cli.show_training import show_training
    from bakeoff.local.training import UnchangedError, finished_race
    from bakeoff.training.earlier_runs.unchanged import describe_unchanged

    gc.freeze()
    gc.enable()
    try:
        by = f"{_user()}, by bakeoff train"
        with finished_race(config, stored_by=by) as race:
            folder = str(race.export(race.config, by))
    except UnchangedError as unchanged:
        folder = str(config.store / config.name / unchanged.version)
        said = describe_unchanged(unchanged.version, unchanged.decision)
        logging.getLogger(__name__).info("%s; --retrain always trains all the same", said)
    _print(folder, show_training, output)
    return 0


def predict(arguments: Sequence[str]) -> int:
    """Score a table, or the version's hold-out rows, and print a summary; returns the exit status.

    Args:
        arguments: the command line behind `predict`.
    """
    _end_on_sigterm()
    config, output = read_command(PredictionConfig, arguments, "bakeoff predict", TABLE)
    _log(output)
    from bakeoff.local.prediction import score_and_publish
    from bakeoff.report.prediction_summary import show_prediction

    _print(str(score_and_publish(config)), show_prediction, output)
    return 0


def clean(arguments: Sequence[str]) -> int:
    """List or remove what runs left behind; returns the exit status.

    Args:
        arguments: the command line behind `clean`.
    """
    from bakeoff.local.clean import CleanConfig, clean_up

    config, output = read_command(CleanConfig, arguments, "bakeoff clean")
    found = clean_up(config)
    total = sum(each.bytes for each in found)
    if output.json:
        folders = [{"path": str(each.path), "what": each.what, "bytes": each.bytes} for each in found]
        print(json.dumps({"deleted": config.delete, "bytes": total, "folders": folders}, indent=1))
        return 0
    for each in [] if output.quiet else found:
        print(f"{'removed' if config.delete else 'removes'}  {each}")
    if not found:
        print("nothing to remove")
        return 0
    done = "removed" if config.delete else f"--delete removes {'it' if len(found) == 1 else 'them'}"
    print(f"{format_count(len(found), 'folder')}, {format_size(total)}: {done}")
    return 0


def _log(output: Output) -> None:
    """Write log lines to standard error."""
    logging.basicConfig(format=LOG, datefmt="%H:%M:%S")
    logging.getLogger("bakeoff").setLevel(logging.WARNING if output.quiet else logging.INFO)


def _print(folder: str, show: Any, output: Output) -> None:
    print(folder if output.quiet and not output.json else show(folder, output.json), flush=True)


def _end_on_sigterm() -> None:
    """Let a termination or a closed terminal end the run as Ctrl-C does: its folder is removed, and its steps end."""

    def interrupt(*_: Any) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        signal.signal(signal.SIGHUP, interrupt)  # the terminal was closed


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return str(os.getuid())
