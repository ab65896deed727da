"""`bakeoff report`, `compare` and `ui`."""

import functools
import json
import os
import shutil
import threading
import urllib.error
import urllib.request
from http.server import ThreadingHTTPServer

import joblib
import pytest

from bakeoff.cli.main import main
from bakeoff.cli.ui import Handler
from bakeoff.report.inspection import feature_importance
from bakeoff.report.inspection_section import say_learning
from tests.bakeoff.conftest import ORDERS, run_race


@pytest.fixture
def run(capsys):
    """Run a command; returns status, output and errors."""

    def command(*arguments):
        status = main([*map(str, arguments)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return command


def test_a_report_is_written_again(run, store):
    """The champion's, unless told otherwise."""
    root, champion = store.folder.parent, store.champion()
    path = store.path(champion) / "report.html"
    path.unlink()
    assert (0, f"{path}\n", "") == run("report", "--store", root)
    assert "<svg" in path.read_text()
    status, out, err = run("report", "nothing", "--store", root)
    assert (2, "") == (status, out)
    assert "has no version 'nothing'" in err


def test_a_deep_report_reads_the_rows_again(run, tmp_path):
    """And refuses others than the version was made of."""
    shutil.copy(ORDERS["path"], tmp_path / "orders.csv")
    dataset = {**ORDERS, "path": str(tmp_path / "orders.csv")}
    version = run_race(tmp_path / "work", dataset=dataset).export(tmp_path / "models")
    deep = ("report", "--deep", "--store", tmp_path / "models", "--workspace", tmp_path / "deep")
    assert 0 == run(*deep)[0]
    report = (version / "report.html").read_text()
    for heading in ("Which columns matter", "Would more rows help"):
        assert f">{heading}</h2>" in report
    assert "each column shuffled 10 times" in report
    assert [] == [*(tmp_path / "deep").iterdir()]
    lines = (tmp_path / "orders.csv").read_text().splitlines()
    (tmp_path / "orders.csv").write_text("\n".join(lines[:-1]))
    status, _, err = run(*deep)
    assert 2 == status
    assert f"version {version.name} was made of other rows than" in err
    assert report == (version / "report.html").read_text()


def test_a_column_of_no_influence_has_none(tmp_path, monkeypatch):
    """Also where only a part of the test rows is looked at."""
    monkeypatch.setattr("bakeoff.report.inspection.MOST_ROWS", 100)
    race = run_race(tmp_path, dataset={"n_samples": 1000, "class_sep": 0.5, "flip_y": 0.2})
    model = joblib.load(race.models["logistic_regression"].path)
    model[-1].coef_[:, 3] = 0
    found = feature_importance(race.ref, model, "accuracy")
    (third,) = [each for each in found["columns"] if each["name"] == race.ref.features[3].name]
    assert (100, 0.0, 0.0) == (found["rows"], third["mean"], third["std"])
    assert 0.02 < found["columns"][0]["mean"]


def test_what_a_learning_curve_says():
    """By differences fold by fold: these vary less than the folds do."""
    rises = {"folds": 5, "rows": [100, 200], "scores": [[0.7, 0.8, 0.9], [0.72, 0.82, 0.921]]}
    assert "accuracy changed by +0.0203 (standard error 0.0004): it still rises" in say_learning(rises, "accuracy")
    flat = {"folds": 5, "rows": [100, 200], "scores": [[0.7, 0.8, 0.9], [0.72, 0.78, 0.901]]}
    assert "no rise that could be told from chance" in say_learning(flat, "accuracy")
    unknown = {"folds": 5, "rows": [100, 200], "scores": [[None, None, 0.9], [0.72, 0.78, 0.9]]}
    assert "too few folds" in say_learning(unknown, "accuracy")


def test_two_versions_stand_side_by_side(run, tmp_path):
    """What differs in how they were made, and nothing of what doesn't."""
    root = tmp_path / "models"
    first = run_race(tmp_path / "1").export(root).name
    classifiers = {"logistic_regression": {"C": 0.5}, "random_forest": {"n_estimators": 5}}
    second = run_race(tmp_path / "2", dataset={"n_samples": 300}, classifiers=classifiers).export(root).name
    status, out, _ = run("compare", first, "latest", "--store", root)
    assert 0 == status
    cells = {tuple(part.strip() for part in line.split("  ") if part.strip()) for line in out.splitlines()}
    assert ("Figures", first, second) in cells
    assert ("dataset.n_samples", "200", "300") in cells
    assert ("classifiers.logistic_regression.C", "–", "0.5") in cells
    assert not [line for line in cells if line and line[0] in {"dataset.n_classes", "Libraries", "Columns"}]
    assert "They were tested on different rows" in out
    figures = json.loads(run("compare", first, first, "--store", root, "--json")[1])
    assert figures["warning"] is None
    third = run_race(tmp_path / "3", cross_validation={"scoring": "neg_log_loss"}).export(root).name
    assert "of different metrics: accuracy and neg_log_loss" in run("compare", first, third, "--store", root)[1]
    assert "Config" not in figures


@pytest.fixture
def ask(store):
    """Asks a real server for a page; returns status, headers and text."""
    report = store.path(store.versions()[0]) / "report.html"
    report.write_text("the first report")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, store.folder.parent))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def get(path, method="GET", **headers):
        address = f"http://127.0.0.1:{server.server_port}{path}"
        try:
            with urllib.request.urlopen(urllib.request.Request(address, method=method, headers=headers)) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode()

    yield get
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_pages_lead_from_the_models_to_a_report(ask, store):
    """Versions with the champion marked, and who was champion when."""
    assert '<a href="/classifier/">classifier</a>' in ask("/")[2]
    versions = ask("/classifier/")[2]
    for version in store.versions():
        assert f'<a href="/classifier/{version}/">{version}</a>' in versions
    assert 1 == versions.count('class="winner"')
    assert "the first version of this name" in versions
    assert (200, "the first report") == ask(f"/classifier/{store.versions()[0]}/")[::2]


