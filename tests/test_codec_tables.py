"""The codec of tables: the laws of a codec, and what it refuses."""

from __future__ import annotations

import csv as csv_format
import string
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pylightnix_fn import artifact, csv
from pylightnix_fn.codec import Row
from pylightnix_fn.disk_files import DiskFiles
from pylightnix_fn.errors.build import DecodeFailed, EncodeFailed
from pylightnix_fn.outputs import Codec

quick = settings(max_examples=60, derandomize=True, database=None, deadline=None)

TEXTS: Final = st.text(st.characters(codec="utf-8"), max_size=8)


def tables(names: list[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    row = st.tuples(*[TEXTS] * len(names))
    return st.lists(row.map(lambda cells: dict(zip(names, cells, strict=True))), max_size=4)


TABLES = st.lists(TEXTS, min_size=1, max_size=3, unique=True).flatmap(tables)


@quick
@given(TABLES)
def test_table_comes_back(rows: list[dict[str, str]]) -> None:
    assert rows == csv.decode(csv.encode(rows))


@pytest.mark.parametrize(
    "cell",
    [*["", '"', '""', ",", "\n", "\r", "\r\n", "\0", " a ", "ü", "\ufeff", "#"], "x" * 200_000],
    ids=lambda cell: ascii(cell[:8]),
)
def test_cell_comes_back(cell: str) -> None:
    rows = [{"a": cell, cell or "name": "b"}, {"a": "", cell or "name": cell}]
    assert rows == csv.decode(csv.encode(rows))


def test_table_is_plain_text() -> None:
    rows = [{"name": "a", "note": 'say "b"'}, {"name": "c,d", "note": ""}]
    assert b'"name","note"\n"a","say ""b"""\n"c,d",""\n' == csv.encode(rows)


def test_table_without_rows_is_empty() -> None:
    assert b"" == csv.encode([])
    assert [] == csv.decode(b"")


def test_table_of_another_program_can_be_read() -> None:
    assert [{"a": "1", "b": "x y"}] == csv.decode(b'a,b\r\n1,"x y"\r\n')


def test_reading_a_large_cell_does_not_change_the_limit_of_others() -> None:
    before = csv_format.field_size_limit()
    csv.decode(csv.encode([{"a": "x" * 200_000}]))
    assert before == csv_format.field_size_limit()


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"a": "1"}, {"b": "1"}], "row 1 has columns"),
        ([{"a": "1"}, {"a": "1", "b": "2"}], "row 1 has columns"),
        ([{"a": "1", "b": "2"}, {"b": "2", "a": "1"}], "row 1 has columns"),
        ([{}], "row 0 has columns"),
        ([{"a": "\ud800"}], "surrogates not allowed"),
    ],
)
def test_table_of_unlike_rows_is_not_written(rows: Sequence[Row], why: str, tmp_path: Path) -> None:
    with pytest.raises(EncodeFailed, match=why) as caught:
        artifact("a.csv", csv).bound(tmp_path, DiskFiles()).write(rows)
    assert "csv" == caught.value.codec


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'"a","b"\n"1"\n', "shorter"),
        (b'"a","b"\n"1","2","3"\n', "longer"),
        (b'"a","b"\n\n"1","2"\n', "shorter"),
        (b'"a","a"\n"1","2"\n', "two columns have one name"),
        (b'"a"\n"1', "unexpected end of data"),
        (b'"a"\n"1"x\n', "expected after"),
        (b"\xff", "invalid start byte"),
    ],
)
def test_bytes_that_are_no_table_are_refused(data: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(DecodeFailed, match=why):
        artifact("a.csv", csv).bound(tmp_path, DiskFiles()).read()


def test_cell_that_is_no_text_is_not_written() -> None:
    rows = [dict.fromkeys(string.ascii_letters[:2], struct.calcsize("b"))]
    untyped: Codec[object] = Codec("csv", csv.encode, csv.decode)  # type: ignore[arg-type]  # as from code without types
    with pytest.raises(TypeError, match="1 is no text"):
        untyped.encode(rows)
