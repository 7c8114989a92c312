"""Merged branches as files for other tools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import torch
from torch import Tensor, nn

from geoframe_ames.network.branch_network import BranchNetwork
from geoframe_ames.network.objective import BranchObjective
from geoframe_lgi.encoding import CLIPPED, WORD_SCALE
from geoframe_lgi.export import write_graph, write_points
from geoframe_lgi.latent.edges import Edges
from geoframe_lgi.network.layers import GeometricLayer

if TYPE_CHECKING:
    from geoframe_ames.trained import TrainedSelection


MOST_EXAMPLES = 16
"""Rows that a module is traced with."""


class GivenGraphsNetwork(nn.Module):
    """A trained attention network on graphs that are given, one per branch -> logits."""

    def __init__(self, network: BranchNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor, graphs: list[Tensor]) -> Tensor:
        """Features ``(n, f)`` and an edge index ``(2, e)`` per branch -> logits ``(n, c)``."""
        nodes = features.shape[0]
        edges = [Edges(nodes=nodes, sources=pairs[0], targets=pairs[1]) for pairs in graphs]
        return self.network.through(features, edges).logits


def export_selection(trained: TrainedSelection, folder: Path) -> Sequence[Path]:
    """Write edges, graph, embeddings, predictions, and what predicts by ``torch.export``.

    ``edges.csv`` and ``graph.graphml`` say which graph an edge is of (``near``, ``given``, or a
    latent branch's), and the share of the drawn graphs that hold it; ``embedding_<branch>.parquet``
    has latent points, or the values that a network predicts from. ``mixture.pt2`` is what screened
    branches say of new rows, if none is latent; attention networks are written whose layers are
    ``mean``. ``encoder.json`` and ``README.md`` say what goes into them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    predictions = trained.to_frame()
    names = trained.task.names
    rows = [
        (names[source], names[target], share, graph)
        for graph, shares in trained.model.edge_shares().items()
        for (source, target), share in sorted(shares.items())
    ]
    edges = pd.DataFrame(rows, columns=["source", "target", "share", "graph"])
    written = write_graph(folder, edges, predictions)
    for branch, values in trained.model.embeddings().items():
        path = folder / f"embedding_{branch}.parquet"
        written.append(write_points(path, values, predictions.index))
    path = folder / "predictions.parquet"
    predictions.to_parquet(path)
    written.append(path)
    for number, objective in enumerate(trained.model.networks()):
        if _can_be_exported(objective):
            written.append(_export_network(objective, folder / f"network-{number}.pt2"))
    module = trained.model.module()
    if module is not None:
        features = torch.tensor(trained.task.features[:MOST_EXAMPLES])
        written.append(_export_mixture(module, features, folder / "mixture.pt2"))
    encoder = {**trained.encoder.to_plain(), "outputs": list(trained.task.outputs)}
    written += [folder / "encoder.json", folder / "README.md"]
    written[-2].write_text(json.dumps(encoder, indent=1) + "\n")
    written[-1].write_text(_readme(trained, written))
    return written


def _readme(trained: TrainedSelection, written: Sequence[Path]) -> str:
    files = {path.name for path in written}
    numbers = (
        f"{WORD_SCALE:g} times the share of each of `names` in the sum of the row"
        if trained.encoder.words
        else "`(value - mean) / spread` of `names`, with `fill` for a missing value, cut off at "
        f"{CLIPPED:g} either way"
    )
    said = [
        "# Exported run of ames",
        "Features of a row (float32) by `encoder.json`: "
        f"{numbers}; then 1 or 0 for each of `flagged` that is missing; then 1 or 0 for each text "
        "of each of `levels`.",
        "`mixture.pt2` takes features `(rows, inputs)` and gives scores `(rows, outputs)`: "
        '`torch.export.load("mixture.pt2").module()(features)`.'
        if "mixture.pt2" in files
        else "No module says anything of new rows, since edges are drawn for each of them: "
        "`geoframe apply RUN --data FILE` does.",
    ]
    if "network-0.pt2" in files:
        said.append("`network-*.pt2` take features of all rows, and an edge index per branch.")
    return "\n\n".join(said) + "\n"


def _export_mixture(module: nn.Module, features: Tensor, path: Path) -> Path:
    shapes = ({0: torch.export.Dim("rows", min=1)},)
    program = torch.export.export(module.eval(), (features,), dynamic_shapes=shapes)
    torch.export.save(program, path)
    return path


def _can_be_exported(objective: BranchObjective) -> bool:
    """Whether all layers are our own, and all graphs lists of edges."""
    foreign = any(isinstance(m, GeometricLayer) for m in objective.network.stacks.modules())
    drawn = objective.passes_of()[0].graphs
    return not foreign and all(isinstance(each, Edges) for each in drawn)


def _export_network(objective: BranchObjective, path: Path) -> Path:
    found = objective.passes_of()[0]
    graphs = [edges.index for edges in found.graphs if isinstance(edges, Edges)]
    rows = torch.export.Dim("rows", min=2)
    counts = [{1: torch.export.Dim(f"edges_{place}", min=2)} for place in range(len(graphs))]
    program = torch.export.export(
        GivenGraphsNetwork(objective.network).eval(),
        (objective.features, graphs),
        dynamic_shapes=({0: rows}, counts),
    )
    torch.export.save(program, path)
    return path
