"""A store in fsspec's files in memory, whose requests can be counted, fail, or be the last of their process."""

import contextlib
import itertools
import uuid

import fsspec

from bakeoff.runtime.objects import conditional_place, place
from bakeoff.store.keys import NO_KEYS
from bakeoff.store.model_store import ModelStore

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
