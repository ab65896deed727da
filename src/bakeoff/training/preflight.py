"""Everything that can be refused before a run begins, so that a mistake costs seconds and leaves nothing behind."""

import importlib
import importlib.util
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from bakeoff.config import TrainingConfig
from bakeoff.errors import ConfigError
from bakeoff.estimators.engines import has_sklearnex, require_engine
from bakeoff.runtime.files import require_writable
from bakeoff.runtime.paths import refuse_mixed
from bakeoff.store.load import open_store

SCHEDULER_SECONDS = 5  # to answer
LONGEST_GREETING = 1 << 20  # bytes

# What steps need, imported once before they are forked: first what the check of a config and the rows do.
FIRST = (
    "bakeoff.training.preflight",
    "bakeoff.data.prepare",
    "bakeoff.training.fit",
    "sklearn.datasets",
    "sklearn.model_selection",
)
THEN = (
    "bakeoff.training.calibrate",
    "bakeoff.training.export",
    "bakeoff.training.promote",
    "bakeoff.training.pick",
    "bakeoff.training.evaluate",
    "bakeoff.report.write_report",
    "bakeoff.training.cross_validate",
    "sklearn.calibration",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.svm",
)
FASTER = ("sklearnex.ensemble", "sklearnex.linear_model")


def check_places(config: TrainingConfig) -> None:
    """Refuse a config whose store or workspace can't be written, or would stand among other files.

    Raises:
        UserError: in one line; nothing has been written.
        IntegrityError: the store is not in order, so nothing may be added to it.
    """
    refuse_mixed(config.store, config.workspace, config.dataset.path)
    open_store(config).require_ready()
    require_engine(config.engine)
    if config.dask.address is not None:
        require_scheduler(config.dask.address)
    require_writable(config.workspace, "the workspace", ConfigError)


def require_scheduler(address: str) -> None:
    """Refuse a Dask cluster that can't be reached, or for which packages are missing.

    Raises:
        ConfigError: saying what to do.
    """
    if importlib.util.find_spec("prefect_dask") is None:
        raise ConfigError(
            "runner: dask needs the package prefect-dask, which is not installed: pip install prefect-dask"
        )
    try:
        place = urlsplit(address)
        with socket.create_connection((place.hostname or "", place.port or 0), SCHEDULER_SECONDS) as connection:
            greeting = connection.recv(8) if place.scheme == "tcp" else None
    except (OSError, ValueError) as error:  # a port beyond all, say, or a name of 300 letters
        why = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"no Dask scheduler answers at {address[:200]} ({why}); start one, or leave runner: threads"
        ) from None
    # A scheduler speaks first: the length of a short message, least byte first.
    if greeting is not None and not 0 < int.from_bytes(greeting, "little") < LONGEST_GREETING:
        raise ConfigError(
            f"what answers at {address[:200]} is no Dask scheduler; give the address that its log names, or leave "
            "runner: threads"
        )


def check_training(config: TrainingConfig) -> None:
    """As `check_places`, and refuse rows that can't be raced.

    Raises:
        UserError: in one line; nothing has been written.
        IntegrityError: the store is not in order, so nothing may be added to it.
    """
    from bakeoff.data.prepare import remember_dataset

    check_places(config)
    remember_dataset(config)


def preload() -> Iterator[None]:
    """Import what steps need, for the server that they are forked from; between two parts a step may be asked for."""
    for name in FIRST:
        importlib.import_module(name)
    yield
    for name in THEN + (FASTER if has_sklearnex() else ()):
        importlib.import_module(name)
        yield
    warm_up()


def warm_up() -> None:
    """Do once, while nobody asks for a step, what libraries do when they are first used: each step would do it again.

    No thread may come of it, since a fork takes along none.
    """
    import pandas as pd

    from bakeoff.classifiers import CLASSIFIERS
    from bakeoff.config import CrossValidationConfig
    from bakeoff.data.folds import make_folds
    from bakeoff.estimators.contestant import Contestant
    from bakeoff.estimators.engines import choose_engine
    from bakeoff.estimators.pipeline import build_pipeline, fit_pipeline
    from bakeoff.runtime.environment import digest_code
    from bakeoff.tables.schema import Feature
    from bakeoff.training.out_of_fold import held_out_scores

    X = pd.DataFrame({"number": [float(row) for row in range(40)], "text": ["a", "b"] * 20})
    y = X["number"].to_numpy().astype(int) % 3
    features = [Feature("number", "float64", "number"), Feature("text", "str", "category")]
    make_folds(CrossValidationConfig(), y)
    digest_code()
    for name in CLASSIFIERS:
        parameters = {"n_estimators": 2} if name == "random_forest" else {}
        engine = choose_engine("sklearnex", name, len(X))
        contestant = Contestant(name, parameters, "auto", "accuracy", "auto", engine)
        pipeline, _ = fit_pipeline(build_pipeline(contestant, features), X, y)
        held_out_scores(pipeline, X, ["0", "1", "2"])
