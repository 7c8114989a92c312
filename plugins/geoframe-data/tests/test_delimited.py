"""Cells of delimited text: what the same table gives in every way it is written."""

import bz2
import gzip
import lzma
import os
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from geoframe.errors import DataError
from geoframe_data.delimited import Delimited, read_delimited

ROWS = [["name", "x", "y"], ["ann", "0.5", "1"], ["bob", "-1.5", "0"], ["eve", "2", "1"]]


def written(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(table: Delimited) -> list[tuple[str, ...]]:
    return list(zip(*(column.to_pylist() for column in table.cells), strict=True))


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.txt", "t"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|", " "])
def test_the_delimiter_is_found_whatever_the_suffix(tmp_path: Path, mark: str, name: str) -> None:
    table = read_delimited(written(tmp_path, "\n".join(map(mark.join, ROWS)), name))
    assert table.header == ("name", "x", "y")
    assert rows(table) == [tuple(row) for row in ROWS[1:]]
    assert table.lines.tolist() == [2, 3, 4]
    assert table.notes == ()


def test_a_decimal_comma_is_no_delimiter(tmp_path: Path) -> None:
    for mark in ("; ", ";", "\t", " "):
        table = read_delimited(
            written(tmp_path, f"0,5{mark}1,2\n0,3{mark}2,2\n1,3{mark}2,4\n"), header=False
        )
        assert rows(table)[1] == ("0,3", mark.strip(";").strip("\t") * (mark == "; ") + "2,2")


def packed_zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


def packed_zip(folder: Path, content: bytes) -> bytes:
    with zipfile.ZipFile(folder / "x.zip", "w") as archive:
        archive.writestr("inner.csv", content)
    return (folder / "x.zip").read_bytes()


