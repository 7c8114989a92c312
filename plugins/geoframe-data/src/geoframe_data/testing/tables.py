"""One table in every format and dialect, and tables that must be refused."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from geoframe_data.table import Table
from geoframe_data.testing.files import SuiteFile, Write

ROWS = 24
FRAME = pd.DataFrame(
    {
        "size": [0.5, -1.25, np.nan, 2.0, 1e-3, 7.75] * (ROWS // 6),
        "code": ["007", "010", "123"] * (ROWS // 3),
        "land": ["NA", "DE", "None", "FR"] * (ROWS // 4),
        "n": range(1, ROWS + 1),
        "class": ["yes", "no", "yes"] * (ROWS // 3),
    }
)
"""What all of :func:`good_tables` hold."""
KINDS = ("number", "text", "text", "integer", "text")


def check_table(table: Table) -> None:
    """Assert that a table holds what :data:`FRAME` does."""
    assert table.columns == list(FRAME), table.columns
    assert tuple(each.kind for each in table.schema.columns) == KINDS, table.schema
    np.testing.assert_array_equal(table.numbers("size"), FRAME["size"])
    np.testing.assert_array_equal(table.numbers("n"), FRAME["n"])
    for name in ("code", "land", "class"):
        assert table.texts(name).tolist() == FRAME[name].tolist(), name


def table_text(separator: str = ",", *, quote: str = "", end: str = "", pad: str = "") -> str:
    """The table as delimited text."""

    def cell(value: object) -> str:
        if isinstance(value, float):
            return "nan" if np.isnan(value) else repr(value)
        return f"{pad}{quote}{value}{quote}{pad}" if isinstance(value, str) else str(value)

    lines = [separator.join(FRAME.columns)]
    rows = FRAME.itertuples(index=False)
    lines += [separator.join(map(cell, row)) + end for row in rows]
    return "\n".join(lines) + "\n"


def _zip(content: bytes) -> Write:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inner.csv", content)

    return write


def _zstd(content: bytes) -> Write:
    def write(path: Path) -> None:
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(content)

    return write


def good_tables() -> list[SuiteFile]:
    """Files that all hold :data:`FRAME`."""
    text = table_text()
    plain = text.encode()
    german = FRAME.to_csv(sep=";", decimal=",", index=False)
    shuffled = FRAME.set_axis(np.arange(ROWS)[::-1])
    arrays = {name: FRAME[name].to_numpy() for name in ("size", "n")}
    words = {name: np.array(FRAME[name].tolist()) for name in ("code", "land", "class")}
    found: list[tuple[str, str | bytes | Write]] = [
        ("comma.csv", text),
        ("semicolon.csv", table_text(";")),
        ("tab.tsv", table_text("\t")),
        ("tab.csv", table_text("\t")),
        ("bar.txt", table_text("|")),
        ("blanks.txt", table_text(" ")),
        ("aligned.dat", table_text("   ")),
        ("quoted.csv", table_text(quote='"')),
        ("padded.csv", table_text(pad=" ")),
        ("decimal-comma.csv", german),
        ("empty-cells.csv", text.replace("nan,", ",")),
        ("trailing-comma.csv", table_text(end=",")),
        ("comment.csv", "# made by x\n" + text),
        ("sep.csv", "sep=|\n" + table_text("|")),
        ("index.csv", lambda path: FRAME.to_csv(path)),
        ("shuffled-index.csv", lambda path: shuffled.to_csv(path)),
        ("blank-lines.csv", text.replace("\n", "\n\n") + ",,,,\n"),
        ("crlf.csv", text.replace("\n", "\r\n")),
        ("cr.csv", text.replace("\n", "\r")),
        ("bom.csv", plain.join([b"\xef\xbb\xbf", b""])),
        ("utf16.csv", text.encode("utf-16")),
        ("gz.csv.gz", gzip.compress(plain)),
        ("bz2.csv.bz2", bz2.compress(plain)),
        ("xz.csv.xz", lzma.compress(plain)),
        ("zst.csv.zst", _zstd(plain)),
        ("zip.csv.zip", _zip(plain)),
        ("gz-unsaid.csv", gzip.compress(plain)),
        ("t.parquet", lambda path: FRAME.to_parquet(path, index=False)),
        ("t.feather", lambda path: FRAME.to_feather(path)),
        ("t.json", lambda path: FRAME.to_json(path, orient="records")),
        ("t.jsonl", lambda path: FRAME.to_json(path, orient="records", lines=True)),
        ("t.xlsx", lambda path: FRAME.to_excel(path, index=False)),
        ("t.npz", lambda path: np.savez(path, **_in_order({**arrays, **words}))),
    ]
    return [SuiteFile(*each) for each in found]


def _in_order(arrays: dict[str, Any]) -> dict[str, Any]:
    return {str(name): arrays[str(name)] for name in FRAME.columns}


def bad_tables() -> list[SuiteFile]:
    """Files that no reader of tables takes."""
    pairs = "1,2\n3,4\n"
    bad: list[tuple[str, str | bytes, str]] = [
        ("empty.csv", "", "is empty"),
        ("comments.csv", "# a\n# b\n", "holds no data"),
        ("header.csv", "a,b\n", "a header but no rows"),
        ("latin.csv", "grö,b\n1,2\n".encode("latin-1"), "not UTF-8"),
        ("binary.csv", b"\0\1\2\xff" * 20, "binary"),
        ("wide.csv", "a,b\n" + pairs + "5,6,7\n", "wide.csv:4: has 3 cells"),
        ("twice.csv", "a,a\n" + pairs, "two columns are named 'a'"),
        ("open.csv", 'a,b\n"1,2\n', "open.csv:2: a quotation mark is never closed"),
        ("after.csv", 'a,b\n"1"2,3\n', "after.csv:2: text after a closing quotation mark"),
        ("doubt.csv", "one,two\nx,y\nz,w\n", "data.header"),
        ("years.csv", "land,1990,1991\nDE,1,2\nFR,3,4\n", "data.header"),
        ("thousands.csv", 'a;b\n"1,234";2\n378;1\n', "data.decimal or data.thousands"),
        ("points.csv", "a;b\n1.234;0,5\n1.378;2\n", "data.decimal or data.thousands"),
        ("money.csv", "a;b\n$1;2\n3;4\n", "money.csv:2: column 'a': '$1'"),
        ("share.csv", "a;b\n1;2\n5%;4\n", "share.csv:3: column 'a': '5%'"),
        ("cut.csv.gz", gzip.compress(pairs.encode() * 99)[:-20], "unpacked"),
        ("junk.parquet", "PAR1 nonsense", "no readable parquet file"),
        ("junk.xlsx", b"PK\3\4 nonsense", "zip"),
        ("list.json", "[1, 2]", "is no JSON object"),
        ("cut.json", '[{"a": 1},', "is no JSON"),
        ("line.jsonl", '{"a": 1}\nnothing\n', "line.jsonl:2: is no JSON"),
        ("image.csv", b"\x89PNG\r\n\x1a\n" + b"x" * 50, "kind image"),
        ("t.unknown", "a,b\n1,2\n", "data.format"),
    ]
    return [SuiteFile(name, content, {}, message) for name, content, message in bad]


def check_tables(read: Callable[[Path], Table], folder: Path) -> None:
    """Assert that a reader understands every good table alike; for readers of third parties."""
    for file in good_tables():
        check_table(read(file.write(folder)))
