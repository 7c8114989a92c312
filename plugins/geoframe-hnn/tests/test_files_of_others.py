"""Files as other programs write them, and as people break them."""

import json
import os

import networkx as nx
import numpy as np
import pytest
from hnn_trees import write

from geoframe.errors import DataError
from geoframe_hnn.data import load_tree
from geoframe_hnn.data_config import TreeDataConfig
from geoframe_hnn.readers import paths
from geoframe_hnn.tree import Tree

MESQUITE = """#NEXUS
[written by a program]
BEGIN TAXA;
TITLE Taxa;
DIMENSIONS NTAX=3;
TAXLABELS
    A b 'C c';
END;
BEGIN TREES;
    TITLE Trees;
    LINK TAXA = Taxa;
    TRANSLATE
[0]     1 A,
[1]     2 b,
[2]     3 'C c';
    TREE 'un titled+' = [&R] ((1:1,2:1.5)0.9:1,3:2);
END;
"""


def load(path, **options) -> Tree:
    return load_tree(TreeDataConfig(path=path, dataset=None, **options))


def test_nexus_leaves_have_the_names_of_the_translation(tmp_path):
    tree = load(write(tmp_path, "t.nex", MESQUITE))
    assert {"A", "b", "C c"} < set(tree.names)
    assert not {"1", "2", "3"} & set(tree.names)
    assert tree.distance(tree.find("A"), tree.find("C c")) == 4.0


def test_names_that_differ_in_case_only_are_different(tmp_path):
    tree = load(write(tmp_path, "t.nex", "#NEXUS\nBEGIN TREES; TREE t = (A,(a,b)); END;\n"))
    assert {"A", "a", "b"} < set(tree.names)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("((a:1,b:1)0.9/95:1,(c:1,d:1)0.9/95:1);", {"a", "b", "c", "d"}),
        ("((a:1,b:1)0.9:1,(c:1,d:1)Clade:1,(e:1,f:1)0.9:1);", {"a", "Clade", "f"}),
        ("((1,2)3,(4,5)6)7;", {"1", "3", "6", "7"}),
        ("(('Homo sapiens':1,'it''s; (odd)':2)'inner one':3,C[note]:1)[root];", {"it's; (odd)"}),
        ("((Äpfel:1,'naïve café':2):1,日本:3);", {"Äpfel", "naïve café", "日本"}),
    ],
)
def test_labels_of_newick_trees(tmp_path, text, names):
    tree = load(write(tmp_path, "t.nwk", text))
    assert names <= set(tree.names)
    assert not {"0.9", "0.9/95"} & set(tree.names)


def test_parent_lists_may_be_quoted_and_children_null(tmp_path):
    text = 'parent,child,length\n"r, x",a,1\n"r, x","two\nlines",2\n'
    assert set(load(write(tmp_path, "t.csv", text)).names) == {"r, x", "a", "two\nlines"}
    text = json.dumps({"name": "r", "children": [{"name": "a", "children": None}]})
    assert load(write(tmp_path, "t.json", text)).names == ("r", "a")


def test_a_root_named_nan_is_remarked_upon(tmp_path):
    tree = load(write(tmp_path, "t.csv", "parent,child\nNaN,a\na,b\n"))
    assert "leave the parent of a root empty" in tree.repairs[0]
    assert load(write(tmp_path, "t.csv", "r,NA\nNA,b\n")).repairs == ()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.csv", "parent;child\nr;a\n", "single cell; cells are separated by a comma"),
        ("t.csv", "parent,child\nr,Smith, John\n", "t.csv:2: has 3 cells for 2 columns"),
        ("t.csv", "parent,child,child\nr,a,b\n", "two columns are named 'child'"),
        ("t.csv", "par,chi,len\nr,a,1\n", "first line .par, chi, len. has no column 'parent'"),
        ("t.json", '{"nodes": ["a", "b"], "edges": [["a", "b"]]}', "not readable node-link data"),
        ("t.json", '{"nodes": [{"id": 1}]}', "no list 'links' or 'edges'"),
        ("t.json", '{"name":"r","children":[' * 9999 + "{}" + "]}" * 9999, "nested too deeply"),
        ("t.nex", "#NEXUS\nBEGIN TREES; TREE t = (A,(A,b)); END;\n", "not a readable nexus"),
    ],
)
def test_broken_files_get_one_clear_line(tmp_path, name, text, message):
    with pytest.raises(DataError, match=message) as caught:
        load(write(tmp_path, name, text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"parent": [[-1, 0, 0]]}, r"'parent' has shape \(1, 3\)"),
        ({"parent": 3}, r"'parent' has shape \(\)"),
        ({"parent": [-1, 0, -5]}, "'parent' holds -5; a root's parent is -1"),
        ({"edges": [0, 1]}, r"'edges' has shape \(2,\)"),
        ({"parent": [-1, 0], "features": [["a"], ["b"]]}, "expected a row of numbers for each"),
        ({"parent": [-1, 0], "features": [[1, 2], [3, np.nan]]}, "feature 1 of node 1 is nan"),
    ],
)
def test_broken_arrays_get_one_clear_line(tmp_path, arrays, message):
    path = tmp_path / "t.npz"
    np.savez(path, **arrays)
    with pytest.raises(DataError, match=message):
        load(path)


def test_arrays_of_bytes_and_of_no_edges(tmp_path):
    path = tmp_path / "t.npz"
    np.savez(path, edges=np.zeros((0, 2), dtype=int), names=np.array([b"\xc3\xa4"]))
    assert load(path).names == ("ä",)


def test_any_graphml_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "t.graphml"
    nx.write_gml(nx.path_graph(3), path)
    with pytest.raises(DataError, match="not a readable GraphML"):
        load(path)


def test_folders_with_odd_names_and_loops(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to("/nowhere/at/all")
    (tmp_path / os.fsdecode(b"bad\xff")).touch()
    tree = load(tmp_path)
    assert set(tree.names) == {".", "a", "a/loop", "dangling", "bad\\xff"}
    "\n".join(tree.names).encode()


def test_folders_that_cannot_be_listed_are_leaves(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "secret").touch()
    (tmp_path / "open").mkdir()
    scandir = os.scandir

    def guarded(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(paths.os, "scandir", guarded)
    tree = load(tmp_path)
    assert set(tree.names) == {".", "closed", "open"}
    assert "1 folders could not be listed" in tree.repairs[0]
    with pytest.raises(DataError, match="cannot be listed: Permission denied"):
        load(tmp_path / "closed")
