"""Graphs that must be refused, each with its remedy or reason."""

from __future__ import annotations

import pickle
from io import BytesIO
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from geoframe_data.testing.files import SuiteFile, Write
from geoframe_data.testing.graphs import (
    EDGES,
    FEATURES,
    NAMES,
    WEIGHTS,
    network,
    npz,
    tensors,
)


def _truncated(path: Path) -> None:
    content = BytesIO()
    np.savez(content, edges=EDGES, weights=WEIGHTS, names=np.array(NAMES))
    path.write_bytes(content.getvalue()[:300])


def _flipped(path: Path) -> None:
    np.savez_compressed(path, edges=np.arange(2000).reshape(-1, 2))
    content = bytearray(path.read_bytes())
    content[200:260] = bytes(60)
    path.write_bytes(bytes(content))


def _array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, EDGES)


def _two_graphs() -> str:
    text = "\n".join(nx.generate_graphml(network()))
    return text.replace("</graph>", "</graph><graph edgedefault='directed'/>")


MTX = "%%MatrixMarket matrix coordinate real general\n"


def bad_graphs() -> list[SuiteFile]:
    """Files that no reader of graphs takes, each with its remedy or reason."""
    arrays = np.array([[0, 1], "ab"], dtype=object)
    names = np.array(NAMES)
    bad: list[tuple[str, str | bytes | Write, dict[str, Any], str]] = [
        ("empty.csv", "", {}, "is empty"),
        ("blank.csv", "\n \n", {}, "is empty"),
        ("comments.csv", "# a,b\n# c,d\n", {}, "holds no data"),
        ("header.csv", "source,target,weight\n", {}, "header but no rows"),
        ("typo.csv", "sorce,target,weight\na,b,1\n", {}, "did you mean 'sorce'?"),
        ("two.csv", "source,target,cost,size\na,b,1,2\n", {}, "cost, size); name it with data"),
        ("year.csv", "source,target,year\na,b,1999\n", {}, "name it with data.weight"),
        ("missing.csv", "source,target\na,b\n", {"weight": "km"}, "no 'km' on the edges"),
        ("wieght.csv", "source,target,w\na,b,1\n", {"weight": "ww"}, "did you mean 'w'?"),
        ("notime.csv", "a,b,1\nb,c,1\n", {"time": "year"}, "no column 'year'"),
        ("time.csv", "source,target,year\na,b,soon\n", {"time": "year"}, "time 'soon'"),
        ("ambiguous.csv", "out,in\na,b\n", {}, "set data.header to true or false"),
        ("twice.csv", "source,target,source\na,b,c\n", {}, "two columns are named 'source'"),
        ("one.csv", "a\nb\n", {"header": False}, "one column only"),
        ("text.csv", "a,b,1\na,c,far\n", {}, "text.csv:2: "),
        ("ragged.csv", "a,b,1\nb,c,1,2,3\n", {}, "ragged.csv:2: has 5 cells"),
        ("short.csv", "a,b,1\nb\n", {}, "short.csv:2: column"),
        ("hole.csv", "source,target\na,b\n,c\n", {}, "hole.csv:3: column 'source' is empty"),
        ("latin.csv", "a,b,1\nä,c,1\n".encode("latin-1"), {}, "latin.csv:2: not UTF-8"),
        ("binary.csv", b"a,b\0,1\nc,d,1\n", {}, "binary file"),
        ("quote.csv", 'a,b,1\n"c,d,1\n', {}, "a quotation mark is never closed"),
        ("folder.csv", lambda path: path.mkdir(), {"format": "csv"}, "is a folder"),
        ("none.csv", lambda path: None, {}, "no such file"),
        ("graph.xyz", "a,b,1\n", {}, "the suffix '.xyz'"),
        ("data.pt", b"PK\x03\x04", {}, "safetensors.torch.save_file"),
        ("truncated.npz", _truncated, {}, "npz"),
        ("flipped.npz", _flipped, {}, "npz"),
        ("text.npz", "hello\n", {}, "npz"),
        ("object.npz", npz(edges=arrays), {}, "pickled Python"),
        ("pickle.npz", pickle.dumps({"edges": [0]}), {}, "is a pickle"),
        ("array.npz", _array, {}, "npy"),
        ("noedges.npz", npz(links=EDGES), {}, "no array 'edges'"),
        ("shape.npz", npz(edges=EDGES.T), {}, "'edges' has shape (2, 4), expected (E, 2)"),
        ("flat.npz", npz(edges=EDGES.ravel()), {}, "has shape (8,)"),
        ("float.npz", npz(edges=EDGES.astype(float)), {}, "is float64, expected integers"),
        ("huge.npz", npz(edges=np.array([[0, 2**64 - 1]], np.uint64)), {}, "beyond 2^63"),
        ("range.npz", npz(edges=EDGES, names=names[:3]), {}, "edge 3 is (2, 3)"),
        ("negative.npz", npz(edges=-EDGES, names=names), {}, "node indices are"),
        ("wshape.npz", npz(edges=EDGES, weights=WEIGHTS[:2]), {}, "has shape (2,) for 4"),
        ("wtext.npz", npz(edges=EDGES, weights=np.array(list("abcd"))), {}, "expected numbers"),
        ("hugex.npz", npz(edges=EDGES, x=FEATURES.astype(float) * 1e39), {}, "not all finite"),
        ("rows.npz", npz(edges=EDGES, names=names, x=FEATURES[:2]), {}, "names 4, features 2"),
        ("parents.npz", npz(parent=np.array([-1, 0, -5])), {}, "a root's parent is -1"),
        ("tkey.npz", npz(edges=EDGES, years=WEIGHTS), {"time": "year"}, "did you mean 'years'?"),
        ("fkey.npz", npz(edges=EDGES), {"features": ("pos",)}, "no array 'pos'"),
        ("noindex.safetensors", tensors(x=FEATURES), {}, "it has x"),
        ("rows.safetensors", tensors(edge_index=EDGES), {}, "expected (2, E)"),
        ("cut.safetensors", b"\x10\0\0\0\0\0\0\0{}", {}, "not a readable safetensors"),
        ("broken.graphml", "<graphml><graph>", {}, "not a readable GraphML"),
        ("two.graphml", _two_graphs(), {}, "holds 2 graphs"),
        ("entity.graphml", '<!DOCTYPE g [<!ENTITY a "b">]><graphml/>', {}, "declares XML entities"),
        ("broken.gml", "graph [ node [ id 0 ]", {}, "not a readable gml graph"),
        ("unlisted.gml", "graph [ node [ id 0 ] edge [ source 0 target 5 ] ]", {}, "5"),
        ("list.json", "[1, 2]", {}, "is no JSON object"),
        ("broken.json", "{", {}, "not JSON"),
        ("unlisted.json", '{"nodes": [{"id": "a"}], "links": [{"source": "a", "target": "b"}]}', {},
         "an edge names 'b'"),
        ("unlisted.cyjs", '{"elements": [{"data": {"id": "a"}}, {"data": {"source": "a", "target": '
         '"b"}}]}', {}, "an edge names 'b'"),
        ("nodata.cyjs", '{"elements": {"nodes": [{"id": "a"}]}}', {}, "a member 'data' is"),
        ("wide.mtx", MTX + "2 3 1\n1 2 1\n", {}, "2 x 3, which is a table; a graph's is square"),
        ("cut.mtx", MTX + "2 2 2\n1 2 1\n", {}, "Truncated file"),
        ("count.mtx", MTX + "9 9 999999999\n1 2 1\n", {}, "announces 999999999 entries"),
        ("alone.mtx", MTX + "999999999 999999999 1\n1 2 1\n", {}, "most of them without any"),
        ("complex.mtx", MTX.replace("real", "complex") + "2 2 1\n1 2 1 1\n", {}, "only real"),
        ("out.bip", "% bip unweighted\n1 1\n", {}, "awk '!/^%/ {print"),
        ("out.text", "% sym unweighted\n% 1 2 2\n1 2\n1\n", {}, "out.text:4: "),
        ("head.adjlist", "a: b\n: c\n", {}, "head.adjlist:2: names no node before the colon"),
        ("lone.adjlist", "a\nb\n", {}, "no line names a node and another"),
        ("two.sif", "a pp b\na pp\n", {}, "two.sif:2: 'a pp' is no node, relation"),
        ("nolinks.json", '{"nodes": [{"id": 1}]}', {}, "no list 'links' or 'edges'"),
        ("strings.json", '{"nodes": ["a"], "links": []}', {}, "a node is 'a', not an object"),
        ("wtext.json", '{"nodes": [{"id": 1}, {"id": 2}], "links": [{"source": 1, "target": 2, '
         '"weight": "far"}]}', {}, "edge '1' -> '2' has 'far', not a number"),
        ("noattr.graphml", lambda path: nx.write_graphml(network(), path), {"time": "yy"},
         "no node attribute 'yy'"),
        ("nofeature.gml", lambda path: nx.write_gml(network(), path), {"features": ("z",)},
         "no column 'z' for features"),
    ]  # fmt: skip
    return [SuiteFile(*each) for each in bad]
