"""What the system refuses is told as what it is: no permission, a read-only file system, an error of the disk."""

import contextlib
import errno
import json
import os
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from bakeoff.cli.main import main
from bakeoff.cli.ui.pages import find_page
from bakeoff.config.yaml_file import read_yaml
from bakeoff.errors import (
    ConfigError,
    DataError,
    ReadError,
    StoreError,
    UserError,
    WriteError,
    may_pass,
)
from bakeoff.prediction.checkpoint import Checkpoint
from bakeoff.runtime import files
from bakeoff.runtime.files import require_writable
from bakeoff.store.key_files import find_public_keys
from bakeoff.store.load import load_model
from bakeoff.store.model_store import ModelStore
from bakeoff.tables.reader import open_table
from bakeoff.training.promote import promote_if_better
from tests.bakeoff.conftest import predict

NOBODY = 65534


@pytest.fixture
def open_store(store):
    """A store of three versions below a folder that anybody may enter, as pytest's own is not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        shutil.copytree(store.folder, Path(name) / "models" / "classifier")
        yield ModelStore(Path(name) / "models", "classifier")


@contextlib.contextmanager
def denied(path):
    """Nobody may read a file or folder, and who runs the block is not root, whom no mode holds."""
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        if os.geteuid() == 0:
            os.seteuid(NOBODY)
        yield
    finally:
        os.seteuid(os.getuid())
        path.chmod(mode)


@pytest.mark.parametrize("name", ["journal.jsonl", "journal.head", "."])
def test_a_journal_that_may_not_be_read_is_not_called_damaged(open_store, name):
    """Nor does anybody get to hear of a backup."""
    with denied(open_store.folder / name):
        for read in (open_store.history, open_store.verify, open_store.champion):
            with pytest.raises(ReadError, match="^no permission to read '.*'$"):
                read()


@pytest.mark.parametrize("name", ["card.json", "model.joblib", "."])
def test_a_version_that_may_not_be_read_is_not_called_damaged(open_store, name):
    """Whichever of its files it is, or the folder."""
    _, second, _ = open_store.versions()
    load_model(open_store, second)  # imports what it needs, which nobody may read perhaps
    told = pytest.raises(ReadError, match=f"^no permission to read '.*{second}.*'$")
    with denied(open_store.folder / second / name), told:
        load_model(open_store, second)


def test_a_version_that_may_not_be_read_is_not_promoted(open_store, monkeypatch):
    """By reason of the permission."""
    second = open_store.versions()[1]
    refuse(monkeypatch, "leaderboard.csv", errno.EACCES)
    with pytest.raises(ReadError, match="no permission to read '.*leaderboard.csv'"):
        open_store.promote(second, "x")


def test_verify_names_what_it_may_not_read_and_goes_on(open_store, capsys):
    """A finding, with status 1, beside those of other versions."""
    first, second, _ = open_store.versions()
    (open_store.folder / first / "leaderboard.csv").write_text("changed")
    command = ["models", "verify", "--store", str(open_store.folder.parent)]
    with denied(open_store.folder / second / "model.joblib"):
        assert 1 == main(command)
    lines = capsys.readouterr().out.splitlines()
    assert [f"{first}: leaderboard.csv differs from its card"] == lines[:1]
    assert lines[1].startswith(f"{second}: no permission to read '")
    assert 2 == len(lines)


def test_list_names_what_it_may_not_read_and_lists_the_others(open_store, capsys):
    """On stderr, with status 0; in JSON by a key of its own."""
    _, second, third = open_store.versions()
    command = ["models", "list", "--store", str(open_store.folder.parent)]
    with denied(open_store.folder / second / "card.json"):
        assert 0 == main(command)
        out, err = capsys.readouterr()
        assert 0 == main([*command, "--json"])
        rows = json.loads(capsys.readouterr().out)
    assert any(second in line and "unreadable" in line for line in out.splitlines())
    assert any(third in line and "0." in line for line in out.splitlines()), out
    assert "damaged" not in out + err
    assert (1, True) == (err.count("\n"), err.startswith("bakeoff: no permission to read '"))
    assert [False, True, False] == ["unreadable" in row for row in rows]


@pytest.mark.parametrize("command", ["list", "show", "log", "promote latest", "rollback", "resume", "prune", "verify"])
def test_commands_say_in_one_line_that_they_may_not_read(open_store, command, capsys):
    """Whichever it is."""
    with denied(open_store.folder):
        status = main(["models", *command.split(), "--store", str(open_store.folder.parent)])
    out, err = capsys.readouterr()
    assert (1, "", 1) == (status, out, err.count("\n"))
    assert "no permission to read" in err
    assert "backup" not in err


def test_pages_say_so_too(open_store):
    """The list of models has the sentence in its place, a report's page instead of it."""
    root, version = open_store.folder.parent, open_store.versions()[0]
    find_page(root, "/")
    with denied(open_store.folder / "journal.jsonl"):
        assert "no permission to read" in find_page(root, "/")
    with denied(open_store.folder / version / "card.json"):
        assert "no permission to read" in find_page(root, "/classifier/")
    with denied(open_store.folder / version / "report.html"), pytest.raises(ReadError, match="no permission to read"):
        find_page(root, f"/classifier/{version}")


