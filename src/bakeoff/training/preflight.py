"""Check everything that can be checked before a run begins, and preload what its steps import."""

import importlib
from collections.abc import Iterator

from bakeoff.classifiers import default_parameters
from bakeoff.config import TrainingConfig
from bakeoff.config.dask import require_scheduler
from bakeoff.errors import ConfigError
from bakeoff.estimators.engines import has_sklearnex, require_engine
from bakeoff.runtime.files import require_writable
from bakeoff.runtime.paths import refuse_mixed, refuse_outside_roots
from bakeoff.runtime.processes import run_in_process
from bakeoff.store.load import open_store

# Modules that the fork server imports once for all steps, first those that check the config and the rows.
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
    "jinja2",
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
    """Check that store and workspace can be written and hold no other files, and that engine and Dask are available.

    Raises:
        UserError: a check failed; nothing has been written.
        IntegrityError: the store is damaged, so nothing may be added to it.
    """
    for folder in (config.store, config.workspace):  # defaults too, which no validation sees
        refuse_outside_roots(str(folder))
    refuse_mixed(config.store, config.workspace, config.dataset.path)
    open_store(config).require_ready()
    require_engine(config.engine)
    if config.dask.address is not None:
        require_scheduler(config.dask.address)
    require_writable(config.workspace, "the workspace", ConfigError)


def check_contestants(config: TrainingConfig) -> None:
    """Check, in a process of its own, the contestants that don't race by default, and the values of a search.

    Raises:
        ConfigError: a class or a parameter is wrong; the message names all that are.
    """
    if set(config.classifiers) - set(default_parameters()) or config.search.spaces:
        run_in_process("bakeoff.estimators.own_classifiers:check_classifiers", config)


def check_training(config: TrainingConfig) -> None:
    """Check the config as `check_places` does, its contestants, and its dataset, which stays in memory.

    Raises:
        UserError: a check failed; nothing has been written.
        IntegrityError: the store is damaged, so nothing may be added to it.
    """
    from bakeoff.data.prepare import remember_dataset
    from bakeoff.estimators.own_classifiers import check_classifiers

    check_places(config)
    check_classifiers(config)
    remember_dataset(config)


def preload() -> Iterator[None]:
    """Import what steps need into the fork server, which may fork a step at each yield."""
    for name in FIRST:
        importlib.import_module(name)
    yield
    for name in THEN + (FASTER if has_sklearnex() else ()):
        importlib.import_module(name)
        yield
    warm_up()


def warm_up() -> None:
    """Fit every classifier that races by default once, so that forked steps inherit what libraries set up on first use.

    It must start no threads: a fork doesn't inherit them.
    """
    import pandas as pd

    from bakeoff.config import CrossValidationConfig
    from bakeoff.data.folds import make_folds
    from bakeoff.estimators.contestant import Contestant
    from bakeoff.estimators.engines import choose_engine
    from bakeoff.estimators.pipeline import build_pipeline, fit_pipeline
    from bakeoff.runtime.environment import digest_code
    from bakeoff.tables.schema import Feature
    from bakeoff.training.held_out.out_of_fold import held_out_scores

    X = pd.DataFrame({"number": [float(row) for row in range(40)], "text": ["a", "b"] * 20})
    y = X["number"].to_numpy().astype(int) % 3
    features = [Feature("number", "float64", "number"), Feature("text", "str", "category")]
    make_folds(CrossValidationConfig(), y)
    digest_code()
    for name in default_parameters():
        parameters = {"n_estimators": 2} if name == "random_forest" else {}
        engine = choose_engine("sklearnex", name, len(X))
        contestant = Contestant(name, parameters, "auto", "accuracy", "auto", engine)
        pipeline, _ = fit_pipeline(build_pipeline(contestant, features), X, y)
        held_out_scores(pipeline, X, ["0", "1", "2"])
