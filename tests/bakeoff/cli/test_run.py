"""`bakeoff train` and `bakeoff predict`: the flows' work from any folder, without Prefect."""

import json
import logging
import os
import re
import shlex
import signal
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from bakeoff.cli.main import main
from bakeoff.errors import WriteError
from bakeoff.runtime.processes import run_in_process
from bakeoff.runtime.workers import stop_fork_server
from bakeoff.store.model_store import ModelStore

ORDERS = Path("examples/orders.csv").absolute()
FEW = '{"logistic_regression": {}}'


@pytest.fixture
def away(tmp_path, monkeypatch):
    """Another folder than the checkout's; what a command sets for its whole process is set back."""
    monkeypatch.chdir(tmp_path)
    ours, root = logging.getLogger("bakeoff"), logging.getLogger()
    level, handlers = ours.level, root.handlers[:]
    signals = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    stop_fork_server()
    yield tmp_path
    stop_fork_server()  # it would look for modules in this folder
    ours.setLevel(level)
    root.handlers[:] = handlers
    for number, handler in signals.items():
        signal.signal(number, handler)


def test_a_table_and_its_target_are_enough(away, capsys):
    """The last line is the version's folder; then the table is scored with it, and the last line is the output's."""
    assert 0 == main(["train", str(ORDERS), "outcome", "--classifiers", FEW, "--dataset.ignore", "order_id,ordered_on"])
    version = capsys.readouterr().out.splitlines()[-1]
    assert (away / version / "model.joblib").exists()
    assert 0 == main(["predict", str(ORDERS), "--output", "scored"])
    shown = capsys.readouterr().out.splitlines()
    assert "600 of 600 rows scored" in shown[1]
    assert "scored" == shown[-1]
    assert 0 == main(["predict", "--json"])
    assert Path(version).name == json.loads(capsys.readouterr().out)["version"]
    assert {".bakeoff", "models", "predictions", "scored"} == {path.name for path in away.iterdir()}
    assert [] == list((away / ".bakeoff").iterdir())


