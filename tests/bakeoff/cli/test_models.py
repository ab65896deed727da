"""`bakeoff models …`: what it prints, and its exit status."""

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
from bakeoff.store.key_files import find_keys
from bakeoff.store.load import find_version


@pytest.fixture
def run(store, capsys):
    """Run a command on the store of three versions; returns status, output and errors."""

    def command(*arguments):
        status = main(["models", *arguments, "--store", str(store.folder.parent)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return command


def test_list_marks_the_champion(run, store):
    """Oldest first."""
    status, out, _ = run("list")
    assert 0 == status
    assert [f"* {store.versions()[0]}", *(f"  {version}" for version in store.versions()[1:])] == [
        line[:24] for line in out.splitlines()[1:]
    ]


def test_list_as_json_is_an_array(run, store):
    """With a line a version; an empty store gives an empty one."""
    rows = json.loads(run("list", "--json")[1])
    assert [(version, version == store.champion()) for version in store.versions()] == [
        (row["version"], row["champion"]) for row in rows
    ]
    assert [] == json.loads(run("list", "--json", "--name", "nobody")[1])


def test_show_prints_the_card_of_the_champion(run, store):
    """Or of any version; as JSON it is the card itself."""
    assert f"classifier {store.champion()}  (champion)" in run("show")[1]
    latest = store.versions()[-1]
    assert json.loads((store.path(latest) / "card.json").read_text()) == json.loads(run("show", "latest", "--json")[1])


def test_promote_and_rollback_move_the_champion(run, store):
    """Promoting the champion again is no mistake."""
    second = store.versions()[1]
    assert (0, f"champion: {second}\n", "") == run("promote", second)
    assert (0, f"champion: {second} (already)\n", "") == run("promote", second)
    assert (0, f"champion: {store.versions()[0]}\n", "") == run("rollback")
    status, out, err = run("rollback")
    assert (2, "") == (status, out)
    assert "nothing to roll back to" in err


def test_verify_ends_with_1_on_a_finding(run, store):
    """And with 0 when there is none."""
    head = store.journal.head.read_text()
    assert (0, f"3 versions verified, nothing found; journal {head}", "") == run("verify")
    assert 0 == run("verify", "--head", head)[0]
    assert (1, "") == (run("verify", "--head", f"9{head}")[0], run("verify", "--head", f"9{head}")[2])
    assert (2, "") == run("verify", "--head", "junk")[:2]
    (store.folder / store.versions()[1] / "leaderboard.csv").write_text("x")
    status, out, _ = run("verify")
    assert (1, f"{store.versions()[1]}: leaderboard.csv differs from its card\n") == (status, out)
    assert 0 == run("verify", "latest")[0]
    assert "leaderboard.csv differs" in json.loads(run("verify", "--json")[1])[0]["text"]


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
def test_a_mistake_ends_with_2_and_one_line(run, arguments):
    """No usage text, no traceback."""
    status, out, err = run(*arguments)
    assert (2, "", 1) == (status, out, err.count("\n"))


def test_log_tells_who_was_champion_from_when_to_when_and_why(run, store):
    """A line a reign, oldest first; as JSON with the run that made the version."""
    first, second, _ = store.versions()
    run("promote", second, "--why", "better on\nMonday's rows")
    run("rollback")
    _, out, _ = run("log")
    lines = out.splitlines()[1:]
    assert [first, second, first] == [line.split()[0] for line in lines]
    assert "the first version of this name (flow run 7)" in lines[0]
    assert "promotion  better on Monday's rows (" in lines[1]
    assert "now                  rollback   by hand (" in lines[2]
    reigns = json.loads(run("log", "--json")[1])
    assert [("promote", "flow run 7"), ("promote", None), ("rollback", "flow run 7")] == [
        (reign["event"], reign["exported_by"]) for reign in reigns
    ]
    assert reigns[0]["until"] == reigns[1]["since"]
    assert reigns[2]["until"] is None
    assert [] == json.loads(run("log", "--json", "--name", "nobody")[1])


def test_log_shows_every_line_when_asked(run, store):
    """Of several versions in one pruning a line each; as JSON the journal's entries themselves."""
    first, *others = store.versions()
    run("prune", "--keep", "0", "--days", "0", "--delete", "--why", "tidy")
    lines = run("log", "--all")[1].splitlines()[1:]
    assert ["export", "promote", "export", "export", "prune", "prune"] == [line.split()[3] for line in lines]
    assert [first, first, *others, *others] == [line.split()[4] for line in lines]
    assert [dict(entry) for entry in store.history().entries] == json.loads(run("log", "--all", "--json")[1])


def test_log_shows_every_line_of_a_journal_whose_signature_is_missing(run, store, key_files):
    """Who is to vouch for it must see it; the status and a line say that something is wrong."""
    status, out, err = run("log", "--all", "--public-key", str(key_files[1]))
    assert (1, 5, 1) == (status, out.count("\n"), err.count("\n"))
    assert "its last line (4, export) is not signed" in err
    store.journal.path.write_text(store.journal.path.read_text().replace("export", "exp0rt"))
    assert (1, "") == run("log", "--all")[:2]


def test_a_reason_of_another_encoding_is_kept_readable(store, capfd):
    """Half a letter from a terminal becomes a question mark; what a terminal would obey is not printed."""
    arguments = ["--why", "caf\udce9 \x1b[31m", "--store", str(store.folder.parent)]
    assert 0 == main(["models", "promote", store.versions()[1], *arguments])
    assert 0 == main(["models", "log", "--store", str(store.folder.parent)])
    assert r"caf? \x1b[31m" in capfd.readouterr().out
    assert [] == store.verify()


def test_another_name_is_told_which_there_are(run, store):
    """A slip looks like a model that was never trained."""
    assert "there is no model 'churn' in" in run("show", "--name", "churn")[2]
    assert "(there is classifier): train first" in run("show", "--name", "churn")[2]
    assert "yet: train first; there is classifier" in run("list", "--name", "churn")[2]


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
    monkeypatch.setattr("bakeoff.cli.ui.ThreadingHTTPServer", Mock(side_effect=OSError("a port was asked for")))
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


def test_of_several_models_all_are_listed_and_others_want_a_name(run, store):
    """In one line that names them; as JSON one array, with each version's name."""
    shutil.copytree(store.folder, store.folder.with_name("churn"))
    assert [0, 2, 2] == [run(command)[0] for command in ("list", "show", "rollback")]
    assert ["churn", "classifier"] == [line for line in run("list")[1].splitlines() if line in ("churn", "classifier")]
    assert 6 == sum(version in run("list")[1] for version in store.versions() * 2)
    rows = json.loads(run("list", "--json")[1])
    assert ["churn"] * 3 + ["classifier"] * 3 == [row["name"] for row in rows]
    said = f"bakeoff: '{store.folder.parent}' holds several models: churn, classifier; choose one by --name\n"
    assert said == run("promote", "latest")[2]
    assert 0 == run("show", "--name", "churn")[0]


def test_prune_shows_what_would_go_and_removes_only_when_told(run, store):
    """The champion and the last one are kept, each with its reason."""
    first, second, third = store.versions()
    status, out, _ = run("prune", "--keep", "1", "--days", "0")
    assert 0 == status
    assert [f"keeps    {first}  champion", f"keeps    {third}  among the last 1", f"removes  {second}"] == (
        out.splitlines()[:3]
    )
    assert "nothing was removed" in out
    assert "nothing to remove\n" == run("prune")[1][-18:]
    assert [first, second, third] == store.versions()
    report = json.loads(run("prune", "--keep", "1", "--days", "0", "--delete", "--json")[1])
    assert ([second], True) == (report["pruned"], report["deleted"])
    assert [first, third] == store.versions()
    assert (2, "") == run("promote", second)[:2]


def test_keys_are_generated_once(capsys, tmp_path):
    """For their owner's eyes alone, and never written over."""
    folder = tmp_path / "new" / "keys"
    assert 0 == main(["keys", "generate", str(folder)])
    assert "private.pem: signs" in capsys.readouterr().out
    assert 0o600 == (folder / "private.pem").stat().st_mode & 0o777
    before = (folder / "private.pem").read_bytes()
    assert 2 == main(["keys", "generate", str(folder)])
    assert "is there already: keys are never written over" in capsys.readouterr().err
    assert 2 == main(["keys", "generate", str(folder / "public.pem")])
    assert "no keys can be written to" in capsys.readouterr().err
    assert before == (folder / "private.pem").read_bytes()
    assert 0 == main(["keys", "generate", str(tmp_path / "other"), "--json"])
    assert {"private_key", "public_key", "key"} == set(json.loads(capsys.readouterr().out))


def test_a_store_is_signed_from_the_command_line_on(run, store, key_files):
    """Before, a public key finds it unsigned; after, nobody writes without the private one."""
    private, public = map(str, key_files)
    status, out, err = run("list", "--public-key", public)
    assert (1, "") == (status, out)
    assert "is not signed; look at it" in err
    assert "bakeoff models sign --as-it-stands --name classifier --private-key FILE" in err
    assert 1 == run("sign", "--private-key", private)[0]
    vouched = run("sign", "--private-key", private, "--as-it-stands")[1]
    assert f"3 versions vouched for by the key {find_keys(*key_files).own}" in vouched
    assert f"3 versions verified and signed by {find_keys(*key_files).own}" in run("verify", "--public-key", public)[1]
    second = store.versions()[1]
    status, _, err = run("promote", second)
    assert 2 == status
    assert f"is signed by {find_keys(*key_files).own}: changing it needs a private key: --private-key FILE" in err
    assert 0 == run("promote", second, "--private-key", private)[0]
    assert 0 == run("list", "--public-key", public)[0]


def test_the_command_imports_nothing_heavy():
    """It starts in a blink."""
    heavy = ("sklearn", "pandas", "numpy", "pydantic", "prefect", "pyarrow", "joblib", "cryptography")
    code = f"import sys, bakeoff.cli.main; print([name for name in {heavy} if name in sys.modules])"
    assert "[]\n" == subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_list_goes_on_past_a_damaged_version(run, store):
    """And says which it is."""
    (store.folder / store.versions()[1] / "card.json").write_text('{"format": 1}')
    status, out, _ = run("list")
    assert (0, 1 + 3 + 1) == (status, out.count("\n"))
    assert "is not used: card.json differs from the journal" in out.splitlines()[-1]
    assert "damaged" in json.loads(run("list", "--json")[1])[1]


def test_an_empty_store_is_said_to_hold_no_models(tmp_path, capsys):
    """None of any name, where none was asked for."""
    assert 0 == main(["models", "list", "--store", str(tmp_path)])
    assert f"no models in '{tmp_path}' yet: train first\n" == capsys.readouterr().err
