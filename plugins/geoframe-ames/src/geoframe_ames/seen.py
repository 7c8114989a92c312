"""What trained branches see and make of the training rows: their graphs, and where rows stand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from geoframe_ames.branches import Branch, FixedGraphBranch, LatentBranch, PropagationBranch
from geoframe_ames.network.objective import BranchObjective
from geoframe_lgi.branches.kinds import ITSELF, Views
from geoframe_lgi.branches.sparse import fixed_matrix
from geoframe_lgi.latent.edges import Edges, shares_of

Shares = dict[tuple[int, int], float]
"""Edges (source, target), and the share of the drawn graphs that hold each."""


def graphs_of_branches(views: Views, branches: Sequence[Branch]) -> dict[str, Shares]:
    """Graphs by name: ``near``, ``given``, and one of each latent branch that draws edges."""
    graphs: dict[str, Shares] = {}
    for branch in branches:
        if isinstance(branch, LatentBranch):
            passes = [found for each in branch.objectives for found in each.passes_of()]
            drawn = [found.samples[0].edges for found in passes]
            if isinstance(drawn[0], Edges):
                graphs[branch.predictions.name] = shares_of(drawn)
        elif (name := _fixed_graph(branch)) is not None and name not in graphs:
            matrix = views.propagation(name).matrix.tocoo()
            ends = zip(matrix.col.tolist(), matrix.row.tolist(), strict=True)
            graphs[name] = {(source, row): 1.0 for source, row in ends if source != row}
    return graphs


def _fixed_graph(branch: Branch) -> str | None:
    """``near``, ``given``, or None for a branch without a graph."""
    if isinstance(branch, PropagationBranch):
        return branch.graph
    if not isinstance(branch, FixedGraphBranch):
        return None
    kind = branch.branch.kind
    names = {each.partition("-")[0] for each in (*kind.inputs, *kind.hidden)} - {ITSELF}
    return min(names, default=None)


@torch.no_grad()
def embeddings_of_branches(branches: Sequence[Branch]) -> dict[str, NDArray[np.float64]]:
    """Hidden values of the members ``(n, d)``, or latent points of the first one, by branch."""
    found: dict[str, NDArray[np.float64]] = {}
    for branch in branches:
        if isinstance(branch, FixedGraphBranch):
            fixed = branch.branch
            network = fixed.network.eval()
            hidden = network.inner_layer(fixed_matrix(fixed.seen), fixed.labels)
            found[branch.predictions.name] = hidden.double().numpy()
        elif isinstance(branch, LatentBranch):
            points = branch.objectives[0].passes_of()[0].samples[0].points
            found[branch.predictions.name] = points.double().numpy()
    return found


@torch.no_grad()
def graphs_of_networks(objectives: Sequence[BranchObjective]) -> dict[str, Shares]:
    """Graph of each branch of attention networks, by name; none of one that weighs all pairs."""
    passes = [found for each in objectives for found in each.passes_of()]
    names = objectives[0].network.names
    return {
        name: shares_of(found.graphs[place] for found in passes)
        for place, name in enumerate(names)
        if isinstance(passes[0].graphs[place], Edges)
    }


@torch.no_grad()
def embeddings_of_network(objective: BranchObjective) -> dict[str, NDArray[np.float64]]:
    """Mean of what the head sees ``(n, d)`` as ``merged``, and latent points by branch."""
    passes = objective.passes_of()
    merged = torch.stack([found.merged for found in passes]).mean(dim=0)
    found = {"merged": merged.double().numpy()}
    for name, sample in zip(objective.network.names, passes[0].samples, strict=True):
        if sample is not None:
            found[name] = sample.points.double().numpy()
    return found
