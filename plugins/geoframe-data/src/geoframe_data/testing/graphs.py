"""Graphs in every format and dialect, and graphs that must be refused."""

from __future__ import annotations

import gzip
import json
import pickle
from io import BytesIO
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import safetensors.numpy

from geoframe_data.graph import Graph
from geoframe_data.testing.files import SuiteFile, Write

NAMES = ("a", "NA", "c d", "7")
EDGES = np.array([[0, 1], [0, 2], [1, 2], [2, 3]])
WEIGHTS = np.array([0.1, 2.0, 1e-3, 3.25])
FEATURES = np.array([[1.5, 0], [2, 1], [-3, 0], [4, 1]], dtype=np.float32)
GRAPH = Graph(names=NAMES, edges=EDGES, weights=WEIGHTS)
"""What all of :func:`good_graphs` hold; some have the features too."""


def network() -> nx.DiGraph:
    """The graph with its features, as networkx has it."""
    graph = nx.DiGraph()
    for name, (x, y) in zip(NAMES, FEATURES.tolist(), strict=True):
        graph.add_node(name, x=x, y=y)
    for (u, v), weight in zip(EDGES.tolist(), WEIGHTS.tolist(), strict=True):
        graph.add_edge(NAMES[u], NAMES[v], weight=weight)
    return graph


def edge_text(
    separator: str = ",",
    *,
    header: str | None = "source,target,weight",
    quote: str = "",
    index: bool = False,
) -> str:
    """The edges as delimited text."""
    rows = [] if header is None else [header.split(",")]
    if index and header is not None:
        rows[0].insert(0, "")
    for k, ((u, v), weight) in enumerate(zip(EDGES.tolist(), WEIGHTS.tolist(), strict=True)):
        ends = [f"{quote}{NAMES[u]}{quote}", f"{quote}{NAMES[v]}{quote}"]
        rows.append([*([str(k)] if index else []), *ends, repr(weight)])
    return "".join(separator.join(row) + "\n" for row in rows)


def _npz(**arrays: Any) -> Write:
    return lambda path: np.savez(path, **arrays)


def _tensors(metadata: dict[str, str] | None = None, **arrays: Any) -> Write:
    whole = {key: np.ascontiguousarray(value) for key, value in arrays.items()}
    return lambda path: safetensors.numpy.save_file(whole, path, metadata=metadata)


def _frame() -> pd.DataFrame:
    ends = [[NAMES[u], NAMES[v]] for u, v in EDGES.tolist()]
    return pd.DataFrame(ends, columns=["source", "target"]).assign(weight=WEIGHTS)


def _adjacency() -> np.ndarray:
    matrix = np.zeros((4, 4))
    matrix[EDGES[:, 0], EDGES[:, 1]] = WEIGHTS
    return matrix


def _links(key: str, **more: Any) -> str:
    return json.dumps({**nx.node_link_data(network(), edges=key), **more})


def _by_place() -> str:
    links = [
        {"source": u, "target": v, "weight": w}
        for (u, v), w in zip(EDGES.tolist(), WEIGHTS.tolist(), strict=True)
    ]
    return json.dumps({"directed": True, "nodes": [{"name": n} for n in NAMES], "links": links})


def _cytoscape() -> str:
    """The elements as networkx writes them, and the numbers that Cytoscape adds to each."""
    data = nx.cytoscape_data(network())
    for number, element in enumerate([*data["elements"]["nodes"], *data["elements"]["edges"]]):
        element["data"]["SUID"] = number
    for node in data["elements"]["nodes"]:
        del node["data"]["SUID"]  # a number of each node is a feature
    return json.dumps(data)


def _vis() -> str:
    nodes = [{"id": k, "label": name} for k, name in enumerate(NAMES)]
    edges = [
        {"from": u, "to": v, "length": weight, "arrows": "to"}
        for (u, v), weight in zip(EDGES.tolist(), WEIGHTS.tolist(), strict=True)
    ]
    return json.dumps({"nodes": nodes, "edges": edges})


def numbered_graphs() -> list[SuiteFile]:
    """Files that all hold :data:`GRAPH`, its nodes named by numbers from 1."""
    rows = [
        f"{u + 1} {v + 1} {weight}\n"
        for (u, v), weight in zip(EDGES.tolist(), WEIGHTS.tolist(), strict=True)
    ]
    banner = "%%MatrixMarket matrix coordinate real general\n% of somebody\n4 4 4\n"
    return [
        SuiteFile("g.mtx", banner + "".join(rows)),
        SuiteFile("g.mtx.gz", gzip.compress((banner + "".join(rows)).encode())),
        SuiteFile("out.konect", "% asym positive\n% 4 4 4\n" + "".join(rows)),
        SuiteFile("blanks.edges", "".join(rows)),
    ]