@pytest.mark.parametrize(
    ("path", "method", "host", "status"),
    [
        ("/nobody/", "GET", None, 404),
        ("/classifier/20260101T000000Z-00000/", "GET", None, 404),
        ("/classifier/../../etc/passwd", "GET", None, 404),
        ("/..%2f..%2fetc/passwd", "GET", None, 404),
        ("/classifier/journal.jsonl", "GET", None, 404),
        ("/", "GET", "elsewhere.example", 403),
        ("/", "POST", None, 501),
        ("/", "DELETE", None, 501),
    ],
)
def test_nothing_else_is_shown_or_changed(ask, path, method, host, status):
    assert status == ask(path, method, **({"Host": host} if host else {}))[0]


def test_what_stands_in_a_report_is_not_run(ask, store):
    """Nothing seals a report."""
    policy = ask(f"/classifier/{store.versions()[0]}/")[1]["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert policy.endswith("; sandbox")


def test_a_report_that_is_a_link_or_a_pipe_is_not_shown(ask, store, tmp_path):
    """It could lead anywhere; the page says how to have one again."""
    first, second, _ = store.versions()
    for version in (first, second):
        (store.path(version) / "report.html").unlink()
    (tmp_path / "secret").write_text("secret")
    (store.path(first) / "report.html").symlink_to(tmp_path / "secret")
    os.mkfifo(store.path(second) / "report.html")
    for version in (first, second):
        status, _, text = ask(f"/classifier/{version}/")
        assert (404, False) == (status, "secret" in text)
        assert f"bakeoff report {version} --store {store.folder.parent} --name classifier writes it" in text


def test_a_damaged_version_is_said_to_be(ask, store):
    """The others are shown."""
    (store.path(store.versions()[1]) / "card.json").write_text("{}")
    status, _, text = ask("/classifier/")
    assert 200 == status
    assert "card.json differs from the journal" in text
    assert f'href="/classifier/{store.versions()[2]}/"' in text


def test_a_port_that_is_taken_is_a_line(run, store):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as taken:
        status, _, err = run("ui", "--store", store.folder.parent, "--port", taken.server_port)
    assert 2 == status
    assert f"port {taken.server_port} can't be used" in err
