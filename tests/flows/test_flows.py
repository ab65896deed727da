"""Both flows on a real Prefect server."""

import asyncio
import errno
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, FlowRunFilter, FlowRunFilterId
from prefect.task_runners import ThreadPoolTaskRunner

from bakeoff.classifiers import default_parameters, title
from bakeoff.config import (
    DatasetConfig,
    PredictionConfig,
    SplitConfig,
    TrainingConfig,
)
from bakeoff.data.load import load_dataset
from bakeoff.data.split import split_rows
from bakeoff.errors import DataError
from bakeoff.estimators.fit_time import ProblemSize, predict_fit_seconds
from bakeoff.runtime.workspace import KEPT
from bakeoff.store.key_files import generate_keys
from bakeoff.store.load import load_model
from bakeoff.store.model_store import ModelStore
from flows.clean import clean
from flows.prediction import prediction
from flows.training import training
from tasks.runs.states import end_of, failed_state_on_error

# Prefect's own deprecations and unclosed sockets are not this project's to mend.
pytestmark = [
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.filterwarnings("default"),
    pytest.mark.xdist_group("flows"),  # one server for all of them
]

ROOT = Path(__file__).parents[2]


def config(folder, **changes):
    small = {"dataset": {"n_samples": 400}, "store": folder / "models", "workspace": folder / "work"}
    return TrainingConfig.model_validate(small | changes)


def card_of(state):
    return json.loads((Path(state.result()) / "card.json").read_text())


def ask(question):
    """What the server answers to a question asked of its client."""

    async def run():
        async with get_client() as client:
            return await question(client)

    return asyncio.run(run())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One training run: its folder, state and card."""
    folder = tmp_path_factory.mktemp("trained")
    state = training(config(folder), return_state=True)
    return folder, state, card_of(state)


def test_training_exports_the_winner_of_three(trained):
    """As champion, with every contestant's figures, and cleans up after itself."""
    folder, state, card = trained
    assert state.is_completed()
    assert {"ok"} == {scores["status"] for scores in card["classifiers"].values()}
    assert set(default_parameters()) == set(card["classifiers"])
    means = {name: scores["cv_mean"] for name, scores in card["classifiers"].items()}
    assert max(means.values()) == means[card["selection"]["leader"]]
    beside = {name: scores["to_leader"] for name, scores in card["classifiers"].items()}
    assert beside.pop(card["selection"]["leader"]) is None
    assert all(standing["difference"] <= 0 <= standing["p_value"] <= standing["p_holm"] for standing in beside.values())
    store = ModelStore(folder / "models", "classifier")
    assert Path(state.result()).name == store.champion()
    assert f"flow run {state.state_details.flow_run_id}" == store.history().champion_periods[0].by
    assert [] == store.verify()
    assert [] == list((folder / "work").iterdir())


def test_the_command_without_prefect_makes_the_same_version(trained):
    """Its files are the same to the byte, and its card, but for what holds times and folders."""
    folder, _, card = trained
    places = ["--store", str(folder / "plain"), "--workspace", str(folder / "plain-work")]
    command = [sys.executable, "-m", "bakeoff.cli", "train", "--quiet", "--dataset.n-samples", "400", *places]
    version = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    ours = json.loads((version / "card.json").read_text())
    differ = {"leaderboard.csv", "config.yaml"}
    assert ours["files"].keys() == card["files"].keys()
    for name in card["files"].keys() - differ:
        assert ours["files"][name] == card["files"][name], name
    for key in card.keys() - {"version", "created", "config", "files", "classifiers"}:
        assert ours[key] == card[key], key


