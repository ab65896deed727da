"""Changes to a store in an object store whose process dies at every request, before it is sent or after its answer.

    python -m tests.support.dying_object_writer CHANGE [EVERY [BUCKET]]

The environment names the server, which has the bucket, by default s3://bakeoff. CHANGE is a key of `CHANGES`. Prints a
JSON object: how many points there were, and what was wrong at which. EVERY takes one in so many points; an odd number
takes both kinds.
"""

import json
import os
import sys

import s3fs

from bakeoff.errors import BakeoffError
from bakeoff.store.model_store import ModelStore
from benchmarks.store_crash import export_small
from tests.support.dying_copier import dies_at, succeeds
from tests.support.dying_writer import state

NEW = "new"


def export_and_promote(store):
    """What a training run does at its end."""
    version = export_small(store, NEW).name
    store.promote(version, NEW, instead_of=store.champion())


CHANGES = {
    "first": lambda store: export_small(store, NEW),
    "train": export_and_promote,
    "rollback": lambda store: store.rollback(NEW),
    "prune": lambda store: store.prune(0, 1, NEW),
}


def prepare(store):
    """Three versions, of which the first and then the second were champion."""
    for _ in range(3):
        export_small(store)
    store.promote(store.versions()[1], "old")


def read(store, before):
    """Look as a reader does: whole versions, and a champion among them; returns whether something was made."""
    versions, champion, why = state(store)
    assert champion is None or champion in versions, f"{champion} is champion, there are {versions}"
    found = [finding.text for finding in store.verify() if finding.version not in {None, *store.history().pruned}]
    assert [] == found, found
    assert why != before or not versions or champion, "no champion"
    return why == NEW


def finish(store, change, made):
    """Make the change again where it was not made, as the next process does; then all is in order."""
    if not made:
        CHANGES[change](store)
    store.record_labels([], "the next writer, who has nothing to say, finishes what is left")
    found = [finding.text for finding in store.verify()]
    assert [] == found, found


def try_all(change, bucket, every):
    """Die at each request in turn; returns the number of points, and what was wrong."""
    findings, request, points, died = [], 0, 0, True
    while died and not findings[5:]:
        root = f"{bucket}/{change}-{os.getpid()}/{request}"
        if change != "first":
            succeeds(lambda root=root: prepare(ModelStore(root, "m")))
        try:
            died = dies_at(request, lambda root=root: CHANGES[change](ModelStore(root, "m")))

            def look(root=root):
                store = ModelStore(root, "m")
                finish(store, change, read(store, "old"))

            succeeds(look)
        except (AssertionError, BakeoffError) as error:
            findings.append(f"request {request / 2}: {type(error).__name__}: {error}")
        request, points = request + every, points + 1
    return points - 1, findings


if __name__ == "__main__":
    assert s3fs
    every, bucket = (*sys.argv[2:], *("1", "s3://bakeoff")[len(sys.argv) - 2 :])
    number, wrong = try_all(sys.argv[1], bucket, int(every))
    print(json.dumps({"points": number, "wrong": wrong}))
