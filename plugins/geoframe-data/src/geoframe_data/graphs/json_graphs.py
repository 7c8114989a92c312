"""JSON: node-link data (networkx, d3, vis.js), Cytoscape's elements, neighbours, hierarchies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from geoframe.data import shown
from geoframe.errors import DataError, did_you_mean
from geoframe_data.files import UserFile
from geoframe_data.graph import Graph
from geoframe_data.graphs.fields import ENDS, LENGTHS, LIKELY_LENGTHS, NAMES, Fields
from geoframe_data.graphs.records import Records, graph_of_records, text_of

Object = dict[str, Any]
IDENTIFIERS = ("id", "key", "name", "label")
"""Members that links may name a node by."""


def read_json(file: UserFile, fields: Fields) -> Graph:
    """Read node-link data (``nodes`` and ``links`` or ``edges``) or a nested hierarchy.

    The ends of an edge are ``source`` and ``target``, or ``from`` and ``to`` as vis.js has them;
    Cytoscape's ``elements`` hold ``nodes`` and ``edges``, the attributes of each in its ``data``.
    An object of lists gives the names of the nodes that each leads to.
    In a hierarchy every node is an object with a ``name``, ``label`` or ``id``, and maybe
    ``children`` and the length of the edge above.

    Raises
    ------
    DataError
        If it is neither, or an edge names a node that is not listed.
    """
    try:
        data = json.loads(file.text())
    except ValueError as error:
        raise DataError(f"{file.path}: not JSON: {shown(error)}") from None
    except RecursionError:
        raise DataError(
            f"{file.path}: the objects are nested too deeply for JSON; give the tree as a parent "
            "list (csv) or as node-link data"
        ) from None
    if isinstance(data, dict) and isinstance(data.get("elements"), (dict, list)):
        data = _of_cytoscape(str(file.path), data)
    if isinstance(data, dict) and isinstance(data.get("nodes"), list):
        return graph_of_records(_node_link(str(file.path), data), fields)
    if isinstance(data, dict) and _are_neighbours(data):
        return graph_of_records(_of_neighbours(str(file.path), data), fields)
    if isinstance(data, dict) and {"children", *IDENTIFIERS} & {*data}:
        return graph_of_records(_hierarchy(str(file.path), data, fields), fields)
    raise DataError(
        f"{file.path}: expected node-link data ('nodes' and 'links' or 'edges'), 'elements' of "
        "Cytoscape, nested objects with 'name' and 'children', or lists of neighbours by name"
    )


def _node_link(where: str, data: Object) -> Records:
    nodes = _objects(where, data["nodes"], "node")
    keys = [key for key in ("links", "edges") if isinstance(data.get(key), list)]
    if len(keys) != 1:
        found = "no list" if not keys else "two lists,"
        raise DataError(f"{where}: node-link data with 'nodes', but {found} 'links' or 'edges'")
    links = _objects(where, data[keys[0]], "link")
    names = next((pair for pair in ENDS if all({*pair} <= {*link} for link in links)), ENDS[0])
    ends = []
    for number, link in enumerate(links):
        if not {*names} <= {*link}:
            raise DataError(f"{where}: link {number} has no 'source' and 'target'")
        ends += [_identifier(link[name]) for name in names]
    places, note = _places(where, nodes, ends)
    directed = data.get("directed")
    return Records(
        origin=where,
        identifiers=[node.get("id", node.get("key", k)) for k, node in enumerate(nodes)],
        nodes=[{k: v for k, v in node.items() if k not in ("id", "key")} for node in nodes],
        ends=[*zip(places[::2], places[1::2], strict=True)],
        edges=[{k: v for k, v in e.items() if k not in (*names, "key")} for e in links],
        directed=None if directed is None else bool(directed),
        notes=() if note is None else (note,),
    )


def _of_cytoscape(where: str, data: Object) -> Object:
    """Node-link data of Cytoscape's elements, in one list or in one of nodes and one of edges.

    Identifiers are texts there, also where networkx leaves the ends of edges numbers.
    """
    given = data["elements"]
    groups = list(given.values()) if isinstance(given, dict) else [given]
    flat = [each for group in groups if isinstance(group, list) for each in group]
    found = [each.get("data") for each in _objects(where, flat, "member of 'elements'")]
    elements = _objects(where, found, "member 'data'")
    edges = [each for each in elements if {"source", "target"} <= {*each}]
    nodes = [each for each in elements if not {"source", "target"} <= {*each}]
    for edge in edges:
        edge |= {end: text_of(edge[end]) for end in ("source", "target")}
    for node in nodes:
        node["id"] = text_of(node.get("id"))
        if text_of(node.get("value")) == node["id"]:  # networkx's own name of the node
            del node["value"]
    said = {"directed": data["directed"]} if "directed" in data else {}
    return {**said, "nodes": nodes, "edges": edges}


def _are_neighbours(data: Object) -> bool:
    """Whether an object gives for each name a list of names, most of which it gives one too."""
    lists = [value for value in data.values() if isinstance(value, list)]
    named = [text_of(each) for value in lists for each in value if isinstance(each, (str, int))]
    if len(lists) < len(data) or len(named) < sum(map(len, lists)) or not named:
        return False
    return 2 * sum(name in data for name in named) >= len(named)


def _of_neighbours(where: str, data: Object) -> Records:
    index = {name: place for place, name in enumerate(data)}
    ends = [
        (index[name], index.setdefault(text_of(each), len(index)))
        for name, others in data.items()
        for each in others
    ]
    return Records(
        origin=where,
        identifiers=[*index],
        nodes=[{} for _ in index],
        ends=ends,
        edges=[{} for _ in ends],
        directed=None,
    )


def _objects(where: str, values: Sequence[Any], what: str) -> Sequence[Object]:
    for value in values:
        if not isinstance(value, dict):
            raise DataError(f"{where}: a {what} is '{shown(value)}', not an object")
    return values


def _identifier(value: Any) -> object:
    """A link's end; d3 writes the node itself there once it has drawn a graph."""
    if isinstance(value, dict):
        value = next((value[key] for key in IDENTIFIERS if key in value), None)
    return None if isinstance(value, list) else value


