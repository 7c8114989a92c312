"""Every format gives the same graph, and every bad file one line that names it."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from scipy.sparse import csr_array

from geoframe.errors import DataError
from geoframe_data import read_graph
from geoframe_data.testing.bad_graphs import MTX, bad_graphs
from geoframe_data.testing.files import SuiteFile, check_refused, named
from geoframe_data.testing.graphs import (
    EDGES,
    FEATURES,
    GRAPH,
    NAMES,
    WEIGHTS,
    bare_graphs,
    good_graphs,
    network,
    numbered_graphs,
)


@pytest.mark.parametrize("file", named(good_graphs()))
def test_every_file_holds_the_same_graph(tmp_path: Path, file: SuiteFile) -> None:
    graph = read_graph(file.write(tmp_path), **file.options)
    assert graph.names == NAMES
    assert graph.edges.tolist() == EDGES.tolist()
    np.testing.assert_array_equal(graph.weights, WEIGHTS)
    if graph.features is not None:
        np.testing.assert_array_equal(graph.features, FEATURES)
    else:
        assert graph.fingerprint() == GRAPH.fingerprint()


@pytest.mark.parametrize("file", named(numbered_graphs()))
def test_numbers_from_1_are_names(tmp_path: Path, file: SuiteFile) -> None:
    graph = read_graph(file.write(tmp_path), **file.options)
    assert graph.names == ("1", "2", "3", "4")
    assert graph.edges.tolist() == EDGES.tolist()
    np.testing.assert_array_equal(graph.weights, WEIGHTS)


@pytest.mark.parametrize("file", named(bare_graphs()))
def test_lists_of_neighbours_are_graphs(tmp_path: Path, file: SuiteFile) -> None:
    graph = read_graph(file.write(tmp_path), **file.options)
    ends = {(graph.names[u], graph.names[v]) for u, v in graph.edges.tolist()}
    assert ends == {("a", "NA"), ("a", "c_d"), ("NA", "c_d"), ("c_d", "7")}
    assert len(graph) == 4
    assert graph.weights is None


def test_symmetric_matrices_and_networks_have_each_edge_once(tmp_path: Path) -> None:
    symmetric = MTX.replace("general", "symmetric") + "3 3 3\n2 1 5\n3 2 1\n3 3 1\n"
    (tmp_path / "g.mtx").write_text(symmetric)
    (tmp_path / "out.g").write_text("% sym unweighted\n1 2 1\n2 3 1\n3 3 1\n")
    graphs = [read_graph(tmp_path / name) for name in ("g.mtx", "out.g")]
    assert [graph.directed for graph in graphs] == [False, False]
    assert [graph.edges.tolist() for graph in graphs] == [[[0, 1], [1, 2], [2, 2]]] * 2
    assert graphs[0].weights.tolist() == [5, 1, 1]
    assert graphs[1].weights is None


@pytest.mark.parametrize("file", named(bad_graphs()))
def test_bad_files_get_one_line(tmp_path: Path, file: SuiteFile) -> None:
    check_refused(file, tmp_path, read_graph)


def test_objects_in_memory_are_graphs_too() -> None:
    found = read_graph(network())
    assert (found.names, found.edges.tolist(), found.directed) == (NAMES, EDGES.tolist(), True)
    frame = pd.DataFrame({"Source": ["a", "b"], "Target": ["b", "c"], "km": [1.0, 2.0]})
    found = read_graph(frame)
    assert found.lengths.tolist() == [1, 2]
    assert found.repairs == ("took the numbers in 'km' for the lengths of the edges",)
    found = read_graph({"edge_index": EDGES.T, "x": FEATURES})
    np.testing.assert_array_equal(found.features, FEATURES)
    assert read_graph(found) is found
    matrix = np.zeros((4, 4))
    matrix[EDGES[:, 0], EDGES[:, 1]] = WEIGHTS
    found = read_graph(csr_array(matrix))
    assert (found.edges.tolist(), found.lengths.tolist()) == (EDGES.tolist(), WEIGHTS.tolist())
    with pytest.raises(DataError, match="cannot be made of a int"):
        read_graph(3)


def test_graphs_of_pyg() -> None:
    data = pytest.importorskip("torch_geometric.data")
    ends = torch.tensor(EDGES.T.copy())
    graph = data.Data(
        x=torch.tensor(FEATURES), edge_index=ends, edge_attr=torch.ones(4, 3),
        y=torch.tensor([0, 1, 1, 0]),
    )  # fmt: skip
    found = read_graph(graph)
    assert found.names == ("0", "1", "2", "3")
    assert found.weights is None
    assert "several numbers per edge" in found.repairs[0]
    assert found.attributes is not None
    assert found.attributes["y"].tolist() == [0, 1, 1, 0]
    found = read_graph(data.Data(edge_index=ends, num_nodes=6, edge_weight=torch.ones(4)))
    assert len(found) == 6


def test_defaults_of_graphml_keys_and_parallel_edges(tmp_path: Path) -> None:
    path = tmp_path / "g.graphml"
    path.write_text(
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        '<key id="w" for="edge" attr.name="weight" attr.type="double"><default>7</default></key>'
        '<key id="k" for="node" attr.name="kind" attr.type="string"><default>k</default></key>'
        '<graph edgedefault="directed"><node id="a"/><node id="b"/>'
        '<edge source="a" target="b"/><edge source="a" target="b"><data key="w">2</data></edge>'
        "</graph></graphml>"
    )
    graph = read_graph(path)
    assert graph.lengths.tolist() == [7, 2]
    assert graph.attributes is not None
    assert graph.attributes["kind"].tolist() == ["k", "k"]


def test_parallel_edges_of_gml_and_json_are_kept(tmp_path: Path) -> None:
    gml = tmp_path / "g.gml"
    edge = "edge [ source 0 target 1 weight {} ]"
    gml.write_text(f"graph [\n directed 1 node [ id 0 ] node [ id 1 ] {edge.format(2)} "
                   f"{edge.format(9)} ]")  # fmt: skip
    assert read_graph(gml).lengths.tolist() == [2, 9]
    file = tmp_path / "g.json"
    file.write_text(
        '{"multigraph": false, "nodes": [{"id": "a"}, {"id": "b"}], "edges": ['
        '{"source": "a", "target": "b", "weight": 2}, {"source": "a", "target": "b", "weight": 9}]}'
    )
    assert read_graph(file).lengths.tolist() == [2, 9]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"nodes": [{"id": 1, "name": "a"}, {"id": 2, "name": null}], "links": []}', ("1", "2")),
        ('{"nodes": [{"id": 1, "label": "a"}, {"id": 2, "label": "a"}], "links": []}', ("1", "2")),
        ('{"nodes": [{"id": "x"}, {"id": "y"}], "links": [{"source": 0, "target": 1}]}',
         ("x", "y")),
        ('{"nodes": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], "links": []}', ("a", "b")),
    ],
)  # fmt: skip
def test_names_of_nodes_in_json(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    (tmp_path / "g.json").write_text(text)
    assert read_graph(tmp_path / "g.json").names == names


def test_names_of_nodes_in_gml_and_hierarchies(tmp_path: Path) -> None:
    path = tmp_path / "igraph.gml"
    path.write_text(
        'Creator "igraph"\nVersion 1\ngraph\n[\n  directed 1\n  node\n  [\n    id 0\n    '
        'name "alpha"\n  ]\n  node\n  [\n    id 1\n    name "beta"\n  ]\n  edge\n  [\n    '
        "source 0\n    target 1\n    weight 2.5\n  ]\n]\n"
    )
    graph = read_graph(path)
    assert (graph.names, graph.lengths.tolist()) == (("alpha", "beta"), [2.5])
    path = tmp_path / "tree.json"
    path.write_text('{"name": "r", "size": 9, "children": [{"name": null, "size": 3}]}')
    graph = read_graph(path)
    assert (graph.names, graph.weights) == (("r", ""), None)  # a size is no length of an edge


def test_numbers_of_nodes_are_names(tmp_path: Path) -> None:
    path = tmp_path / "g.npz"
    np.savez(path, edges=np.array([[10, 11], [11, 13], [2**40, 10]]))
    assert read_graph(path).names == ("10", "11", "13", str(2**40))
    np.savez(path, edge_index=np.array([[0], [3]]), num_nodes=5)
    assert read_graph(path).names == ("0", "1", "2", "3", "4")


def test_a_hash_may_begin_the_name_of_a_node(tmp_path: Path) -> None:
    path = tmp_path / "tags.csv"
    path.write_text("source,target,weight\n#py,#code,2.5\nabc,#code,4\nabc,x,3\n")
    assert read_graph(path).names == ("#py", "#code", "abc", "x")
    path = tmp_path / "marks.tsv"
    path.write_text('source\ttarget\tweight\na\t"b\t1\nb\tc\t2\nc\td"\t3\nd\te\t4\n')
    assert len(read_graph(path).edges) == 4


def test_tables_of_nodes(tmp_path: Path) -> None:
    edges = tmp_path / "e.csv"
    edges.write_text("source,target,weight\nNA,DE,1\nDE,FR,4\nnull,FR,3\n")
    frame = pd.DataFrame({"name": ["NA", "DE", "FR", "null"], "age": [1, 2, 3, 5]})
    frame["kind"], frame["year"] = list("wxyz"), [1999, None, 2001, 2003]
    tables = [tmp_path / f"n.{suffix}" for suffix in ("csv", "tsv", "parquet", "feather")]
    frame.to_csv(tables[0])  # with an index, which is no data
    frame.to_csv(tables[1], sep="\t", index=False)
    frame.set_index("name").to_parquet(tables[2])
    frame.to_feather(tables[3])
    for table in tables:
        graph = read_graph(edges, nodes=table, time="year")
        assert graph.names == ("NA", "DE", "FR", "null")
        assert graph.features is not None
        assert graph.features.tolist() == [[1], [2], [3], [5]]
        np.testing.assert_array_equal(graph.times, [1999, np.nan, 2001, 2003])
        assert graph.attributes is not None
        assert graph.attributes["kind"].tolist() == list("wxyz")


NODE_TABLES = [
    SuiteFile("unknown.csv", "name,x\na,1\nb,2\n", {}, "node 'c' is not in the node table"),
    SuiteFile("twice.csv", "name,x\na,1\nb,2\na,3\nc,3\n", {}, "node 'a' stands there twice"),
    SuiteFile("text.csv", "name,x\na,1\nb,two\nc,3\n", {"features": ("x",)}, "'b' is 'two'"),
    SuiteFile("hole.csv", "name,x\na,1\nb,\nc,3\n", {}, "feature 'x' of node 'b' is"),
    SuiteFile("typo.csv", "name,yaer\na,1\nb,1\nc,3\n", {"time": "year"}, "did you mean 'yaer'?"),
    SuiteFile("soon.csv", "name,year\na,1\nb,soon\nc,3\n", {"time": "year"}, "is neither"),
    SuiteFile("mixed.csv", "name,year\na,17\nb,2001-02-03\nc,\n", {"time": "year"}, "number where"),
    SuiteFile("bad.parquet", "not parquet", {}, "arquet"),
    SuiteFile("noname.npz", lambda path: np.savez(path, x=FEATURES), {}, "no array 'names'"),
]  # fmt: skip


@pytest.mark.parametrize("file", named(NODE_TABLES))
def test_bad_tables_of_nodes_get_one_line(tmp_path: Path, file: SuiteFile) -> None:
    edges = tmp_path / "e.csv"
    edges.write_text("a,b,1\nb,c,1\n")
    check_refused(file, tmp_path, lambda path, **options: read_graph(edges, nodes=path, **options))


def test_times_of_edges_are_times_of_their_targets(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text(
        "source,target,date\n1,2,2001-01-02\n1,3,2001-01-03\n2,3,2001-01-01T12:00\n2,4,\n"
    )
    graph = read_graph(path, time="date", guess_weight=False)
    day = 11323.0  # 2001-01-01
    np.testing.assert_array_equal(graph.times, [np.nan, day + 1, day + 0.5, np.nan])


def test_features_by_name_and_pattern(tmp_path: Path) -> None:
    nx.write_graphml(network(), tmp_path / "g.graphml")

    def chosen(*patterns: str) -> object:
        features = read_graph(tmp_path / "g.graphml", features=patterns).features
        return None if features is None else features.tolist()

    assert chosen() is None
    assert chosen("y", "x") == FEATURES[:, ::-1].tolist()
    assert chosen("[xy]") == FEATURES.tolist()


def test_bfloat16_tensors_and_packed_bits(tmp_path: Path) -> None:
    tensors = {"edge_index": torch.tensor([[0], [1]]), "x": torch.ones(2, 3, dtype=torch.bfloat16)}
    save_file(tensors, tmp_path / "g.safetensors")
    np.testing.assert_array_equal(read_graph(tmp_path / "g.safetensors").features, np.ones((2, 3)))
    bits = np.random.default_rng(0).random((4, 11)) < 0.5
    path = tmp_path / "g.npz"
    np.savez(path, edges=EDGES, x_packed=np.packbits(bits, axis=1), num_features=11)
    np.testing.assert_array_equal(read_graph(path).features, bits)


def test_headers_are_told_from_edges(tmp_path: Path) -> None:
    path = tmp_path / "e.txt"
    path.write_text("a b\nb c\n")
    assert read_graph(path).names == ("a", "b", "c")
    path.write_text("1 2\n")
    assert read_graph(path).names == ("1", "2")
    path.write_text("x y\na b\n")
    assert read_graph(path, header=False).names == ("x", "y", "a", "b")
    assert read_graph(path, header=True, source="x", target="y").names == ("a", "b")


names = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters='#"'), min_size=1)


@given(
    edges=st.dictionaries(
        st.tuples(names, names), st.floats(min_value=1e-6, max_value=1e6), min_size=1
    )
)
def test_any_names_survive_a_csv(
    tmp_path_factory: pytest.TempPathFactory, edges: dict[tuple[str, str], float]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "e.csv"
    rows = [(u, v, w) for (u, v), w in edges.items()]
    pd.DataFrame(rows, columns=["source", "target", "weight"]).to_csv(path, index=False)
    graph = read_graph(path)
    read = [(graph.names[u], graph.names[v]) for u, v in graph.edges]
    assert read == [row[:2] for row in rows]
    np.testing.assert_allclose(graph.lengths, [row[2] for row in rows], rtol=1e-15)


@pytest.mark.parametrize("suffix", ["csv", "json", "gml", "graphml", "npz", "safetensors", "nwk"])
@given(data=st.data())
def test_damaged_files_give_a_graph_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    sound = next(
        (each for each in good_graphs() if each.name.endswith(suffix)),
        SuiteFile("t.nwk", "((c:0.5,'d e':1)a:1,b:2.5)root;"),
    ).write(folder)
    content = bytearray(sound.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 8)))
        content[start:end] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b'"', b"{", b"[", b"1", b"'", b"("])
        )
    path = folder / f"damaged.{suffix}"
    path.write_bytes(bytes(content))
    refusal = refusal_of(path)
    assert refusal is None or (str(path) in refusal and "\n" not in refusal)


def refusal_of(path: Path) -> str | None:
    try:
        read_graph(path)
    except DataError as error:
        return str(error)
    return None
