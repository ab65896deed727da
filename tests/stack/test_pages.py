"""What a person sees in a browser."""

import re

import pytest
from browser import Browser
from postgres import postgres
from prefect_stack import Stack, end, eventually

from bakeoff.config import TrainingConfig
from bakeoff.config.rows.dataset import SOURCES
from bakeoff.config.validation import validate


@pytest.fixture(scope="module")
def pages(tmp_path_factory, registered):
    """A server with its pages, where one run has trained; on PostgreSQL: with a worker SQLite may lock for a minute."""
    folder = tmp_path_factory.mktemp("pages")
    with (
        postgres(registered) as (url, _),
        Stack(folder, pages=True, PREFECT_SERVER_DATABASE_CONNECTION_URL=url) as stack,
    ):
        worker = stack.start_worker()
        config = {"dataset": {"n_samples": 300}, "store": str(folder / "models"), "workspace": str(folder / "work")}
        run = stack.ask_for_run(stack.deployment("nightly"), **config)
        assert eventually(lambda: "COMPLETED" == stack.state(run)["type"])
        end(worker)  # it would train what the form sends
        yield stack, run


def seen(stack, path, profile):
    """The text of a page, as headless Chromium renders it for somebody who has given the auth string."""
    with Browser(profile) as browser:
        browser.sign_in(":".join(stack.auth))
        dumped = browser.show(f"http://127.0.0.1:{stack.port}/v2/{path}")
    return re.sub(r"\s+", " ", re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", dumped, flags=re.DOTALL))


def test_the_form_shows_every_field_with_its_description_and_bounds(pages, tmp_path):
    stack, _ = pages
    form = seen(stack, f"deployments/deployment/{stack.deployment('nightly')['id']}/run", tmp_path)
    assert "One race: the rows, the split, the contestants, and where the winner goes." in form
    for part in (
        "Dataset",
        "Split",
        "Cross-validation",
        "Selection",
        "Promotion",
        "Classifiers",
        "SVM",
        "Dask",
        "Signing",
    ):
        assert f"{part} (Optional)" in form
    assert "Synthetic: number of rows (10 to 100,000,000)." in form
    assert "Number of folds; stratified unless split by time (2 to 100)." in form
    assert "Config" not in form.split("Parameters", 1)[1]  # a class's name where a title belongs


@pytest.mark.parametrize(
    ("source", "there", "absent", "needed"),
    [
        ("synthetic", "N Samples", "Decimal", {}),
        ("bundled", "Bundled", "N Samples", {"bundled": "iris"}),
        ("file", "Decimal", "N Samples", {"path": "rows.csv", "target": "y"}),
    ],
)
def test_the_form_shows_the_fields_of_the_chosen_source_alone(pages, tmp_path, source, there, absent, needed):
    """With what the source needs, what the form sends is a valid config."""
    stack, _ = pages
    nightly = stack.deployment("nightly")
    before = {run["id"] for run in stack.runs(nightly)}
    with Browser(tmp_path) as browser:
        browser.sign_in(":".join(stack.auth))
        browser.show(f"http://127.0.0.1:{stack.port}/v2/deployments/deployment/{nightly['id']}/run")
        browser.click(SOURCES[source])
        text = "document.body.innerText"
        assert eventually(lambda: browser.run(f"{text}.includes('{there} (') && !{text}.includes('{absent} (')"))
        browser.click("Submit")
        assert eventually(lambda: {run["id"] for run in stack.runs(nightly)} - before)
    (sent,) = [run["parameters"]["config"]["dataset"] for run in stack.runs(nightly) if run["id"] not in before]
    assert source == validate(TrainingConfig, {"dataset": sent | needed}).dataset.source


def test_the_artifacts_show_the_leaderboard_and_the_card(pages, tmp_path):
    stack, _ = pages
    ids = {artifact["key"]: artifact["id"] for artifact in stack.ask("artifacts/filter")}
    board = seen(stack, f"artifacts/artifact/{ids['leaderboard-classifier']}", tmp_path)
    heads = "Winner Classifier CV mean ± To the leader p p (Holm) Verdict Accuracy Precision Balanced acc. F1"
    assert f"{heads} Predicted (s) Fit (s) Rows/s" in board
    assert all(name in board for name in ("★", "SVM", "logistic regression", "random forest"))
    card = seen(stack, f"artifacts/artifact/{ids['model-card-classifier']}", tmp_path)
    assert "How it was made" in card
    assert "60 test rows, 95 % interval" in card
    assert "It is the champion: the first version of this name." in card
    assert "Class Precision Recall F1 Rows" in card  # a table, where the markdown has bars


def test_the_run_shows_its_tasks_and_log(pages, tmp_path):
    stack, run = pages
    page = seen(stack, f"runs/flow-run/{run['id']}", tmp_path)
    assert "train classifier" in page
    tasks = stack.ask("task_runs/count", flow_runs={"id": {"any_": [run["id"]]}})
    assert f"{tasks} Task runs" in page
    assert re.search(r"300 rows from the generator, batch \d+: 210 training", page)
    assert "Finished in state Completed()" not in page.split("rows from the generator", 1)[1].split("exported to", 1)[0]