def _places(
    where: str, nodes: Sequence[Object], ends: Sequence[object]
) -> tuple[Sequence[int], str | None]:
    """Places of the nodes that links name: by an identifier, or by number as d3 and old networkx.

    Numbers count only if no end is any node's identifier: otherwise it is a node that is missing.
    """
    known: list[dict[object, int]] = []
    for key in IDENTIFIERS:
        values = [_identifier(node.get(key)) for node in nodes]
        if values and None not in values:
            if len(set(values)) < len(values) and key in ("id", "key"):
                twice = next(value for value in values if values.count(value) > 1)
                raise DataError(f"{where}: two nodes have the {key} '{shown(twice)}'")
            known.append({value: place for place, value in enumerate(values)})
    for places in known:
        if all(end in places for end in ends):
            return [places[end] for end in ends], None
    identifiers = known[0] if known else {}
    numbers = [end for end in ends if isinstance(end, int) and 0 <= end < len(nodes)]
    if len(numbers) == len(ends) and not any(end in identifiers for end in ends):
        note = "links name their nodes by place, from 0" if "id" in nodes[0] else None
        return numbers, note
    missing = next(end for end in ends if end not in identifiers)
    near = did_you_mean(str(missing), [str(each) for each in identifiers])
    raise DataError(
        f"{where}: an edge names '{shown(missing)}', which is not among the nodes{near}"
    )


def _hierarchy(where: str, data: Object, fields: Fields) -> Records:
    nodes: list[Mapping[str, Any]] = []
    ends: list[tuple[int, int]] = []
    waiting: list[tuple[Any, int]] = [(data, -1)]
    while waiting:  # not recursive: hierarchies may be deeper than Python's stack
        node, parent = waiting.pop()
        children = node.get("children") or [] if isinstance(node, dict) else None
        if not isinstance(children, list):
            raise DataError(f"{where}: '{shown(node)}' is not an object with a list of children")
        here = len(nodes)
        nodes.append({key: value for key, value in node.items() if key != "children"})
        if parent >= 0:
            ends.append((parent, here))
        waiting += [(child, here) for child in reversed(children)]
    # An inner node often has no name; what other numbers a node carries is about itself alone.
    naming = (fields.name, *NAMES, *IDENTIFIERS)
    key = next((key for key in naming if any(text_of(node.get(key)) for node in nodes)), "name")
    lengths = {name.lower() for name in (fields.weight, *LENGTHS, *LIKELY_LENGTHS)}
    return Records(
        origin=where,
        identifiers=[node.get(key) for node in nodes],
        nodes=[
            {k: v for k, v in node.items() if k.lower() not in {*naming, *lengths}}
            for node in nodes
        ],
        ends=ends,
        edges=[
            {k: v for k, v in nodes[child].items() if k.lower() in lengths} for _, child in ends
        ],
        directed=True,
    )