def test_runs_and_artifacts_can_be_read_in_the_ui(trained):
    """Readable names of the run and its tasks; the documented artifacts, each with its content."""
    _, state, card = trained
    run_id = state.state_details.flow_run_id

    async def question(client):
        run = await client.read_flow_run(run_id)
        own = FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))
        tasks = await client.read_task_runs(flow_run_filter=own)
        artifacts = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        )
        return run, tasks, {artifact.key: artifact for artifact in artifacts}

    deadline = time.monotonic() + 30  # the server makes task runs of events, a moment later
    run, tasks, artifacts = ask(question)
    wanted = {"generate synthetic rows", "cross-validate svm, fold 1", "fit random_forest", "calibrate svm"}
    while not {*wanted, "show the version"} <= {task.name for task in tasks} and time.monotonic() < deadline:
        run, tasks, artifacts = ask(question)
    assert "train classifier" == run.name
    names = {task.name for task in tasks}
    assert wanted <= names
    contestants = len(default_parameters())
    assert 1 + contestants * (5 + 1 + 1 + 1) + 4 == len(names)  # folds, fit, calibrate and evaluate
    kinds = ("leaderboard", "classification-report", "model-card", "cross-validation")
    shown = {kind: artifacts[f"{kind}-classifier"].data for kind in kinds}
    rows = json.loads(shown["leaderboard"])
    assert [title(card["classifier"])] == [row["Classifier"] for row in rows if row["Winner"] == "★"]
    assert ["baseline", "beaten"] == [rows[-1][name] for name in ("Classifier", "Verdict")]
    assert contestants + 1 == len(rows)
    assert ["0", "1", "2", "3"] == [row["Class"] for row in json.loads(shown["classification-report"])]
    assert card["version"] in shown["model-card"]
    assert 3 == shown["model-card"].count("](data:image/svg+xml;base64,")
    assert "It is the champion: the first version of this name." in shown["model-card"]
    assert 100 == shown["cross-validation"]


def test_an_svm_that_wins_exports_probabilities(tmp_path):
    """Calibrated on its own folds; the card says how good they are, and what decisions by cost gain."""
    costs = {"0": {"1": 5}}
    card = card_of(training(config(tmp_path, classifiers={"svm": {}}, costs=costs), return_state=True))
    model = load_model(ModelStore(tmp_path / "models", "classifier"), card["version"])
    rows = pd.DataFrame(np.zeros((3, 10)), columns=[feature["name"] for feature in card["features"]])
    assert np.allclose(1, model.predict_proba(rows).sum(axis=1))
    assert model.predict(rows).tolist() == model[-1].classifier.predict(model[:-1].transform(rows)).tolist()
    assert ("sigmoid", 280) == (card["calibration"]["method"], card["calibration"]["rows"])
    assert card["calibration"]["brier_after"] < card["calibration"]["brier_before"]
    assert [0, 5, 1, 1] == card["decision"]["costs"][0]


def test_a_second_run_meets_the_champion(tmp_path):
    """On its own test rows, all new to the champion; the journal and the model card say what came of it."""
    alone = {"classifiers": {"logistic_regression": {}}}
    first, second = (
        training(config(tmp_path, dataset={"n_samples": 300, "batch": batch}, **alone), return_state=True)
        for batch in (0, 1)
    )
    store = ModelStore(tmp_path / "models", "classifier")
    entry = store.history().entries[-1]
    assert Path(first.result()).name == entry["version"] == store.champion()
    assert ("keep", Path(second.result()).name) == (entry["event"], entry["challenger"])
    assert f"flow run {second.state_details.flow_run_id}" == entry["by"]
    assert ("origin", 60) == (entry["figures"]["recognised_by"], entry["figures"]["fresh_rows"])


def test_a_run_without_new_rows_ends_before_fitting(tmp_path, monkeypatch):
    """Completed, with the version that it would make again; the store is as it was, and the event says kept."""
    sent = []
    monkeypatch.setattr("tasks.runs.events.emit_event", lambda *event, payload: sent.append((event[0], payload)))
    alone = config(tmp_path, classifiers={"logistic_regression": {}})
    version = Path(training(alone))
    before = {path: path.read_bytes() for path in version.parent.rglob("*") if path.is_file()}
    state = training(alone, return_state=True)
    assert (True, "Nothing new") == (state.is_completed(), state.name)
    assert f"Nothing new since {version.name}: kept" == state.message
    assert [("bakeoff.promoted", None), ("bakeoff.kept", version.name)] == [
        (event, payload["champion"]) for event, payload in sent
    ]
    assert (state.message, {}) == (sent[1][1]["why"], sent[1][1]["figures"])
    assert str(version) == state.result()
    assert before == {path: path.read_bytes() for path in version.parent.rglob("*") if path.is_file()}


