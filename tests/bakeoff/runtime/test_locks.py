"""A lock on a file is held by one, waited for no longer than asked, and ends with its holder."""

import errno
import fcntl
import os

import pytest

from bakeoff.runtime.locks import lock, locked, locked_if_possible, try_lock


def test_a_lock_is_refused_while_another_holds_it(tmp_path):
    """And had once the holder has closed its file."""
    path = tmp_path / "lock"
    with path.open("w") as holder, path.open() as other:
        lock(holder)
        assert not try_lock(other)
        holder.close()
        assert try_lock(other)


def test_a_shared_lock_is_refused_by_an_exclusive_one_alone(tmp_path):
    """A file that is open for reading alone will do."""
    path = tmp_path / "lock"
    path.touch()
    with path.open() as first, path.open() as second, path.open("r+") as writer:
        assert try_lock(first, shared=True)
        assert try_lock(second, shared=True)
        assert not try_lock(writer)


def test_a_lock_lasts_as_long_as_one_process_has_the_file_open(tmp_path):
    """A forked process inherits it."""
    path = tmp_path / "lock"
    with path.open("w") as holder, path.open() as other:
        lock(holder)
        inherited = os.dup(holder.fileno())  # as a fork does
        holder.close()
        assert not try_lock(other)
        os.close(inherited)
        assert try_lock(other)


def test_a_file_system_without_locks_is_an_error(tmp_path, monkeypatch):
    """It is not taken for a lock that another holds; who can do without goes on."""

    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    path = tmp_path / "lock"
    with path.open("w") as file, pytest.raises(OSError, match="No locks available"):
        try_lock(file)
    with pytest.raises(OSError, match="No locks available"), locked(path):
        pass
    with locked_if_possible(path, 0.0):
        pass


def test_who_can_do_without_a_lock_makes_no_file(tmp_path):
    """A store that is not there yet stays so."""
    with locked_if_possible(tmp_path / "lock", 0.0):
        assert [] == [*tmp_path.iterdir()]
