"""Only classes of allowed modules are imported, whoever names them."""

import pytest

from bakeoff.config.allowed_modules import (
    VARIABLE,
    MissingPackageError,
    allowed_modules,
    check_path,
    is_allowed,
    load_class,
)
from bakeoff.runtime.fork_server import _outcome


def test_a_module_is_allowed_with_what_is_below_it(monkeypatch):
    """By whole names between dots, not by how the name begins."""
    assert all(map(is_allowed, ("sklearn", "sklearn.svm", "lightgbm.sklearn", "xgboost", "catboost.core")))
    assert not any(map(is_allowed, ("sklearnevil", "sklearn_extra.svm", "os", "", "my.sklearn")))
    monkeypatch.setenv(VARIABLE, "imblearn, mine.models")
    assert ("imblearn", "mine.models") == allowed_modules()[-2:]
    assert is_allowed("mine.models.trees")
    assert not is_allowed("mine")


@pytest.mark.parametrize("path", ["os.system", "sklearnevil.Classifier", "builtins.eval", "bakeoff.errors.UserError"])
def test_a_class_of_another_module_is_refused(path):
    """With the modules that are allowed, and who can allow more."""
    with pytest.raises(ValueError, match="is not allowed: its module must be one of sklearn, lightgbm.*MODULES$"):
        check_path(path)


@pytest.mark.parametrize(
    "path", ["SVC", "", ".svm.SVC", "sklearn..svm.SVC", "sklearn.svm.", "sklearn.svm.SVC()", 3, None]
)
def test_what_is_no_path_of_a_class_is_refused(path):
    with pytest.raises(ValueError, match=r"allowed: module and class, as in lightgbm\.LGBMClassifier"):
        check_path(path)


def test_what_is_not_allowed_is_not_imported(package):
    """The check comes before the import."""
    mark = package("sklearnevil", "class Classifier: ...\n")
    with pytest.raises(ValueError, match="is not allowed"):
        load_class("sklearnevil.Classifier")
    assert not mark.exists()


def test_a_class_that_an_allowed_module_has_from_elsewhere_is_refused():
    """What counts is where it is defined."""
    with pytest.raises(ValueError, match=r"class collections\.defaultdict is not allowed"):
        load_class("sklearn.base.defaultdict")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("sklearn.utils.os.system", "there is no module sklearn.utils.os"),
        ("sklearn.base.warnings", "sklearn.base has no class warnings"),
        ("sklearn.base.clone", "sklearn.base has no class clone"),
        ("sklearn.svm.LinearSVc", "sklearn.svm has no class LinearSVc; did you mean LinearSVC?"),
    ],
)
def test_what_is_no_class_is_refused(path, sentence):
    """Neither a module that an allowed module imports nor a function of it will do."""
    with pytest.raises(ValueError) as caught:
        load_class(path)
    assert str(caught.value).endswith(sentence)


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch):
    """In the process that asked, too, though the class was looked for in another one."""
    monkeypatch.setenv(VARIABLE, "nowhere_installed")
    _, error = _outcome("bakeoff.config.allowed_modules:load_class", ("nowhere_installed.Classifier",))
    assert isinstance(error, MissingPackageError)
    assert "the package nowhere_installed is not installed; pip install nowhere_installed" == str(error)


def test_a_module_that_cannot_be_imported_is_one_sentence(package, monkeypatch):
    """Whatever it raises."""
    package("broken", "raise OSError('libgomp.so.1: no such file')")
    monkeypatch.setenv(VARIABLE, "broken")
    with pytest.raises(ValueError, match=r"class broken\.Classifier can't be imported: OSError: libgomp"):
        load_class("broken.Classifier")
