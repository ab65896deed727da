"""Whole or absent: what is left when a writer dies, the power goes, the disk is full, or several write at once."""

import errno
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bakeoff.errors import WriteError
from bakeoff.store.model_store import ModelStore
from benchmarks.store_crash import WRONG, export_small

ROOT = Path(__file__).parents[3]
CHANGES = ["first", "export", "promote", "keep", "rollback", "resume", "prune", "sign", "signed", "pull"]


def run(*command, **more):
    """A command from the project's root that must succeed; returns the JSON on its last line."""
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, **more)
    assert 0 == done.returncode, done.stderr + done.stdout
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("change", CHANGES)
def test_a_writer_may_die_at_any_line(change):
    """The next reader sees the store before or after the change, the next writer finishes or clears what is left."""
    report = run(sys.executable, "-m", "tests.support.dying_writer", "die", change, "7")
    assert report["points"] > 40
    assert [] == report["wrong"]


@pytest.mark.parametrize("change", CHANGES)
def test_the_power_may_go_at_any_sync(change):
    """Whatever part of what was not synced has reached the disk; what was acknowledged is there."""
    report = run(sys.executable, "-m", "tests.support.dying_writer", "cut", change)
    assert report["points"] >= 32
    assert [] == report["wrong"]


def test_writers_that_are_killed_leave_no_lie():
    """The benchmark, small: readers never see a champion that is missing, partial or mixed, and no lock is left."""
    report = run(sys.executable, "-m", "benchmarks.store_crash", "300")
    assert report["killed"] > 50
    assert report["reads"] > 50
    assert dict.fromkeys(WRONG, 0) == {what: report[what] for what in WRONG}


def _promote_many(root, versions):
    store = ModelStore(root, "m")
    done = sum(store.promote(version, f"by {os.getpid()}") for version in versions)
    (root / f"done-{os.getpid()}").write_text(str(done))


def test_writers_of_several_processes_take_turns(tmp_path):
    """Every promotion lands, the chain of the journal holds, and readers see a champion throughout."""
    store = ModelStore(tmp_path, "m")
    versions = [export_small(store).name for _ in range(3)]
    before = len(store.history().entries)
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_promote_many, args=(tmp_path, [versions[(i + k) % 3] for i in range(20)]))
        for k in (0, 1)
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert store.champion() in versions
        assert (store.folder / "champion").read_text().strip() in versions
    assert [0, 0] == [writer.exitcode for writer in writers]
    assert [] == store.verify()
    done = sum(int(path.read_text()) for path in tmp_path.glob("done-*"))
    assert before + done == len(store.history().entries)
    assert done > 20


CHANGE_ON_A_SMALL_DISK = """
import json, pathlib, sys
from bakeoff.errors import WriteError
from bakeoff.store.model_store import ModelStore
from benchmarks.store_crash import export_small

store = ModelStore(sys.argv[1], "m")
first = export_small(store).name
other = export_small(store).name
refused = {}
with pathlib.Path(sys.argv[1], "filler").open("ab", buffering=0) as filler:
    try:
        while filler.write(bytes(4096)):
            pass
    except OSError:
        pass
for what, change in (
    ("export", lambda: export_small(store, size=100_000)),
    ("promote", lambda: store.promote(other, "x" * 9000)),
    ("prune", lambda: store.prune(0, 0, "y" * 9000)),
):
    try:
        change()
    except WriteError as error:
        refused[what] = str(error)
pathlib.Path(sys.argv[1], "filler").unlink()
found = [finding.text for finding in store.verify()]
left = sorted(path.name for path in store.folder.iterdir() if path.name.startswith("."))
kept = [store.champion() == first, store.versions() == [first, other]]
store.promote(other, "there is room again")
print(json.dumps({"refused": refused, "found": found, "left": left, "kept": kept, "now": store.champion() == other}))
"""


