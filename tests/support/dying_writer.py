"""Changes to a store whose process dies at every line, or whose machine loses power at every sync.

    python -m tests.support.dying_writer die|cut CHANGE [EVERY]

For each point the store is looked at as a reader would, and then written to by the next writer. CHANGE is a key
of `CHANGES`. Prints a JSON object: how many points there were, and what was wrong at which. EVERY takes one in so many
points.
"""

import itertools
import json
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bakeoff.errors import BakeoffError
from bakeoff.runtime.objects.address import parse_address
from bakeoff.runtime.objects.place import open_place
from bakeoff.store.copies.pull import pull_version
from bakeoff.store.copies.push import push_version
from bakeoff.store.keys import NO_KEYS, Keys, fingerprint
from bakeoff.store.model_store import ModelStore
from benchmarks.store_crash import export_small

TRACED = tuple(
    f"/bakeoff/{name}.py"
    for name in (
        "runtime/files",
        "runtime/locks",
        "runtime/objects/place",
        *(f"store/copies/{name}" for name in ("pull", "push", "sealed_files")),
        *(f"store/{name}" for name in ("files/folder_files", "journal", "layout", "manifest", "model_store")),
        *(f"store/writers/{name}" for name in ("addition", "change", "folder_writer")),
    )
)


def opened(root, change):
    """The store; for `signed` with both keys, so that readers ask for the signature."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    if change == "sign":
        return ModelStore(root, "m", Keys(private))
    public = private.public_key()
    return ModelStore(root, "m", Keys(private, {fingerprint(public): public}) if change == "signed" else NO_KEYS)


def copies(store):
    """The folder of copies, beside the store."""
    return open_place(parse_address(str(store.folder.parents[1] / "copies")))


CHANGES = {
    "first": lambda store: export_small(store, "new"),
    "export": lambda store: export_small(store, "new"),
    "promote": lambda store: store.promote(store.versions()[2], "new"),
    "keep": lambda store: store.keep(store.champion(), store.versions()[2], "new", figures={"gain": -0.01}),
    "rollback": lambda store: store.rollback("new"),
    "resume": lambda store: store.resume("new"),
    "prune": lambda store: store.prune(0, 1, "new"),
    "sign": lambda store: store.sign("new"),
    "signed": lambda store: store.promote(store.versions()[2], "new"),
    "pull": lambda store: pull_version(store, "latest", copies(store)),
}


def prepare(root, change):
    """A store of four versions, of which the first and then the second were champion; none for a first export."""
    store = opened(root, "" if change == "sign" else change)
    if change != "first":
        for _ in range(4):
            export_small(store)
        store.promote(store.versions()[1], "old")
        if change == "resume":
            store.rollback("old")
        if change == "pull":
            other = opened(root.parent / "other", change)
            export_small(other)
            push_version(other, other.versions()[0], copies(store))
    return opened(root, change)


def state(store):
    """What a reader sees: the versions, the champion, and the journal's last reason."""
    history = store.history()
    return history.versions, history.champion, history.entries[-1]["why"] if history.entries else None