def test_a_version_whose_run_ended_before_the_comparison_is_compared_by_the_next(tmp_path, monkeypatch):
    """It is not made again, and it is not taken for one that lost."""
    alone = config(tmp_path, classifiers={"logistic_regression": {}})
    first = Path(training(alone))
    with monkeypatch.context() as patch:

        def die(*_, **__):
            raise OSError(errno.EIO, "Input/output error")

        patch.setattr("flows.training.promote.submit", die)
        better = alone.model_copy(update={"classifiers": {"logistic_regression": {"C": 0.5}}})
        assert training(better, return_state=True).is_failed()
    (second,) = {path.name for path in first.parent.glob("2*")} - {first.name}
    state = training(better, return_state=True)
    assert (True, str(first.parent / second)) == (state.is_completed(), state.result())
    store = ModelStore(tmp_path / "models", "classifier")
    assert second == store.history().decision(second)["challenger"]
    assert "Nothing new" == training(better, return_state=True).name
    assert 2 == len(store.versions())


def test_the_same_config_gives_the_same_card_at_any_number_of_workers(trained, tmp_path):
    """Scores and digests repeat exactly with one worker and with eight."""

    def figures(card):
        scores = {name: (line["cv_scores"], line["test"]) for name, line in card["classifiers"].items()}
        return scores, card["data_sha256"], card["files"]["model.joblib"], card["files"]["validation.parquet"]

    for workers in (1, 8):
        runner = ThreadPoolTaskRunner(max_workers=workers)
        state = training.with_options(task_runner=runner)(config(tmp_path / str(workers)), return_state=True)
        assert figures(trained[2]) == figures(card_of(state))


def test_one_contestants_failure_does_not_end_the_race(tmp_path):
    """It is `failed` with its error; the others go on."""
    classifiers = {"svm": {"C": -1}, "logistic_regression": {}}
    card = card_of(training(config(tmp_path, classifiers=classifiers), return_state=True))
    assert "logistic_regression" == card["classifier"]
    assert "failed" == card["classifiers"]["svm"]["status"]
    assert "The 'C' parameter of SVC must be a float" in card["classifiers"]["svm"]["reason"]
    assert card["classifiers"]["svm"]["cv_mean"] is None


def test_the_svm_is_approximated_by_what_slices_of_the_rows_predict(tmp_path):
    """The card has the prediction, which is the same in every run."""
    changes = {"dataset": {"n_samples": 1_600}, "classifiers": {"svm": {}}, "svm": {"budget_seconds": 0.001}}
    changes["retrain"] = "always"
    cards = [card_of(training(config(tmp_path, **changes), return_state=True)) for _ in range(2)]
    found = [card["classifiers"]["svm"]["approximation"] for card in cards]
    assert found[0] == found[1]
    size = ProblemSize(cards[0]["rows"]["train"], 10, 4)
    assert predict_fit_seconds("svm", "exact", size) != found[0]["exact_seconds"] > 0
    assert cards[0]["files"]["model.joblib"] == cards[1]["files"]["model.joblib"]


def test_the_failure_of_a_class_that_the_config_names_does_not_end_the_race(tmp_path):
    """Whatever error its library has; one that can be foreseen ends the run before the race."""
    mine = {"class": "lightgbm.LGBMClassifier", "objective": "nonsense"}
    card = card_of(training(config(tmp_path, classifiers={"mine": mine, "logistic_regression": {}}), return_state=True))
    assert "logistic_regression" == card["classifier"]
    assert "failed" == card["classifiers"]["mine"]["status"]
    assert "LightGBMError: " in card["classifiers"]["mine"]["reason"]
    wrong = {"class": "lightgbm.LGBMClassifier", "n_trees_": 3}
    state = training(config(tmp_path / "2", classifiers={"mine": wrong}), return_state=True)
    assert state.is_failed()
    assert "mine: lightgbm.LGBMClassifier has no parameter 'n_trees_'" in state.message
    assert not (tmp_path / "2").exists()


