"""Good trees in every format, and one clear line for each bad one."""

import json

import numpy as np
import pytest
from hnn_trees import random_tree, trees, write
from hypothesis import given

from geoframe.errors import DataError
from geoframe_hnn.build import build_tree
from geoframe_hnn.data import load_tree
from geoframe_hnn.data_config import TreeDataConfig
from geoframe_hnn.raw import RawTree
from geoframe_hnn.rooting import centre
from geoframe_hnn.tree import Tree

CSV = "parent,child,length\nroot,a,1\nroot,b,2.5\na,c,0.5\n"


def load(path, **options) -> Tree:
    return load_tree(TreeDataConfig(path=path, dataset=None, **options))


def distances(tree: Tree, *pairs: tuple[str, str]) -> list[float]:
    return [float(tree.distance(tree.find(u), tree.find(v))) for u, v in pairs]


PAIRS = (("c", "b"), ("a", "c"), ("root", "b"), ("a", "a"))
EXPECTED = [4.0, 0.5, 2.5, 0.0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", CSV),
        ("t.csv", "root,a,1\nroot,b,2.5\na,c,0.5\n"),
        ("t.csv", "child,length,parent\nroot,,\na,1,root\nb,2.5,root\nc,0.5,a\n"),
        ("t.tsv", CSV.replace(",", "\t")),
        ("t.nwk", "((c:0.5)a:1,b:2.5)root;"),
        ("t.nex", "#NEXUS\nBEGIN TREES;\nTREE one = ((c:0.5)a:1,b:2.5)root;\nEND;\n"),
        (
            "t.json",
            json.dumps(
                {
                    "name": "root",
                    "children": [
                        {"name": "a", "length": 1, "children": [{"name": "c", "length": 0.5}]},
                        {"name": "b", "length": 2.5},
                    ],
                }
            ),
        ),
        (
            "t.json",
            json.dumps(
                {
                    "directed": True,
                    "nodes": [{"id": name} for name in ("c", "root", "a", "b")],
                    "links": [
                        {"source": "a", "target": "c", "length": 0.5},
                        {"source": "root", "target": "a", "length": 1},
                        {"source": "root", "target": "b", "length": 2.5},
                    ],
                }
            ),
        ),
    ],
)
def test_every_format_gives_the_same_tree(tmp_path, name, text):
    tree = load(write(tmp_path, name, text))
    assert tree.names[0] == "root"
    assert distances(tree, *PAIRS) == pytest.approx(EXPECTED)
    assert np.all(tree.parent < np.arange(len(tree)))


def test_graphml_directed_and_undirected(tmp_path):
    import networkx as nx

    for graph in (nx.DiGraph(), nx.Graph()):
        graph.add_edge("a", "c", length=0.5)
        graph.add_edge("root", "a", length=1.0)
        graph.add_edge("root", "b", length=2.5)
        path = tmp_path / "t.graphml"
        nx.write_graphml(graph, path)
        tree = load(path, root="given" if graph.is_directed() else "root")
        assert tree.names[0] == "root"
        assert distances(tree, *PAIRS) == pytest.approx(EXPECTED)


def test_npz_with_parents_or_edges(tmp_path):
    path = tmp_path / "t.npz"
    names = np.array(["root", "a", "b", "c"])
    np.savez(path, parent=np.array([-1, 0, 0, 1]), length=[0, 1, 2.5, 0.5], label=names)
    assert distances(load(path), *PAIRS) == pytest.approx(EXPECTED)
    np.savez(
        path,
        edges=np.array([[1, 3], [0, 1], [0, 2]]),
        weights=[0.5, 1, 2.5],
        names=names,
        features=np.eye(4),
    )
    tree = load(path)
    assert distances(tree, *PAIRS) == pytest.approx(EXPECTED)
    assert tree.features is not None
    assert tree.features[tree.find("c")] == pytest.approx(np.eye(4)[3])


def test_folders_and_paths(tmp_path):
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "x" / "y" / "deep.txt").touch()
    (tmp_path / "x" / "__pycache__").mkdir()
    (tmp_path / "top.txt").touch()
    tree = load(tmp_path)
    assert set(tree.names) == {".", "x", "x/y", "x/y/deep.txt", "top.txt"}
    assert distances(tree, ("x/y/deep.txt", "top.txt")) == [4.0]
    tree = load(write(tmp_path, "t.txt", "animals/birds/owl\nanimals/fish\n/animals/birds/\n"))
    assert tree.names == ("animals", "animals/birds", "animals/birds/owl", "animals/fish")


def test_support_values_are_no_names_and_unnamed_nodes_get_some(tmp_path):
    tree = load(write(tmp_path, "t.nwk", "((a:1,b:1)95:1,(c:1,d:1)95:2);"))
    assert len(set(tree.names)) == len(tree) == 7
    assert distances(tree, ("a", "c")) == [5.0]
    assert "support values" in tree.repairs[0]


def test_edges_of_length_zero_are_merged_and_their_names_kept(tmp_path):
    path = write(tmp_path, "t.nwk", "((a:0,b:1)ab:1,c:2)r;")
    tree = load(path)
    assert len(tree) == 4
    assert tree.find("a") == tree.find("ab")
    assert distances(tree, ("a", "b"), ("a", "c")) == [1.0, 3.0]
    with pytest.raises(DataError, match="has length 0"):
        load(path, zero_lengths="refuse")


def test_deep_trees_do_not_recurse(tmp_path):
    n = 5000
    newick = "(" * n + "leaf" + "".join(f")n{k}" for k in range(n)) + ";"
    tree = load(write(tmp_path, "t.nwk", newick))
    assert len(tree) == n + 1
    lines = "\n".join(f"n{k},n{k + 1}" for k in range(n))
    assert int(load(write(tmp_path, "t.csv", lines)).depth.max()) == n


