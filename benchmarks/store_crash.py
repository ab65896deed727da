"""Kill promotions, rollbacks, exports and prunings at random moments, with concurrent readers.

    python -m benchmarks.store_crash [OPERATIONS] [SEED] [s3://BUCKET/FOLDER]

Each operation (10,000 by default) is a process of its own. It is killed by SIGKILL after a random time of up to 1.5
times the present median time of such operations, so that every step is hit; every tenth operation is not killed, to
measure that time. Two run at once, on four models, while two readers read without pause. All counts below the
journals' lines must be 0. With an address, at which nothing may be, the stores are there.
"""

import collections
import contextlib
import fcntl
import importlib
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bakeoff.errors import IntegrityError, StoreError, UserError
from bakeoff.runtime.objects.address import Address, parse_place
from bakeoff.runtime.objects.object_file import find_object
from bakeoff.store.card import SEALED, Card
from bakeoff.store.model_store import ModelStore

NAMES = ("a", "b", "c", "d")
KINDS = {"promote": 40, "export": 35, "rollback": 20, "prune": 5}  # in percent of the operations
AT_ONCE = 2
READERS = 2
STUCK_SECONDS = 300  # longer than a slow disk takes; a leaked lock would block forever
COLUMNS = ("killed", "ended before", "left alone")
WRONG = (
    "missing champions",
    "partial champions",
    "mixed champions",
    "unreadable journals",
    "leaked locks",
    "lost acknowledged changes",
    "other errors",
    "findings of verify at the end",
    "files left over at the end",
)


def export_small(store: ModelStore, why: str = "small", size: int = 2000) -> Path | Address:
    """Export a version without training: files of a few kilobytes, and a complete card."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / name for name in SEALED}
        for path in files.values():
            path.write_bytes(os.urandom(size))
        return store.export(files, lambda version, created: describe(store.name, version, created), why)


def describe(name: str, version: str, created: str) -> Card:
    """Make a card of the usual size."""
    metrics = dict.fromkeys(("accuracy", "precision_macro", "recall_macro", "f1_macro"), 0.99)
    report = {str(label): {"precision": 0.99, "recall": 0.99, "f1": 0.99, "support": 500} for label in range(4)}
    scores = {"status": "ok", "reason": None, "cv_scores": [0.99] * 5, "cv_mean": 0.99, "cv_std": 0.01, "test": metrics}
    scores |= {"report": report, "fit_seconds": 0.1, "predict_rows_per_second": 1_000_000}
    card = {
        "format": 1,
        "name": name,
        "version": version,
        "created": created,
        "classifier": "svm",
        "classifiers": dict.fromkeys(("svm", "logistic_regression", "random_forest"), scores),
        "selection": {"rule": "best_mean", "scoring": "accuracy", "why": "it was the only one"},
        "classes": ["0", "1", "2", "3"],
        "features": [{"name": f"x{i}", "dtype": "float64", "kind": "number", "missing": False} for i in range(10)],
        "target": "target",
        "rows": {"train": 7000, "test": 2010, "validation": 990},
        "data_sha256": "0" * 64,
        "config": {},
        "environment": {"python": "3.11.7", "scikit-learn": "1.9.1"},
        "files": {file: {"sha256": "", "bytes": 0} for file in SEALED},  # the export fills them in
    }
    return Card.from_dict(card)


@dataclass(frozen=True)
class Scene:
    """Where the stores are, and the folder of the benchmark's own files."""

    root: Path
    place: Path | Address

    def store(self, name: str) -> ModelStore:
        """Open a model's store."""
        return ModelStore(self.place, name)


def prepare(scene: Scene) -> None:
    """Export the first versions."""
    for name in NAMES:
        for _ in range(3):
            export_small(scene.store(name))


