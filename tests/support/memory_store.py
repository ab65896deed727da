"""A store in fsspec's files in memory, whose requests can be counted, fail, or be the last of their process."""

import contextlib
import itertools
import uuid

import fsspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bakeoff.runtime.objects import conditional_place, place
from bakeoff.store.keys import NO_KEYS, Keys, fingerprint
from bakeoff.store.model_store import ModelStore
from benchmarks.store_crash import export_small

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEYS = Keys(PRIVATE, {fingerprint(PRIVATE.public_key()): PRIVATE.public_key()})

REQUESTS = {"cat_file", "info", "ls", "open", "pipe_file", "put_file", "rm_file"}


class DiedError(BaseException):
    """The process died: nothing that follows is done, as nothing catches it."""


class Requests:
    """Files in memory, of which one request dies or fails.

    Attributes:
        count: the number of requests so far.
        at: the number of the request that does not succeed; None if all do.
        after: whether it takes effect all the same.
        error: what it raises.
    """

    def __init__(self):
        self.files, self.count = fsspec.filesystem("memory"), 0
        self.at, self.after, self.error = None, False, DiedError()
        self.meanwhile = {}  # by number of a request, what another process does before it or soon after

    def __getattr__(self, name):
        really = getattr(self.files, name)
        if name not in REQUESTS:
            return really

        def request(*args, **kwargs):
            self.count += 1
            number = self.count
            for due in [due for due in self.meanwhile if due <= number and not conditional_place.in_memory.locked()]:
                self.meanwhile.pop(due)()
            if number != self.at:
                return really(*args, **kwargs)
            if self.after:
                really(*args, **kwargs)
            raise self.error

        return request


@contextlib.contextmanager
def dying(monkeypatch, requests):
    """Within the block, all requests are these."""
    with monkeypatch.context() as patch:
        patch.setattr(place, "file_system", lambda address: requests)
        yield requests


def opened(root, keys=NO_KEYS):
    """A store at an address in memory."""
    return ModelStore(root, "m", keys)


def new_root():
    """An address in memory at which nothing is."""
    return f"memory://{uuid.uuid4().hex}/models"


def copy_root(root):
    """Copy all that is at an address to another one; returns that."""
    files, other = fsspec.filesystem("memory"), new_root()
    for path in files.find(key := root.removeprefix("memory:/")):
        files.pipe_file(other.removeprefix("memory:/") + path.removeprefix(key), files.cat_file(path))
    return other


def points(*, both):
    """Yield every request, before it takes effect, and if `both` after."""
    return ((number, after) for number in itertools.count(1) for after in (False, True)[: 1 + both])


def keys_of(change, reader=False):
    """The keys of those who make a change; a reader of a store that is only now signed asks for no signature."""
    return KEYS if change == "signed" or (change == "sign" and not reader) else NO_KEYS


def prepared(change):
    """A store of three versions, of which the first and then the second were champion; none for a first export."""
    root = new_root()
    store = opened(root, KEYS if change == "signed" else NO_KEYS)
    if change != "first":
        for _ in range(3):
            export_small(store)
        store.promote(store.versions()[1], "old")
        if change == "resume":
            store.rollback("old")
    return root


def requests_of(monkeypatch, change):
    """The number of requests that a change sends."""
    with dying(monkeypatch, Requests()) as requests:
        change()
    return requests.count