def test_a_version_is_made_again_from_its_config(away, capsys):
    """By the command in its report: the same model to the byte, as another version."""
    flags = ["--classifiers", FEW, "--dataset.ignore", "order_id,ordered_on", "--store", "the models"]
    assert 0 == main(["train", str(ORDERS), "outcome", *flags])
    first = away / capsys.readouterr().out.splitlines()[-1]
    (command,) = re.findall(r"<code>bakeoff (train --config .*)</code>", (first / "report.html").read_text())
    assert 0 == main(shlex.split(unescape(command)))
    second = away / capsys.readouterr().out.splitlines()[-1]
    assert first != second
    assert (first / "model.joblib").read_bytes() == (second / "model.joblib").read_bytes()
    settings = (first / "config.yaml").read_text()
    assert settings.replace("retrain: new_rows", "retrain: always") == (second / "config.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "rows.csv"], "TARGET is missing: bakeoff train rows.csv TARGET, or --dataset.target"),
        (["train", "a b.csv", "--quiet"], "TARGET is missing: bakeoff train 'a b.csv' TARGET"),
        (["train", "a", "b", "c"], "unrecognized arguments: c; a value follows its flag"),
        (["train", "gone.csv", "--nam=x", "y"], "did you mean --name?"),
        (["train", "--quiet", "gone.csv", "--dataset.ignore", "id", "y"], "there is no file 'gone.csv'"),
        (["train", "gone.csv", "--dataset.target", "y"], "there is no file 'gone.csv'"),
        (["train", "a", "y", "--dataset.target", "z"], "TARGET is given twice: 'y' and --dataset.target 'z'"),
        (["train", "a", "--dataset", '{"path": "b"}'], "TABLE is given twice: 'a' and --dataset.path 'b'"),
        (["predict", "a", "--input", "b"], "TABLE is given twice: 'a' and --input 'b'"),
        (["traim", "a", "y"], "did you mean train?"),
        (["labels"], "required: FILE, --key, --target (see"),
        (["train", "gone.csv", "y"], "there is no file 'gone.csv'"),
        (["train", "--nam", "x"], "did you mean --name? (see bakeoff train --help)"),
        (["train", "--runner", "dask", "--dask.address", "tcp://a:1"], "runner: dask needs Prefect"),
        (["predict", "a.csv", "--runner", "dask", "--dask.address", "tcp://a:1"], "runner: dask needs Prefect"),
        (["predict", "a.csv", "b.csv"], "unrecognized arguments: b.csv"),
        (["predict"], "train first"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(away, capsys, arguments, message):
    """With status 2."""
    assert 2 == main(arguments)
    shown = capsys.readouterr()
    assert "" == shown.out
    assert message in shown.err
    assert 1 == len(shown.err.splitlines())
    assert [] == list(away.iterdir())


@pytest.mark.parametrize("arguments", [["--", "-rows.csv", "outcome"], ["./-rows.csv", "outcome"]])
def test_a_name_may_begin_with_a_dash(away, capsys, arguments):
    """Behind `--`, or with its folder."""
    (away / "-rows.csv").write_bytes(ORDERS.read_bytes())
    assert 0 == main(["train", *arguments, "--quiet", "--classifiers", FEW])
    assert 0 == main(["predict", "--", "-rows.csv", "--quiet"])
    assert 2 == len(capsys.readouterr().out.splitlines())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_race_says_so_in_one_line(away, number):
    """No contestant is called failed, and only results to resume from stay in the workspace."""
    slow = '{"logistic_regression": {}, "random_forest": {"n_estimators": 2000}}'
    command = [sys.executable, "-m", "bakeoff.cli", "train", "--dataset.n-samples", "2000", "--classifiers", slow]
    signal.signal(number, signal.default_int_handler)  # under nohup the run would ignore SIGHUP, too
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        for line in run.stderr:
            if "fold 1" in line:  # others are under way
                break
        run.send_signal(number)
        out, err = run.communicate()
    assert 130 == run.returncode
    assert "" == out
    assert "bakeoff: interrupted" == err.splitlines()[-1]
    assert "failed" not in err
    assert [] == list((away / ".bakeoff").glob("bakeoff-run-*"))


def children(pid):
    """The processes that one has started, whichever its thread."""
    return [int(word) for path in Path(f"/proc/{pid}/task").glob("*/children") for word in path.read_text().split()]


def test_a_race_whose_processes_are_killed_fails_no_contestant(away):
    """It ends, and says what to do: a version without them would be sealed otherwise."""
    slow = '{"logistic_regression": {}, "random_forest": {"n_estimators": 2000}}'
    command = [sys.executable, "-m", "bakeoff.cli", "train", "--dataset.n-samples", "2000", "--classifiers", slow]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        for line in run.stderr:
            if "fold 1" in line:
                break
        (server,) = (pid for pid in children(run.pid) if b"fork_server" in Path(f"/proc/{pid}/cmdline").read_bytes())
        for process in (server, *children(server)):
            os.kill(process, signal.SIGKILL)
        out, err = run.communicate()
    assert (1, "") == (run.returncode, out)
    assert err.splitlines()[-1].endswith(
        "the server of its process ended; what was finished is kept: start the run again"
    )
    assert [] == list((away / "models").glob("*/*/card.json"))


def test_a_contestant_that_fails_is_told_and_the_others_go_on(away, capsys):
    """Only where all fail does the run, with status 1."""
    contestants = {"logistic_regression": {}, "svm": {"C": -1}}
    assert 0 == main(["train", "--json", "--dataset.n-samples", "200", "--classifiers", json.dumps(contestants)])
    card = json.loads(capsys.readouterr().out)["card"]
    assert ["ok", "failed"] == [card["classifiers"][name]["status"] for name in contestants]
    assert "'C' parameter" in card["classifiers"]["svm"]["reason"]
    assert 1 == main(["train", "--dataset.n-samples", "200", "--classifiers", '{"svm": {"C": -1}}'])
    assert "all contestants failed: svm: InvalidParameterError: The 'C' parameter" in capsys.readouterr().err


def test_a_contestant_without_time_is_skipped(away, capsys):
    """By the same prediction as in the flow."""
    own = {"class": "sklearn.neighbors.KNeighborsClassifier"}
    contestants = {"logistic_regression": {}, "mine": own}
    flags = ["--dataset.n-samples", "300", "--classifiers", json.dumps(contestants), "--time-budget", "600"]
    assert 0 == main(["train", "--json", *flags])
    card = json.loads(capsys.readouterr().out)["card"]
    assert all(card["classifiers"][name]["predicted_seconds"] > 0 for name in contestants)


def test_the_program_ends_with_its_status(away):
    """And prints its version; no process of a step outlives it."""
    command = [sys.executable, "-m", "bakeoff.cli"]
    told = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("bakeoff ")
    failed = subprocess.run([*command, "train", "gone.csv", "y"], capture_output=True, text=True, check=False)
    assert 2 == failed.returncode
    assert 1 == len(failed.stderr.splitlines())


def test_a_version_that_was_never_compared_is_compared_when_it_is_met_again(away, capfd, caplog, monkeypatch):
    """Its run may have died behind the export; the journal says who asked, once."""
    command = ["train", "--dataset.n-samples", "200", "--classifiers", FEW]
    assert 0 == main(command)
    champion = Path(capfd.readouterr().out.splitlines()[-1])
    with monkeypatch.context() as patch:

        def dying(path, *arguments, **more):
            if "promote_if_better" in path:
                raise WriteError("the bucket is away")
            return run_in_process(path, *arguments, **more)

        patch.setattr("bakeoff.local.training.run_in_process", dying)
        assert 1 == main([*command, "--retrain", "always"])
    (late,) = {*champion.parent.glob("2*")} - {champion}
    capfd.readouterr()
    for _ in range(2):
        assert 0 == main(command)
    said = f"Nothing new since {late.name}, whose run ended before it was compared; the champion stays: "
    assert 1 == sum(message.startswith(said) for message in caplog.messages)
    (entry,) = [
        one for one in ModelStore(champion.parents[1], "classifier").history().entries if one["event"] == "keep"
    ]
    assert (late.name, True) == (entry["challenger"], entry["by"].endswith(", by bakeoff train"))


def test_the_same_rows_again_are_nothing_new(away, capsys):
    """The command names the version that it would make again, and the store stays as it is; unless told otherwise."""
    command = ["train", "--dataset.n-samples", "200", "--classifiers", FEW]
    folders = []
    for more in ([], [], ["--retrain", "always"]):
        assert 0 == main([*command, *more])
        folders.append(Path(capsys.readouterr().out.splitlines()[-1]))
    assert folders[0] == folders[1] != folders[2]
    assert {*folders} == {*folders[0].parent.glob("2*")}
