"""Objects are replaced only if they have not changed since they were read."""

import errno
import sys
import uuid
from types import SimpleNamespace

import fsspec
import pytest

from bakeoff.runtime.objects import place as places
from bakeoff.runtime.objects.address import parse_address
from bakeoff.runtime.objects.conditional_place import ConditionalPlace, is_refused


@pytest.fixture
def place():
    """An empty prefix in memory."""
    return ConditionalPlace(parse_address(f"memory://{uuid.uuid4().hex}/models"))


def test_an_object_is_created_once(place):
    """The second writer is told that there is one."""
    assert place.replace_if("a", b"1", None)
    assert not place.replace_if("a", b"2", None)
    assert b"1" == place.read("a", 10)


def test_an_object_that_has_changed_is_not_replaced(place):
    """Only what was read is."""
    place.write("a", b"1")
    content, version = place.read_versioned("a", 10)
    assert place.replace_if("a", content + b"2", version)
    assert not place.replace_if("a", content + b"3", version)
    assert b"12" == place.read("a", 10)
    place.remove("a")
    assert not place.replace_if("a", b"4", version)
    assert (b"", None) == place.read_versioned("a", 10)


def test_too_large_an_object_is_refused(place):
    """Whatever its size is said to be elsewhere."""
    place.write("a", b"12345")
    for read in (place.read, place.read_versioned):
        assert b"12345" in read("a", 5) or b"12345" == read("a", 5)
        with pytest.raises(OSError, match="it has 5 bytes, and 4 are the most") as error:
            read("a", 4)
        assert errno.EFBIG == error.value.errno


def test_names_and_sizes_are_those_below(place):
    """Of objects, not of folders; what is removed twice is no error."""
    place.write("a", b"1")
    place.write("b/c", b"123")
    assert ({"a", "b"}, {"a": 1}, {"c": 3}) == (place.names(), place.sizes(""), place.sizes("b"))
    for _ in range(2):
        place.remove("a")
    assert ({"b"}, {}) == (place.names(), place.sizes("nothing"))


class AnsweredError(Exception):
    """A client's error with the status of the answer."""

    def __init__(self, status, of="code"):
        self.code = status if of == "code" else None
        self.status_code = status if of == "status_code" else None
        self.response = {"ResponseMetadata": {"HTTPStatusCode": status}} if of == "response" else None


@pytest.mark.parametrize("of", ["code", "response", "status_code"])
@pytest.mark.parametrize(("status", "expected"), [(412, True), (409, True), (403, False), (500, False)])
def test_a_refusal_is_told_by_its_status(of, status, expected):
    """Of gcsfs, botocore and azure, under what fsspec makes of it."""
    error = OSError("translated")
    error.__cause__ = AnsweredError(status, of)
    assert expected is is_refused(error)


def test_googles_generation_is_the_condition(monkeypatch):
    """The request is what gcsfs sends for a new object, with the generation that was read."""
    sent = []

    def call(*request, **more):
        sent.append((request, more))
        if more["ifGenerationMatch"] == "7":
            raise AnsweredError(412)

    files = SimpleNamespace(base="https://host/storage/v1/", call=call)
    monkeypatch.setattr(places, "file_system", lambda address: files)
    place = ConditionalPlace(parse_address("gs://bucket/a b"))
    assert place.replace_if("journal.jsonl", b"{}\n--x", "8")
    assert not place.replace_if("journal.jsonl", b"{}", "7")
    (request, more), _ = sent
    assert ("POST", "https://host/upload/storage/v1/b/bucket/o") == request
    boundary = more["headers"]["Content-Type"].split("=")[1].encode()
    _, name, content, end = more["data"].split(b"--" + boundary)
    assert name.endswith(b'\r\n\r\n{"name": "a b/journal.jsonl"}\r\n')
    assert content.endswith(b"\r\n\r\n{}\n--x\r\n")
    assert b"--\r\n" == end


@pytest.mark.parametrize(
    ("scheme", "found", "condition"),
    [
        ("s3", {"ETag": '"7"', "etag": '"8"'}, {"IfMatch": '"7"'}),
        ("az", {"ETag": '"8"', "etag": '"7"'}, {"etag": '"7"', "match_condition": "if not modified"}),
    ],
)
def test_the_etag_is_the_condition(monkeypatch, scheme, found, condition):
    """As s3fs and adlfs take it; the second writer is refused."""
    matching = SimpleNamespace(IfNotModified="if not modified")
    monkeypatch.setitem(sys.modules, "azure.core", SimpleNamespace(MatchConditions=matching))
    sent = []

    def pipe_file(path, content, **more):
        sent.append((path, content, more))
        if len(sent) > 1:
            raise AnsweredError(412, "status_code")

    opened = SimpleNamespace(size=1, details=found, seek=lambda at: None, read=lambda size: b"1")
    files = SimpleNamespace(open=lambda *_, **__: opened, info=lambda path: found, pipe_file=pipe_file)
    monkeypatch.setattr(places, "file_system", lambda address: files)
    place = ConditionalPlace(parse_address(f"{scheme}://bucket/models"))
    content, version = place.read_versioned("champion", 10)
    assert (b"1", "7") == (content, version)
    assert [True, False] == [place.replace_if("champion", b"2", version) for _ in range(2)]
    assert ("bucket/models/champion", b"2", condition) == sent[0] == sent[1]


def test_what_changes_between_two_requests_is_read_again(place, monkeypatch):
    """A reader gets the content of the version that it is told."""
    place.write("a", b"old")
    files, opened = fsspec.filesystem("memory"), []

    def open_refused(path, *args, **more):
        opened.append(path)
        if len(opened) == 1:
            raise OSError(errno.EINVAL, "changed") from AnsweredError(412)
        return files.open(path, *args, **more)

    monkeypatch.setattr(place, "_files", SimpleNamespace(open=open_refused))
    assert b"old" == place.read_versioned("a", 10)[0]
    assert 2 == len(opened)