def in_a_namespace(*command):
    """A command of a user who is root in a world of its own, so that it may mount; skips where that is not allowed."""
    unshare = [shutil.which("unshare") or "unshare", "--user", "--map-root-user", "--mount"]
    try:
        subprocess.run([*unshare, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine gives no namespace to mount in")
    return [*unshare, *command]


def test_a_full_disk_leaves_the_store_as_it_was(tmp_path):
    """On a disk of 256 kB: a clear error, the old champion stays, and what was taken of the room is given back."""
    script = f'mount -t tmpfs -o size=256k none "$1" && exec {sys.executable} -c "$2" "$1"'
    report = run(*in_a_namespace("sh", "-c", script, "sh", str(tmp_path), CHANGE_ON_A_SMALL_DISK))
    assert {"export", "promote", "prune"} == set(report["refused"])
    for sentence in report["refused"].values():
        assert "could not be changed: No space left on device" in sentence
        assert "everything is as it was; make room and try again" in sentence
    assert ([], [".lock"], [True, True], True) == (report["found"], report["left"], report["kept"], report["now"])


def test_a_write_that_ends_half_way_is_taken_back(tmp_path):
    """As the kernel does it at a limit: the journal's line is cut again, and nothing was changed."""
    script = """
import json, resource, signal, sys
from bakeoff.errors import WriteError
from bakeoff.store.model_store import ModelStore
from benchmarks.store_crash import export_small

store = ModelStore(sys.argv[1], "m")
versions = [export_small(store).name for _ in range(2)]
size = store.journal.path.stat().st_size
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))
try:
    store.promote(versions[1], "x")
    refused = ""
except WriteError as error:
    refused = str(error)
print(json.dumps([refused, store.journal.path.stat().st_size - size, [str(one) for one in store.verify()]]))
"""
    refused, more, found = run(sys.executable, "-c", script, str(tmp_path))
    assert "could not be changed: No space left on device (journal.jsonl); everything is as it was" in refused
    assert (0, []) == (more, found)


def test_a_copy_that_ends_half_way_is_no_version(tmp_path):
    """The error is the disk's, not that a file was changed; what was copied is gone again."""
    script = """
import json, resource, signal, sys
from bakeoff.errors import WriteError
from bakeoff.store.model_store import ModelStore
from benchmarks.store_crash import export_small

store = ModelStore(sys.argv[1], "m")
export_small(store)
model = sys.argv[1] + "/model.joblib"
open(model, "wb").write(bytes(3_000_000))
files = dict.fromkeys(("model.joblib", "validation.parquet", "leaderboard.csv"), __import__("pathlib").Path(model))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_500_000, resource.RLIM_INFINITY))
try:
    store.export(files, lambda version, created: {}, "x")
    refused = ""
except WriteError as error:
    refused = str(error)
left = [path.name for path in store.folder.iterdir() if ".incoming" in path.name]
print(json.dumps([refused, len(store.versions()), left, [str(one) for one in store.verify()]]))
"""
    refused, count, left, found = run(sys.executable, "-c", script, str(tmp_path))
    assert "could not be changed: File too large" in refused
    assert (1, [], []) == (count, left, found)


def test_a_folder_that_can_only_be_read_is_read(tmp_path):
    """Writing is refused in one line; champion, log and verify work without a lock."""
    store = ModelStore(tmp_path / "models", "m")
    versions = [export_small(store).name for _ in range(2)]
    bakeoff = f"{sys.executable} -m bakeoff.cli.main models"
    script = f"""
mount --bind "$1/models" "$1/models" && mount -o remount,ro,bind "$1/models" || exit 9
for command in "promote {versions[1]}" rollback "prune --keep 0 --days 0 --delete"; do
    {bakeoff} $command --store "$1/models" --name m && exit 8
    test $? = 2 || exit 7
done
{bakeoff} list --store "$1/models" --name m >&2 && {bakeoff} log --store "$1/models" --name m >&2 &&
{bakeoff} verify --store "$1/models" --name m --json
"""
    assert [] == run(*in_a_namespace("sh", "-c", script, "sh", str(tmp_path)))
    assert versions[0] == store.champion()


def test_a_missing_source_file_leaves_nothing(tmp_path):
    """An export that fails half way is absent."""
    store = ModelStore(tmp_path, "m")
    export_small(store)
    before = store.versions()
    model = tmp_path / "model.joblib"
    model.write_bytes(b"x")
    files = {"model.joblib": model, "validation.parquet": tmp_path / "missing", "leaderboard.csv": model}
    with pytest.raises(WriteError, match=r"could not be changed: No such file or directory \(missing\); everything is"):
        store.export(files, lambda version, created: {}, "x")
    assert before == store.versions()
    assert [] == store.verify()
    assert [] == list(store.folder.glob(".incoming-*"))


def test_leftovers_of_odd_shapes_stop_nobody(tmp_path):
    """A file where a folder would be, a link, a name that no version has; what isn't the store's own stays."""
    store = ModelStore(tmp_path, "m")
    export_small(store)
    (store.folder / ".incoming-20990101T000000Z-00000").write_text("")
    (store.folder / ".incoming-20990101T000001Z-00000").symlink_to(tmp_path / "nowhere")
    (store.folder / ".champion.aside").write_text("")
    (store.folder / ".incoming-notes").write_text("mine")
    (store.folder / "notes.aside").write_text("mine")
    export_small(store)
    assert [] == store.verify()
    assert {".incoming-notes", "notes.aside", ".lock", "champion", "journal.jsonl", "journal.head"} == {
        path.name for path in store.folder.iterdir()
    } - set(store.versions())


def test_a_version_whose_move_failed_is_finished_by_the_next_writer(tmp_path, monkeypatch, caplog):
    """The journal has it: that it was exported is true, and it is read where it lies."""
    store = ModelStore(tmp_path, "m")
    export_small(store)
    rename = Path.rename
    with monkeypatch.context() as patch:
        patch.setattr(
            Path, "rename", lambda path, target: refuse() if ".incoming" in path.name else rename(path, target)
        )
        folder = export_small(store)
    assert "the journal is ahead of the files" in caplog.text
    assert (store.folder / store.versions()[1], False) == (folder, folder.exists())
    assert [] == store.verify()
    export_small(store)
    assert folder.exists()
    assert [] == store.verify()


def refuse(*_):
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_line_that_could_not_be_taken_back_keeps_its_version(tmp_path, monkeypatch):
    """The disk refused the sync and then the cut: whether or not the line is there, nothing is in it but what is."""
    store = ModelStore(tmp_path, "m")
    export_small(store)
    with monkeypatch.context() as patch:
        patch.setattr(os, "ftruncate", refuse)
        really, calls = os.fsync, []

        def fail_for_the_journal(descriptor):
            if Path(f"/proc/self/fd/{descriptor}").readlink().name == "journal.jsonl":
                calls.append(descriptor)
                refuse()
            really(descriptor)

        patch.setattr(os, "fsync", fail_for_the_journal)
        with pytest.raises(WriteError):
            export_small(store)
    assert 1 == len(calls)
    assert 2 == len(store.versions())
    export_small(store)
    assert [] == store.verify()