def test_a_contestant_that_time_budget_has_no_room_for_is_skipped(tmp_path):
    """With what it was predicted to take; the others go on."""
    classifiers = {"random_forest": {"n_estimators": 10_000_000}, "logistic_regression": {}}
    card = card_of(training(config(tmp_path, classifiers=classifiers, time_budget=60), return_state=True))
    assert "logistic_regression" == card["classifier"]
    forest = card["classifiers"]["random_forest"]
    assert "skipped" == forest["status"]
    reason = r"predicted to take \d+ min, more than time_budget \(60 s\) has with 1 before it"
    assert re.fullmatch(reason, forest["reason"])
    assert forest["predicted_seconds"] > 60


def test_what_is_not_done_at_the_end_of_time_budget_is_stopped(tmp_path, monkeypatch):
    """However wrong the prediction was; nobody is left here, and the run fails."""
    monkeypatch.setattr(sys.modules[training.fn.__module__], "skip_over_budget", lambda *_: {})
    state = training(config(tmp_path, time_budget=0.01), return_state=True)
    assert state.is_failed()
    assert state.message.startswith("all contestants skipped: ")
    assert 3 == state.message.count("stopped at the end of time_budget")
    assert not (tmp_path / "models").exists()


def test_all_contestants_failing_fails_the_run(tmp_path):
    """With every reason in one line, and nothing exported."""
    state = training(config(tmp_path, classifiers={"svm": {"C": -1}}), return_state=True)
    assert state.is_failed()
    assert state.message.startswith("all contestants failed: svm: InvalidParameterError: The 'C' parameter")
    assert "\n" not in state.message
    assert not (tmp_path / "models").exists()
    assert {KEPT} >= {path.name for path in (tmp_path / "work").iterdir()}


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({"classifiers": {"svm": {"C": -1}, "logistic_regression": {}}}, False),  # a contestant's own error
        ({"dataset": {"source": "file", "path": "nope.csv", "target": "y"}}, True),
    ],
)
def test_what_trying_again_cannot_mend_is_tried_once(tmp_path, changes, failed):
    """Neither the run nor one of its steps is begun a second time."""
    state = training(config(tmp_path, **changes), return_state=True)
    assert failed == state.is_failed()
    mine = FlowRunFilter(id=FlowRunFilterId(any_=[state.state_details.flow_run_id]))
    ended = "file" if failed else "show the version"

    async def question(client):
        return await client.read_flow_runs(flow_run_filter=mine), await client.read_task_runs(flow_run_filter=mine)

    deadline, steps = time.monotonic() + 30, []  # the server makes task runs of events, a moment later
    while not any(ended in step.name and step.state.is_final() for step in steps) and time.monotonic() < deadline:
        (run,), steps = ask(question)
    assert 1 == run.run_count
    assert {1} == {step.run_count for step in steps} - {0}  # those behind a failed one are never begun
    names = [step.name for step in steps]
    assert len(names) == len({*names})
    assert failed or 1 <= sum("svm" in name for name in names) <= 6  # folds, and a fit


def test_rows_that_cannot_be_used_fail_the_run_with_one_sentence(tmp_path):
    """As a worker sees it, where nothing was checked before."""
    dataset = {"source": "file", "path": str(tmp_path / "nope.csv"), "target": "y"}
    state = training(config(tmp_path, dataset=dataset), return_state=True)
    assert state.is_failed()
    assert "there is no file" in state.message
    assert isinstance(state.result(raise_on_failure=False), DataError)
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]


