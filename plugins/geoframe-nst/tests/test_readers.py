"""Every format gives the same graph, and every bad file one line that names it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from geoframe_nst.data import load_graph
from geoframe_nst.data_config import GraphDataConfig
from geoframe_nst.graph import WeightedDigraph
from geoframe_nst.readers.nodes import read_nodes

NAMES = ("a", "NA", "c d", "7")
EDGES = np.array([[0, 1], [0, 2], [1, 2], [2, 3]])
WEIGHTS = np.array([0.1, 2.0, 1e-3, 3.25])
FEATURES = np.array([[1.5, 0], [2, 1], [-3, 0], [4, 1]], dtype=np.float32)
YEARS = np.array([1999.0, np.nan, 2001.5, 2003.0])
GRAPH = WeightedDigraph(names=NAMES, edges=EDGES, weights=WEIGHTS, features=FEATURES, times=YEARS)


def config(path: Path | None, **options: Any) -> GraphDataConfig:
    return GraphDataConfig(path=path, dataset=None, **options)  # type: ignore[arg-type]


def load(path: Path | None, **options: Any) -> WeightedDigraph:
    return load_graph(config(path, **options))


def node_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"name": NAMES, "kind": list("wxyz"), "x": FEATURES[:, 0], "y": FEATURES[:, 1]}
    ).assign(year=YEARS)


def network() -> nx.DiGraph:
    graph = nx.DiGraph()
    for name, (x, y), year in zip(NAMES, FEATURES.tolist(), YEARS, strict=True):
        known = {} if np.isnan(year) else {"year": float(year)}
        graph.add_node(name, x=x, y=y, **known)
    for (u, v), weight in zip(EDGES, WEIGHTS, strict=True):
        graph.add_edge(NAMES[u], NAMES[v], weight=float(weight))
    return graph


def write_graphml(path: Path) -> None:
    nx.write_graphml(network(), path)


def write_gml(path: Path) -> None:
    nx.write_gml(network(), path)


def write_json(path: Path) -> None:
    path.write_text(json.dumps(nx.node_link_data(network(), edges="links")))


def write_json_edges(path: Path) -> None:
    path.write_text(json.dumps(nx.node_link_data(network(), edges="edges")))


def write_npz(path: Path) -> None:
    np.savez(
        path, edges=EDGES.astype(np.int16), weights=WEIGHTS, names=np.array(NAMES), x=FEATURES,
        year=YEARS,
    )  # fmt: skip


def write_pyg_npz(path: Path) -> None:
    np.savez(
        path, edge_index=EDGES.T, edge_attr=WEIGHTS[:, None], names=np.array(NAMES),
        features=FEATURES, year=YEARS,
    )  # fmt: skip


def write_safetensors(path: Path) -> None:
    tensors = {
        "edge_index": np.ascontiguousarray(EDGES.T), "edge_weight": WEIGHTS, "x": FEATURES,
        "year": YEARS,
    }  # fmt: skip
    safetensors.numpy.save_file(tensors, path, metadata={"names": json.dumps(NAMES)})


@pytest.mark.parametrize(
    ("file", "write"),
    [
        ("g.graphml", write_graphml),
        ("g.gml", write_gml),
        ("g.json", write_json),
        ("edges.json", write_json_edges),
        ("g.npz", write_npz),
        ("pyg.npz", write_pyg_npz),
        ("g.safetensors", write_safetensors),
    ],
)
def test_self_contained_formats(tmp_path: Path, file: str, write: Callable[[Path], None]) -> None:
    write(tmp_path / file)
    graph = load(tmp_path / file, time="year")
    assert graph.names == NAMES
    assert graph.fingerprint() == GRAPH.fingerprint()
    assert graph.repairs == ()


def _text(separator: str, *, header: bool = True, quote: str = "") -> str:
    rows = [["source", "target", "weight"]] if header else []
    for (u, v), weight in zip(EDGES, WEIGHTS, strict=True):
        rows.append([f"{quote}{NAMES[u]}{quote}", f"{quote}{NAMES[v]}{quote}", repr(float(weight))])
    return "".join(separator.join(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("plain.csv", _text(",")),
        ("semicolon.csv", _text(";")),
        ("tabs.csv", _text("\t")),
        ("bar.txt", _text("|")),
        ("tabs.tsv", _text("\t")),
        ("quoted.csv", _text(",", quote='"')),
        ("blanks.txt", _text("  ", quote='"')),
        ("spaced.csv", _text(" , ")),
        ("headless.csv", _text(",", header=False)),
        ("windows.csv", _text(",").replace("\n", "\r\n")),
        ("bom.csv", "\ufeff" + _text(",")),
        ("comments.csv", "# source\n\n" + _text(",").replace("\n", "\n# and\n \n")),
        ("trailing.csv", _text(",").replace("\n", "  \n").rstrip("\n")),
        ("capitals.csv", _text(",").replace("source,target", "Source,TARGET")),
    ],
)
@pytest.mark.parametrize("nodes", ["nodes.csv", "nodes.tsv", "nodes.parquet", "nodes.npz"])
def test_edge_lists_with_a_node_table(tmp_path: Path, file: str, content: str, nodes: str) -> None:
    (tmp_path / file).write_bytes(content.encode())
    table = tmp_path / nodes
    if nodes.endswith(".npz"):
        np.savez(table, names=np.array(NAMES), x=FEATURES, year=YEARS)
    elif nodes.endswith(".parquet"):
        node_frame().to_parquet(table)
    else:
        node_frame().to_csv(table, index=False, sep="\t" if nodes.endswith("tsv") else ",")
    graph = load(tmp_path / file, nodes=table, time="year")
    assert graph.names == NAMES
    assert graph.fingerprint() == GRAPH.fingerprint()


def test_other_columns_and_an_order_of_nodes_of_ones_own(tmp_path: Path) -> None:
    path, nodes = tmp_path / "e.csv", tmp_path / "n.csv"
    path.write_text("cites,by,cost\n1,2,0.5\n2,3,0.25\n")
    nodes.write_text("id,score\n9,1\n3,2\n2,3\n1,4\n")
    graph = load(path, nodes=nodes, source="cites", target="by", weight="cost")
    assert graph.names == ("9", "3", "2", "1")
    assert graph.edges.tolist() == [[3, 2], [2, 1]]
    assert graph.features is not None
    assert graph.features.tolist() == [[1], [2], [3], [4]]


def test_times_of_edges_are_times_of_their_targets(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text(
        "source,target,date\n1,2,2001-01-02\n1,3,2001-01-03\n2,3,2001-01-01T12:00\n2,4,\n"
    )
    graph = load(path, time="date", missing_weight="one")
    day = 11323.0  # 2001-01-01
    np.testing.assert_array_equal(graph.times, [np.nan, day + 1, day + 0.5, np.nan])


def test_features_by_name_and_pattern(tmp_path: Path) -> None:
    write_graphml(tmp_path / "g.graphml")

    def chosen(*patterns: str) -> Any:
        features = load(tmp_path / "g.graphml", time="year", features=patterns).features
        return None if features is None else features.tolist()

    assert chosen() is None
    assert chosen("y", "x") == FEATURES[:, ::-1].tolist()
    assert chosen("[xy]") == FEATURES.tolist()


def test_numbers_far_apart_are_names(tmp_path: Path) -> None:
    path = tmp_path / "papers.npz"
    np.savez(path, edges=np.array([[2003, 9912345], [2003, 2**40]]), weights=np.ones(2))
    graph = load(path)
    assert graph.names == ("2003", "9912345", str(2**40))
    assert graph.edges.tolist() == [[0, 1], [0, 2]]
    assert graph.repairs == (f"took the 3 node numbers that occur, up to {2**40}, for names",)
    np.savez(path, edges=np.array([[0, 3]]), weights=np.ones(1))  # row i is node i
    assert load(path).names == ("0", "1", "2", "3")


def test_bfloat16_tensors(tmp_path: Path) -> None:
    tensors = {"edge_index": torch.tensor([[0], [1]]), "x": torch.ones(2, 3, dtype=torch.bfloat16)}
    save_file(tensors, tmp_path / "g.safetensors")
    assert load(tmp_path / "g.safetensors").features.tolist() == [[1.0] * 3] * 2  # type: ignore[union-attr]


def test_features_without_columns_are_none(tmp_path: Path) -> None:
    np.savez(tmp_path / "g.npz", edges=np.array([[0, 1]]), x=np.zeros((2, 0)))
    assert load(tmp_path / "g.npz").features is None


def test_packed_bits(tmp_path: Path) -> None:
    bits = np.random.default_rng(0).random((4, 11)) < 0.5
    path = tmp_path / "g.npz"
    np.savez(path, edges=EDGES, x_packed=np.packbits(bits, axis=1), num_features=11)
    graph = load(path)
    np.testing.assert_array_equal(graph.features, bits)
    assert graph.repairs == ("no weights given: every edge has weight 1",)


def test_headers_are_told_from_edges(tmp_path: Path) -> None:
    path = tmp_path / "e.txt"
    path.write_text("a b\nb c\n")
    assert load(path).names == ("a", "b", "c")
    path.write_text("1 2\n")
    assert load(path).names == ("1", "2")
    path.write_text("x y\na b\n")
    assert load(path, header=False).names == ("x", "y", "a", "b")
    assert load(path, header=True, source="x", target="y").names == ("a", "b")


def test_nodes_may_be_read_without_their_times(tmp_path: Path) -> None:
    path = tmp_path / "n.csv"
    path.write_text("name,x\na,1\nb,2\n")
    table = read_nodes(path, config(tmp_path / "e.csv", time="year"))
    assert table.names == ("a", "b")
    assert table.times is None
    assert table.features is not None
    assert table.features.tolist() == [[1], [2]]
    np.savez(tmp_path / "n.npz", names=np.array(["a"]), x=np.ones((1, 3)))
    table = read_nodes(tmp_path / "n.npz", config(tmp_path / "e.csv", time="year"))
    assert (table.names, table.times) == (("a",), None)


def test_graphml_names_of_other_tools(tmp_path: Path) -> None:
    graph = nx.DiGraph()
    graph.add_node("n0", name="left")
    graph.add_node("n1", name="right")
    graph.add_edge("n0", "n1", weight=1.0)
    nx.write_graphml(graph, tmp_path / "g.graphml")
    assert load(tmp_path / "g.graphml").names == ("left", "right")


names = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters='#"'), min_size=1)


@given(
    edges=st.dictionaries(
        st.tuples(names, names).filter(lambda pair: pair[0] != pair[1]),
        st.floats(min_value=1e-6, max_value=1e6),
        min_size=1,
    )
)
def test_any_names_survive_a_csv(
    tmp_path_factory: pytest.TempPathFactory, edges: dict[tuple[str, str], float]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "e.csv"
    rows = [(u, v, w) for (u, v), w in edges.items()]
    pd.DataFrame(rows, columns=["source", "target", "weight"]).to_csv(path, index=False)
    graph = load(path, cycles="keep")
    read = [
        (graph.names[u], graph.names[v], w)
        for (u, v), w in zip(graph.edges, graph.weights, strict=True)
    ]
    assert [row[:2] for row in read] == [row[:2] for row in rows]
    np.testing.assert_allclose([row[2] for row in read], [row[2] for row in rows], rtol=1e-15)


def test_a_large_file_is_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ends = np.sort(rng.integers(0, 50_000, (200_000, 2)), axis=1)
    frame = pd.DataFrame(
        {"source": ends[:, 0], "target": ends[:, 1], "weight": rng.random(200_000)}
    )
    frame.to_csv(tmp_path / "e.csv", index=False)
    graph = load(tmp_path / "e.csv", duplicates="first")
    assert len(graph.edges) > 190_000
