"""`bakeoff labels`: true classes that came later, joined to past predictions."""

import json
import uuid

import pandas as pd
import pytest

from bakeoff.cli.main import main
from bakeoff.errors import ReadError
from bakeoff.store.model_store import ModelStore
from tests.bakeoff.conftest import predict


@pytest.fixture
def predicted(race, tmp_path):
    """A model, and its predictions of 50 rows with keys from 0; returns their folder and frame."""
    version = race.export(tmp_path / "models")
    rows = pd.read_parquet(version / "validation.parquet").iloc[:20].drop(columns="target")
    rows.insert(0, "id", range(20))
    rows.to_parquet(tmp_path / "rows.parquet")
    folder = tmp_path / "predictions" / "20261123T101500Z"
    predict(store=tmp_path / "models", input=str(tmp_path / "rows.parquet"), output=str(folder), keep=["id"])
    return folder, pd.read_parquet(folder / "predictions.parquet")


def give(tmp_path, frame, *more, name="truth.csv"):
    path = name if "://" in name else tmp_path / name
    frame.to_csv(path, index=False) if name.endswith("csv") else frame.to_parquet(path)
    places = ["--store", str(tmp_path / "models"), "--predictions", str(tmp_path / "predictions")]
    return main(["labels", str(path), "--key", "id", "--target", "churned", *places, *more])


def truth_of(frame, wrong=0):
    """The predicted classes as true ones, but for some."""
    labels = frame["prediction"].tolist()
    labels[:wrong] = [next(label for label in set(labels) if label != first) for first in labels[:wrong]]
    return pd.DataFrame({"id": frame["id"], "churned": labels})


def journal(tmp_path):
    return (tmp_path / "models" / "classifier" / "journal.jsonl").read_bytes()


def test_labels_give_a_versions_accuracy_by_week(predicted, tmp_path, capsys):
    """With Wilson's interval; the log, the version and its report have it, too."""
    assert 0 == give(tmp_path, truth_of(predicted[1], wrong=3), "--json")
    told = json.loads(capsys.readouterr().out)
    ((version, (week,)),) = told["versions"].items()
    assert ("2026-W48", 20, 17, 0.85) == tuple(week[name] for name in ("week", "rows", "right", "accuracy"))
    assert (0.6396, 0.9476) == (round(week["low"], 4), round(week["high"], 4))
    store = ["--store", str(tmp_path / "models")]
    for command in (["show"], ["log"]):
        assert 0 == main(["models", *command, *store])
        assert "accuracy in use 0.8500" in capsys.readouterr().out
    assert 0 == main(["models", "log", "--all", *store])
    assert "17 of 20 right, 2026-W48" in capsys.readouterr().out
    assert "Accuracy in use" in (tmp_path / "models" / "classifier" / version / "report.html").read_text()
    assert 0 == main(["models", "verify", *store])


def test_labels_come_from_an_object_store_too(predicted, tmp_path, capsys):
    """The same figures."""
    address = f"memory://{uuid.uuid4().hex}/truth.csv"
    assert 0 == give(tmp_path, truth_of(predicted[1], wrong=3), name=address)
    assert "20 predictions in 1 folder labelled" in capsys.readouterr().out
    assert 0 == main(["models", "log", "--all", "--store", str(tmp_path / "models")])
    assert "17 of 20 right, 2026-W48" in capsys.readouterr().out


def test_the_same_labels_again_change_nothing(predicted, tmp_path, capsys):
    """In the journal's lines; it is said."""
    give(tmp_path, truth_of(predicted[1]))
    before = journal(tmp_path)
    assert 0 == give(tmp_path, truth_of(predicted[1]))
    assert before == journal(tmp_path)
    assert "nothing new" in capsys.readouterr().out


@pytest.mark.parametrize(("more", "told"), [(["--why", "audited by Ada"], ": audited by Ada"), ([], "")])
def test_the_journal_has_the_reason_beside_where_labels_come_from(predicted, tmp_path, more, told):
    """As of every other change."""
    give(tmp_path, truth_of(predicted[1]), *more)
    last = json.loads(journal(tmp_path).splitlines()[-1])
    assert f"labels of 'churned' by 'id' from 'truth.csv'{told}" == last["why"]


