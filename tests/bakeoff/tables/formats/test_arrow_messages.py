"""What Arrow's data unpacks to is known before it is unpacked."""

import random
import uuid

import fsspec
import numpy as np
import pyarrow as pa
import pytest

from bakeoff.errors import DataError
from bakeoff.tables.formats.arrow_messages import unpacked_size
from bakeoff.tables.formats.feather_file import open_feather
from bakeoff.tables.reader import open_table

ROWS = 200_000
ARRAYS = {
    "numbers": pa.array(np.zeros(ROWS)),
    "gaps": pa.array([1, None] * (ROWS // 2)),
    "text": pa.array(["same"] * ROWS),
    "views": pa.array(["longer than what fits in a view"] * ROWS, pa.string_view()),
    "dictionary": pa.array(["a long category", "b"] * (ROWS // 2)).dictionary_encode(),
    "lists": pa.array([[0] * 10] * (ROWS // 10)),
}
OPTIONS = [
    {"compression": "zstd"},
    {"compression": "lz4"},
    {},
    {"use_legacy_format": True},
    {"metadata_version": pa.ipc.MetadataVersion.V4},
]


def write(path, table, is_file=True, **options):
    new = pa.ipc.new_file if is_file else pa.ipc.new_stream
    with new(str(path), table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=70_000)
    return path


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("is_file", [True, False])
@pytest.mark.parametrize("name", ARRAYS)
def test_the_size_is_that_in_memory(tmp_path, name, is_file, options):
    """Of each type, in several batches, of files and streams of any version."""
    path = write(tmp_path / "rows.arrow", pa.table({name: ARRAYS[name]}), is_file, **options)
    with pa.OSFile(str(path)) as source:
        reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
        expected = reader.read_all().nbytes
        assert unpacked_size(source, is_file) == pytest.approx(expected, rel=0.01, abs=10_000)


def test_an_object_is_measured_as_a_file_is(tmp_path):
    """It is read by ranges."""
    content = write(tmp_path / "rows.arrow", pa.table({"a": ARRAYS["numbers"]}), compression="zstd").read_bytes()
    files, folder = fsspec.filesystem("memory"), uuid.uuid4().hex
    files.pipe_file(f"/{folder}/rows.arrow", content)
    assert ROWS == open_table(f"memory://{folder}/rows.arrow").n_rows


@pytest.mark.parametrize("is_file", [True, False])
def test_nothing_is_unpacked_of_what_is_too_large(tmp_path, monkeypatch, is_file):
    """A small file may unpack to more than the memory."""
    monkeypatch.setattr("bakeoff.tables.formats.memory_table.half_of_memory", lambda: 1_000_000)
    path = write(tmp_path / "rows.arrow", pa.table({"a": ARRAYS["numbers"]}), is_file, compression="zstd")
    assert path.stat().st_size < 10_000
    before = pa.default_memory_pool().max_memory()
    with pytest.raises(DataError, match="half of the available memory"):
        open_feather(path)
    assert before == pa.default_memory_pool().max_memory()


@pytest.mark.parametrize("is_file", [True, False])
def test_damaged_metadata_is_refused_in_a_line(tmp_path, is_file):
    """Whichever bytes are wrong; damage to values may pass."""
    table = pa.table({"a": pa.array(["x", None, "y"]), "b": [1, 2, 3]})
    path = write(tmp_path / "rows.arrow", table, is_file, compression="zstd")
    content, draw, said = path.read_bytes(), random.Random(0), []
    for place in range(8, len(content), 2):
        damage = draw.choice([b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\0\0\0\0", draw.randbytes(4)])
        path.write_bytes(content[:place] + damage + content[place + 4 :])
        try:
            open_feather(path)
        except DataError as error:
            said.append(str(error))
    assert len(said) > len(content) // 10
    assert not [line for line in said if "\n" in line]
