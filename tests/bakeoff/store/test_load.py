"""Opening a model: under the versions that it was written under, and only if it means what it meant."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from forging import rewrite_card, rewrite_environment, rewrite_journal
from versions import require_scikit_learn

from bakeoff.config import PredictionConfig
from bakeoff.errors import IntegrityError, StoreError
from bakeoff.prediction.preflight import check_prediction
from bakeoff.runtime.typed_json import parse_json
from bakeoff.store import manifest
from bakeoff.store.contents.frozen_sample import TOLERANCES, check_sample, freeze_sample
from bakeoff.store.key_files import find_keys
from bakeoff.store.load import load_model
from bakeoff.store.model_store import ModelStore
from bakeoff.tables.schema import Feature
from tests.bakeoff.conftest import ORDERS, run_race, signed

STORES = Path(__file__).parent / "stores"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"scikit-learn": "1.8.2"}, "it was written under scikit-learn 1.8.2, and this is scikit-learn "),
        ({"python": "3.9.1"}, "it was written under Python 3.9, and this is Python 3."),
        ({"scikit-learn": "1.8.2", "python": "3.9.1"}, "scikit-learn 1.8.2, Python 3.9, and this is scikit-learn "),
    ],
)
def test_a_model_of_other_versions_is_opened_only_when_allowed(store, environment, expected, tmp_path, caplog):
    """The sentence says which, and the way out; what was allowed is said in the log."""
    version = store.champion()
    rewrite_environment(store, version, **environment)
    with pytest.raises(StoreError, match=f"{expected}.*--allow-version-skew"):
        load_model(store, version)
    config = {"store": store.folder.parent, "output": str(tmp_path / "out")}
    with pytest.raises(StoreError, match=expected):
        check_prediction(PredictionConfig.model_validate(config))
    check_prediction(PredictionConfig.model_validate(config | {"allow_version_skew": True}))
    assert load_model(store, version, allow_version_skew=True).predict is not None
    assert expected in caplog.text


def test_a_patch_of_python_is_no_skew(store):
    """Pickles are the same within a minor version."""
    version = store.champion()
    python = ".".join(store.card(version).environment["python"].split(".")[:2])
    rewrite_environment(store, version, python=f"{python}.999")
    assert load_model(store, version) is not None


def swap_model(store, model):
    """Put another model in the champion's place, with all digests rewritten."""
    folder = store.path(store.champion())
    joblib.dump(model, folder / "model.joblib")
    rewrite_card(folder)
    rewrite_journal(store)


def test_a_model_that_predicts_its_sample_differently_is_refused(store):
    """As another scikit-learn would make it: here its coefficients are turned round, or moved by a thousandth."""
    version = store.champion()
    model = load_model(store, version)
    model[-1].coef_ *= 1.001
    swap_model(store, model)
    with pytest.raises(IntegrityError, match=f"version {version} is not used: it scores the rows of its frozen sample"):
        load_model(store, version)
    model[-1].coef_ *= -1
    swap_model(store, model)
    with pytest.raises(
        IntegrityError, match="it predicts row [0-9]+ of its frozen sample as [0-3], no longer as [0-3]"
    ):
        load_model(store, version, allow_version_skew=True)


def test_a_model_that_cannot_predict_or_be_opened_is_refused(store):
    """One sentence, whatever scikit-learn raises."""
    version = store.champion()
    model = load_model(store, version)
    del model[-1].coef_
    swap_model(store, model)
    with pytest.raises(IntegrityError, match="it can't predict its frozen sample: .*coef_"):
        load_model(store, version)
    folder = store.path(version)
    (folder / "model.joblib").write_bytes(b"no pickle")
    rewrite_card(folder)
    rewrite_journal(store)
    with pytest.raises(IntegrityError, match=f"version {version} can't be opened here"):
        load_model(store, version)


class Ending:
    """What ends the process when it is unpickled."""

    def __reduce__(self):
        return (sys.exit, (0,))


def test_a_model_that_ends_the_process_is_an_error(store, monkeypatch):
    """Not a run without a result that exits with 0, even where the model may call it."""
    with monkeypatch.context() as allowed:
        allowed.setenv("BAKEOFF_CLASSIFIER_MODULES", "sys.exit")
        swap_model(store, Ending())
        with pytest.raises(IntegrityError, match="can't be opened here"):
            load_model(store, store.champion())
    with pytest.raises(StoreError, match=r"is not opened: it names sys\.exit"):
        load_model(store, store.champion())


@pytest.mark.parametrize("classifier", ["logistic_regression", "svm", "random_forest"])
def test_the_sample_holds_rows_predictions_and_scores(tmp_path, classifier):
    """Of raw columns with text, booleans and gaps; up to 64 validation rows, evenly spaced."""
    race = run_race(tmp_path / "work", dataset=ORDERS, classifiers={classifier: {}})
    version = race.export(tmp_path / "models")
    sample = pa.parquet.read_table(version / "sample.parquet")
    card = json.loads((version / "card.json").read_text())
    assert [feature["name"] for feature in card["features"]] == [field.name for field in sample["features"].type]
    assert min(64, card["rows"]["validation"]) == sample.num_rows
    store = ModelStore(tmp_path / "models", "classifier")
    model = load_model(store, version.name)
    rows = pd.DataFrame(sample["features"].to_pylist())
    assert sample["prediction"].to_pylist() == model.predict(rows).tolist()
    width = 1 if classifier == "svm" and len(card["classes"]) == 2 else len(card["classes"])
    assert {width} == {len(scores) for scores in sample["scores"].to_pylist()}