def test_labels_add_up_and_corrections_count(predicted, tmp_path, capsys):
    """A later file may have other keys, or other labels for the same; the journal is only appended to."""
    truth = truth_of(predicted[1], wrong=2)
    give(tmp_path, truth.iloc[:10])
    before = journal(tmp_path)
    give(tmp_path, truth_of(predicted[1]).iloc[:12], "--json")
    assert journal(tmp_path).startswith(before)
    *_, told = capsys.readouterr().out.split("\n{", 1)
    assert "2 labels differ from those that were given before: the new ones count" in told
    (((week,),),) = [json.loads("{" + told)["versions"].values()]
    assert (12, 12) == (week["rows"], week["right"])


@pytest.mark.parametrize("name", ["truth.csv", "truth.parquet"])
def test_keys_match_whatever_their_type(predicted, tmp_path, capsys, name):
    """1, 1.0 and "1" are the same key."""
    for keys in (predicted[1]["id"].astype(float), predicted[1]["id"].astype(str)):
        assert 0 == give(tmp_path, truth_of(predicted[1]).assign(id=keys), name=name)
        assert "20 predictions in 1 folder labelled\n" in capsys.readouterr().out


def test_every_trouble_is_counted_in_a_line(predicted, tmp_path, capsys):
    """Repeated keys, keys with two labels, unknown keys, missing labels, classes that training never saw."""
    truth = truth_of(predicted[1]).astype({"churned": "str", "id": "str"})
    truth.loc[5, "churned"] = "never seen"
    truth.loc[6, "churned"] = None
    more = pd.concat([truth, truth.iloc[:2], truth.iloc[[3]].assign(churned="x"), truth.iloc[:1].assign(id="new")])
    assert 0 == give(tmp_path, more)
    said = capsys.readouterr().out
    for line in (
        "18 predictions in 1 folder labelled; 1 key in no prediction",
        "1 rows of 'truth.csv' have no key or no label: left out",
        "2 rows of 'truth.csv' repeat a key with the same label: used once",
        "1 keys of 'truth.csv' have several labels: left out ('3')",
        "1 labels are of a class that the version doesn't know",
    ):
        assert line in said


def test_predictions_that_cannot_be_joined_are_left_out(predicted, tmp_path, capsys):
    """Those of another model, and those whose keys are not unique; with nothing left it is the user's error."""
    folder, frame = predicted
    other = tmp_path / "predictions" / "other"
    other.mkdir()
    (other / "summary.json").write_text(json.dumps({"name": "another", "version": "x"}))
    assert 0 == give(tmp_path, truth_of(frame))
    assert "1 folders hold predictions of another model" in capsys.readouterr().out
    frame.assign(id=1).to_parquet(folder / "predictions.parquet")
    (folder / "labels.parquet").unlink()
    assert 0 == give(tmp_path, truth_of(frame))
    assert "20 predictions share their key with others of their folder" in capsys.readouterr().out
    frame.drop(columns="id").to_parquet(folder / "predictions.parquet")
    before = journal(tmp_path)
    assert 2 == give(tmp_path, truth_of(frame))
    assert "keep: [id]" in capsys.readouterr().err
    assert before == journal(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"--key": "idd"}, "did you mean 'id'"), ({"--target": "left"}, "'left'"), ({"--key": "churned"}, "both name")],
)
def test_wrong_columns_are_refused(predicted, tmp_path, capsys, change, said):
    """In one line, with status 2."""
    ((option, column),) = change.items()
    assert 2 == give(tmp_path, truth_of(predicted[1]), option, column)
    error = capsys.readouterr().err
    assert said in error
    assert 1 == error.count("\n")


def test_a_journal_of_a_newer_bakeoff_is_named_as_one(version, tmp_path, capsys):
    """An event that this one doesn't know is not called damage."""
    path = version.parent / "journal.jsonl"
    path.write_text(path.read_text().replace('"event": "promote"', '"event": "praise"'))
    assert 1 == main(["models", "list", "--store", str(tmp_path / "models")])
    assert "'praise', which this Bakeoff doesn't know: a newer one wrote it" in capsys.readouterr().err


def test_a_report_that_cannot_be_read_just_now_is_not_replaced(predicted, tmp_path, capsys, monkeypatch):
    """It may be a deep one; the labels are recorded, and giving them again writes it."""
    (report,) = (tmp_path / "models" / "classifier").glob("*/report.html")
    before = report.read_bytes()

    def refused(self, version):
        raise ReadError("report.html could not be read: Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(ModelStore, "read_report", refused)
        assert 0 != give(tmp_path, truth_of(predicted[1]))
    assert "could not be read" in capsys.readouterr().err
    assert before == report.read_bytes()
    assert 0 == give(tmp_path, truth_of(predicted[1]))
    assert b"Accuracy in use" in report.read_bytes()
