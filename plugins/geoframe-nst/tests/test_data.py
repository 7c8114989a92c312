"""What nst makes of graphs that are read, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from geoframe_data.graph import Graph
from geoframe_data.testing.files import SuiteFile, check_refused, named
from geoframe_data.testing.graphs import EDGES, network
from geoframe_nst.data import load_graph
from geoframe_nst.data_config import GraphDataConfig


def config(path: Path | None, **options: Any) -> GraphDataConfig:
    return GraphDataConfig(path=path, dataset=None, **options)  # type: ignore[arg-type]


def load(path: Path, **options: Any) -> Graph:
    return load_graph(config(path, **options))


def undirected(path: Path) -> None:
    nx.write_gml(network().to_undirected(), path)


def namesakes(path: Path) -> None:
    np.savez(path, edges=EDGES, names=np.array(list("abca")))


W = "source,target,weight\n"
CIRCLE = "".join(f"{i},{(i + 1) % 99},1\n" for i in range(99))
REFUSED = [
    SuiteFile("nan.csv", W + "a,b,1\na,c,NaN\n", {}, "nan.csv:3: edge 'a' -> 'c'"),
    SuiteFile("gap.csv", W + "a,b,1\na,c,\n", {}, "gap.csv:3: edge 'a' -> 'c' has no"),
    SuiteFile("negative.csv", "#\na,b,1\n\nb,c,-2\n", {}, "negative.csv:4: edge 'b' -> 'c'"),
    SuiteFile("zero.csv", "a,b,0\n", {}, "zero.csv:1: edge 'a' -> 'b' has weight 0"),
    SuiteFile("loop.csv", "a,b,1\nb,b,1\n", {"self_loops": "refuse"}, "loop.csv:2: 'b' -> 'b'"),
    SuiteFile("loops.csv", "a,a,1\n", {}, "the graph has no edges"),
    SuiteFile("twice.csv", "a,b,1\nb,c,1\na,b,2\n", {}, "twice.csv:3: edge 'a' -> 'b' stands"),
    SuiteFile("cycle.csv", "a,b,1\nb,a,1\n", {}, "a cycle: 'a' -> 'b' -> 'a' (2 of 2 nodes"),
    SuiteFile("long.csv", CIRCLE, {}, "... (99 nodes)"),
    SuiteFile("huge.csv", "a,b,1\nb,c,1e300\n", {}, "huge.csv:2: edge 'b' -> 'c' has weight 1e"),
    SuiteFile("cosine.csv", "a,b\nb,c\n", {"missing_weight": "cosine"}, "there are no features"),
    SuiteFile("undirected.gml", undirected, {}, "the graph is undirected"),
    SuiteFile("names.npz", namesakes, {}, "2 nodes are named 'a'"),
]


@pytest.mark.parametrize("file", named(REFUSED))
def test_bad_files_get_one_line(tmp_path: Path, file: SuiteFile) -> None:
    check_refused(file, tmp_path, load)


def test_a_node_table_needs_a_path() -> None:
    with pytest.raises(ValueError, match="nodes: needs path"):
        config(None, nodes=Path("n.csv"))


def test_a_large_file_is_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ends = np.sort(rng.integers(0, 50_000, (200_000, 2)), axis=1)
    rows = np.column_stack([ends, rng.random(200_000)])
    np.savetxt(tmp_path / "e.csv", rows, fmt=["%d", "%d", "%.17g"], delimiter=",",
               header="source,target,weight", comments="")  # fmt: skip
    assert len(load(tmp_path / "e.csv", duplicates="first").edges) > 190_000
