"""Pushes and pulls whose process dies at every request to an S3 server, before it is sent or after it was answered.

    python -m tests.support.dying_copier push|pull

The environment names the server, which has the bucket `bakeoff`. Prints a JSON object: how many points there were, and
what was wrong at which.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import s3fs  # noqa: F401  imported once, not by each process
from aiohttp import ClientSession

from bakeoff.errors import BakeoffError, UserError
from bakeoff.runtime.objects.address import parse_address
from bakeoff.runtime.objects.place import open_place
from bakeoff.store.copies.pull import pull_version
from bakeoff.store.copies.push import push_version
from bakeoff.store.model_store import ModelStore
from benchmarks.store_crash import export_small


def dies_at(request, change):
    """Whether a process that makes a change died before (even) or after (odd) that request; a change must succeed."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            really, count = ClientSession._request, [request]

            async def send(*arguments, **more):
                count[0] -= 2
                if count[0] == -2:
                    os._exit(9)
                answer = await really(*arguments, **more)
                if count[0] == -1:
                    os._exit(9)
                return answer

            ClientSession._request = send  # of all clients of object stores
            change()
            status = 0
        except BaseException as error:
            print(repr(error), file=sys.stderr)
        os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in {0, 9}, f"the change failed at request {request}"
    return status == 9


def succeeds(change):
    """Make a change in another process: threads of a client don't survive a fork."""
    assert not dies_at(10_000, change)


def place(prefix):
    """Open a prefix of the bucket."""
    return open_place(parse_address(f"s3://bakeoff/{prefix}"))


def push(folder, store, request):
    """Die in a push; then a pull finds nothing or a whole version, and the next push makes it whole."""
    version, prefix = store.versions()[0], f"push/{request}"

    def look():
        there = ModelStore(folder / f"look-{request}", "m")
        try:
            pull_version(there, "latest", place(prefix))
        except UserError:
            assert not there.folder.exists(), "a pull that found nothing left something"
        push_version(store, version, place(prefix))
        pull_version(there, version, place(prefix))
        assert [] == there.verify(), f"{there.verify()[0]}"

    died = dies_at(request, lambda: push_version(store, version, place(prefix)))
    succeeds(look)
    return died


def pull(folder, store, request):
    """Die in a pull; then the store has nothing or a whole version, and the next pull makes it whole."""
    there = ModelStore(folder / f"there-{request}", "m")
    if request == 0:
        succeeds(lambda: push_version(store, store.versions()[0], place("pull")))
    died = dies_at(request, lambda: pull_version(there, "latest", place("pull")))
    assert not there.versions() or [] == there.verify(), f"{there.verify()[0]}"
    succeeds(lambda: pull_version(there, "latest", place("pull")))
    assert [] == there.verify(), f"{there.verify()[0]}"
    return died


if __name__ == "__main__":
    copy, findings, point = {"push": push, "pull": pull}[sys.argv[1]], [], 0
    with tempfile.TemporaryDirectory() as name:
        tempfile.tempdir = name
        small = ModelStore(Path(name) / "models", "m")
        export_small(small)
        alive = True
        while alive:
            try:
                alive = copy(Path(name), small, point)
            except (AssertionError, BakeoffError) as error:
                findings.append(f"request {point / 2}: {type(error).__name__}: {error}")
            point += 1
            if findings[5:]:
                break
    print(json.dumps({"points": point - 1, "wrong": findings}))
