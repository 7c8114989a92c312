"""Trees in every format, and trees that must be refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from geoframe_data.testing.files import SuiteFile, Write

EDGES = (("root", "a", 1.0), ("root", "b", 2.5), ("a", "c", 0.5))
"""Parent, child and length of what all of :func:`good_trees` hold."""
CSV = "parent,child,length\nroot,a,1\nroot,b,2.5\na,c,0.5\n"
NEWICK = "((c:0.5)a:1,b:2.5)root;"
PHYLOXML = (
    '<phyloxml xmlns="http://www.phyloxml.org"><phylogeny rooted="true"><clade><name>root</name>'
    "<clade><name>a</name><branch_length>1</branch_length>"
    '<clade branch_length="0.5"><name>c</name></clade></clade>'
    '<clade branch_length="2.5"><name>b</name></clade></clade></phylogeny></phyloxml>'
)
TRANSLATED = (
    "#NEXUS\n[by hand]\nBegin trees;\n translate 1 c, 2 b;\n"
    " tree one = [&R] ((1:0.5)a:1,2:2.5)root;\nEnd;\n"
)
HIERARCHY = {
    "name": "root",
    "children": [
        {"name": "a", "length": 1, "children": [{"name": "c", "length": 0.5}]},
        {"name": "b", "length": 2.5, "children": None},
    ],
}


def _network(directed: bool) -> nx.Graph:
    graph = nx.DiGraph() if directed else nx.Graph()
    graph.add_weighted_edges_from(EDGES, weight="length")
    return graph


def _links() -> str:
    links = [{"source": u, "target": v, "length": w} for u, v, w in EDGES]
    nodes = [{"id": name} for name in ("c", "root", "a", "b")]
    return json.dumps({"directed": True, "nodes": nodes, "links": links})


def _npz(**arrays: Any) -> Write:
    return lambda path: np.savez(path, **arrays)


def good_trees() -> list[SuiteFile]:
    """Files that all hold the tree of :data:`EDGES`."""
    names = np.array(["root", "a", "b", "c"])
    lengths = np.array([0, 1, 2.5, 0.5])
    ends = np.array([[1, 3], [0, 1], [0, 2]])
    found: list[tuple[str, str | Write]] = [
        ("t.csv", CSV),
        ("headless.csv", "root,a,1\nroot,b,2.5\na,c,0.5\n"),
        ("rootrow.csv", "child,length,parent\nroot,,\na,1,root\nb,2.5,root\nc,0.5,a\n"),
        ("t.tsv", CSV.replace(",", "\t")),
        ("semicolon.csv", CSV.replace(",", ";")),
        ("graph.csv", CSV.replace("parent,child,length", "Source,Target,Weight")),
        ("branch.csv", CSV.replace("length", "branch_length")),
        ("t.nwk", NEWICK),
        ("newick.tree", NEWICK),
        ("newick.txt", NEWICK),
        ("t.nex", f"#NEXUS\nBEGIN TREES;\nTREE one = {NEWICK}\nEND;\n"),
        ("mrbayes.con.tre", TRANSLATED),
        ("t.xml", PHYLOXML),
        ("hierarchy.json", json.dumps(HIERARCHY)),
        ("links.json", _links()),
        ("t.graphml", lambda path: nx.write_graphml(_network(True), path)),
        ("t.gml", lambda path: nx.write_gml(_network(True), path)),
        ("parent.npz", _npz(parent=np.array([-1, 0, 0, 1]), length=lengths, label=names)),
        ("edges.npz", _npz(edges=ends, weights=lengths[ends[:, 1]], names=names)),
    ]
    undirected = SuiteFile(
        "undirected.graphml", lambda path: nx.write_graphml(_network(False), path), {"root": "root"}
    )
    return [*(SuiteFile(*each) for each in found), undirected]


def unweighted_trees() -> list[SuiteFile]:
    """Files of the same tree without lengths, whose nodes are named by what stands there."""
    obo = "format-version: 1.2\n\n" + "\n".join(
        f"[Term]\nid: X:{name}\nname: {name}\n"
        + (f"is_a: X:{above} ! its parent\n" if above else "")
        for name, above in (("root", ""), ("a", "root"), ("b", "root"), ("c", "a"))
    )
    ids = {"id": "root", "children": [{"id": "a", "children": [{"id": "c"}]}, {"id": "b"}]}
    return [
        SuiteFile("t.obo", obo),
        SuiteFile("ids.json", json.dumps(ids)),
        SuiteFile("outline.txt", "root\n  a\n    c\n  b\n"),
        SuiteFile("tabs.txt", "root\n\ta\n\t\tc\n\tb\n"),
        SuiteFile("plain.nwk", "((c)a,b)root;"),
    ]


def bad_trees() -> list[SuiteFile]:
    """Files that no reader of trees takes; the options are those of ``as_tree``."""
    deep = '{"name":"r","children":[' * 9999 + "{}" + "]}" * 9999
    bad: list[tuple[str, str | Write, str]] = [
        ("cycle.csv", "r,a,1\nb,c,1\nc,d,1\nd,b,1\n", "has a cycle 'b' -> 'c' -> 'd' -> 'b'"),
        ("roots.csv", "a,b,1\nc,d,1\n", "has 2 roots, 'a' and 'c'"),
        ("parents.csv", "r,a,1\nr,b,1\na,c,1\nb,c,1\n", "'c' has 2 parents, 'a' and 'b'"),
        ("negative.csv", "r,a,-1\n", "'r' -> 'a' has the length -1"),
        ("nan.csv", "r,a,nan\nr,b,1\n", "'r' -> 'a' has no length"),
        ("gap.csv", "r,a,1\nr,b,\n", "'r' -> 'b' has no length"),
        ("inf.csv", "r,a,inf\n", "has the length inf"),
        ("loop.csv", "r,r,1\n", "from a node to itself"),
        ("twice.csv", "r,a,1\nr,a,2\n", "stands there twice"),
        ("child.csv", "parent,child\nr,a\nr,\n", "child.csv:3: column 'child' is empty"),
        ("open.nwk", "((a,b);", "a parenthesis is never closed"),
        ("close.nwk", "(a,b));", "outside of parentheses"),
        ("end.nwk", "(a,b)", "the semicolon at its end is missing"),
        ("blank.nwk", "(Homo sapiens:1,b:1);", "has to stand in single quotes"),
        ("colons.nwk", "((A:0.1,B:0.2):0.3:95,C:0.4);", "has two numbers, 0.3 and 95"),
        ("length.nwk", "(a:far,b:1)r;", "the length 'far' is not a number"),
        ("names.nwk", "(a:1,a:1)r;", "2 nodes are named 'a'"),
        ("minus.nwk", "(a:1,b:-2)r;", "has the length -2"),
        ("none.nex", "#NEXUS\nbegin data;\nend;\n", "holds no tree"),
        ("children.json", '{"name": "a", "children": 3}', "is not an object with a list"),
        ("deep.json", deep, "nested too deeply"),
        ("empty.xml", "<phyloxml/>", "holds no phylogeny"),
        ("unknown.obo", "[Term]\nid: a\nis_a: b\n", "which is not among the terms"),
        ("parts.paths", "a//b\n", "empty part"),
        ("indent.outline", "r\n    a\n  b\n", "fits no line above it"),
    ]
    return [SuiteFile(name, content, {}, message) for name, content, message in bad]


def odd_folder(path: Path) -> None:
    """Make a folder with links that lead in circles and into nothing."""
    (path / "a").mkdir()
    (path / "a" / "loop").symlink_to(path)
    (path / "dangling").symlink_to("/nowhere/at/all")
