"""Tables and edge lists as people's programs write them, and what was silently wrong in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geoframe.errors import DataError
from geoframe_data import Schema, read_graph, read_table


def column(folder: Path, cells: str, name: str = "t.csv") -> tuple[str, list[Any], str]:
    """Kind of a column of these cells beside a column of numbers, its values, and the notes."""
    lines = [f"{cell};{row}" for row, cell in enumerate(cells.split("|"))]
    (folder / name).write_text("\n".join(["a;n", *lines]), encoding="utf-8")
    table = read_table(folder / name)
    return table.schema["a"].kind, table.frame["a"].tolist(), " ".join(table.notes)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        ("1\u00a0234|12\u202f345|7", [1234, 12345, 7]),
        ("1\u2009234,5|2", [1234.5, 2]),
        ("\u22121.5|2|\u22123e2", [-1.5, 2, -300]),
        ("\u22121\u202f000|2", [-1000, 2]),
        ("1.5|-|3|--|#DIV/0!|.", [1.5, np.nan, 3, np.nan, np.nan, np.nan]),
    ],
)
def test_numbers(tmp_path: Path, cells: str, values: list[float]) -> None:
    kind, found, _ = column(tmp_path, cells)
    assert kind in ("integer", "number")
    np.testing.assert_array_equal(found, values)


def test_a_column_of_signs_is_no_column_of_gaps(tmp_path: Path) -> None:
    assert column(tmp_path, "+|-|-|+")[:2] == ("text", ["+", "-", "-", "+"])


DAY = "2020-02-01T00:00:00+00:00"
DATES = {
    "01.02.2020|03.04.2020": (DAY, "day, month, year"),
    "1.2.2020|28.12.2021": (DAY, "day, month, year"),
    "01/02/2020|13/02/2020": (DAY, "day, month, year"),
    "02/01/2020|02/13/2020": (DAY, "month, day, year"),
    "2-1-2020|2-13-2020": (DAY, "month, day, year"),
    "2020/2/1|2020/12/31": (DAY, ""),
    "1.2.2020 13:45|2.2.2020 00:00": ("2020-02-01T13:45:00+00:00", "day, month, year"),
}


@pytest.mark.parametrize(("cells", "expected"), DATES.items())
def test_dates_whose_order_can_be_told(
    tmp_path: Path, cells: str, expected: tuple[str, str]
) -> None:
    kind, found, notes = column(tmp_path, cells)
    assert (kind, found[0].isoformat()) == ("date", expected[0])
    assert expected[1] in notes
    schema = read_table(tmp_path / "t.csv").schema
    assert Schema.from_plain(schema.to_plain()) == schema
    (tmp_path / "new.csv").write_text(f"a;n\n{cells.split('|')[0]};1\n")  # in doubt by itself
    assert read_table(tmp_path / "new.csv", schema=schema).frame["a"].tolist() == found[:1]


def test_dates_in_doubt_stay_texts_and_are_told(tmp_path: Path) -> None:
    kind, _, notes = column(tmp_path, "01/02/2020|03/04/2020")
    assert kind == "text"
    assert "may be the day or the month" in notes
    assert column(tmp_path, "30.02.2020|01.01.2020")[0] == "text"  # there is no such day
    assert column(tmp_path, "10.0.1|10.0.2")[0] == "text"  # versions
    column(tmp_path, "01.02.2020|03.04.2020")
    schema = read_table(tmp_path / "t.csv").schema
    (tmp_path / "new.csv").write_text("a;n\n31/12/2020x;1\n")
    with pytest.raises(DataError, match=r"should hold dates \(31.12.2020\)"):
        read_table(tmp_path / "new.csv", schema=schema)


def test_categories_that_differ_in_capitals_are_told(tmp_path: Path) -> None:
    kind, found, notes = column(tmp_path, "yes|no|Yes|no")
    assert (kind, found) == ("text", ["yes", "no", "Yes", "no"])
    assert "column 'a' holds 'yes' and 'Yes', two categories" in notes
    assert column(tmp_path, "yes|no|yes|no")[2] == ""


@pytest.mark.parametrize("orient", ["columns", "split", "table", "records", "lists"])
def test_frames_as_pandas_writes_them_as_json(tmp_path: Path, orient: str) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None]})
    path = tmp_path / "t.json"
    if orient == "lists":
        path.write_text('{"a": [1, 2, 3], "b": ["x", "y", null]}')
    else:
        frame.to_json(path, orient=orient)
    table = read_table(path)
    assert table.frame["a"].tolist() == [1, 2, 3]
    assert table.frame["b"].tolist() == ["x", "y", None]
    assert [each for each in table.columns if each != "index"] == ["a", "b"]


def test_one_row_of_json_may_hold_lists(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"messages": [{"role": "user"}, {"role": "assistant"}]}\n')
    assert len(read_table(tmp_path / "t.jsonl")) == 1
    (tmp_path / "t.jsonl").write_text('{"a": [1, 2], "b": [1, 2, 3]}\n')
    assert len(read_table(tmp_path / "t.jsonl")) == 1


def test_whole_numbers_that_name_nodes(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text("source,target\n1.0,2\n2.0,10\n")
    graph = read_graph(path)
    assert graph.names == ("1", "2", "10")
    assert "whole numbers" in graph.repairs[0]
    path.write_text("source,target\n1.0,2.5\n2.0,v1.0\n")
    assert read_graph(path).names == ("1.0", "2.5", "2.0", "v1.0")


@pytest.mark.parametrize(
    ("kinds", "directed"),
    [
        ("Directed Directed", True),
        ("undirected Undirected", False),
        ("Directed friend", None),
        ("friend friend", None),
    ],
)
def test_whether_edges_are_directed_as_gephi_says(
    tmp_path: Path, kinds: str, directed: bool | None
) -> None:
    first, second = kinds.split()
    path = tmp_path / "e.csv"
    path.write_text(f"Source,Target,Type,Weight\na,b,{first},1\nb,c,{second},2\n")
    graph = read_graph(path)
    assert graph.directed is directed
    assert graph.weights is not None
    assert graph.weights.tolist() == [1, 2]
    path.write_text("Source,Target,Type\na,b,Directed\nb,c,Undirected\n")
    with pytest.raises(DataError, match="has directed and undirected edges"):
        read_graph(path)


def test_attributes_that_some_nodes_lack_are_no_features(tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    path.write_text(
        '{"directed": true, "links": [{"source": "a", "target": "b"}], "nodes": '
        '[{"id": "a", "size": 1, "rank": 2, "kind": "x"}, {"id": "b", "size": 3}]}'
    )
    graph = read_graph(path)
    assert graph.features is not None
    assert graph.features.tolist() == [[1], [3]]
    assert graph.repairs == ("not all nodes have these attributes, which are no features: rank",)
    with pytest.raises(DataError, match="feature 'rank' of node 'b' is 'nan'"):
        read_graph(path, features=("rank",))
