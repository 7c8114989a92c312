import json
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from geoframe.config import TomlTable
from geoframe.errors import ConfigError, DataError
from geoframe_registry.configs import configure
from geoframe_snowflake.data import load_metric, read_features
from geoframe_snowflake.finite_metric import FiniteMetric, GraphMetric, MatrixMetric


def load(path: Path | None = None, **options: object) -> FiniteMetric:
    table = {**({"path": str(path)} if path is not None else {}), **options}
    return load_metric(configure("snowflake", TomlTable({"data": table}))[1].data)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


TRIANGLE = np.array([[0, 1.0, 2], [1, 0, 2.5], [2, 2.5, 0]])


@pytest.mark.parametrize(
    "text",
    [
        "0,1,2\n1,0,2.5\n2,2.5,0\n",
        "a,b,c\n0,1,2\n1,0,2.5\n2,2.5,0\n",
        ",a,b,c\na,0,1,2\nb,1,0,2.5\nc,2,2.5,0\n",
    ],
)
def test_matrices_with_and_without_names(tmp_path: Path, text: str) -> None:
    metric = load(write(tmp_path, "d.csv", text))
    np.testing.assert_array_equal(metric.matrix(), TRIANGLE)
    assert metric.names in (("0", "1", "2"), ("a", "b", "c"))
    tabs = load(write(tmp_path, "d.tsv", text.replace(",", "\t")))
    np.testing.assert_array_equal(tabs.matrix(), TRIANGLE)


def test_arrays(tmp_path: Path) -> None:
    np.save(tmp_path / "d.npy", TRIANGLE)
    np.testing.assert_array_equal(load(tmp_path / "d.npy").matrix(), TRIANGLE)
    np.savez(tmp_path / "d.npz", distances=TRIANGLE, names=np.array(["x", "y", "z"]))
    assert load(tmp_path / "d.npz").names == ("x", "y", "z")
    np.savez(tmp_path / "e.npz", edges=np.array([[0, 1], [1, 2]]), weight=np.array([1.0, 2]))
    np.testing.assert_array_equal(load(tmp_path / "e.npz").matrix()[0], [0, 1, 3])
    np.savez(tmp_path / "t.npz", parent=np.array([-1, 0, 0, 1]), length=np.array([0, 1.0, 2, 4]))
    tree = load(tmp_path / "t.npz")
    assert isinstance(tree, GraphMetric)
    assert tree.is_tree
    np.testing.assert_array_equal(tree.matrix()[3], [5, 4, 7, 0])
    points = np.random.default_rng(0).standard_normal((5, 3))
    np.savez(tmp_path / "p.npz", points=points)
    metric = load(tmp_path / "p.npz", metric="cityblock")
    np.testing.assert_allclose(metric.matrix(), cdist(points, points, "cityblock"))
    np.testing.assert_allclose(metric.between(np.array([1, 2]), np.array([4, 0])),
                               metric.matrix()[[1, 2], [4, 0]])  # fmt: skip


def test_graphs_become_shortest_paths(tmp_path: Path) -> None:
    text = "source,target,weight\na,b,1\nb,a,3\nb,c,2\na,c,9\nc,c,5\n"
    metric = load(write(tmp_path, "g.csv", text))
    assert metric.names == ("a", "b", "c")
    np.testing.assert_array_equal(metric.matrix(), [[0, 1, 3], [1, 0, 2], [3, 2, 0]])
    assert "itself" in metric.repairs[0]
    hops = load(write(tmp_path, "h.csv", "source,target\na,b\nb,c\n"))
    assert hops.matrix()[0, 2] == 2
    renamed = load(write(tmp_path, "r.csv", "u,v,km\na,b,7\n"), source="u", target="v", weight="km")
    assert renamed.matrix()[0, 1] == 7


