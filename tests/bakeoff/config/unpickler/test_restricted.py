"""A model consists of estimators and arrays; a pickle that names anything else is refused before it runs."""

import io
import re
import sys
import warnings

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.utils import all_estimators

from bakeoff.config.allowed_modules import VARIABLE, MissingPackageError, NotAllowedError, load_class
from bakeoff.config.unpickler.read import read_model, unpickle_model
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
        ("sklearn.metrics._scorer", "_Scorer"),  # calls any method of what it scores
        ("copyreg", "_reconstructor"),
        ("scipy.sparse.linalg", "LinearOperator"),
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


def named(path):
    """The opcodes that name something."""
    module, _, name = path.rpartition(".")
    return text(module) + text(name) + b"\x93"


def made(path, **state):
    """The opcodes that make an object with attributes, the values of which are opcodes."""
    attributes = b"".join(text(name) + value for name, value in state.items())
    return named(path) + b")\x81}(" + attributes + b"ub"


KERNEL = made("sklearn.gaussian_process.kernels.RBF")  # can be called
TREE = named("sklearn.tree._classes.DecisionTreeClassifier") + b")\x81"
STEPS = {
    "calls an object": (KERNEL + b")R", "calls sklearn.gaussian_process.kernels.RBF"),
    "calls an estimator": (named("sklearn.tree._classes.DecisionTreeClassifier") + b")R", "calls sklearn.tree"),
    "calls a function that is only held": (
        named("sklearn.utils.validation.check_array") + b")R",
        "calls builtins.func",
    ),
    "lets a function call an object": (
        named("numpy.random._pickle.__generator_ctor") + text("x") + KERNEL + b"\x86R",
        "calls sklearn.gaussian_process.kernels.RBF",
    ),
    "keeps an object to be called": (named("functools.partial") + KERNEL + b"\x85R", "calls sklearn.gaussian_process"),
    "keeps an estimator to be called": (
        named("functools.partial") + named("sklearn.tree._classes.DecisionTreeClassifier") + b"\x85R",
        "calls sklearn.tree._classes.DecisionTreeClassifier",
    ),
    "makes an object of an object": (KERNEL + b")\x81", "makes an object of sklearn.gaussian_process.kernels.RBF"),
    "makes it with keywords": (KERNEL + b")}\x92", "makes an object of sklearn.gaussian_process.kernels.RBF"),
    "changes a class": (
        named("sklearn.tree._classes.DecisionTreeClassifier") + b"N}" + text("predict") + b"Ns\x86b",
        "changes sklearn.tree._classes.DecisionTreeClassifier",
    ),
    "changes a function": (
        named("sklearn.utils.validation.check_array") + b"}" + text("x") + b"Nsb",
        "changes builtins",
    ),
    "replaces a method": (made("sklearn.tree._classes.DecisionTreeClassifier", predict=KERNEL), "replaces 'predict'"),
    "replaces it in a slot": (TREE + b"N}" + text("predict") + b"Ns\x86b", "replaces 'predict'"),
    "replaces how it is set": (made("sklearn.utils._bunch.Bunch", __setstate__=KERNEL), "replaces '__setstate__'"),
    "appends to an object": (TREE + b"Na", "adds items to sklearn.tree"),
    "appends many": (TREE + b"(NNe", "adds items to sklearn.tree"),
    "adds to it": (TREE + b"(N\x90", "adds items to sklearn.tree"),
    "sets an item": (TREE + b"NNs", "adds items to sklearn.tree"),
    "sets many": (TREE + b"(NNu", "adds items to sklearn.tree"),
    "is written as of old": (
        b"(" + named("sklearn.tree._classes.DecisionTreeClassifier") + b"o",
        "has an opcode of the old",
    ),
    "reads files": (made("sklearn.feature_extraction.text.CountVectorizer", input=text("filename")), "sets 'input'"),
    "reaches any method": (
        made("sklearn.ensemble._stacking.StackingClassifier", stack_method_=b"]" + text("__getattribute__") + b"a"),
        "sets 'stack_method_'",
    ),
    "reaches any attribute": (
        made("sklearn.feature_selection._from_model.SelectFromModel", importance_getter=text("fit.__globals__")),
        "sets 'importance_getter'",
    ),
    "has an array of no type": (made("joblib.numpy_pickle.NumpyArrayWrapper", dtype=KERNEL), "has an array of sklearn"),
}


@pytest.mark.parametrize(("steps", "told"), STEPS.values(), ids=STEPS)
def test_a_step_that_no_model_needs_is_refused(steps, told):
    """All of its names may be named; nor in an array of objects, which joblib would read by itself."""
    with pytest.raises(NotAllowedError, match=rf"^it {re.escape(told)}[^\n]*, which no model does"):
        unpickle_model(io.BytesIO(b"\x80\x04" + steps + b"."))
    array = dump(np.array([None], dtype=object)).read()
    inner = array.index(b"\x80\x05", 2)
    with pytest.raises(NotAllowedError, match="which no model does"):
        unpickle_model(io.BytesIO(array[:inner] + b"\x80\x04" + steps + b"." + array[inner:]))


@pytest.mark.parametrize("path", ["lightgbm.basic.Booster", "xgboost.core.Booster"])
def test_a_booster_reads_no_file(path):
    """As it would if it were called with one."""
    pytest.importorskip(path.partition(".")[0])
    with pytest.raises(NotAllowedError, match=f"calls {path}"):
        unpickle_model(io.BytesIO(b"\x80\x04" + named(path) + b"NN" + text("/etc/hostname") + b"\x87R."))


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


@pytest.mark.filterwarnings("ignore")
def test_every_other_estimator_is_read_as_it_was_written():
    """As a part of a classifier, but for those that hold a function which is not among what models consist of."""
    read, refused = 0, {}
    for name, estimator in all_estimators(["transformer", "regressor", "cluster"]):
        if _needs_arguments(estimator):
            continue
        try:
            model = estimator().fit(X, Y)
        except (AttributeError, IndexError, TypeError, ValueError):  # it takes other tables
            continue
        try:
            unpickle_model(dump(model))
            read += 1
        except NotAllowedError as error:
            refused[name] = str(error).split(",")[0]
    assert read > 100
    assert (
        refused.items()
        <= {
            "BisectingKMeans": "it names sklearn.cluster._kmeans._kmeans_single_lloyd",
            "FeatureAgglomeration": "it names numpy.mean",
        }.items()
    )


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