def test_a_sample_of_no_rows_agrees(tmp_path):
    """Where no validation row could be scored."""
    features = [Feature("x", "float64", "number")]
    freeze_sample(None, pa.table({"x": ["a", "b"]}), features, tmp_path / "sample.parquet")
    check_sample(None, (tmp_path / "sample.parquet").read_bytes(), features)
    assert 0 == pa.parquet.read_table(tmp_path / "sample.parquet").num_rows


def test_scores_may_differ_in_their_last_digits(tmp_path):
    """As they do between processors."""

    class Model:
        off = 0.0

        def predict(self, X):
            return np.array(["a"] * len(X))

        def predict_proba(self, X):
            return np.full((len(X), 2), 0.5 + self.off)

    features, path = [Feature("x", "float64", "number")], tmp_path / "sample.parquet"
    freeze_sample(Model(), pa.table({"x": np.arange(200.0)}), features, path)
    assert 64 == pa.parquet.read_table(path).num_rows
    model = Model()
    model.off = 1e-9
    check_sample(model, path.read_bytes(), features)
    model.off = 3e-6
    with pytest.raises(IntegrityError, match="scores the rows"):
        check_sample(model, path.read_bytes(), features)
    model.computes_in = "float32"
    check_sample(model, path.read_bytes(), features)
    model.off = 1e-4
    with pytest.raises(IntegrityError, match="scores the rows"):
        check_sample(model, path.read_bytes(), features)


@pytest.mark.parametrize("name", sorted(path.name for path in STORES.iterdir()))
def test_a_store_of_an_older_format_is_read_and_written(name, tmp_path, keys):
    """Versions, champion, log and models; the next writer goes on with it."""
    require_scikit_learn(STORES / name)
    shutil.copytree(STORES / name, tmp_path / name)
    public = tmp_path / name / "public.pem"
    store = ModelStore(tmp_path / name, "classifier", find_keys(None, public if public.exists() else None))
    first, second, third = store.versions()
    assert second == store.champion()
    assert [] == store.verify()
    assert [first, second, third, second] == [reign.version for reign in store.history().champion_periods]
    assert (
        f"worse on Monday's rows{' (root)' if name == 'unnumbered' else ''}" == store.history().champion_periods[-1].why
    )
    for version in store.versions():
        assert "logistic_regression" == store.card(version).classifier
        model = load_model(store, version, allow_version_skew=True)
        assert ["setosa"] == model.predict(pd.DataFrame([[5.1, 3.5, 1.4, 0.2]], columns=IRIS)).tolist()
    signed(store, keys).sign("a new key", as_it_stands=True)
    store = signed(store, keys)
    assert first == store.rollback("on with it")
    store.promote(third, "on with it")
    assert [first, second] == store.prune(1, 0, "on with it").pruned
    assert [] == store.verify()
    assert (
        hashlib.sha256(store.journal.path.read_bytes().splitlines()[-1]).hexdigest() in store.journal.head.read_text()
    )


@pytest.mark.parametrize("name", ["svm", "approximated", "forest"])
def test_a_model_of_our_own_classes_opens_and_predicts_the_same(name, tmp_path):
    """Pickles name `bakeoff.calibration` and `bakeoff.nystroem_svc`: those paths stay, and so does what they give."""
    require_scikit_learn(STORES.parent / "stores_of_estimators" / name)
    shutil.copytree(STORES.parent / "stores_of_estimators" / name, tmp_path / name)
    store = ModelStore(tmp_path, name)
    assert [] == store.verify()
    version = store.champion()
    model = load_model(store, version, allow_version_skew=True)
    rows = pd.read_parquet(store.path(version) / "validation.parquet").drop(columns="target")
    expected = json.loads((tmp_path / name / "predictions.json").read_text())
    assert expected["prediction"] == [str(label) for label in model.predict(rows)]
    least = (
        TOLERANCES["float32"] if name == "approximated" else 1e-12
    )  # it computes in float32, whose digits are the processor's
    np.testing.assert_allclose(model.predict_proba(rows), expected["probabilities"], rtol=least, atol=least)


IRIS = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]


def test_a_card_is_parsed_once_for_a_load(version, monkeypatch):
    """It is asked for several times, and the card of a wide table takes seconds; another content is parsed anew."""
    parsed = []
    monkeypatch.setattr(manifest, "parse_json", lambda content: parsed.append(content) or parse_json(content))
    manifest._parse_card.cache_clear()
    load_model(ModelStore(version.parent.parent, version.parent.name), version.name)
    assert 1 == len(parsed)
    with pytest.raises(IntegrityError, match=r"card\.json is another version's"):
        manifest.parse_card(parsed[0], "20260101T000000Z-00000")
    manifest.parse_card(parsed[0] + b"\n", version.name)
    assert 2 == len(parsed)
