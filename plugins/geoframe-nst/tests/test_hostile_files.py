"""Every bad file gives a DataError of one line that names it; no file gives anything else."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from geoframe.errors import DataError
from geoframe_nst.data import load_graph
from geoframe_nst.data_config import GraphDataConfig
from geoframe_nst.graph import WeightedDigraph

NAMES = ("a", "NA", "c d", "7")
EDGES = np.array([[0, 1], [0, 2], [1, 2], [2, 3]])
WEIGHTS = np.array([0.1, 2.0, 1e-3, 3.25])
FEATURES = np.array([[1.5, 0], [2, 1], [-3, 0], [4, 1]], dtype=np.float32)
YEARS = np.array([1999.0, np.nan, 2001.5, 2003.0])


def config(path: Path | None, **options: Any) -> GraphDataConfig:
    return GraphDataConfig(path=path, dataset=None, **options)  # type: ignore[arg-type]


def load(path: Path, **options: Any) -> WeightedDigraph:
    return load_graph(config(path, **options))


def network() -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(NAMES, x=1.0)
    graph.add_weighted_edges_from((NAMES[u], NAMES[v], 0.5) for u, v in EDGES)
    graph.nodes["a"]["year"] = 1999.0
    return graph


def write_graphml(path: Path) -> None:
    nx.write_graphml(network(), path)


def write_npz(path: Path) -> None:
    np.savez(path, edges=EDGES, weights=WEIGHTS, names=np.array(NAMES), x=FEATURES)


def _npz(**arrays: Any) -> Callable[[Path], object]:
    return lambda path: np.savez(path, **arrays)


def _tensors(**arrays: Any) -> Callable[[Path], object]:
    return lambda path: safetensors.numpy.save_file(arrays, path)


def _truncated(path: Path) -> None:
    write_npz(path)
    path.write_bytes(path.read_bytes()[:300])


def _flipped(path: Path) -> None:
    np.savez_compressed(path, edges=np.arange(2000).reshape(-1, 2))
    content = bytearray(path.read_bytes())
    content[200:260] = bytes(60)
    path.write_bytes(bytes(content))


def _bare(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, EDGES)


def _pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps({"edges": EDGES}))


def _undirected(path: Path) -> None:
    nx.write_graphml(network().to_undirected(), path)


HOSTILE: list[tuple[str, str | bytes | Callable[[Path], object], dict[str, Any], str]] = [
    ("empty.csv", "", {}, "is empty"),
    ("blank.csv", "\n \n", {}, "is empty"),
    ("comments.csv", "# a,b\n# c,d\n", {}, "holds no data"),
    ("header.csv", "source,target,weight\n", {}, "header but no rows"),
    ("typo.csv", "sorce,target,weight\na,b,1\n", {}, "no column 'source'; did you mean 'sorce'?"),
    ("typo2.csv", "source,target,wieght\na,b,1\n", {}, "did you mean 'wieght'?"),
    ("gephi.csv", "source,target,w\na,b,1\n", {}, "(others: w); name it with data.weight"),
    ("named.csv", "source,target\na,b\n", {"weight": "km"}, "no 'km' on the edges"),
    ("cosine.csv", "a,b\nb,c\n", {"missing_weight": "cosine"}, "there are no features"),
    ("notime.csv", "a,b,1\nb,c,1\n", {"time": "year"}, "no column 'year'"),
    ("time.csv", "source,target,year\na,b,soon\n", {"time": "year"}, "time.csv:2: time 'soon'"),
    ("ambiguous.csv", "from,to\na,b\n", {}, "set data.header to true or false"),
    ("twice.csv", "source,target,source\na,b,c\n", {}, "two columns are named 'source'"),
    ("one.csv", "a\nb\n", {}, "one column only"),
    ("nan.csv", "source,target,weight\na,b,1\na,c,NaN\n", {}, "nan.csv:3: edge 'a' -> 'c'"),
    ("blankw.csv", "source,target,weight\na,b,1\na,c,\n", {}, "blankw.csv:3: column 'weight' is"),
    ("negative.csv", "#\na,b,1\n\nb,c,-2\n", {}, "negative.csv:4: edge 'b' -> 'c' has weight -2"),
    ("zero.csv", "a,b,0\n", {}, "zero.csv:1: edge 'a' -> 'b' has weight 0"),
    ("inf.csv", "a,b,1\na,c,inf\n", {}, "weight inf"),
    ("text.csv", "a,b,1\na,c,far\n", {}, "text.csv:2: weight 'far' is not a number"),
    ("comma.csv", "a;b;0,5\na;c;1\n", {"header": False}, "comma.csv:1: weight '0,5'"),
    ("loop.csv", "a,b,1\nb,b,1\n", {"self_loops": "refuse"}, "loop.csv:2: 'b' -> 'b' is a self"),
    ("onlyloop.csv", "a,a,1\n", {}, "the graph has no edges"),
    ("duplicate.csv", "a,b,1\nb,c,1\na,b,2\n", {}, "duplicate.csv:3: edge 'a' -> 'b' stands"),
    ("cycle.csv", "a,b,1\nb,a,1\n", {}, "a cycle: 'a' -> 'b' -> 'a' (2 of 2 nodes"),
    ("long.csv", "".join(f"{i},{(i + 1) % 99},1\n" for i in range(99)), {}, "... (99 nodes)"),
    ("ragged.csv", "a,b,1\n# x\nb,c,1,2,3\n", {}, "ragged.csv:3: has 5 columns"),
    ("short.csv", "a,b,1\nb\n", {}, "short.csv:2: column 'target' is empty"),
    ("hole.csv", "source,target\na,b\n,c\n", {}, "hole.csv:3: column 'source' is empty"),
    ("latin.csv", "a,b,1\nä,c,1\n".encode("latin-1"), {}, "latin.csv:2: not UTF-8"),
    ("utf16.csv", "a,b,1\n".encode("utf-16"), {}, "not UTF-8"),
    ("binary.csv", b"a,b\0,1\nc,d,1\n", {}, "binary file"),
    ("quote.csv", 'a,b,1\n"c,d,1\n', {}, "a quotation mark is never closed"),
    ("folder.csv", lambda path: path.mkdir(), {}, "is a folder"),
    ("missing.csv", lambda path: None, {}, "no such file"),
    ("graph.xyz", "a,b,1\n", {}, "the suffix '.xyz' says nothing"),
    ("truncated.npz", _truncated, {}, "not a readable npz"),
    ("flipped.npz", _flipped, {}, "not a readable npz"),
    ("nonpz.npz", "hello\n", {}, "not an npz file"),
    ("object.npz", _npz(edges=np.array([[0, 1], "ab"], dtype=object)), {}, "pickled Python"),
    ("pickle.npz", _pickled, {}, "not an npz file"),
    ("bare.npz", _bare, {}, "a single array"),
    ("noedges.npz", _npz(links=EDGES), {}, "no array 'edges'"),
    ("shape.npz", _npz(edges=EDGES.T), {}, "'edges' has shape (2, 4), expected (E, 2)"),
    ("flat.npz", _npz(edges=EDGES.ravel()), {}, "has shape (8,)"),
    ("float.npz", _npz(edges=EDGES.astype(float)), {}, "is float64, expected integers"),
    ("sparse.npz", _npz(edges=EDGES * 2**40 - 1), {}, "is (-1, 1099511627775), but"),
    ("range.npz", _npz(edges=EDGES, names=np.array(NAMES[:3])), {}, "edge 3 is (2, 3)"),
    ("negative.npz", _npz(edges=-EDGES), {}, "node indices are"),
    ("noedge.npz", _npz(edges=EDGES[:0]), {}, "the graph has no edges"),
    ("wshape.npz", _npz(edges=EDGES, weights=WEIGHTS[:2]), {}, "'weights' has shape (2,) for 4"),
    ("wtext.npz", _npz(edges=EDGES, weights=np.array(list("abcd"))), {}, "expected numbers"),
    ("huge.csv", "a,b,1\nb,c,1e300\n", {}, "huge.csv:2: edge 'b' -> 'c' has weight 1e+300"),
    ("tiny.csv", "a,b,1e-300\n", {}, "choose another unit"),
    ("hugex.npz", _npz(edges=EDGES, x=FEATURES.astype(float) * 1e39), {}, "node 0 are not all"),
    ("rows.npz", _npz(edges=EDGES, names=np.array(NAMES), x=FEATURES[:2]), {},
     "names 4, features 2"),
    ("fnan.npz", _npz(edges=EDGES, x=FEATURES * np.nan), {}, "features of node 0 are not all"),
    ("samename.npz", _npz(edges=EDGES, names=np.array(list("abca"))), {},
     "two nodes are named 'a'"),
    ("tkey.npz", _npz(edges=EDGES, years=YEARS), {"time": "year"}, "did you mean 'years'?"),
    ("fkey.npz", _npz(edges=EDGES), {"features": ("pos",)}, "no array 'pos'"),
    ("noindex.safetensors", _tensors(x=FEATURES), {}, "or 'edge_index' (2, E); it has x"),
    ("rows.safetensors", _tensors(edge_index=EDGES.copy()), {}, "expected (2, E)"),
    ("cut.safetensors", b"\x10\0\0\0\0\0\0\0{}", {}, "not a readable safetensors"),
    ("undirected.graphml", _undirected, {}, "the graph is undirected"),
    ("broken.graphml", "<graphml><graph>", {}, "not a readable graphml graph"),
    ("broken.gml", "graph [ node [ id 0 ]", {}, "not a readable gml graph"),
    ("undirected.gml", "graph [ node [ id 0 ] node [ id 1 ] ]", {}, "is undirected"),
    ("list.json", "[1, 2]", {}, "expected node-link data"),
    ("tree.json", '{"name": "a", "children": []}', {}, "expected node-link data"),
    ("notjson.json", "{", {}, "not a readable json graph"),
    ("unknown.json", '{"nodes": [{"id": "a"}], "links": [{"source": "a", "target": "b"}]}', {},
     "an edge names 'b'"),
    ("undirected.json", '{"directed": false, "nodes": [{"id": 1}], "links": []}', {}, "undirected"),
    ("wtext.json",
     '{"nodes": [{"id": 1}, {"id": 2}], "links": [{"source": 1, "target": 2, "weight": "far"}]}',
     {}, "edge '1' -> '2' has 'far', not a number"),
    ("noattr.graphml", write_graphml, {"time": "yaer"}, "did you mean 'year'?"),
    ("nofeature.graphml", write_graphml, {"features": ("z",)}, "no column 'z' for features"),
    ("partial.graphml", write_graphml, {"features": ("year",)}, "'year' of node 'NA' is"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "content", "options", "expected"), HOSTILE, ids=[row[0] for row in HOSTILE]
)
def test_hostile_files(
    tmp_path: Path,
    file: str,
    content: str | bytes | Callable[[Path], object],
    options: dict[str, Any],
    expected: str,
) -> None:
    path = tmp_path / file
    if callable(content):
        content(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError) as caught:
        load(path, **options)
    _check_message(str(caught.value), file, expected)


NODE_TABLES: list[tuple[str, str | Callable[[Path], object], dict[str, Any], str]] = [
    ("unknown.csv", "name,x\na,1\nb,2\n", {}, "node 'c' is not in the node table"),
    ("twice.csv", "name,x\na,1\nb,2\na,3\nc,3\n", {}, "node 'a' stands there twice"),
    ("text.csv", "name,x\na,1\nb,two\nc,3\n", {"features": ("x",)}, "'x' of node 'b' is 'two'"),
    ("hole.csv", "name,x\na,1\nb,\nc,3\n", {}, "feature 'x' of node 'b' is ''"),
    ("typo.csv", "name,yaer\na,1\nb,1\nc,3\n", {"time": "year"}, "did you mean 'yaer'?"),
    ("soon.csv", "name,year\na,1\nb,soon\nc,3\n", {"time": "year"}, "time 'soon' is neither"),
    (
        "mixed.csv",
        "name,year\na,17\nb,2001-02-03\nc,\n",
        {"time": "year"},
        "'17' is a number where",
    ),
    ("table.xlsx", "name\n", {}, "a node table must end in"),
    ("bad.parquet", "not parquet", {}, "not a readable Parquet"),
    ("none.csv", lambda path: None, {}, "no such file"),
    ("noname.npz", _npz(x=FEATURES), {}, "no array 'names'"),
]


@pytest.mark.parametrize(
    ("file", "content", "options", "expected"), NODE_TABLES, ids=[row[0] for row in NODE_TABLES]
)
def test_hostile_node_tables(
    tmp_path: Path,
    file: str,
    content: str | Callable[[Path], object],
    options: dict[str, Any],
    expected: str,
) -> None:
    edges, path = tmp_path / "e.csv", tmp_path / file
    edges.write_text("a,b,1\nb,c,1\n")
    if callable(content):
        content(path)
    else:
        path.write_text(content)
    with pytest.raises(DataError) as caught:
        load(edges, nodes=path, **options)
    _check_message(str(caught.value), file, expected)


def _check_message(message: str, file: str, expected: str) -> None:
    assert "\n" not in message
    assert file in message
    assert expected in message
    assert len(message.split(file, 1)[1]) < 400


def test_a_node_table_needs_a_path() -> None:
    with pytest.raises(ValueError, match="nodes: needs path"):
        config(None, nodes=Path("n.csv"))


def _sound(file: str) -> bytes:
    """Return a small sound file of the format that the suffix names."""
    rows = [
        "source,target,weight",
        *(f"{u},{v},{w}" for (u, v), w in zip(EDGES, WEIGHTS, strict=True)),
    ]
    suffix = file.rpartition(".")[2]
    if suffix == "csv":
        return "\n".join(rows).encode()
    if suffix == "json":
        return json.dumps(nx.node_link_data(network(), edges="links")).encode()
    if suffix == "gml":
        return "\n".join(nx.generate_gml(network())).encode()
    if suffix == "graphml":
        return "\n".join(nx.generate_graphml(network())).encode()
    if suffix == "safetensors":
        arrays = {
            "edge_index": np.ascontiguousarray(EDGES.T),
            "edge_weight": WEIGHTS,
            "x": FEATURES,
        }
        return safetensors.numpy.save(arrays, metadata={"names": json.dumps(NAMES)})
    content = BytesIO()
    np.savez(content, edges=EDGES, weights=WEIGHTS, names=np.array(NAMES), x=FEATURES)
    return content.getvalue()


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "gml", "graphml", "npz", "safetensors"])
@given(data=st.data())
def test_damaged_files_give_a_graph_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, data: st.DataObject
) -> None:
    content = bytearray(_sound(f"x.{suffix.replace('tsv', 'csv')}"))
    if suffix == "tsv":
        content = bytearray(bytes(content).replace(b",", b"\t"))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 8)))
        content[start:end] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b'"', b"{", b"[", b"1"])
        )
    path = tmp_path_factory.getbasetemp() / f"damaged.{suffix}"
    path.write_bytes(bytes(content))
    refusal = _refusal(path)
    assert refusal is None or (str(path) in refusal and "\n" not in refusal)


def _refusal(path: Path) -> str | None:
    try:
        load(path)
    except DataError as error:
        return str(error)
    return None
