"""The same graph, tree or matrix, however it is written, is the same to every method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from geoframe_data.graph import Graph
from geoframe_data.testing.bad_graphs import bad_graphs
from geoframe_data.testing.distances import VALUES, bad_distances, good_distances
from geoframe_data.testing.files import SuiteFile, check_refused, named
from geoframe_data.testing.graphs import (
    EDGES,
    NAMES,
    WEIGHTS,
    bare_graphs,
    good_graphs,
    network,
    numbered_graphs,
)
from geoframe_data.testing.trees import bad_trees, good_trees, unweighted_trees
from geoframe_data.tree import Tree
from geoframe_hnn.data import load_tree
from geoframe_hnn.data_config import TreeDataConfig
from geoframe_nst.data import load_graph
from geoframe_nst.data_config import GraphDataConfig
from geoframe_snowflake.data import load_metric
from geoframe_snowflake.data_config import MetricDataConfig
from geoframe_snowflake.metric.finite_metric import FiniteMetric


def as_graph(path: Path, **options: Any) -> Graph:
    return load_graph(GraphDataConfig(path=path, dataset=None, **options))  # type: ignore[arg-type]


def as_tree(path: Path, **options: Any) -> Tree:
    return load_tree(TreeDataConfig(path=path, dataset=None, **options))  # type: ignore[arg-type]


def as_metric(path: Path, **options: Any) -> FiniteMetric:
    return load_metric(MetricDataConfig(path=path, dataset=None, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("file", named(good_graphs()))
def test_a_graph_is_understood_alike(file: SuiteFile, tmp_path: Path) -> None:
    path = file.write(tmp_path)
    graph = as_graph(path)
    assert graph.names == NAMES
    assert graph.edges.tolist() == EDGES.tolist()
    np.testing.assert_array_equal(graph.weights, WEIGHTS)
    metric = as_metric(path)
    lengths = dict(nx.all_pairs_dijkstra_path_length(network().to_undirected()))
    assert metric.names == NAMES
    np.testing.assert_allclose(metric.matrix(), [[lengths[u][v] for v in NAMES] for u in NAMES])
    tree = as_tree(path, multiple_parents="first")  # without the edge 'NA' -> 'c d'
    assert {tree.names[node]: tree.length[node] for node in range(4)} == {
        "a": 0.0, "NA": 0.1, "c d": 2.0, "7": 3.25,
    }  # fmt: skip
    assert set(graph.repairs) - {*tree.repairs} == set()
    assert set(graph.repairs) - {*metric.repairs} == set()


@pytest.mark.parametrize("file", named(numbered_graphs()))
def test_a_numbered_graph_is_understood_alike(file: SuiteFile, tmp_path: Path) -> None:
    path = file.write(tmp_path)
    options = {"content": "graph"} if path.suffix == ".edges" else {}
    graph, metric = as_graph(path), as_metric(path, **options)
    tree = as_tree(path, multiple_parents="first")
    assert graph.names == metric.names == tuple(sorted(tree.names)) == ("1", "2", "3", "4")
    np.testing.assert_array_equal(graph.weights, WEIGHTS)
    assert metric.matrix()[0, 3] == pytest.approx(0.1 + 1e-3 + 3.25)


@pytest.mark.parametrize("file", named(bare_graphs()))
def test_lists_of_neighbours_are_understood_alike(file: SuiteFile, tmp_path: Path) -> None:
    path = file.write(tmp_path)
    graph, metric = as_graph(path), as_metric(path, content="graph")
    tree = as_tree(path, multiple_parents="first")
    assert graph.names == metric.names
    assert set(tree.names) == {*graph.names}
    a, last = (metric.names.index(name) for name in ("a", "7"))
    assert metric.matrix()[a, last] == 2


@pytest.mark.parametrize("file", named([*good_trees(), *unweighted_trees()]))
def test_a_tree_is_understood_alike(file: SuiteFile, tmp_path: Path) -> None:
    path = file.write(tmp_path)
    tree = as_tree(path, **file.options)
    parents = {tree.names[node]: tree.names[tree.parent[node]] for node in range(1, 4)}
    assert parents == {"a": "root", "b": "root", "c": "a"}
    metric = as_metric(path)
    nodes = tree.find_all(metric.names)
    np.testing.assert_allclose(metric.matrix(), tree.distance(nodes[:, None], nodes))
    if file.options:
        return  # an undirected tree, whose root the user names
    graph = as_graph(path)
    ends = {(graph.names[u], graph.names[v]) for u, v in graph.edges.tolist()}
    assert ends == {(parent, child) for child, parent in parents.items()}


@pytest.mark.parametrize("file", named(good_distances()))
def test_distances_are_understood(file: SuiteFile, tmp_path: Path) -> None:
    metric = as_metric(file.write(tmp_path), **file.options)
    np.testing.assert_allclose(metric.matrix(), VALUES, rtol=3e-7)


def refuse_as_graph(path: Path, **options: Any) -> FiniteMetric:
    return as_metric(path, content="graph", **options)


METHODS = {"nst": as_graph, "hnn": as_tree, "snowflake": refuse_as_graph}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("file", named(bad_graphs()))
def test_a_bad_graph_is_refused_alike(file: SuiteFile, method: str, tmp_path: Path) -> None:
    if method == "hnn" and file.name == "hole.csv":
        pytest.skip("an edge without a source is a root of a tree")
    check_refused(file, tmp_path, METHODS[method])


@pytest.mark.parametrize("file", named(bad_trees()))
def test_a_bad_tree_is_refused(file: SuiteFile, tmp_path: Path) -> None:
    check_refused(file, tmp_path, as_tree)


@pytest.mark.parametrize("file", named(bad_distances()))
def test_bad_distances_are_refused(file: SuiteFile, tmp_path: Path) -> None:
    check_refused(file, tmp_path, lambda path: as_metric(path, content="distances"))
