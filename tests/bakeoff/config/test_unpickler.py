"""A model consists of estimators and arrays; a pickle that names anything else is refused before it runs."""

import io
import sys
import warnings

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.utils import all_estimators

from bakeoff.config.allowed_modules import VARIABLE, MissingPackageError, NotAllowedError, load_class
from bakeoff.config.unpickler import read_model, unpickle_model
from bakeoff.training.dump_model import dump_model

X, Y = (part[::3] for part in load_iris(return_X_y=True))


def text(value):
    return b"\x8c" + bytes([len(value)]) + value.encode()


def call(module, name, argument):
    """The opcodes that call a name with one argument."""
    return text(module) + text(name) + b"\x93" + text(argument) + b"\x85R"


class Payload:
    """Pickled as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def dump(value, protocol=None):
    file = io.BytesIO()
    joblib.dump(value, file, protocol=protocol)
    file.seek(0)
    return file


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("posix", "system"),
        ("subprocess", "Popen"),
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("builtins", "type"),
        ("importlib", "import_module"),
        ("pandas", "eval"),
        ("pandas.core.computation.eval", "eval"),
        ("pandas", "read_pickle"),
        ("pandas", "HDFStore"),
        ("numpy", "load"),
        ("numpy", "memmap"),
        ("numpy", "f2py"),
        ("numpy.f2py", "compile"),
        ("numpy.testing", "rundocs"),
        ("joblib", "load"),
        ("joblib.numpy_pickle_compat", "NDArrayWrapper"),  # reads the file that it names
        ("joblib.memory", "MemorizedResult"),
        ("scipy.sparse", "load_npz"),
        ("sklearn.datasets", "load_files"),
        ("sklearn.utils._testing", "TempMemmap"),
        ("sklearn.utils.parallel", "_FuncWrapper"),
        ("sklearn.pipeline", "clone"),
        ("sklearn.base", "BaseEstimator.__init__.__globals__"),
        ("sklearn.base", "warnings.sys.modules"),
        ("lightgbm.basic", "_TempFile"),
        ("xgboost.tracker", "RabitTracker"),  # opens a port
        ("bakeoff.estimators.engines", "importlib"),
        ("bakeoff.runtime.fork_server", "pickle"),
        ("__main__", "Anything"),
    ],
)
def test_a_name_that_no_model_needs_is_refused(module, name, tmp_path):
    """In one line with the name; nothing is called."""
    mark = tmp_path / "mark"
    with pytest.raises(NotAllowedError, match=rf"{module}\.{name}[^\n]*{VARIABLE}$"):
        unpickle_model(io.BytesIO(b"\x80\x04" + call(module, name, f"touch {mark}") + b"."))
    assert not mark.exists()


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_a_command_is_refused_wherever_it_stands(protocol, tmp_path):
    """As the model, in an attribute, in an array of objects, behind a partial: under every protocol."""
    import functools
    import os

    mark = tmp_path / "mark"
    command = Payload(os.system, f"touch {mark}")
    inside = LogisticRegression().fit(X, Y)
    inside.note_ = {"deep": [command]}
    array = LogisticRegression().fit(X, Y)
    array.classes_ = np.array([command, None], dtype=object)
    partial = LogisticRegression(C=Payload(functools.partial, os.system))
    for model in (command, inside, array, partial):
        with pytest.raises(NotAllowedError, match=r"system|copy_reg\."):
            unpickle_model(dump(model, protocol))
    assert not mark.exists()


@pytest.mark.filterwarnings("ignore")
def test_every_classifier_of_scikit_learn_is_read_as_it_was_written(tmp_path):
    """And those of LightGBM and XGBoost, where they are installed."""
    candidates = {
        name: estimator for name, estimator in all_estimators("classifier") if not _needs_arguments(estimator)
    }
    for path in ("lightgbm.LGBMClassifier", "xgboost.XGBClassifier"):
        try:
            candidates[path] = load_class(path)
        except MissingPackageError:
            continue
    read = 0
    for name, estimator in candidates.items():
        model = estimator(**{key: 5 for key in ("n_estimators", "max_iter") if key in estimator().get_params()})
        try:
            model.fit(X, Y)
        except (ValueError, IndexError):  # it takes other tables
            continue
        dump_model(model, tmp_path / name)
        assert model.predict(X).tolist() == read_model(tmp_path / name).predict(X).tolist(), name
        read += 1
    assert read > 25


def _needs_arguments(estimator):
    try:
        with warnings.catch_warnings(action="ignore"):
            estimator()
    except TypeError:
        return True
    return False


def test_a_model_that_could_not_be_read_is_not_written(tmp_path):
    """So that the contestant fails in the race, not the prediction later."""
    with pytest.raises(NotAllowedError, match="load_iris"):
        dump_model(LogisticRegression(C=load_iris), tmp_path / "model")


def test_a_function_of_an_allowed_module_is_read_only_if_it_is_named(package, monkeypatch):
    """Allowing a module allows its classes; a function may do anything."""
    package("foreign", "class Classifier: ...\n\n\ndef run(command): ...\n")
    content = b"\x80\x04" + call("foreign", "run", "ls") + b"."
    monkeypatch.setenv(VARIABLE, "foreign")
    with pytest.raises(NotAllowedError, match=r"foreign\.run"):
        unpickle_model(io.BytesIO(content))
    monkeypatch.setenv(VARIABLE, "foreign, foreign.run")
    assert unpickle_model(io.BytesIO(content)) is None


def test_a_model_is_unpickled_of_allowed_modules_alone(package, monkeypatch):
    """What is not allowed is not imported; a package that is missing here is named."""
    mark = package("foreign", "class Classifier: ...\n")
    monkeypatch.setenv(VARIABLE, "foreign")
    content = dump(load_class("foreign.Classifier")()).getvalue()
    assert "Classifier" == type(unpickle_model(io.BytesIO(content))).__name__
    monkeypatch.delenv(VARIABLE)
    monkeypatch.delitem(sys.modules, "foreign")
    mark.unlink()
    with pytest.raises(ValueError, match=r"class foreign\.Classifier is not allowed"):
        unpickle_model(io.BytesIO(content))
    assert not mark.exists()
    monkeypatch.setenv(VARIABLE, "foreign")
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    with pytest.raises(MissingPackageError, match="the package foreign is not installed"):
        unpickle_model(io.BytesIO(content))