def refuse(monkeypatch, name, number):
    """Have the system refuse whoever opens files of a name."""
    real = os.open

    def opened(path, *more, **options):
        if Path(os.fspath(path)).name == name:
            raise OSError(number, os.strerror(number), str(path))
        return real(path, *more, **options)

    monkeypatch.setattr(files, "os", SimpleNamespace(**{**vars(os), "open": opened}))


@pytest.mark.parametrize("name", ["card.json", "model.joblib", "journal.jsonl"])
def test_an_error_of_the_disk_is_called_one(store, monkeypatch, name):
    """Not a file that differs."""
    refuse(monkeypatch, name, errno.EIO)
    with pytest.raises(ReadError, match=f"^'.*{name}' can't be read: Input/output error$"):
        load_model(store, store.versions()[0] if name != "journal.jsonl" else "latest")


def test_a_champion_that_may_not_be_read_is_not_replaced(race, store, monkeypatch):
    """As one that is damaged is: nothing is known of it."""
    champion, latest = store.champion(), store.versions()[-1]
    real = ModelStore.read

    def read(self, version, name, history=None):
        if version == champion and name == "model.joblib":
            raise ReadError("no permission to read it")
        return real(self, version, name, history)

    monkeypatch.setattr(ModelStore, "read", read)
    config = race.config.model_copy(update={"store": store.folder.parent})
    with pytest.raises(ReadError, match="no permission"):
        promote_if_better(config, race.ref, latest, "flow run 9")
    assert champion == store.champion()


@pytest.mark.parametrize("name", ["rows.csv", "rows.csv.gz", "rows.parquet"])
def test_a_table_that_may_not_be_read_is_not_called_broken(name):
    """Whatever its format."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / name
        path.write_bytes(b"")
        with denied(path), pytest.raises(DataError, match=f"^no permission to read '.*{name}'$"):
            open_table(path)
        path.unlink()
        (Path(folder) / "inside").mkdir()
        with denied(Path(folder) / "inside"):
            for each in ("inside", f"inside/{name}"):
                with pytest.raises(DataError, match="^no permission to read '.*inside"):
                    open_table(Path(folder) / each)


def test_a_config_or_key_that_may_not_be_read_says_so():
    """In the user's words, not in the system's."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "file"
        path.write_text("{}")
        with denied(path):
            with pytest.raises(ConfigError, match="^the config file: no permission to read '.*file'$"):
                read_yaml(str(path))
            with pytest.raises(ConfigError, match="^the public key: no permission to read '.*file'$"):
                find_public_keys(path)


@pytest.mark.parametrize("error", [UserError, StoreError])
def test_a_read_only_file_system_is_called_one(tmp_path, monkeypatch, error):
    """Which no change of permissions mends."""
    monkeypatch.setattr(files.os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    with pytest.raises(error, match="the store '.*new' can't be written: its file system is read-only; choose another"):
        require_writable(tmp_path / "new", "the store", error)


@pytest.mark.parametrize("place", ["/proc/x", "/proc/x/y"])
def test_a_folder_that_takes_no_files_is_refused_whatever_its_permissions_say(place):
    """As /proc does from root, too."""
    with pytest.raises(UserError, match=f"the store '{place}' can't be written: 'proc' (takes no files|gives no perm)"):
        require_writable(Path(place), "the store")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_that_is_full_when_a_run_begins_is_no_mistake_of_the_user(tmp_path, monkeypatch, number):
    """So a deployment's run is tried again."""

    def fail(**_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.tempfile, "TemporaryFile", fail)
    with pytest.raises(WriteError, match=f"the workspace '.*new' can't be written: {os.strerror(number)}") as caught:
        require_writable(tmp_path / "new", "the workspace", ConfigError)
    assert may_pass(caught.value)


def test_a_folder_is_as_it_was_after_the_look(tmp_path):
    """Whether something can be written there leaves nothing behind."""
    require_writable(tmp_path / "new", "the store")
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EROFS, "Read-only file system; what was scored is kept there: when the disk can be written, give"),
        (errno.EIO, "Input/output error; what was scored is kept there: when the disk can be written, give"),
        (errno.ENOSPC, "No space left on device; what was scored is kept there: make room, and give"),
    ],
)
def test_a_disk_that_fails_while_rows_are_scored_is_told_as_it_is(version, tmp_path, monkeypatch, number, sentence):
    """And only a full one asks for room."""

    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Checkpoint, "add", fail)
    with pytest.raises(WriteError, match=sentence):
        predict(store=version.parents[1], output=str(tmp_path / "out"))


def test_a_store_that_may_not_be_read_is_not_called_empty(open_store, capsys):
    """Nobody is told to train first, whichever the command."""
    for command in (["models", "list"], ["models", "show"], ["models", "verify"], ["report"]):
        with denied(open_store.folder.parent):
            assert 1 == main([*command, "--store", str(open_store.folder.parent)])
        out, err = capsys.readouterr()
        assert ("", 1, True) == (out, err.count("\n"), "no permission to read" in err), err


def test_a_model_that_may_not_be_read_is_listed_beside_others(open_store, capsys):
    """By its name, with the reason."""
    other = open_store.folder.parent / "other"
    shutil.copytree(open_store.folder, other)
    with denied(other):
        assert 1 == main(["models", "list", "--store", str(other.parent)])
    out, err = capsys.readouterr()
    assert out.startswith("classifier\n")
    assert (1, True) == (err.count("\n"), err.startswith("bakeoff: other: no permission to read")), err
