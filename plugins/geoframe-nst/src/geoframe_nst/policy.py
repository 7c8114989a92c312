"""What is done about graphs that are not weighted acyclic graphs: refuse, or repair and say so.

Every violation is a ``DataError`` of one line that names the file, the edge and the remedy; every
repair is a sentence in ``WeightedDigraph.repairs``. A graph need not be connected: nothing relates
its components, so neither a distance nor an order between them means anything.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.data import listed, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_nst.cycles import merge_edges, without_cycles
from geoframe_nst.data_config import Cycles, Duplicates, MissingWeight, SelfLoops
from geoframe_nst.graph import Edges, Features, Floats, WeightedDigraph
from geoframe_nst.readers.raw import RawGraph

MIN_COSINE = 0.01
"""Smallest weight that cosine similarity may give, as in the code of the NST paper."""

SMALLEST_WEIGHT, LARGEST_WEIGHT = 1e-18, 1e18
"""Edge weights outside of which their squares leave the range of float32."""


def repair(
    raw: RawGraph,
    *,
    weight: str = "weight",
    missing_weight: MissingWeight = "auto",
    self_loops: SelfLoops = "drop",
    duplicates: Duplicates = "refuse",
    cycles: Cycles = "refuse",
) -> WeightedDigraph:
    """Check a graph as it was read, and repair what the options allow.

    The order is: self-loops, missing weights, impossible weights, duplicates, cycles.

    Parameters
    ----------
    raw
        What a reader returned.
    weight
        The name under which weights were looked for.
    missing_weight, self_loops, duplicates, cycles
        See :class:`geoframe_nst.data_config.GraphDataConfig`.

    Raises
    ------
    DataError
        If something is wrong that the options do not allow to repair.
    """
    _check_names(raw)
    raw = _without_self_loops(raw, self_loops)
    if not len(raw.edges):
        raise DataError(f"{raw.origin}: the graph has no edges; it needs at least one")
    raw = _with_weights(raw, weight, missing_weight)
    _check_weights(raw)
    raw = _without_duplicates(raw, duplicates)
    raw = without_cycles(raw, cycles, duplicates)
    assert raw.weights is not None
    return WeightedDigraph(
        names=raw.names,
        edges=raw.edges,
        weights=raw.weights,
        features=raw.features,
        times=raw.times,
        repairs=raw.repairs,
    )


def cosine_weights(features: Features, edges: Edges) -> Floats:
    """Weight edges by max(0.01, cosine similarity of the features of their ends) -> ``(E,)``.

    The weight of WebKB and DREAM5 edges in the NST paper. A node without any feature has
    similarity 0 to all.
    """
    norms = np.linalg.norm(features, axis=1, keepdims=True)
    unit = (features / np.where(norms > 0, norms, 1)).astype(np.float64)
    similarity = np.empty(len(edges))
    rows = max(1, 2**24 // max(1, features.shape[1]))  # two blocks of at most 128 MiB
    for start in range(0, len(edges), rows):
        block = edges[start : start + rows]
        similarity[start : start + rows] = np.einsum(
            "ef,ef->e", unit[block[:, 0]], unit[block[:, 1]]
        )
    return np.maximum(MIN_COSINE, similarity)


def _check_names(raw: RawGraph) -> None:
    if len({*raw.names}) < len(raw.names):
        first = {name: index for index, name in reversed([*enumerate(raw.names)])}
        twice = next(name for index, name in enumerate(raw.names) if first[name] != index)
        raise DataError(f"{raw.origin}: two nodes are named '{shown(twice)}'; make names unique")


def _without_self_loops(raw: RawGraph, policy: SelfLoops) -> RawGraph:
    loops = np.flatnonzero(raw.edges[:, 0] == raw.edges[:, 1])
    if not len(loops):
        return raw
    if policy == "refuse":
        raise DataError(
            f"{raw.where(loops[0])}: {raw.edge(loops[0])} is a self-loop; remove it or set "
            "data.self_loops to drop"
        )
    kept = np.delete(np.arange(len(raw.edges)), loops)
    return raw.take_edges(kept, f"dropped {_edges(len(loops))} from a node to itself")


def _with_weights(raw: RawGraph, weight: str, policy: MissingWeight) -> RawGraph:
    if raw.weights is not None:
        return raw
    if policy == "cosine":
        if raw.features is None:
            raise DataError(
                f"{raw.origin}: data.missing_weight is cosine, but there are no features; name a "
                "node table with data.nodes"
            )
        weights = cosine_weights(raw.features, raw.edges)
        note = f"no weights given: took max({MIN_COSINE}, cosine similarity of the features)"
        return attrs.evolve(raw, weights=weights, repairs=(*raw.repairs, note))
    if policy == "auto" and (raw.unused or weight != "weight"):
        others = f" (others: {listed(raw.unused)})" if raw.unused else ""
        raise DataError(
            f"{raw.origin}: no '{shown(weight)}' on the edges{did_you_mean(weight, raw.unused)}"
            f"{others}; name it with data.weight, or set data.missing_weight to one or cosine"
        )
    note = "no weights given: every edge has weight 1"
    return attrs.evolve(raw, weights=np.ones(len(raw.edges)), repairs=(*raw.repairs, note))


def _check_weights(raw: RawGraph) -> None:
    assert raw.weights is not None
    _refuse_weights(
        raw,
        ~(np.isfinite(raw.weights) & (raw.weights > 0)),
        "a weight is a length, finite and positive: correct it or remove the edge",
    )
    _refuse_weights(
        raw,
        (raw.weights < SMALLEST_WEIGHT) | (raw.weights > LARGEST_WEIGHT),
        f"weights must lie between {SMALLEST_WEIGHT:g} and {LARGEST_WEIGHT:g}, so that their "
        "squares are float32 numbers: choose another unit",
    )


def _refuse_weights(raw: RawGraph, wrong: NDArray[np.bool_], rule: str) -> None:
    assert raw.weights is not None
    if len(bad := np.flatnonzero(wrong)):
        more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
        raise DataError(
            f"{raw.where(bad[0])}: edge {raw.edge(bad[0])} has weight "
            f"{raw.weights[bad[0]]:g}{more}; {rule}"
        )


def _without_duplicates(raw: RawGraph, policy: Duplicates) -> RawGraph:
    assert raw.weights is not None
    first, weights = merge_edges(raw.edges, raw.weights, policy)
    repeated = len(raw.edges) - len(first)
    if not repeated:
        return raw
    if policy == "refuse":
        _, low = merge_edges(raw.edges, raw.weights, "min")
        _, high = merge_edges(raw.edges, raw.weights, "max")
        if len(differing := np.flatnonzero(low < high)):
            index = int(first[differing[0]])
            same = (raw.edges == raw.edges[index]).all(axis=1)
            again = np.flatnonzero(same & (raw.weights != raw.weights[index]))[0]
            raise DataError(
                f"{raw.where(again)}: edge {raw.edge(index)} stands there twice, with weights "
                f"{raw.weights[index]:g} and {raw.weights[again]:g}; set data.duplicates to first, "
                "mean, min, max or sum"
            )
    how = "identical" if policy == "refuse" else f"'{policy}'"
    note = f"merged {_edges(repeated)} that stood there before ({how})"
    return attrs.evolve(raw.take_edges(first, note), weights=weights)


def _edges(count: int) -> str:
    return f"{count} edge{'s' if count != 1 else ''}"
