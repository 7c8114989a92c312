"""What snowflake makes of files of distances, graphs and points, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from geoframe.config import TomlTable
from geoframe.errors import ConfigError, DataError
from geoframe_data.testing.distances import VALUES
from geoframe_data.testing.files import SuiteFile, check_refused
from geoframe_embedding.pairs import choose_pairs
from geoframe_registry.configs import configure
from geoframe_snowflake.data import load_metric
from geoframe_snowflake.metric.finite_metric import FiniteMetric, GraphMetric, MatrixMetric


def load(path: Path | None = None, **options: object) -> FiniteMetric:
    plain = {
        key: list(value) if isinstance(value, tuple) else value for key, value in options.items()
    }
    table = {**({"path": str(path)} if path is not None else {}), **plain}
    return load_metric(configure("snowflake", TomlTable({"data": table}))[1].data)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text", "options", "message"),
    [
        ("gap.csv", "a,b,c\n0,1,\n1,0,2\n,2,0\n", {}, "is missing"),
        ("infinite.csv", "0,1,inf\n1,0,2\ninf,2,0\n", {"missing": "mask"}, "not a finite number"),
        ("shape.csv", "a,b,c\n1,2,3\n", {}, "data.content"),
        ("index.csv", ",x,y\n0,1,2\n1,3,4\n2,5,6\n", {}, "data.content"),
        ("length.csv", "source,target,weight\na,b,0\n", {}, "positive"),
        ("parts.csv", "source,target\na,b\nx,y\n", {}, "set data.disconnected = 'largest'"),
        ("ends.csv", "one,target\na,b\n", {"content": "graph"}, "data.source"),
        ("nan.csv", "name,x\na,nan\nb,1\n", {"content": "points"}, "'a' has a number not finite"),
        ("word.csv", "name,x\na,one\nb,1\n", {"content": "points"}, "column 'x' holds no numbers"),
        ("cosine.csv", "x,y\n0,0\n1,1\n", {"content": "points", "metric": "cosine"}, "data.metric"),
        ("twice.csv", "source,target,weight\na,b,1\nb,a,3\n", {"duplicates": "refuse"}, "twice"),
    ],
)
def test_bad_data_get_one_clear_line(
    tmp_path: Path, name: str, text: str, options: dict[str, str], message: str
) -> None:
    check_refused(SuiteFile(name, text, options, message), tmp_path, load)


def test_gaps_stay_gaps_and_are_filled_by_the_shortest_way(tmp_path: Path) -> None:
    path = write(tmp_path, "gaps.csv", "a,b,c,d\n0,1,,7\n1,0,2,\n,2,0,0\n7,,0,0\n")
    metric = load(path, missing="mask")
    assert np.isnan(metric.matrix()).sum() == 4
    assert metric.symmetric
    whole = metric.completed().matrix()
    assert (whole[0, 2], whole[1, 3]) == (3, 2)  # the second by a distance of 0
    assert whole[0, 3] == 7  # what is known stays
    assert len(choose_pairs(metric, 100, seed=0)) == 4


def test_items_at_distance_zero_may_differ_elsewhere(tmp_path: Path) -> None:
    metric = load(write(tmp_path, "zero.csv", "0,1,0\n1,0,2\n0,2,0\n"))
    assert "at distance 0" in metric.conflict
    assert not load(write(tmp_path, "twin.csv", "0,1,0\n1,0,1\n0,1,0\n")).conflict


def test_points(tmp_path: Path) -> None:
    points = np.random.default_rng(0).standard_normal((5, 3))
    np.savez(tmp_path / "p.npz", points=points)
    metric = load(tmp_path / "p.npz", metric="cityblock")
    np.testing.assert_allclose(metric.matrix(), cdist(points, points, "cityblock"))
    np.testing.assert_allclose(metric.between(np.array([1, 2]), np.array([4, 0])),
                               metric.matrix()[[1, 2], [4, 0]])  # fmt: skip
    table = write(tmp_path, "index.csv", ",x,y\n0,1,2\n1,3,4\n2,5,6\n")
    metric = load(table, content="points")
    assert metric.names == ("0", "1", "2")
    assert metric.matrix()[0].tolist() == pytest.approx([0, 8**0.5, 32**0.5])
    frame = pd.DataFrame({"Name": ["a", "b"], "x": [0.0, 3.0], "y": [0.0, 4.0]})
    frame.to_parquet(tmp_path / "p.parquet")
    metric = load(tmp_path / "p.parquet", content="points")
    assert (metric.names, metric.matrix()[0, 1]) == (("a", "b"), 5)


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
    triangle = write(tmp_path, "t.csv", "source,target,weight\na,b,1\nb,c,2\n")  # 3 x 3 cells
    assert load(triangle).matrix()[0, 2] == 3


def test_largest_part(tmp_path: Path) -> None:
    path = write(tmp_path, "g.csv", "source,target\na,b\nb,c\nx,y\n")
    metric = load(path, disconnected="largest")
    assert metric.names == ("a", "b", "c")
    assert "2 items" in metric.repairs[-1]


def test_asymmetry_policies(tmp_path: Path) -> None:
    path = write(tmp_path, "d.csv", "0,1\n3,0\n")
    for policy, expected in (("mean", 2), ("min", 1), ("max", 3)):
        assert load(path, asymmetry=policy).matrix()[1, 0] == expected


def test_a_table_of_nodes_needs_a_path() -> None:
    with pytest.raises(ConfigError, match="nodes"):
        load(None, nodes="x.csv")


def test_features_of_nodes(tmp_path: Path) -> None:
    graph = write(tmp_path, "g.csv", "source,target\na,b\nb,c\n")
    table = write(tmp_path, "n.csv", "name,x,y\nc,5,6\na,1,2\nb,3,4\nfurther,7,8\n")
    metric = load(graph, nodes=str(table))
    np.testing.assert_array_equal(metric.features, [[1, 2], [3, 4], [5, 6]])
    short = write(tmp_path, "s.csv", "name,x\na,1\n")
    with pytest.raises(DataError, match="no features of 'b'"):
        load(graph, nodes=str(short))


def test_the_fingerprint_sees_names_and_distances() -> None:
    one = MatrixMetric(names=("a", "b", "c"), distances=VALUES)
    other = MatrixMetric(names=("a", "b", "d"), distances=VALUES)
    double = MatrixMetric(names=("a", "b", "c"), distances=2 * VALUES)
    assert len({one.fingerprint(), other.fingerprint(), double.fingerprint()}) == 3
    same = MatrixMetric(names=("a", "b", "c"), distances=VALUES.copy())
    assert one.fingerprint() == same.fingerprint()


@pytest.mark.parametrize(
    "dataset",
    [{"name": "installed-distributions"}, {"name": "complete-tree", "depth": 3}],
)
def test_datasets_of_other_plugins_are_taken(dataset: dict[str, object]) -> None:
    pytest.importorskip("geoframe_nst")
    pytest.importorskip("geoframe_hnn")
    metric = load(None, dataset=dataset, disconnected="largest")
    assert isinstance(metric, GraphMetric)
    assert np.isfinite(metric.matrix()).all()


@pytest.mark.parametrize("unit", [1e300, 1e-300])
def test_distances_beyond_single_precision_are_refused(tmp_path: Path, unit: float) -> None:
    np.save(tmp_path / "d.npy", unit * VALUES)
    with pytest.raises(DataError, match="take another unit"):
        load(tmp_path / "d.npy")
    edges = write(tmp_path, "e.csv", f"source,target,weight\na,b,{unit}\nb,c,{unit}\n")
    with pytest.raises(DataError, match="choose another unit"):
        load(edges)


def test_node_link_data_of_others(tmp_path: Path) -> None:
    nodes = [{"id": "n0", "name": "left"}, {"id": "n1", "name": "right"}]
    links = [{"source": "n0", "target": "n1", "weight": 2.0}]
    path = write(tmp_path, "g.json", json.dumps({"nodes": nodes, "links": links}))
    assert load(path).names == ("left", "right")
