"""Files of object stores are read by ranges, and refused once they have changed; the store is fsspec's, in memory."""

import io
import uuid
from types import SimpleNamespace

import pytest

from bakeoff.errors import DataError, ReadError, UserError
from bakeoff.runtime.objects.address import parse_address
from bakeoff.runtime.objects.object_file import find_object, object_signature

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def address(memory):
    """The address of a file."""
    address = parse_address(f"memory://{uuid.uuid4().hex}/rows.csv.gz")
    memory.pipe_file(address.key, CONTENT)
    return address


def test_it_has_what_a_path_has(address):
    """As far as readers ask for it."""
    found = find_object(address)
    assert ("rows.csv.gz", ".gz", [".csv", ".gz"]) == (found.name, found.suffix, found.suffixes)
    assert (str(address), len(CONTENT), True, False) == (str(found), found.size, found.is_file(), found.is_dir())


@pytest.mark.parametrize("buffering", [0, 100, 1 << 20])
def test_it_is_read_from_anywhere(address, buffering):
    """By two readers at once, too."""
    one, other = (find_object(address).open("rb", buffering) for _ in range(2))
    assert CONTENT[:10] == one.read(10)
    other.seek(-7, io.SEEK_END)
    assert (CONTENT[-7:], b"") == (other.read(), other.read(5))
    one.seek(5, io.SEEK_CUR)
    assert (15, CONTENT[15:300]) == (one.tell(), one.read(285))


def test_only_what_is_asked_for_is_requested(address, monkeypatch):
    """And a buffer more."""
    found = find_object(address)
    stream = found.open("rb", 1000)
    sizes, read = [], type(stream.raw._file).read
    monkeypatch.setattr(type(stream.raw._file), "read", lambda self, size: sizes.append(size) or read(self, size))
    stream.seek(2000)
    assert CONTENT[2000:2010] == stream.read(10)
    assert [1000] == sizes


def test_a_file_that_has_changed_is_refused(address, memory):
    """Or is gone."""
    found, before = find_object(address), object_signature(address)
    found.require_unchanged()
    memory.pipe_file(address.key, CONTENT)
    assert before != object_signature(address)
    with pytest.raises(DataError, match="has changed while it was read"):
        found.require_unchanged()
    memory.rm(address.key)
    with pytest.raises(DataError, match="has changed while it was read"):
        found.require_unchanged()


def test_an_error_of_a_file_that_has_changed_says_so(address, memory, monkeypatch):
    """A store that pins the version refuses the request."""
    found = find_object(address)
    with pytest.raises(ReadError, match="could not be read: gone"), found.reading():
        raise OSError("gone")
    memory.pipe_file(address.key, b"other")
    with pytest.raises(DataError, match="has changed while it was read"), found.reading():
        raise OSError("gone")


def expired(*_, **__):
    raise PermissionError("the token has expired")


def test_credentials_that_expire_are_no_mistake_of_the_config(address, monkeypatch):
    """What was scored before is kept."""
    found = find_object(address)
    monkeypatch.setattr(found, "_files", SimpleNamespace(info=expired))
    with pytest.raises(ReadError, match="the credentials give no permission"):
        found.identity()
    with pytest.raises(ReadError, match="the credentials give no permission"), found.reading():
        expired()


def test_a_folder_has_files_and_folders(memory, address):
    """Of its own level alone."""
    folder = parse_address(str(address).rpartition("/")[0])
    memory.pipe_file((folder / "more/x.csv").key, b"x")
    found = find_object(folder)
    assert found.is_dir()
    expected = [(str(folder / "more"), True), (str(address), False)]
    assert expected == sorted((str(each), each.is_dir()) for each in found.iterdir())
    assert str(address) in object_signature(folder)


def test_what_is_not_there_is_an_error():
    """In one line."""
    with pytest.raises(UserError, match="memory://nowhere/x.csv is not there: check bucket, folder and endpoint"):
        find_object(parse_address("memory://nowhere/x.csv"))
