"""Texts with labels in every format and layout, and files of texts that must be refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from geoframe_data.testing.files import SuiteFile, Write
from geoframe_data.texts import Split

LABELS = ("pos", "neg", "None", "pos", "neg", "pos")
TEXTS = ("good film", 'a "bad" film', "007", "warm, bright", "  dull ", "schön \u2028 hier")
"""What all of :func:`good_texts` hold: classes, a blank at each end, and no line end in a text."""
CLASSES = tuple(sorted(set(LABELS)))
FRAME = pd.DataFrame({"label": LABELS, "text": TEXTS})


def check_texts(
    split: Split, classes: tuple[str, ...], *, blanks: bool = True, ordered: bool = True
) -> None:
    """Assert that labelled texts are those of the suite.

    Parameters
    ----------
    blanks
        Whether blanks around a text are kept.
    ordered
        Whether the texts stand in the suite's order; folders of classes have one of their own.
    """
    assert classes == CLASSES, classes
    found = [(classes[int(k)], text) for k, text in zip(split.targets, split.texts, strict=True)]
    expected = [*zip(LABELS, TEXTS, strict=True)]
    if not blanks:
        found, expected = ([(k, text.strip()) for k, text in each] for each in (found, expected))
    assert found == expected if ordered else sorted(found) == sorted(expected), found


def delimited(separator: str, *, quoted: bool, names: str = "label text") -> str:
    """The texts as delimited text."""

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if quoted else text

    lines = [separator.join(names.split())]
    lines += [f"{label}{separator}{cell(text)}" for label, text in zip(LABELS, TEXTS, strict=True)]
    return "\n".join(lines) + "\n"


def _lines(records: Sequence[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def _folder_of_files(path: Path) -> None:
    path.mkdir()
    half = len(FRAME) // 2
    for number, part in enumerate((FRAME[:half], FRAME[half:])):
        part.to_parquet(path / f"train-0000{number}-of-00002.parquet", index=False)
    (path / ".hidden.csv").write_text("label,text\nx,y\n")


def _saved_to_disk(path: Path) -> None:
    path.mkdir()
    numbers = [CLASSES.index(label) for label in LABELS]
    table = pa.table({"label": numbers, "text": TEXTS})
    with (
        pa.OSFile(str(path / "data.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, table.schema) as out,
    ):
        out.write_table(table)
    (path / "state.json").write_text('{"_data_files": [{"filename": "data.arrow"}]}')
    features = {"label": {"names": list(CLASSES), "_type": "ClassLabel"}}
    (path / "dataset_info.json").write_text(json.dumps({"features": features}))


def _folder_of_classes(path: Path) -> None:
    for number, (label, text) in enumerate(zip(LABELS, TEXTS, strict=True)):
        (path / label).mkdir(parents=True, exist_ok=True)
        (path / label / f"{number}.txt").write_text(text, encoding="utf-8")
    (path / ".ipynb_checkpoints").mkdir()
    (path / ".ipynb_checkpoints" / "0.txt").write_text("a hidden text")


def good_texts() -> list[SuiteFile]:
    """Files and folders that all hold :data:`TEXTS`, with :data:`LABELS`."""
    quoted = delimited(",", quoted=True)
    records = [dict(row) for _, row in FRAME.iterrows()]
    parquet: Write = lambda path: FRAME.to_parquet(path, index=False)  # noqa: E731
    found: list[tuple[str, str | bytes | Write]] = [
        ("comma.csv", quoted),
        ("semicolon.csv", delimited(";", quoted=True)),
        ("tab.tsv", delimited("\t", quoted=False)),
        ("capitals.csv", delimited(",", quoted=True, names="Label TEXT")),
        ("crlf.csv", quoted.replace("\n", "\r\n")),
        ("bom.csv", b"\xef\xbb\xbf" + quoted.encode()),
        ("utf16.csv", quoted.encode("utf-16")),
        ("comment.csv", "# a comment\n" + quoted),
        ("blank-lines.csv", quoted.replace('"\n', '"\n\n')),
        ("blank-labels.csv", quoted.replace("pos,", "pos ,")),
        ("packed.csv.gz", gzip.compress(quoted.encode())),
        ("lines.jsonl", _lines(records)),
        ("list.json", json.dumps(records)),
        ("more.jsonl", _lines([{"id": 1, "label": "pos", "text": TEXTS[0]}, *records[1:]])),
        ("table.parquet", parquet),
        ("files", _folder_of_files),
        ("saved", _saved_to_disk),
        ("classes", _folder_of_classes),
    ]
    return [SuiteFile(*each) for each in found]


def bad_texts() -> list[SuiteFile]:
    """Files of labelled texts that no reader takes."""
    bad: list[tuple[str, str | bytes | Write, str]] = [
        ("empty.csv", "", "is empty"),
        ("header.tsv", "label\ttext\n", "a header but no rows"),
        ("latin.csv", "label,text\na,grö\n".encode("latin-1"), "not UTF-8"),
        ("misspelt.tsv", "labl\ttext\na\tb\nb\tc\n", "no column 'label'; did you mean 'labl'"),
        ("missing.jsonl", '{"label": 1, "text": "a"}\n{"label": 2}\n', "missing.jsonl:2: 'text'"),
        ("null.jsonl", '{"label": null, "text": "a"}\n', "null.jsonl:1: has no label"),
        (
            "list.jsonl",
            '{"label": "x", "text": ["a"]}\n{"label": "y", "text": ["b"]}\n',
            "not a text",
        ),
        ("gap.csv", "label,text\na,x\n,y\nb,z\n", "gap.csv:3: has no label"),
        ("same.tsv", "label\ttext\na\tb\na\tc\n", "every 'label' is 'a'"),
        ("grouped.tsv", "label\ttext\n1,000\tb\n2\tc\n", "grouped.tsv:2: column 'label': '1,000'"),
        ("line.jsonl", '{"label": 1, "text": "a"}\nno\n', "line.jsonl:2: is no JSON"),
        ("open.csv", 'label,text\na,"x\n', "open.csv:2: a quotation mark is never closed"),
        ("image.csv", b"\x89PNG\r\n\x1a\n" + b"x" * 50, "kind image"),
        ("nothing", lambda path: path.mkdir(), "no training split"),
    ]
    return [SuiteFile(name, content, {}, message) for name, content, message in bad]


def check_all_texts(read: Callable[[Path], tuple[Split, tuple[str, ...]]], folder: Path) -> None:
    """Assert that a reader gives the texts and classes of every good file; for third parties."""
    for file in good_texts():
        check_texts(*read(file.write(folder)), ordered=file.name != "classes")
