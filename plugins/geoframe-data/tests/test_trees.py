"""Every format gives the same tree, of any depth, and every bad one a line that says why."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoframe.errors import DataError
from geoframe_data import Graph, Tree, as_tree, read_graph
from geoframe_data.graphs import paths
from geoframe_data.testing.files import SuiteFile, check_refused, named
from geoframe_data.testing.trees import bad_trees, good_trees, odd_folder, unweighted_trees

PAIRS = (("c", "b"), ("a", "c"), ("root", "b"), ("a", "a"))


def load(path: Path, **options: Any) -> Tree:
    return as_tree(read_graph(path, roots=True), **options)


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def distances(tree: Tree, *pairs: tuple[str, str]) -> list[float]:
    return [float(tree.distance(tree.find(u), tree.find(v))) for u, v in pairs]


@pytest.mark.parametrize("file", named(good_trees()))
def test_every_file_holds_the_same_tree(tmp_path: Path, file: SuiteFile) -> None:
    tree = load(file.write(tmp_path), **file.options)
    assert tree.names[0] == "root"
    assert set(tree.names) == {"root", "a", "b", "c"}
    assert distances(tree, *PAIRS) == pytest.approx([4.0, 0.5, 2.5, 0.0])
    assert np.all(tree.parent < np.arange(len(tree)))


@pytest.mark.parametrize("file", named(unweighted_trees()))
def test_files_without_lengths(tmp_path: Path, file: SuiteFile) -> None:
    tree = load(file.write(tmp_path))
    assert distances(tree, *PAIRS) == [3, 1, 1, 0]


@pytest.mark.parametrize("file", named(bad_trees()))
def test_bad_trees_get_one_line(tmp_path: Path, file: SuiteFile) -> None:
    check_refused(file, tmp_path, load)


def test_deep_trees_and_stars_take_linear_time(tmp_path: Path) -> None:
    n = 100_000
    chain = "(" * n + "leaf" + "".join(f")n{k}" for k in range(n)) + ";"
    start = time.process_time()
    assert int(load(write(tmp_path, "chain.nwk", chain)).depth.max()) == n
    star = "(" + ",".join(f"n{k}" for k in range(n)) + ")r;"
    assert len(load(write(tmp_path, "star.nwk", star))) == n + 1
    lines = "\n".join(f"n{k},n{k + 1}" for k in range(n))
    assert int(load(write(tmp_path, "chain.csv", lines)).depth.max()) == n
    assert time.process_time() - start < 30  # about 3 s; quadratic work takes minutes


@pytest.mark.parametrize(
    ("text", "known", "unknown"),
    [
        ("((a:1,b:1)0.9/95:1,(c:1,d:1)0.9/95:1);", {"a", "b", "c", "d"}, {"0.9/95"}),
        ("((a:1,b:1)0.9:1,(c:1,d:1)Clade:1,(e:1,f:1)0.9:1);", {"a", "Clade", "f"}, {"0.9"}),
        ("((1,2)3,(4,5)6)7;", {"1", "3", "6", "7"}, set()),
        ("(('Homo sapiens':1,'it''s; (odd)':2)'inner one':3,C[note]:1)[root];", {"it's; (odd)"},
         {"note"}),
        ("((Äpfel_x:1,'naïve café':2):1,日本:3);", {"Äpfel_x", "naïve café", "日本"}, set()),
        ("(a,b);\n(c,d);\n", {"a", "b"}, {"c"}),
    ],
)  # fmt: skip
def test_labels_of_newick(tmp_path: Path, text: str, known: set[str], unknown: set[str]) -> None:
    tree = load(write(tmp_path, "t.nwk", text))
    assert known <= set(tree.names)
    assert not unknown & set(tree.names)
    assert len(set(tree.names)) == len(tree)


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


def test_nexus_leaves_have_the_names_of_the_translation(tmp_path: Path) -> None:
    untranslated = re.sub(r"TRANSLATE.*?;", "", MESQUITE, flags=re.DOTALL)
    for text in (MESQUITE, untranslated):  # numbers are then places among the labels
        tree = load(write(tmp_path, "t.nex", text))
        assert {"A", "b", "C c"} < set(tree.names)
        assert not {"1", "2", "3"} & set(tree.names)
        assert distances(tree, ("A", "C c")) == [4.0]
    tree = load(write(tmp_path, "t.nex", "#NEXUS\nBEGIN TREES; TREE t = (A,(a,b)); END;\n"))
    assert {"A", "a", "b"} < set(tree.names)  # that differ in case are different


def test_edges_of_length_zero_are_merged_and_their_names_kept(tmp_path: Path) -> None:
    path = write(tmp_path, "t.nwk", "((a:0,b:1)ab:1,c:2)r;")
    tree = load(path)
    assert len(tree) == 4
    assert tree.find("a") == tree.find("ab")
    assert distances(tree, ("a", "b"), ("a", "c")) == [1.0, 3.0]
    with pytest.raises(DataError, match="has length 0"):
        load(path, zero_lengths="refuse")


def test_roots_can_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", "a,b\nb,c\nc,d\nd,e\n")
    assert load(path).names[0] == "a"
    assert load(path, root="centre").names[0] == "c"
    assert load(path, root="e").names == ("e", "d", "c", "b", "a")
    with pytest.raises(DataError, match="no node 'x'"):
        load(path, root="x")


def test_nested_lengths_put_ancestors_first(tmp_path: Path) -> None:
    tree = load(write(tmp_path, "t.csv", "r,a\nr,b\na,c\na,d\nc,e\n"), lengths="nested")
    order = np.argsort(tree.distance(tree.find("e"), np.arange(len(tree))))
    assert [tree.names[node] for node in order[:4]] == ["e", "c", "a", "r"]


def test_several_parents_and_roots_follow_the_policy(tmp_path: Path) -> None:
    twice = write(tmp_path, "t.csv", "r,a\nr,b\na,c\nb,c\n")
    tree = load(twice, multiple_parents="first")
    assert tree.names[tree.parent[tree.find("c")]] == "a"
    assert "kept the first parent of 1" in tree.repairs[0]
    tree = load(write(tmp_path, "f.csv", "a,b,1\nc,d,1\n"), roots="join")
    assert tree.names[0] == "root"
    assert distances(tree, ("b", "d")) == [4.0]


def test_undirected_graphs_that_are_no_trees() -> None:
    def build(edges: list[list[int]]) -> Tree:
        return as_tree(Graph(names="abcd", edges=np.array(edges), directed=False))

    with pytest.raises(DataError, match="so there is a cycle"):
        build([[0, 1], [1, 2], [2, 0], [2, 3]])
    with pytest.raises(DataError, match="only 2 of 4 nodes are connected"):
        build([[0, 1], [2, 3]])


def test_folders_and_paths(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "x" / "y").mkdir(parents=True)
    (folder / "x" / "y" / "deep.txt").touch()
    (folder / "x" / "__pycache__").mkdir()
    (folder / "top.txt").touch()
    tree = load(folder)
    assert set(tree.names) == {".", "x", "x/y", "x/y/deep.txt", "top.txt"}
    assert distances(tree, ("x/y/deep.txt", "top.txt")) == [4.0]
    tree = load(
        write(tmp_path, "t.txt", "animals/big birds/owl\nanimals/fish\n/animals/big birds/\n")
    )
    assert tree.names == (
        "animals", "animals/big birds", "animals/big birds/owl", "animals/fish",
    )  # fmt: skip


def test_folders_with_odd_names_and_loops(tmp_path: Path) -> None:
    odd_folder(tmp_path)
    (tmp_path / os.fsdecode(b"bad\xff")).touch()
    tree = load(tmp_path)
    assert set(tree.names) == {".", "a", "a/loop", "dangling", "bad\\xff"}
    "\n".join(tree.names).encode()


def test_folders_that_cannot_be_listed_are_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "secret").touch()
    (tmp_path / "open").mkdir()
    scandir = os.scandir

    def guarded(path: str) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(paths.os, "scandir", guarded)
    tree = load(tmp_path)
    assert set(tree.names) == {".", "closed", "open"}
    assert "1 folders could not be listed" in tree.repairs[0]
    with pytest.raises(DataError, match="cannot be listed: Permission denied"):
        load(tmp_path / "closed")
