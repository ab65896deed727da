"""Text in UTF-8, UTF-16 and Latin-1."""

import codecs
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakeoff.tables.formats import encodings
from bakeoff.tables.formats.csv_file import CsvFile
from bakeoff.tables.formats.encodings import SAMPLE, TranscodedStream, recognize_encoding


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"a,b\n1,2\n", "utf-8"),
        ("größe,b\n".encode(), "utf-8"),
        ("größe,b\n".encode("utf-8-sig"), "utf-8-sig"),
        ("größe,b\n".encode("latin-1"), "cp1252"),
        ("a,b\n€ 5,“née” – l’été…\n".encode("cp1252"), "cp1252"),
        ("größe,b\n".encode("utf-16"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + "größe,b\n".encode("utf-16-be"), "utf-16-be"),
        ("a,b\n1,2\n".encode("utf-16-le"), "utf-16-le"),
        ("a,b\n1,2\n".encode("utf-16-be"), "utf-16-be"),
        # Not beyond doubt.
        ("größe,b\n".encode() + "é\n".encode("latin-1"), "utf-8"),
        ("город,b\nМосква,2\n".encode("cp1251"), "utf-8"),
        ("市,b\n東京,2\n".encode("shift-jis"), "utf-8"),
        ("市,b\n北京市,2\n".encode("gbk"), "utf-8"),
        ("miasto,b\nŻywiec Łódź Śrem,2\n".encode("cp1250"), "utf-8"),
        (b"a,b\n\xff,2\n", "utf-8"),
        (b"a,b\n\0\xe9,2\n", "utf-8"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "utf-8"),
        (b"", "utf-8"),
        # A character that the sample ends in.
        (b"a\n" + b"x" * (SAMPLE - 3) + "é".encode()[:1], "utf-8"),
        (b"x" * (SAMPLE - 1) + "é".encode()[:1], "utf-8"),
    ],
)
def test_an_encoding_is_recognized_beyond_doubt_or_is_utf_8(content, encoding):
    """By a mark, by zeros in every second byte, or by letters that Latin-1 has and UTF-8 has not."""
    assert encoding == recognize_encoding(content)


@pytest.mark.parametrize("size", [1, 2, 7, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "cp1252"])
def test_a_stream_is_transcoded_as_the_whole_is(encoding, size):
    """However it is cut, and in parts no longer than asked for."""
    letters = st.characters(exclude_categories=["Cs"], codec="cp1252" if encoding == "cp1252" else None)

    @given(st.text(letters))
    def check(text):
        stream = TranscodedStream(io.BytesIO(text.encode(encoding)), encoding)
        parts = list(iter(lambda: stream.read(size), b""))
        assert text.encode() == b"".join(parts)
        assert all(len(part) <= size for part in parts)

    check()


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("utf-16-le", "a,b\n1,x\n2,".encode("utf-16") + b"\x00\xd8" + "\n3,é\n".encode("utf-16-le")),
        ("cp1252", "a,b\n1,xé\n2,\x81\n3,é\n".encode("latin-1")),
    ],
)
def test_what_the_encoding_does_not_have_costs_its_row(tmp_path, monkeypatch, encoding, content):
    """Half of a surrogate pair, and a byte that stands for nothing, behind what was looked at."""
    monkeypatch.setattr(encodings, "SAMPLE", 12)
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.SAMPLE", 12)
    (tmp_path / "rows.csv").write_bytes(content)
    file = CsvFile(tmp_path / "rows.csv")
    assert encoding == file.dialect.encoding
    batch = next(file.chunks(["a", "b"], [])).read()
    assert ["1", "3"] == batch.table["a"].to_pylist()
    assert [(1, "not UTF-8: save the file as UTF-8")] == [(each.position, each.reason) for each in batch.malformed]


def test_half_of_a_character_at_the_end_costs_the_last_row(tmp_path):
    """Of a file that was cut off."""
    (tmp_path / "rows.csv").write_bytes("a,b\n1,x\n2,é".encode("utf-16")[:-1])
    batch = next(CsvFile(tmp_path / "rows.csv").chunks(["a", "b"], [])).read()
    assert (["1"], [1]) == (batch.table["a"].to_pylist(), [each.position for each in batch.malformed])


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_transcoded_text_is_read_on_from_any_chunk(tmp_path, monkeypatch, encoding):
    """Offsets count in the text as UTF-8; the share grows to the file's end."""
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", 200)
    lines = [f"{number},é{number};x" for number in range(500)]
    (tmp_path / "rows.csv").write_bytes("\n".join(["a,b", *lines]).encode(encoding))
    file = CsvFile(tmp_path / "rows.csv")
    pieces, shares = [], []
    for piece in file.chunks(["a"], []):
        pieces.append(piece)
        shares.append(file.share(piece.next_offset))
    whole = [piece.read().table["a"].to_pylist() for piece in pieces]
    assert [str(number) for number in range(500)] == [cell for cells in whole for cell in cells]
    assert sorted(shares) == shares
    assert 0 < shares[0] < shares[-1] == 1
    for start in (0, 7, len(pieces) - 1):
        again = [piece.read().table["a"].to_pylist() for piece in file.chunks(["a"], [], pieces[start].next_offset)]
        assert whole[start + 1 :] == again


def test_a_byte_order_mark_within_the_text_is_text(tmp_path):
    """Where files were joined; also where a block begins, and before a quote, which is then within a cell."""
    for number, mark in enumerate(["\ufeff", '\ufeff"']):
        (tmp_path / f"{number}.csv").write_text(f'a,b\n{mark}1,2\n"3",4\n', encoding="utf-8-sig")
        batch = next(CsvFile(tmp_path / f"{number}.csv").chunks(["a", "b"], [])).read()
        assert ([f"{mark}1", "3"], []) == (batch.table["a"].to_pylist(), list(batch.malformed))