def test_packed_files_read_as_plain_ones(tmp_path: Path) -> None:
    plain = "\n".join(map(",".join, ROWS)).encode()
    for suffix, content in {
        ".gz": gzip.compress(plain),
        ".bz2": bz2.compress(plain),
        ".xz": lzma.compress(plain),
        ".zst": packed_zstd(plain),
        ".zip": packed_zip(tmp_path, plain),
    }.items():
        for name in (f"t.csv{suffix}", "t.csv"):  # told by content
            assert rows(read_delimited(written(tmp_path, content, name)))[0][0] == "ann"
        with pytest.raises(DataError, match=r"unpacked|damaged"):
            read_delimited(written(tmp_path, content[: len(content) // 2], f"t.csv{suffix}"))
        with pytest.raises(DataError, match="max_bytes"):
            read_delimited(written(tmp_path, content, f"t.csv{suffix}"), max_bytes=20)


def test_encodings(tmp_path: Path) -> None:
    text = "naïve,x\nä,1\nö,2\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        table = read_delimited(written(tmp_path, text.encode(encoding)))
        assert table.header == ("naïve", "x")
        assert rows(table)[1] == ("ö", "2")
    with pytest.raises(DataError, match=r"t.csv:2: not UTF-8"):
        read_delimited(written(tmp_path, "a,x\nä,1\n".encode("latin-1")))
    with pytest.raises(DataError, match="binary"):
        read_delimited(written(tmp_path, b"\x00\x01\xff" * 9))


def test_sep_line_and_comments(tmp_path: Path) -> None:
    table = read_delimited(
        written(tmp_path, "# made by x\n\nsource;target\n#py;a\n# end\nb;#c\n"), known=["target"]
    )
    assert table.header == ("source", "target")
    assert rows(table) == [("#py", "a"), ("b", "#c")]
    assert table.lines.tolist() == [4, 6]
    assert len(table.notes) == 2
    table = read_delimited(written(tmp_path, "sep=,\na,b\n1,2;3\n"), header=True)
    assert rows(table) == [("1", "2;3")]


def test_csv_quotes_as_rfc_4180_and_tsv_does_not(tmp_path: Path) -> None:
    table = read_delimited(written(tmp_path, 'a,b\n"x,\n""y""",1\n\nz,"2"\n'))
    assert rows(table) == [('x,\n"y"', "1"), ("z", "2")]
    assert table.lines.tolist() == [2, 5]
    table = read_delimited(written(tmp_path, 'a\tb\n"x\t1\ny"\t2\n'))
    assert rows(table) == [('"x', "1"), ('y"', "2")]
    with pytest.raises(DataError, match=r"t.csv:2: a quotation mark is never closed"):
        read_delimited(written(tmp_path, 'a,b\n"x,1\ny,2\n'))
    with pytest.raises(DataError, match=r"t.csv:3: text after a closing"):
        read_delimited(written(tmp_path, 'a,b\nx,1\n"y"z,2\n'))


@pytest.mark.parametrize("quoted", [False, True])
def test_surplus_and_absent_cells(tmp_path: Path, quoted: bool) -> None:
    q = '"' if quoted else ""
    table = read_delimited(written(tmp_path, f"a,b\n{q}x{q},1,\ny,2,\n"))
    assert (table.header, rows(table)) == (("a", "b"), [("x", "1"), ("y", "2")])
    assert "empty everywhere" in table.notes[0]
    with pytest.raises(DataError, match=r"t.csv:3: has 3 cells where the first line has 2.*'w'"):
        read_delimited(written(tmp_path, f"a,b\n{q}x{q},1,\ny,2,w\n"))
    table = read_delimited(written(tmp_path, f"a,b\n{q}x{q},1\ny\n,\n"))
    assert rows(table) == [("x", "1"), ("y", "")]
    assert ["line 3" in table.notes[1], "line 4" in table.notes[0]] == [True, True]


@pytest.mark.parametrize(
    ("text", "known", "places", "header"),
    [
        ("a,b\n1,2\n3,4\n", (), 0, ("a", "b")),
        ("1,2\n3,4\n", (), 0, None),
        ("0,1\n1,2\n", (), 3, None),
        (",0,1\n0,1.5,2\n1,3.5,4\n", (), 0, ("", "0", "1")),
        ("5.1,3.5,setosa\n4.9,3,setosa\n", (), 0, None),
        ("Source,Target\na,b\nb,c\n", ("source", "target"), 3, ("Source", "Target")),
        ("a,b,2.5\nb,c,1\n", (), 3, None),
        ("a,b\nb,c\n", (), 3, None),
        ("flag,day\nTRUE,2020-01-01\nFALSE,2020-01-02\n", (), 0, ("flag", "day")),
        ("a;b;y\n1.378,00;-1,01;$5\n1.396,00;-0,2;$6\n", (), 0, ("a", "b", "y")),
        ("cap,odor\nx,n\ny,f\nx,f\ny,n\n", (), 0, ("cap", "odor")),
        ("x,n\nx,n\ny,f\nx,f\ny,n\n", (), 0, None),
    ],
)
def test_the_header_is_found(
    tmp_path: Path, text: str, known: tuple[str, ...], places: int, header: tuple[str, ...] | None
) -> None:
    table = read_delimited(written(tmp_path, text), known=known, places=places)
    assert table.header == header
    assert len(table) == text.count("\n") - (header is not None)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("one,two\nx,y\nz,w\n", 3),
        ("question,answer\nwhy,so\nhow,thus\n", 0),
        ("country,1990,1991\nDE,5,6\nFR,7,8\n", 0),
        ("0,1,2\n5,6,7\n", 0),
    ],
)
def test_a_doubtful_first_line_is_named_and_never_lost(
    tmp_path: Path, text: str, places: int
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(DataError, match=r"t.csv:1: '.* data.header to true or false"):
        read_delimited(path, places=places)
    assert len(read_delimited(path, header=True)) == len(read_delimited(path, header=False)) - 1


def test_names(tmp_path: Path) -> None:
    table = read_delimited(written(tmp_path, "Id, x ,X,y,\n1,2,3,4,\n"))
    assert table.header == ("Id", "x", "X", "y")
    assert [table.find("id"), table.find("X"), table.find("z", "Y"), table.find("z")] == [
        0,
        2,
        3,
        None,
    ]
    with pytest.raises(DataError, match=r"no column 'yy'.*columns: Id, x, X, y.*data.target"):
        table.place("yy", "data.target")
    with pytest.raises(DataError, match=r"t.csv:2: two columns are named 'x'"):
        read_delimited(written(tmp_path, "# c\nx, x\n1,2\n"))
    with pytest.raises(DataError, match="a header but no rows"):
        read_delimited(written(tmp_path, "a,b\n"))


def test_numbers(tmp_path: Path) -> None:
    table = read_delimited(written(tmp_path, "x,y\n +1 ,1\n1e-3,\n.5,nan\n-inf,2\n"))
    np.testing.assert_array_equal(table.numbers(0), [1, 1e-3, 0.5, -np.inf])
    np.testing.assert_array_equal(table.numbers(1, blank=True), [1, np.nan, np.nan, 2])
    with pytest.raises(DataError, match=r"t.csv:3: column 'y' is empty"):
        table.numbers(1)
    table = read_delimited(written(tmp_path, "x\n1\n1_000\n0x10\n"), header=True)
    with pytest.raises(DataError, match=r"t.csv:3: x '1_000' is not a number"):
        table.numbers(0)


@pytest.mark.parametrize("wanted", ["semicolon", ";"])
def test_the_users_delimiter(tmp_path: Path, wanted: str) -> None:
    table = read_delimited(written(tmp_path, "a;b,c\n1;2,3\n"), delimiter=wanted, header=True)
    assert table.header == ("a", "b,c")
    with pytest.raises(DataError, match=r"data.delimiter = '::'"):
        read_delimited(written(tmp_path, "a::b\n"), delimiter="::")


def test_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, message in {
        Path("/dev/zero"): "device or a pipe",
        tmp_path / "pipe": "device or a pipe",
        tmp_path: "is a folder",
        tmp_path / "none": "no such file",
        written(tmp_path, " \n\n"): "the file is empty",
        written(tmp_path, "# only\n", "c"): "holds no data",
        Path("a\0b"): "no name of a file",
    }.items():
        with pytest.raises(DataError, match=message):
            read_delimited(path)
