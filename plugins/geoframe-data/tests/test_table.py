"""Types of columns, in every kind of file, and new data read by them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.io import mmwrite
from scipy.sparse import coo_array

from geoframe.errors import DataError
from geoframe_data import Schema, as_labels, as_table, read_chunks, read_distances, read_table
from geoframe_data.testing.files import SuiteFile, check_refused, named
from geoframe_data.testing.tables import bad_tables, check_table, check_tables, good_tables

FRAME = pd.DataFrame(
    {
        "size": [0.5, 1.25, np.nan, 2.0] * 10,
        "code": ["007", "010", "123", ""] * 10,
        "flag": [True, False, True, True] * 10,
        "day": ["2020-01-01", "2020-02-29", "2021-12-31", "2022-06-15"] * 10,
        "land": ["NA", "DE", "None", "FR"] * 10,
        "n": [1, 2, 3, 4] * 10,
    }
)
KINDS = ["number", "text", "boolean", "date", "text", "integer"]


def write(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    elif path.suffix == ".feather":
        frame.to_feather(path)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    elif path.suffix == ".json":
        frame.to_json(path, orient="records")
    elif path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_csv(path, index=False, sep={".tsv": "\t", ".txt": ";"}.get(path.suffix, ","))
    return path


@pytest.mark.parametrize(
    "suffix",
    [".csv", ".tsv", ".txt", ".parquet", ".feather", ".json", ".jsonl", ".xlsx", ".csv.gz"],
)
def test_a_table_means_the_same_in_every_kind_of_file(tmp_path: Path, suffix: str) -> None:
    table = read_table(write(FRAME, tmp_path / f"t{suffix}"))
    assert table.columns == list(FRAME)
    assert [each.kind for each in table.schema.columns] == KINDS
    np.testing.assert_array_equal(table.numbers("size"), FRAME["size"])
    assert table.texts("code").tolist() == FRAME["code"].tolist()
    assert table.texts("flag").tolist() == ["True", "False", "True", "True"] * 10
    assert table.numbers("day")[:2].tolist() == [18262, 18321]
    assert table.labels("land").names == ("DE", "FR", "NA", "None")
    assert table.frame["n"].dtype == np.int64
    assert Schema.from_plain(table.schema.to_plain()) == table.schema
    assert table.fingerprint() == read_table(tmp_path / f"t{suffix}").fingerprint()
    assert table.take([0, 1]).fingerprint() != table.fingerprint()


@pytest.mark.parametrize("file", named(good_tables()))
def test_good_tables(file: SuiteFile, tmp_path: Path) -> None:
    path = file.write(tmp_path)
    whole = read_table(path)
    check_table(whole)
    pieces = list(read_chunks(path, whole.schema, chunk_rows=5))
    joined = pd.concat([piece.frame for piece in pieces], ignore_index=True)
    pd.testing.assert_frame_equal(joined, whole.frame)


@pytest.mark.parametrize("file", named(bad_tables()))
def test_bad_tables(file: SuiteFile, tmp_path: Path) -> None:
    check_refused(file, tmp_path, read_table)


def test_a_suite_for_readers_of_others(tmp_path: Path) -> None:
    check_tables(read_table, tmp_path)
    with pytest.raises(AssertionError):
        check_tables(lambda path: read_table(path).select(["size"]), tmp_path)


def test_integers_with_gaps_stay_integers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": [0, 1, np.nan, 2], "z": [0.0, 1.0, 3.0, 2.0]})
    for suffix in (".csv", ".parquet", ".json", ".xlsx"):
        table = read_table(write(frame, tmp_path / f"t{suffix}"))
        assert table.schema["y"].kind == "integer"
        assert table.labels("y").codes.tolist() == [0, 1, -1, 2]
    assert table.frame["y"].dtype == "Int64"


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["0,126", "-0,132", "1"], "number", [0.126, -0.132, 1]),
        (["1.378,00", "1.396,50", "7"], "number", [1378, 1396.5, 7]),
        (["1,113.5", "12", "1,234,567"], "number", [1113.5, 12, 1234567]),
        (["1,234,567", "12", "1,000,000"], "integer", [1234567, 12, 1000000]),
        (["1 234,5", "2", "3"], "number", [1234.5, 2, 3]),
        (["1'234", "2", "3"], "integer", [1234, 2, 3]),
        (["1e-3", "+.5", "NA"], "number", [1e-3, 0.5, np.nan]),
        (["?", "none", "5"], "integer", [np.nan, np.nan, 5]),
        (["007", "12", "13"], "text", None),
        (["0.5", "x", "NA"], "text", None),
        (["true", "FALSE", ""], "boolean", None),
        (["2020-01-01", "NA", "2020-01-02T10:00:00Z"], "date", None),
        (["01/02/2020", "02/02/2020", "03/02/2020"], "text", None),
        (["123456789012345678", "123456789012345679", "1"], "text", None),
        (["", "nan", "NaN"], "empty", None),
    ],
)
def test_how_numbers_are_written(
    tmp_path: Path, cells: list[str], kind: str, values: list[float] | None
) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("a\tb\n" + "".join(f"{cell}\tx{k}\n" for k, cell in enumerate(cells)))
    table = read_table(path, header=True)
    assert table.schema["a"].kind == kind
    if values is not None:
        np.testing.assert_array_equal(table.numbers("a"), values)


def test_numbers_that_can_be_read_in_two_ways_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a;b\n"1,234";1\n"378";2\n')
    with pytest.raises(DataError, match=r"t.csv:2: column 'a': '1,234' may be 1.234 or 1234"):
        read_table(path)
    assert read_table(path, thousands=",").numbers("a").tolist() == [1234, 378]
    assert read_table(path, decimal=",").numbers("a").tolist() == [1.234, 378]
    path.write_text('a;b;c\n"1,234";0.5;7\n378;2;8\n')
    table = read_table(path, thousands=",")
    assert [table.numbers(name).tolist() for name in "abc"] == [[1234, 378], [0.5, 2], [7, 8]]
    assert table.notes == ("column 'a' is read with ',' between thousands",)
    path.write_text("a;b\n1.234;0,5\n1.378;2\n")
    with pytest.raises(DataError, match=r"column 'a': '1.234' may be .* data.decimal"):
        read_table(path)
    assert read_table(path, decimal=",").numbers("a").tolist() == [1234, 1378]
    path.write_text("a;b\n0.25;1\n")
    with pytest.raises(DataError, match=r"t.csv:2: column 'a': '0.25' does not fit data.decimal"):
        read_table(path, decimal=",")
    for sign in ("$5", "5%", "€ 5", "5 €"):
        path.write_text(f"a;b\n7;1\n{sign};2\n")
        with pytest.raises(DataError, match=r"t.csv:3: column 'a': .* without signs"):
            read_table(path)


def test_an_index_is_no_data(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [0.5, 1.5, 2.5], "b": [1, 2, 3]})
    shuffled = frame.iloc[[1, 0, 2]]
    for each, name in ((frame, "t.csv"), (shuffled, "t.csv"), (shuffled, "t.parquet")):
        path = tmp_path / name
        each.to_csv(path) if name.endswith("csv") else each.to_parquet(path)
        table = read_table(path)
        assert table.columns == ["a", "b"]
        assert table.names == tuple(map(str, each.index))
        assert "an index, no data" in table.notes[0]
    frame.index = pd.Index(["x", "y", "z"], name="who")
    frame.to_parquet(tmp_path / "named.parquet")
    table = read_table(tmp_path / "named.parquet")
    assert sorted(table.columns) == ["a", "b", "who"]
    table = read_table(tmp_path / "named.parquet", id="Who")
    assert (table.names, table.columns) == (("x", "y", "z"), ["a", "b"])
    with pytest.raises(DataError, match=r"data.id: no column 'wo'; did you mean 'who'"):
        read_table(tmp_path / "named.parquet", id="wo")


def test_new_data_are_read_by_the_types_of_the_training(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("code,flag,X,y\n001,TRUE,0.5,1\n010,MAYBE,NA,2\n011,FALSE,1.5,3\n")
    schema = read_table(path).schema
    path.write_text("flag,x,CODE,more\nTRUE,1,001,a\nFALSE,2,2,b\n")
    whole = read_table(path, schema=schema)
    assert whole.columns == ["code", "flag", "X"]
    assert whole.texts("code").tolist() == ["001", "2"]
    assert whole.texts("flag").tolist() == ["TRUE", "FALSE"]
    assert whole.numbers("X").tolist() == [1, 2]
    pieces = list(read_chunks(path, schema, chunk_rows=2))
    assert [len(piece) for piece in pieces] == [1, 1]  # the header is one of the lines
    pd.testing.assert_frame_equal(
        pd.concat([piece.frame for piece in pieces], ignore_index=True), whole.frame
    )
    path.write_text("code,flag,X\n001,TRUE,1\n002,FALSE,large\n")
    with pytest.raises(DataError, match=r"train.csv:3: column 'X' should hold numbers.*'large'"):
        read_table(path, schema=schema)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".csv.zip", ".tsv", ".parquet", ".json"])
@pytest.mark.parametrize("quoted", [False, True])
def test_pieces_are_the_whole(tmp_path: Path, suffix: str, quoted: bool) -> None:
    frame = FRAME.assign(text=[f'"{k}"\n,' if quoted else f"#t{k}" for k in range(40)])
    if suffix == ".tsv":
        frame = frame.assign(text="#t")
    path = write(frame, tmp_path / f"t{suffix}")
    whole = read_table(path)
    for rows in (3, 7, 1000):
        pieces = list(read_chunks(path, whole.schema, chunk_rows=rows))
        joined = pd.concat([piece.frame for piece in pieces], ignore_index=True)
        pd.testing.assert_frame_equal(joined, whole.frame, check_dtype=False)
        assert len(pieces) == 1 or rows < 1000
        if whole.lines is not None:
            assert np.concatenate([p.lines for p in pieces]).tolist() == whole.lines.tolist()


def test_pieces_name_the_line_at_fault(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 50 + "1,2,3\n")
    schema = Schema.from_plain({"columns": [{"name": "a", "kind": "number"}], "named": True})
    with pytest.raises(DataError, match=r"t.csv:52: has 3 cells"):
        list(read_chunks(path, schema, chunk_rows=10))
    path.write_bytes(b"a,b\n" + b"1,2\n" * 50 + b"\xff,2\n")
    with pytest.raises(DataError, match="not UTF-8"):
        list(read_chunks(path, schema, chunk_rows=10))


def test_arrays(tmp_path: Path) -> None:
    x = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
    np.savez(tmp_path / "t.npz", x=x, y=np.array([1, 0, 1, 0]), n=np.array(["a", "b", "c", "d"]))
    table = read_table(tmp_path / "t.npz")
    assert table.columns == ["x0", "x1", "x2", "x3", "x4", "x5", "y", "n"]
    assert table.grid == (2, 3)
    assert table.texts("n").tolist() == ["a", "b", "c", "d"]
    np.save(tmp_path / "t.npy", x[:, 0])
    assert read_table(tmp_path / "t.npy").frame.to_numpy().tolist() == x[:, 0].tolist()
    np.savez(tmp_path / "o.npz", x=np.array([None, {}], dtype=object))
    with pytest.raises(DataError, match="never loaded"):
        read_table(tmp_path / "o.npz")


def test_the_beginning_of_an_archive_tells_its_kind(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(4000, 5)), columns=list("abcde"))
    frame.to_excel(tmp_path / "t.xlsx", index=False)
    np.savez(tmp_path / "t.npz", x=frame.to_numpy())
    for name in ("t.xlsx", "t.npz"):
        assert (tmp_path / name).stat().st_size > 2**16
        whole = read_table(tmp_path / name)
        pieces = read_chunks(tmp_path / name, whole.schema, chunk_rows=3000)
        assert [len(piece) for piece in pieces] == [3000, 1000]


def test_frames_and_arrays_are_typed_as_files(tmp_path: Path) -> None:
    table = as_table(FRAME)
    assert [each.kind for each in table.schema.columns] == KINDS
    mixed = pd.DataFrame({"a": [1.0, "x", None], "b": [True, None, False]}, dtype=object)
    assert as_table(mixed).texts("a").tolist() == ["1", "x", ""]
    assert as_table(np.eye(3)).columns == ["x0", "x1", "x2"]
    with pytest.raises(DataError, match=r"has the shape \(3,\)"):
        as_table(np.ones(3))


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["yes", "yes ", " no"], ("no", "yes")),
        ([1, 1.0, "1", "1.0", 0], ("0", "1")),
        (["10", "9", "a"], ("9", "10", "a")),
        (["01", "1"], ("01", "1")),
        ([b"x", None, np.nan, "", "None"], ("None", "x")),
        ([True, "True", False], ("False", "True")),
        (["0.5", "1.5"], ("0.5", "1.5")),
    ],
)
def test_labels(values: list[Any], names: tuple[str, ...]) -> None:
    assert as_labels(values).names == names


def test_labels_that_overflow() -> None:
    with pytest.raises(DataError, match="1e\\+300; number classes below"):
        as_labels([1.0, 1e300])
    assert as_labels([2, 7, 2]).values().tolist() == [2, 7, 2]


@pytest.mark.parametrize("layout", ["array", "coordinate"])
def test_a_matrix_of_matrix_market_is_a_table_and_if_square_distances(layout, tmp_path):
    rows = np.array([[0, 1.5], [2, 0], [0, 3]])
    path = tmp_path / "rows.mtx"
    mmwrite(path, rows if layout == "array" else coo_array(rows))
    table = read_table(path)
    assert table.columns == ["x0", "x1"]
    assert table.numbers("x0").tolist() == [0, 2, 0]
    with pytest.raises(DataError, match="a distance matrix is square"):
        read_distances(path)
    square = np.array([[0, 1.5, 2], [1.5, 0, 1], [2, 1, 0]])
    mmwrite(path, square if layout == "array" else coo_array(square))
    found = read_distances(path)
    assert found.names == ("1", "2", "3")
    np.testing.assert_array_equal(found.values, square)