def test_test_and_validation_rows_influence_nothing_before_their_time(tmp_path):
    """Changing their labels and cells changes neither fold scores nor the model, only what is measured on them."""
    rows = pd.read_csv("examples/orders.csv", keep_default_na=False, dtype=str).drop(columns=["order_id", "ordered_on"])
    path = tmp_path / "rows.csv"
    dataset = {"source": "file", "path": str(path), "target": "outcome"}
    split = {"stratify": False}
    cards = []
    for changed in (False, True):
        if changed:
            loaded = load_dataset(DatasetConfig(**dataset))
            train = split_rows(loaded, SplitConfig(**split))["train"]
            held_out = ~rows.index.isin(train)
            rows.loc[held_out, "outcome"] = rows.loc[held_out, "outcome"].to_numpy()[::-1]
            rows.loc[held_out, "items"] = ""  # a column that was complete
            rows.loc[held_out, "region"] = "atlantis"  # a category that was unknown
            rows.loc[held_out, "amount"] = "123456.5"
        rows.to_csv(path, index=False)
        cards.append(card_of(training(config(tmp_path, dataset=dataset, split=split), return_state=True)))
    first, second = cards
    assert first["data_sha256"] != second["data_sha256"]
    winner = first["classifier"]
    assert winner == second["classifier"]
    for name, line in first["classifiers"].items():
        assert line["cv_scores"] == second["classifiers"][name]["cv_scores"]
    assert [False, False] == [card["features"][1]["missing"] for card in cards]
    rows = pd.read_csv("examples/orders.csv").drop(columns=["order_id", "ordered_on", "outcome"])
    store = ModelStore(tmp_path / "models", "classifier")
    models = [load_model(store, card["version"]) for card in cards]
    assert models[0].predict(rows).tolist() == models[1].predict(rows).tolist()
    assert first["classifiers"][winner]["test"] != second["classifiers"][winner]["test"]


def test_prediction_scores_the_champions_validation_rows(trained, tmp_path):
    """And evaluates them, with a summary on Prefect's pages."""
    folder, _, card = trained
    state = prediction(PredictionConfig(store=folder / "models", output=str(tmp_path / "out")), return_state=True)
    summary = json.loads((Path(state.result()) / "summary.json").read_text())
    assert (card["version"], card["rows"]["validation"]) == (summary["version"], summary["predicted"])
    assert summary["evaluation"]["accuracy"] > 0.9

    async def question(client):
        return await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id]))
        )

    found = {artifact.key: artifact for artifact in ask(question)}
    assert {"prediction-classifier", "prediction-summary-classifier"} == set(found)
    assert card["version"] in found["prediction-summary-classifier"].data
    assert (100, f"{summary['rows']:,} of {summary['rows']:,} rows") == (
        found["prediction-classifier"].data,
        found["prediction-classifier"].description.split(",")[0],
    )


def test_a_run_that_is_tried_again_after_it_has_exported_exports_no_second_version(tmp_path, monkeypatch):
    """Even if it is told to train always; it is Completed with the first."""
    attempts = []

    def ask():
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError(errno.EIO, "the server does not answer")

    monkeypatch.setattr("flows.training.ask_for_prediction", ask)
    order = config(tmp_path, retrain="always", classifiers={"logistic_regression": {}})
    state = training.with_options(retries=1, retry_delay_seconds=0)(order, return_state=True)
    (version,) = (tmp_path / "models" / "classifier").glob("*Z-*")
    assert (2, str(version)) == (len(attempts), state.result())


def test_a_run_that_is_tried_again_after_it_has_published_is_completed(trained, tmp_path, monkeypatch):
    """As after an outage of the server, which never learned that it was; nothing is scored twice."""
    attempts = []

    def outage(*_):
        attempts.append(1)
        raise OSError(errno.EIO, "the server does not answer")

    monkeypatch.setattr("flows.prediction.require_predictions", outage)
    monkeypatch.setattr("flows.prediction.is_of_deployment", lambda: True)
    config = PredictionConfig(store=trained[0] / "models", output=str(tmp_path / "out"))
    state = prediction.with_options(retries=1, retry_delay_seconds=0)(config, return_state=True)
    assert (1, str(tmp_path / "out")) == (len(attempts), state.result())
    assert str(state.state_details.flow_run_id) == json.loads((tmp_path / "out" / "summary.json").read_text())["run"]


def test_prediction_without_a_model_says_train_first(tmp_path):
    """In one sentence, with nothing written."""
    state = prediction(PredictionConfig(store=tmp_path / "models", output=str(tmp_path / "out")), return_state=True)
    assert state.is_failed()
    assert "train first" in state.message
    assert [] == list(tmp_path.iterdir())