def operate(scene: Scene, kind: str, name: str, number: int) -> None:
    """Run one operation in this process; its number is the reason in the journal, and is added to the file `done`."""
    store, draw = scene.store(name), random.Random(number)
    why = f"operation {number}"
    changes: dict[str, Callable[[], object]] = {
        "promote": lambda: store.promote(draw.choice(store.versions()), why),
        "rollback": lambda: store.rollback(why),
        "export": lambda: export_small(store, why),
        "prune": lambda: store.prune(5, 1, why).pruned,
    }
    try:
        done = changes[kind]()
    except StoreError as error:
        # Both are expected: another process has pruned the version in the meantime, or there is no earlier champion.
        if "was pruned at" not in str(error) and "nothing to roll back to" not in str(error):
            raise
        done = False
    if done:
        with (scene.root / "done").open("a") as file:
            file.write(f"{number} {name}\n")


def start(work: Callable[[], None]) -> int:
    """Run a function in a process of its own; returns its id."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(status)
    return child


def read_on(scene: Scene, results: Path) -> None:
    """Read the champions without pause until the file `stop` appears, and count what is wrong."""
    counts: collections.Counter[str] = collections.Counter()
    draw = random.Random(os.getpid())
    while not (scene.root / "stop").exists():
        wrong = look(scene.store(draw.choice(NAMES)))
        counts["reads"] += 1
        if wrong:
            counts[wrong] += 1
    results.write_text(json.dumps(counts))


def read_pointer(place: Path | Address) -> str:
    """Read the file `champion`, as a script does."""
    if isinstance(place, Path):
        return place.read_text().strip()
    try:
        with find_object(place).open() as file:
            return file.read().decode().strip()
    except UserError as error:
        raise FileNotFoundError(str(error)) from error


def look(store: ModelStore) -> str | None:
    """Read champion and model once; returns what is wrong with them, or None."""
    try:
        before = store.history()
        shown = read_pointer(store.folder / "champion")
        champion = store.champion()
        after = store.history()
    except FileNotFoundError:
        return "missing champions"
    except IntegrityError as error:
        print(error, file=sys.stderr)
        return "unreadable journals"
    # The file may be one champion late if the writer died in between; the next writer corrects it.
    allowed = [period.version for period in after.champion_periods[max(len(before.champion_periods) - 2, 0) :]]
    if champion is None or not shown:
        return "missing champions"
    if champion not in allowed or shown not in allowed:
        print(f"{store.name}: {champion} and {shown}, where {allowed} would do", file=sys.stderr)
        return "mixed champions"
    try:
        store.read(champion, "model.joblib")
        store.read(champion, "validation.parquet")
    except IntegrityError as error:
        print(error, file=sys.stderr)
        return "partial champions"
    return None


@dataclass(frozen=True)
class Running:
    """A running operation, and when to kill it; None if it is not killed."""

    kind: str
    started: float
    deadline: float | None


def crash(scene: Scene, operations: int, draw: random.Random) -> dict[str, collections.Counter[str]]:
    """Start and kill the operations; returns by kind how many were killed, had ended before, or were not killed."""
    counts: dict[str, collections.Counter[str]] = {kind: collections.Counter() for kind in KINDS}
    times = {kind: collections.deque([0.02], maxlen=9) for kind in KINDS}  # of those that were not killed
    running: dict[int, Running] = {}
    number = 0
    while number < operations or running:
        while number < operations and len(running) < AT_ONCE:
            kind, name = draw.choices(list(KINDS), list(KINDS.values()))[0], draw.choice(NAMES)
            child = start(lambda kind=kind, name=name, number=number: operate(scene, kind, name, number))
            now, seconds = time.perf_counter(), draw.uniform(0, 1.5 * statistics.median(times[kind]))
            running[child] = Running(kind, now, None if number % 10 == 0 else now + seconds)
            number += 1
        time.sleep(0.0005)
        for child, operation in list(running.items()):
            ended, status = os.waitpid(child, os.WNOHANG)
            now = time.perf_counter()
            if ended:
                del running[child]
                counts[operation.kind][outcome(operation, status, now)] += 1
                if operation.deadline is None:
                    times[operation.kind].append(now - operation.started)
            elif operation.deadline and now > operation.deadline:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
    return counts


def outcome(operation: Running, status: int, now: float) -> str:
    """Return the column in which an operation is counted."""
    if now - operation.started > STUCK_SECONDS:
        return "leaked locks"
    if os.WIFSIGNALED(status):
        return "killed"
    if status:
        return "other errors"
    return "left alone" if operation.deadline is None else "ended before"


def check_stores(scene: Scene) -> collections.Counter[str]:
    """Count what is wrong at the end: locks, lost changes, and what the next writer and verify find.

    Also counts the journals' lines, and the changes that were made although their writer died before it could report
    them.
    """
    wrong: collections.Counter[str] = collections.Counter()
    done = [line.split() for line in (scene.root / "done").read_text().splitlines()]
    for name in NAMES:
        store = scene.store(name)
        if isinstance(store.folder, Path) and is_locked(store.folder / ".lock"):
            wrong["leaked locks"] += 1
            continue
        export_small(store)  # the next writer repairs what the last one left
        reasons = {entry["why"] for entry in store.history().entries if entry["why"].startswith("operation ")}
        wrong["lines"] += len(store.history().entries)
        wrong["made"] += len(reasons)
        wrong["lost acknowledged changes"] += sum(f"operation {n}" not in reasons for n, of in done if of == name)
        wrong["findings of verify at the end"] += len(store.verify())
        wrong["files left over at the end"] += len(find_left_over(store))
    wrong["made"] -= len(done)
    return wrong


def is_locked(path: Path) -> bool:
    """Return whether somebody holds the lock on a file."""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def find_left_over(store: ModelStore) -> set[str]:
    """Return the names that should not be there; in an object store prunings remove what killed exports left."""
    known = {*store.versions(), "champion", "journal.jsonl", "journal.head", ".lock", ".conditions"}
    if isinstance(store.folder, Path):
        return {path.name for path in store.folder.iterdir()} - known
    names = {file.name for file in find_object(store.folder).iterdir() if file.is_file() or list(file.iterdir())}
    uploads = {name for name in names if name.startswith(".incoming-")}
    return names - known - uploads - {name.removeprefix(".incoming-") for name in uploads}


def main() -> None:
    """Print the table, and the figures as JSON on the last line; the exit status is 1 if something is wrong."""
    operations = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        scene = Scene(root, parse_place(sys.argv[3]) if len(sys.argv) > 3 else root)
        if isinstance(scene.place, Address):
            importlib.import_module("s3fs")  # once; clients, whose threads no fork inherits, are each process's own
        assert os.waitpid(start(lambda: prepare(scene)), 0)[1] == 0
        results = [root / f"reader-{i}" for i in range(READERS)]
        readers = [start(lambda path=path: read_on(scene, path)) for path in results]
        counts = crash(scene, operations, random.Random(seed))
        (root / "stop").touch()
        crashed_readers = sum(os.waitpid(reader, 0)[1] != 0 for reader in readers)
        wrong = check_stores(scene)
        reads = 0
        for path in results:
            seen = collections.Counter(json.loads(path.read_text())) if path.exists() else collections.Counter()
            reads += seen.pop("reads", 0)
            wrong += seen
        wrong["other errors"] += crashed_readers
        for of_kind in counts.values():
            for what in ("other errors", "leaked locks"):
                wrong[what] += of_kind.pop(what, 0)
        lines, silent = wrong.pop("lines"), wrong.pop("made", 0)  # sums of counters leave out what is 0
    total = sum(counts.values(), collections.Counter())
    print(f"{'operation':<32}" + "".join(f"{column:>14}" for column in COLUMNS))
    for kind, of_kind in {**counts, "all": total}.items():
        print(f"{kind:<32}" + "".join(f"{of_kind[column]:>14,}" for column in COLUMNS))
    print(f"{'made, then killed':<32}{silent:>14,}\n{'champions read meanwhile':<32}{reads:>14,}")
    print(f"{'lines of the journals':<32}{lines:>14,}\n")
    for what in WRONG:
        print(f"{what:<32}{wrong[what]:>14,}")
    seconds = time.perf_counter() - started
    print(
        json.dumps(
            {
                "operations": operations,
                "seed": seed,
                **{column: total[column] for column in COLUMNS},
                "made, then killed": silent,
                "reads": reads,
                "lines": lines,
                "seconds": round(seconds, 1),
                **{what: wrong[what] for what in WRONG},
            }
        )
    )
    sys.exit(any(wrong[what] for what in WRONG))


if __name__ == "__main__":
    main()
