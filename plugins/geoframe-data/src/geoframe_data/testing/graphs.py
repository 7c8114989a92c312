"""Graphs in every format and dialect."""

from __future__ import annotations

import gzip
import json
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


def npz(**arrays: Any) -> Write:
    """Arrays as an npz file."""
    return lambda path: np.savez(path, **arrays)


def tensors(metadata: dict[str, str] | None = None, **arrays: Any) -> Write:
    """Arrays as a safetensors file."""
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


def bare_graphs() -> list[SuiteFile]:
    """Files that all hold :data:`GRAPH` without lengths, whose names have no blanks."""
    lists = ["a NA c_d", "NA c_d", "c_d 7", "7"]
    with_colons = "a: NA c_d\nNA: c_d\nc_d: 7\n7:\n"
    texts = {
        "g.adjlist": "#networkx\n" + "\n".join(lists) + "\n",
        "lists.txt": "\n".join(lists) + "\n",
        "rules.txt": with_colons,
        "blanks.sif": "a pp NA c_d\nNA pp c_d\nc_d pp 7\n",
        "tabs.sif": "a\tpp\tNA\nNA\na\tpp\tc_d\nNA\tpp\tc_d\nc_d\tpp\t7\n",
        "lists.json": '{"a": ["NA", "c_d"], "NA": ["c_d"], "c_d": [7], "7": []}',
        "bare.csv": "a,NA\na,c_d\nNA,c_d\nc_d,7\n",
    }
    return [SuiteFile(name, text) for name, text in texts.items()]


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
        "g.npz": npz(edges=EDGES.astype(np.int16), weights=WEIGHTS, names=np.array(NAMES)),
        "pyg.npz": npz(edge_index=EDGES.T, edge_attr=WEIGHTS[:, None], names=np.array(NAMES)),
        "adjacency.npz": npz(adjacency=_adjacency(), name=np.array(NAMES)),
        "g.safetensors": tensors(
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
