from pathlib import Path

import numpy as np

from geoframe.api import configure
from geoframe_data import Graph
from geoframe_lgi.data import load_rows
from geoframe_lgi.given_graph import both_ways


def test_loops_go_and_undirected_edges_stand_both_ways() -> None:
    ends = np.array([[0, 1], [1, 1], [2, 0]])
    graph = Graph(names=("a", "b", "c"), edges=ends, directed=False)
    assert both_ways(graph).tolist() == [[0, 1], [0, 2], [1, 0], [2, 0]]
    directed = Graph(names=("a", "b", "c"), edges=ends, directed=True)
    assert both_ways(directed).tolist() == [[0, 1], [2, 0]]


def test_weights_that_differ_are_said_to_be_left_aside(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,x,y,label\na,1,5,u\nb,2,4,v\nc,3,1,u\n")
    for weights, expected in (((0.5, 2.0), 1), ((1.0, 1.0), 0)):
        edges = "".join(f"a,{end},{w}\n" for end, w in zip("bc", weights, strict=True))
        (tmp_path / "edges.csv").write_text(f"source,target,weight\n{edges}")
        data = {"path": str(tmp_path / "rows.csv"), "id": "id"}
        config = configure("lgi", {"data": {**data, "edges": str(tmp_path / "edges.csv")}})
        notes = load_rows(config.data).notes
        assert sum("weights are not used" in note for note in notes) == expected