def test_a_table_of_which_no_row_can_be_scored_fails_the_run(trained, tmp_path):
    """With the reasons in one sentence; the folder is there, and names every row."""
    (tmp_path / "rows.csv").write_text(f"{','.join(f'feature_{i}' for i in range(10))}\n" + "x" + ",1" * 9 + "\n")
    values = {"store": trained[0] / "models", "input": str(tmp_path / "rows.csv"), "output": str(tmp_path / "out")}
    state = prediction(PredictionConfig(**values), return_state=True)
    assert state.is_failed()
    assert "none of 1 row could be scored: 1 row: column 'feature_0': not a number" in state.message
    files = {"predictions.parquet", "rejected.parquet", "report.html", "summary.json"}
    assert files == {path.name for path in (tmp_path / "out").iterdir()}
    assert ["out", "rows.csv"] == sorted(path.name for path in tmp_path.iterdir())


def test_what_killed_runs_left_behind_is_removed_by_a_flow(tmp_path):
    """Its config is a deployment's JSON; the result is how much it was."""
    (tmp_path / "bakeoff-run-killed").mkdir()
    (tmp_path / "bakeoff-run-killed" / "bakeoff.lock").write_text("")
    places = {"workspace": str(tmp_path), "predictions": str(tmp_path)}
    assert "1 folder, 0.0 kB" == clean(places)
    assert "1 folder, 0.0 kB" == clean(places | {"delete": True})
    assert [] == list(tmp_path.iterdir())
    assert "Failed" == clean(places | {"delete": "perhaps"}, return_state=True).name


def test_workers_sign_and_ask_for_signatures_by_their_environment(trained, tmp_path, monkeypatch):
    """Who trains has the private key, who predicts the public one alone; what is not signed fails in one sentence."""
    private, public, fingerprint = generate_keys(tmp_path / "keys")
    monkeypatch.setenv("BAKEOFF_SIGNING_PRIVATE_KEY", str(private))
    assert training(config(tmp_path, classifiers={"logistic_regression": {}}), return_state=True).is_completed()
    monkeypatch.delenv("BAKEOFF_SIGNING_PRIVATE_KEY")
    monkeypatch.setenv("BAKEOFF_SIGNING_PUBLIC_KEY", str(public))
    journal = ModelStore(tmp_path / "models", "classifier").history()
    assert {fingerprint} == {entry["key"] for entry in journal.entries}
    signed = PredictionConfig(store=tmp_path / "models", output=str(tmp_path / "out"))
    assert prediction(signed, return_state=True).is_completed()
    unsigned = prediction(
        PredictionConfig(store=trained[0] / "models", output=str(tmp_path / "none")), return_state=True
    )
    assert unsigned.is_failed()
    assert "is not signed; look at it" in unsigned.message
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", ["training", "prediction", "clean"])
def test_a_worker_finds_the_flow_by_its_file(name):
    """It loads flows/….py as a script from the project's root, where the command line's branch is not taken."""
    code = (
        "from prefect.flows import load_flow_from_entrypoint as load\n"
        f"flow = load('flows/{name}.py:{name}')\n"
        "print(flow.name, list(flow.parameters.properties))"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert f"{name} ['config']\n" == output


def test_a_failure_that_a_cache_took_for_a_result_is_not_hidden():
    """What a failed step left behind is a reason, not a value."""

    @flow
    def run():
        failed = task(failed_state_on_error(lambda: 1 / 0), name="fails")
        took = task(lambda: ValueError("no"), name="gives the error back")
        return end_of(failed.submit()).reason, end_of(took.submit()).reason

    assert ("ZeroDivisionError: division by zero", "ValueError: no") == run()


def test_a_server_that_does_not_show_the_version_does_not_undo_it(tmp_path, monkeypatch):
    """It was exported; only its pages are missing."""

    def broken(*_, **__):
        raise RuntimeError("no artifacts today")

    monkeypatch.setattr("tasks.export.create_table_artifact", broken)
    state = training(config(tmp_path, classifiers={"logistic_regression": {}}), return_state=True)
    assert state.is_completed()
    assert [] == ModelStore(tmp_path / "models", "classifier").verify()