def good_graphs() -> list[SuiteFile]:
    """Files that all hold :data:`GRAPH`, its nodes in the same order."""
    plain = edge_text()
    texts = {
        "plain.csv": plain,
        "semicolon.csv": edge_text(";"),
        "tabs.csv": edge_text("\t"),
        "bar.txt": edge_text("|"),
        "tabs.tsv": edge_text("\t"),
        "quoted.csv": edge_text(quote='"'),
        "blanks.txt": edge_text("  ", quote='"'),
        "spaced.csv": edge_text(" , "),
        "headless.csv": edge_text(header=None),
        "windows.csv": plain.replace("\n", "\r\n"),
        "bom.csv": "\ufeff" + plain,
        "comment.csv": "# of somebody\n" + plain,
        "sep.csv": "sep=;\n" + edge_text(";"),
        "trailing.csv": plain.replace("\n", "  \n").rstrip("\n"),
        "commas.csv": plain.replace("\n", ",\n"),
        "gephi.csv": edge_text(header="Source,Target,Weight"),
        "fromto.csv": edge_text(header="from,to,weight"),
        "uv.csv": edge_text(header="u,v,length"),
        "named.csv": edge_text(header="source,target,km"),
        "distance.csv": edge_text(header="source,target,distance"),
        "index.csv": edge_text(index=True),
        "links.json": _links("links"),
        "edges.json": _links("edges"),
        "simple.json": _links("links", multigraph=False),
        "place.json": _by_place(),
        "cytoscape.json": _cytoscape(),
        "desktop.cyjs": _cytoscape(),
        "vis.json": _vis(),
        "records.json": _frame().to_json(orient="records"),
        "records.jsonl": _frame().to_json(orient="records", lines=True),
        "comma.csv": edge_text(";").replace(".", ",").replace("0,001", "1e-3"),
    }
    unicode = [SuiteFile("utf16.csv", plain.encode("utf-16"))]
    writers: dict[str, Write] = {
        "g.graphml": lambda path: nx.write_graphml(network(), path),
        "g.gml": lambda path: nx.write_gml(network(), path),
        "g.npz": _npz(edges=EDGES.astype(np.int16), weights=WEIGHTS, names=np.array(NAMES)),
        "pyg.npz": _npz(edge_index=EDGES.T, edge_attr=WEIGHTS[:, None], names=np.array(NAMES)),
        "adjacency.npz": _npz(adjacency=_adjacency(), name=np.array(NAMES)),
        "g.safetensors": _tensors(
            {"names": json.dumps(NAMES)}, edge_index=EDGES.T, edge_weight=WEIGHTS
        ),
        "g.parquet": lambda path: _frame().to_parquet(path),
        "index.parquet": lambda path: _frame().set_index("source").to_parquet(path),
        "g.feather": lambda path: _frame().to_feather(path),
        "g.csv.gz": lambda path: _frame().to_csv(path, index=False),
        "g.csv.zip": lambda path: _frame().to_csv(path, index=False),
    }
    return [
        *(SuiteFile(name, text) for name, text in texts.items()),
        *unicode,
        *(SuiteFile(name, write) for name, write in writers.items()),
    ]


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
        ("object.npz", _npz(edges=arrays), {}, "pickled Python"),
        ("pickle.npz", pickle.dumps({"edges": [0]}), {}, "is a pickle"),
        ("array.npz", _array, {}, "npy"),
        ("noedges.npz", _npz(links=EDGES), {}, "no array 'edges'"),
        ("shape.npz", _npz(edges=EDGES.T), {}, "'edges' has shape (2, 4), expected (E, 2)"),
        ("flat.npz", _npz(edges=EDGES.ravel()), {}, "has shape (8,)"),
        ("float.npz", _npz(edges=EDGES.astype(float)), {}, "is float64, expected integers"),
        ("huge.npz", _npz(edges=np.array([[0, 2**64 - 1]], np.uint64)), {}, "beyond 2^63"),
        ("range.npz", _npz(edges=EDGES, names=names[:3]), {}, "edge 3 is (2, 3)"),
        ("negative.npz", _npz(edges=-EDGES, names=names), {}, "node indices are"),
        ("wshape.npz", _npz(edges=EDGES, weights=WEIGHTS[:2]), {}, "has shape (2,) for 4"),
        ("wtext.npz", _npz(edges=EDGES, weights=np.array(list("abcd"))), {}, "expected numbers"),
        ("hugex.npz", _npz(edges=EDGES, x=FEATURES.astype(float) * 1e39), {}, "not all finite"),
        ("rows.npz", _npz(edges=EDGES, names=names, x=FEATURES[:2]), {}, "names 4, features 2"),
        ("parents.npz", _npz(parent=np.array([-1, 0, -5])), {}, "a root's parent is -1"),
        ("tkey.npz", _npz(edges=EDGES, years=WEIGHTS), {"time": "year"}, "did you mean 'years'?"),
        ("fkey.npz", _npz(edges=EDGES), {"features": ("pos",)}, "no array 'pos'"),
        ("noindex.safetensors", _tensors(x=FEATURES), {}, "it has x"),
        ("rows.safetensors", _tensors(edge_index=EDGES), {}, "expected (2, E)"),
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