def test_roots_can_be_chosen(tmp_path):
    path = write(tmp_path, "t.csv", "a,b\nb,c\nc,d\nd,e\n")
    assert load(path).names[0] == "a"
    assert load(path, root="centre").names[0] == "c"
    assert load(path, root="e").names == ("e", "d", "c", "b", "a")
    with pytest.raises(DataError, match="no node 'x'"):
        load(path, root="x")


@given(tree=trees())
def test_the_centre_is_nowhere_far_from_anything(tree):
    edges = np.stack([tree.parent[1:], np.arange(1, len(tree))], axis=1)
    nodes = np.arange(len(tree))
    reach = tree.distance(nodes[:, None], nodes).max(axis=1)
    assert reach[centre(len(tree), edges, tree.length[1:])] == pytest.approx(reach.min())


def test_nested_lengths_put_ancestors_first(tmp_path):
    tree = load(write(tmp_path, "t.csv", "r,a\nr,b\na,c\na,d\nc,e\n"), lengths="nested")
    here = tree.find("e")
    order = np.argsort(tree.distance(here, np.arange(len(tree))))
    assert [tree.names[node] for node in order[:4]] == ["e", "c", "a", "r"]


def test_several_parents_and_roots_follow_the_policy(tmp_path):
    twice = write(tmp_path, "t.csv", "r,a\nr,b\na,c\nb,c\n")
    tree = load(twice, multiple_parents="first")
    assert tree.names[tree.parent[tree.find("c")]] == "a"
    assert "kept the first parent of 1" in tree.repairs[0]
    forest = write(tmp_path, "f.csv", "a,b\nc,d\n")
    tree = load(forest, roots="join")
    assert tree.names[0] == "root"
    assert distances(tree, ("b", "d")) == [4.0]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.csv", "r,a\nb,c\nc,d\nd,b\n", "has a cycle 'c' -> 'd' -> 'b' -> 'c'"),
        ("t.csv", "a,b\nb,a\n", "has a cycle"),
        ("t.csv", "a,b\nc,d\n", "has 2 roots, 'a' and 'c'"),
        ("t.csv", "r,a\nr,b\na,c\nb,c\n", "'c' has 2 parents, 'a' and 'b'"),
        ("t.csv", "r,a,-1\n", "'r' -> 'a' has the length -1"),
        ("t.csv", "r,a,nan\nr,b,1\n", "'r' -> 'a' has no length"),
        ("t.csv", "r,a,1\nr,b,\n", "'r' -> 'b' has no length"),
        ("t.csv", "r,a,inf\n", "has the length inf"),
        ("t.csv", "r,a,long\n", "first line .r, a, long. has no column 'parent'"),
        ("t.csv", "r,a,1\nr,b,long\n", "t.csv:2: the length 'long' is not a number"),
        ("t.csv", "r,r\n", "from a node to itself"),
        ("t.csv", "r,a\nr,a\n", "stands twice"),
        ("t.csv", "r,a\nr,\n", "t.csv:2: has no child"),
        ("t.csv", "parent,kid\nr,a\n", "no column 'child'.*data.target"),
        ("t.csv", ",a,b,c\na,0,1,2\n", "has no column 'parent' and is no parent, child and length"),
        ("t.csv", "", "is empty"),
        ("t.nwk", "((a,b);", "not a readable newick"),
        ("t.nwk", "(a:1,a:1)r;", "2 nodes are named 'a'"),
        ("t.nwk", "(a:1,b:-2)r;", "has the length -2"),
        ("t.nex", "not nexus", "not a readable nexus|holds no tree"),
        ("t.json", "{", "not JSON"),
        ("t.json", "[1]", "expected node-link data"),
        ("t.json", '{"name": "a", "children": 3}', "is not an object with a list"),
        ("t.graphml", "<graphml", "not a readable GraphML"),
        ("t.npz", "PK nonsense", "not a readable npz"),
        ("t.txt", "a//b\n", "empty part"),
        ("t.xyz", "a,b\n", "the suffix '.xyz' says nothing"),
    ],
)
def test_bad_files_get_one_clear_line(tmp_path, name, text, message):
    with pytest.raises(DataError, match=message) as caught:
        load(write(tmp_path, name, text))
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_bad_undirected_trees_get_one_clear_line():
    def build(edges, n=4):
        names = tuple("abcdef"[:n])
        build_tree(RawTree(origin="x", names=names, edges=np.array(edges), directed=False))

    with pytest.raises(DataError, match="so there is a cycle"):
        build([[0, 1], [1, 2], [2, 0], [2, 3]])
    with pytest.raises(DataError, match="only 2 of 4 nodes are connected"):
        build([[0, 1], [2, 3]])


def test_missing_files_and_pickles_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        load(tmp_path / "none.csv")
    path = tmp_path / "t.npz"
    np.savez(path, parent=np.array([None, 1], dtype=object))
    with pytest.raises(DataError, match="not a readable npz file: it holds pickled"):
        load(path)


def test_common_ancestors_agree_with_walking_up():
    tree = random_tree(200, seed=7)
    rng = np.random.default_rng(0)
    u, v = rng.integers(200, size=(2, 300))

    def ancestors(node):
        found = [int(node)]
        while found[-1] != 0:
            found.append(int(tree.parent[found[-1]]))
        return found

    for a, b, c in zip(u, v, tree.lca(u, v), strict=True):
        line = ancestors(b)
        assert c == next(node for node in ancestors(a) if node in line)