def test_network_files(tmp_path: Path) -> None:
    graph = nx.Graph()
    graph.add_edge("a", "b", weight=2.0)
    graph.add_edge("b", "c", weight=0.5)
    nx.write_graphml(graph, tmp_path / "g.graphml")
    nx.write_gml(graph, tmp_path / "g.gml")
    write(tmp_path, "g.json", json.dumps(nx.node_link_data(graph, edges="links")))
    for name in ("g.graphml", "g.gml", "g.json"):
        metric = load(tmp_path / name)
        assert metric.names == ("a", "b", "c")
        assert metric.matrix()[0, 2] == 2.5


def test_largest_part(tmp_path: Path) -> None:
    path = write(tmp_path, "g.csv", "source,target\na,b\nb,c\nx,y\n")
    metric = load(path, disconnected="largest")
    assert metric.names == ("a", "b", "c")
    assert "2 items" in metric.repairs[0]


def test_asymmetry_policies(tmp_path: Path) -> None:
    path = write(tmp_path, "d.csv", "0,1\n3,0\n")
    for policy, expected in (("mean", 2), ("min", 1), ("max", 3)):
        assert load(path, asymmetry=policy).matrix()[1, 0] == expected


@pytest.mark.parametrize(
    ("name", "text", "options", "message"),
    [
        ("d.csv", "0,1\n3,0\n", {}, "data.asymmetry"),
        ("d.csv", "0,-1\n-1,0\n", {}, "is negative"),
        ("d.csv", "0,1\n1,2\n", {}, "must be 0"),
        ("d.csv", "0,0\n0,0\n", {}, "all distances are 0"),
        ("d.csv", "0,inf\ninf,0\n", {}, "finite"),
        ("d.csv", "a,a\n0,1\n1,0\n", {}, "two columns"),
        ("d.csv", "0,1\nx,0\n", {}, "line 2, column '1': 'x' is not a number"),
        ("d.csv", "0,1,0\n1,0,2\n0,2,0\n", {}, "at distance 0"),
        ("d.csv", "a,b,c\n1,2,3\n", {}, "data.content"),
        ("d.csv", "", {}, "is empty"),
        ("d.csv", ",a,b\nb,0,1\na,1,0\n", {}, "in order"),
        ("d.weird", "0,1\n1,0\n", {}, "data.format"),
        ("g.csv", "source,target,weight\na,b,0\n", {}, "positive"),
        ("g.csv", "source,target,weight\na,b,x\n", {}, "line 2.*not a number"),
        ("g.csv", "source,target\na,\n", {}, "line 2"),
        ("g.csv", "source,target\na,b\nx,y\n", {}, "2 parts.*data.disconnected"),
        ("g.csv", "u,target\na,b\n", {"content": "graph"}, "data.source"),
        ("p.csv", "name,x\na,nan\nb,1\n", {"content": "points"}, "not a number"),
        ("p.csv", "x,y\n0,0\n1,1\n", {"content": "points", "metric": "cosine"}, "data.metric"),
        ("g.graphml", "<nonsense", {}, "graphml"),
    ],
)
def test_bad_data_get_one_clear_line(
    tmp_path: Path, name: str, text: str, options: dict[str, str], message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load(write(tmp_path, name, text), **options)
    assert "\n" not in str(caught.value)


def test_parquet_holds_what_csv_holds(tmp_path: Path) -> None:
    names = ["a", "b", "c"]
    path = tmp_path / "d.parquet"
    pd.DataFrame(TRIANGLE, index=names, columns=names).to_parquet(path)
    metric = load(path)
    assert metric.names == ("a", "b", "c")
    np.testing.assert_array_equal(metric.matrix(), TRIANGLE)
    edges = pd.DataFrame({"source": [1, 2], "target": [2, 3], "weight": [0.1, 2.0]})
    edges.to_parquet(path)
    assert load(path).rows(np.array([0])).tolist() == [[0, 0.1, 2.1]]
    pd.DataFrame({"name": names, "x": [1, 2, None]}).to_parquet(path)
    with pytest.raises(DataError, match="line 4, column 'x': '' is not a number"):
        load(path, content="points")
    path.write_bytes(b"PAR1 nonsense")
    with pytest.raises(DataError, match="not a readable Parquet"):
        load(path)


def test_missing_and_pickled_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        load(tmp_path / "none.csv")
    np.savez(tmp_path / "o.npz", distances=np.array([object()]))
    with pytest.raises(DataError, match="pickled"):
        load(tmp_path / "o.npz")
    np.savez(tmp_path / "x.npz", other=np.zeros(3))
    with pytest.raises(DataError, match="no array"):
        load(tmp_path / "x.npz")
    with pytest.raises(ConfigError, match="nodes"):
        load(None, nodes="x.csv")


def test_features_of_nodes(tmp_path: Path) -> None:
    graph = write(tmp_path, "g.csv", "source,target\na,b\nb,c\n")
    table = write(tmp_path, "n.csv", "name,x,y\nc,5,6\na,1,2\nb,3,4\n")
    metric = load(graph, nodes=str(table))
    np.testing.assert_array_equal(metric.features, [[1, 2], [3, 4], [5, 6]])
    assert read_features(table, "name")[0] == ("c", "a", "b")
    short = write(tmp_path, "s.csv", "name,x\na,1\n")
    with pytest.raises(DataError, match="no features of 'b'"):
        load(graph, nodes=str(short))


def test_the_fingerprint_sees_names_and_distances() -> None:
    one = MatrixMetric(names=("a", "b", "c"), distances=TRIANGLE)
    other = MatrixMetric(names=("a", "b", "d"), distances=TRIANGLE)
    double = MatrixMetric(names=("a", "b", "c"), distances=2 * TRIANGLE)
    assert len({one.fingerprint(), other.fingerprint(), double.fingerprint()}) == 3
    same = MatrixMetric(names=("a", "b", "c"), distances=TRIANGLE.copy())
    assert one.fingerprint() == same.fingerprint()


def test_a_graph_dataset_of_any_plugin_is_taken() -> None:
    pytest.importorskip("geoframe_nst")
    metric = load(None, dataset={"name": "installed-distributions"}, disconnected="largest")
    assert isinstance(metric, GraphMetric)
    assert np.isfinite(metric.matrix()).all()


def test_numbers_that_are_names_may_be_large(tmp_path: Path) -> None:
    np.savez(tmp_path / "e.npz", edges=np.array([[7, 10**9], [10**9, -3]]))
    metric = load(tmp_path / "e.npz")
    assert metric.names == ("-3", "7", "1000000000")
    np.testing.assert_array_equal(metric.matrix()[0], [0, 2, 1])
    np.savez(tmp_path / "e.npz", edges=np.array([[0, 1e30]]))
    with pytest.raises(DataError, match="not whole or too large"):
        load(tmp_path / "e.npz")


def test_names_of_bytes_and_with_blanks(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", distances=TRIANGLE, names=np.array([b"x", b"y", b"\xc3\xa4"]))
    assert load(tmp_path / "d.npz").names == ("x", "y", "ä")
    edges = write(tmp_path, "e.csv", "source, target, weight\na, b, 1\n b,c ,2\n")
    assert load(edges).names == ("a", "b", "c")


@pytest.mark.parametrize("unit", [1e300, 1e-300])
def test_distances_beyond_single_precision_are_refused(tmp_path: Path, unit: float) -> None:
    np.save(tmp_path / "d.npy", unit * TRIANGLE)
    with pytest.raises(DataError, match="take another unit"):
        load(tmp_path / "d.npy")
    edges = write(tmp_path, "e.csv", f"source,target,weight\na,b,{unit}\nb,c,{unit}\n")
    with pytest.raises(DataError, match="take another unit"):
        load(edges)


def test_semicolons_are_remarked_upon(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="single cells; cells are separated by a comma"):
        load(write(tmp_path, "d.csv", ";a;b\na;0;1\nb;1;0\n"))
