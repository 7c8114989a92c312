"""Nodes with several parents: which they hang from, and who stands above whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoframe.errors import DataError
from geoframe_data import dag, read_graph
from geoframe_data.ancestry import Ancestry
from geoframe_data.graph import Graph
from geoframe_data.tree import Tree
from geoframe_data.tree_policy import as_tree

NODES = 10


def load(folder: Path, text: str, **options: Any) -> Tree:
    path = folder / "taxonomy.csv"
    path.write_text(text)
    return as_tree(read_graph(path, roots=True), multiple_parents="keep", **options)


@st.composite
def taxonomies(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Edges of a graph without cycles whose nodes all stand below node 0."""
    order = [0, *draw(st.permutations(range(1, NODES)))]
    edges = []
    for place in range(1, NODES):
        above = draw(st.lists(st.integers(0, place - 1), min_size=1, max_size=3, unique=True))
        edges += [(order[parent], order[place]) for parent in above]
    return draw(st.permutations(edges))


@settings(max_examples=30, deadline=None)
@given(taxonomies())
def test_everything_is_known_that_the_edges_say(pairs: list[tuple[int, int]]) -> None:
    graph = nx.DiGraph(pairs)
    names = [str(node) for node in range(NODES)]
    tree = as_tree(Graph(names=names, edges=pairs), multiple_parents="keep")
    number = tree.find_all(names)
    ancestry = Ancestry(tree)
    above = [nx.ancestors(graph, node) for node in range(NODES)]
    assert dag.ancestors(NODES, np.array(pairs)) == above
    for node in range(NODES):
        parents = {int(number[parent]) for parent in graph.predecessors(node)}
        assert set(ancestry.parents(number[node])) == parents
        assert set(ancestry.ancestors(number[node])) == {number[each] for each in above[node]}
        # No tree of one parent each has a longer path to the root.
        longest = nx.dag_longest_path_length(graph.subgraph(above[node] | {node}))
        assert tree.depth[number[node]] == longest == dag.depth(NODES, np.array(pairs))[node]
    u, v = (each.ravel() for each in np.indices((NODES, NODES)))
    expected = [a == b or a in above[b] for a, b in zip(u.tolist(), v.tolist(), strict=True)]
    assert ancestry.precedes(number[u], number[v]).tolist() == expected
    up = dict(nx.all_pairs_shortest_path_length(graph.reverse()))
    for a, b in zip(u.tolist(), v.tolist(), strict=True):
        found = names.index(tree.names[ancestry.nearest_common(number[a], number[b])])
        common = up[a].keys() & up[b].keys()
        assert up[a][found] + up[b][found] == min(up[a][each] + up[b][each] for each in common)


def test_further_parents_keep_their_lengths_and_count_in_the_fingerprint(tmp_path: Path) -> None:
    text = "parent,child,length\nr,a,1\nr,b,2\nb,c,3\na,d,4\nc,d,5\n"
    tree = load(tmp_path, text)
    assert [tree.names[each] for each in Ancestry(tree).parents(tree.find("d"))] == ["c", "a"]
    assert tree.further.length.tolist() == [4.0]
    assert "nodes with several parents (1)" in tree.repairs[-1]
    assert load(tmp_path, text.replace("4", "4.5")).fingerprint() != tree.fingerprint()
    nested = load(tmp_path, text, lengths="nested")
    assert nested.further.length.tolist() == nested.length[[nested.find("d")]].tolist()
    joined = load(tmp_path, text + "s,d,1\n", roots="join")
    assert len(joined.further) == 2
    assert joined.names[0] == "root"


def test_what_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    text = "parent,child\nr,a\nr,b\nb,c\na,d\nc,d\n"
    assert load(tmp_path, text, root="r").names[0] == "r"
    for root in ("centre", "c"):
        with pytest.raises(DataError, match=f"data.root is '{root}'"):
            load(tmp_path, text, root=root)
    with pytest.raises(DataError, match=r"has a cycle 'b' -> 'c' -> 'd' -> 'b'"):
        load(tmp_path, text + "d,b\n")
    lengths = "parent,child,length\nr,a,1\nr,b,0\nb,c,3\na,d,4\nc,d,5\n"
    with pytest.raises(DataError, match="where edges of length 0 are merged"):
        load(tmp_path, lengths)
    assert len(load(tmp_path, lengths, lengths="ones").further) == 1