def wrong(root, change, before, after, acknowledged=False):
    """What is wrong with the store after a crash, for a reader and then for the next writer; empty if nothing is."""
    store = opened(root, change)
    try:
        _read(store, before, after, acknowledged)
        export_small(store)
        assert [] == store.verify(), f"after the next export: {store.verify()[0]}"
        left = {path.name for path in store.folder.iterdir()} - {*store.versions(), *FILES}
        assert set() == left, f"left over: {left}"
    except (AssertionError, BakeoffError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _read(store, before, after, acknowledged):
    versions, champion, why = state(store)
    allowed = [after[:2]] if acknowledged else [before[:2], after[:2]]
    assert champion is None or (versions, champion) in allowed, f"a reader sees {versions} and {champion}"
    assert why == after[2] or not acknowledged, "the change was acknowledged and is lost"
    pointer = store.folder / "champion"
    shown = pointer.read_text().strip() if pointer.exists() or before[1] else None
    # It may be behind the journal, never ahead of it; and when the change was acknowledged, not behind either.
    behind = [after[1]] if acknowledged else [before[1], champion]
    assert shown in behind, f"the file champion holds {shown}, the journal {champion}"
    in_place = all((store.folder / version).is_dir() for version in versions)
    assert in_place or not acknowledged, "a version was acknowledged and is not in its place"
    for version in versions:
        found = [finding.text for finding in store.verify(version) if finding.version]
        assert [] == found, f"version {version}: {found}"


FILES = ("champion", "journal.jsonl", "journal.head", ".lock")


def die(change, every):
    """End the process at each line in turn that the change executes, until it executes no more."""
    findings = []
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder  # what a pull that dies leaves there goes with it
        template = Path(folder) / "template"
        before = state(prepare(template, change))
        after = None
        for points, point in enumerate(itertools.count(1, every)):
            root = Path(folder) / "store"
            shutil.rmtree(root, ignore_errors=True)
            if template.exists():
                shutil.copytree(template, root)
            if not dies_at(point, lambda root=root: CHANGES[change](opened(root, change))):
                return {"points": points, "wrong": findings}
            if after is None or change in ("export", "first", "pull"):
                after = expected(opened(root, change), before, change)
            if text := wrong(root, change, before, after):
                findings.append(f"line {point}: {text}")
        raise AssertionError("never left alone")


def expected(store, before, change):
    """The state after the change; an export's version has a new name every time, which the folder tells."""
    versions, champion, _ = before
    if change in ("export", "first", "pull"):
        entries = store.journal.inspect(None)[0].entries
        new = [entry["version"] for entry in entries if entry["why"] == "new" or entry["event"] == "import"]
        return (sorted([*versions, *new]), champion or (new[0] if new else None), "new")
    if change in ("promote", "signed"):
        return (versions, versions[2], "new")
    if change == "rollback":
        return (versions, versions[0], "new")
    if change == "prune":
        return (versions[:2], champion, "new")
    return (versions, champion, "new")


def dies_at(point, change):
    """Whether a process that makes a change died at that line, before the change was done."""
    child = os.fork()
    if child == 0:
        left = itertools.count(point, -1)

        def trace(frame, event, _):
            if not frame.f_code.co_filename.endswith(TRACED):
                return None
            if event == "line" and next(left) == 1:
                os._exit(9)
            return trace

        sys.settrace(trace)
        try:
            change()
        finally:
            sys.settrace(None)
            os._exit(0 if sys.exception() is None else 1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in {0, 9}, f"the change failed at {point}"
    return status == 9


class Disk:
    """What would be on the disk if the power were cut: what was synced, and any part of what was not.

    A file's content is safe when the file was synced, a name when its folder was; both are followed by inode, as file
    systems do.
    """

    def __init__(self, root):
        self.root, self.safe, self.open, self.cuts = root, {}, [], []
        self.safe = self.now()

    def look(self, path):
        """An inode's number, and its content: bytes of a file, names with their inodes of a folder."""
        self.open.append(os.open(path, os.O_RDONLY))  # held open, its number is given to no other
        number = path.stat().st_ino
        if path.is_dir():
            return number, {inner.name: inner.stat().st_ino for inner in path.iterdir()}
        return number, path.read_bytes()

    def sync(self, path):
        """Note that a file's content or a folder's names are safe."""
        number, content = self.look(path)
        self.safe[number] = content

    def now(self):
        """Everything that was written, synced or not."""
        return dict(self.look(path) for path in (self.root, *self.root.rglob("*")))

    def cut(self):
        """Note what the disk could hold: of what was not synced nothing, all, names, contents, some, or half lines."""
        now, top = self.now(), self.root.stat().st_ino
        draw = random.Random(len(self.cuts))
        for choice in ("none", "all", "names", "contents", "some", "some", "some", "torn"):
            self.cuts.append((choice, top, dict(self.safe), now, draw.random()))

    @staticmethod
    def restore(cut, target):
        """Write what the disk holds after a cut."""
        choice, top, safe, now, seed = cut
        draw = random.Random(seed)

        def content(number):
            is_folder = isinstance(now.get(number, safe.get(number)), dict)
            newest = {"none": False, "all": True, "names": is_folder, "contents": not is_folder, "torn": False}.get(
                choice
            )
            if newest is None:
                newest = draw.random() < 0.5
            held = safe.get(number, {} if is_folder else b"")
            if choice == "torn" and not is_folder and number in now and now[number].startswith(held):
                return now[number][: draw.randint(len(held), len(now[number]))]
            return now[number] if newest and number in now else held

        def write(number, path):
            held = content(number)
            if isinstance(held, bytes):
                path.write_bytes(held)
                return
            path.mkdir()
            names = held if choice != "some" else some(safe.get(number, {}), now.get(number, {}))
            for name, inner in names.items():
                write(inner, path / name)

        def some(before, after):
            """Each new name by chance; an old one goes only if its file was moved to a name that is there."""
            names = {name: inner for name, inner in after.items() if before.get(name) == inner or draw.random() < 0.5}
            for name, inner in before.items():
                if name not in names and inner not in names.values():
                    names[name] = inner
            return names

        write(top, target)


def cut(change, every):
    """Cut the power before each sync that the change makes, and at its end, when it is acknowledged."""
    findings = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        root.mkdir()
        store = prepare(root / "models", change)
        before = state(store)
        disk, really = Disk(root), os.fsync

        def fsync(descriptor):
            disk.cut()
            disk.sync(Path(f"/proc/self/fd/{descriptor}").readlink())
            really(descriptor)

        os.fsync = fsync
        CHANGES[change](store)
        os.fsync = really
        unacknowledged = len(disk.cuts)
        disk.cut()
        after = state(store)
        for number, one in list(enumerate(disk.cuts))[::every]:
            target = Path(folder) / f"cut-{number}"
            disk.restore(one, target)
            if text := wrong(target / "models", change, before, after, acknowledged=number >= unacknowledged):
                findings.append(f"cut {number} of {len(disk.cuts)} ({one[0]}): {text}")
        return {"points": len(disk.cuts[::every]), "wrong": findings}


if __name__ == "__main__":
    crash = {"die": die, "cut": cut}[sys.argv[1]]
    print(json.dumps(crash(sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1)))
