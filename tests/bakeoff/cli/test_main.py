"""`bakeoff …`: mistakes in a command, and which model it is about."""

import json
import shutil
import subprocess
import sys
from unittest.mock import Mock

import pytest

import bakeoff
from bakeoff.cli.main import main
from bakeoff.config import PredictionConfig
from bakeoff.errors import StoreError
from bakeoff.store.load import find_version


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "nope"],
        ["promote", "nope"],
        ["promote"],
        ["show", "--name", "x"],
        ["frob"],
        ["show", "--name", "../classifier"],
        ["show", "../../x"],
        ["log", "--public-key", "nowhere.pem"],
        ["prune", "--keep", "-1"],
        ["prune", "--days", "soon"],
        ["prune", "--days", "800000"],
        ["list", "--public-key", ""],
        ["prune", "--name", "nobody"],
        ["verify", "--name", "nobody"],
        ["rollback", "--name", "nobody"],
        ["sign"],
    ],
)
def test_a_mistake_ends_with_2_and_one_line(run_models, arguments):
    """No usage text, no traceback."""
    status, out, err = run_models(*arguments)
    assert (2, "", 1) == (status, out, err.count("\n"))


def test_another_name_is_told_which_there_are(run_models, store):
    """A slip looks like a model that was never trained."""
    assert "there is no model 'churn' in" in run_models("show", "--name", "churn")[2]
    assert "(there is classifier): train first" in run_models("show", "--name", "churn")[2]
    assert "yet: train first; there is classifier" in run_models("list", "--name", "churn")[2]


@pytest.mark.parametrize("command", [["models", "show"], ["models", "prune"], ["models", "verify"], ["report"]])
def test_an_empty_store_is_told_without_a_name_that_nobody_gave(command, capsys, tmp_path):
    """The default `classifier` would look like a model that is missing."""
    assert 2 == main([*command, "--store", str(tmp_path)])
    expected = f"bakeoff: there is no model in {str(tmp_path)!r} yet: train first, or give another --store\n"
    assert expected == capsys.readouterr().err
    with pytest.raises(StoreError, match="there is no model in .* yet"):
        bakeoff.load(store=tmp_path)


@pytest.mark.parametrize("command", [["models", "list"], ["models", "show"], ["report"], ["ui"]])
def test_a_store_that_is_a_file_is_not_an_empty_one(command, capsys, tmp_path, monkeypatch):
    """Each command says so, whether it names a model or all; `ui` before it takes a port."""
    monkeypatch.setattr("bakeoff.cli.ui.server.ThreadingHTTPServer", Mock(side_effect=OSError("a port was asked for")))
    file = tmp_path / "models"
    file.write_text("")
    assert 2 == main([*command, "--store", str(file)])
    assert f"bakeoff: the store {str(file)!r} is a file; give a folder\n" == capsys.readouterr().err
    with pytest.raises(StoreError, match="is a file; give a folder"):
        bakeoff.load(store=file)


def test_of_one_model_no_name_is_needed(race, capsys, tmp_path):
    """Whatever it is called; in prediction neither."""
    version = race.export(tmp_path / "models")
    version.parent.rename(tmp_path / "models" / "churn")
    for command in ("list", "log", "verify", "prune"):
        assert 0 == main(["models", command, "--store", str(tmp_path / "models")])
    assert version.name in capsys.readouterr().out
    assert "churn" == find_version(PredictionConfig(store=tmp_path / "models")).name
    assert "churn" == bakeoff.load(store=tmp_path / "models").name
    with pytest.raises(StoreError, match="there is churn"):
        find_version(PredictionConfig(store=tmp_path / "models", name="classifier"))


def test_of_several_models_all_are_listed_and_others_want_a_name(run_models, store):
    """In one line that names them; as JSON one array, with each version's name."""
    shutil.copytree(store.folder, store.folder.with_name("churn"))
    assert [0, 2, 2] == [run_models(command)[0] for command in ("list", "show", "rollback")]
    assert ["churn", "classifier"] == [
        line for line in run_models("list")[1].splitlines() if line in ("churn", "classifier")
    ]
    assert 6 == sum(version in run_models("list")[1] for version in store.versions() * 2)
    rows = json.loads(run_models("list", "--json")[1])
    assert ["churn"] * 3 + ["classifier"] * 3 == [row["name"] for row in rows]
    said = f"bakeoff: '{store.folder.parent}' holds several models: churn, classifier; choose one by --name\n"
    assert said == run_models("promote", "latest")[2]
    assert 0 == run_models("show", "--name", "churn")[0]


@pytest.mark.parametrize("flag", ["-v", "--version"])
def test_the_version_is_shown(flag, capsys):
    """By either flag, on one line."""
    with pytest.raises(SystemExit) as ended:
        main([flag])
    assert (0, f"bakeoff {bakeoff.__version__}\n") == (ended.value.code, capsys.readouterr().out)


def test_the_command_imports_nothing_heavy():
    """It starts in a blink."""
    heavy = ("sklearn", "pandas", "numpy", "pydantic", "prefect", "pyarrow", "joblib", "cryptography", "jinja2")
    code = f"import sys, bakeoff.cli.main; print([name for name in {heavy} if name in sys.modules])"
    assert "[]\n" == subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
