"""The ablation value of a branch: what held-out rows lose when it is taken out of the network."""

from __future__ import annotations

import numpy as np
import torch

from geoframe_ames.network.objective import BranchObjective
from geoframe_lgi.measures import HEADLINE, measure
from geoframe_lgi.task import Mask, NodeTask


def ablation_values(objective: BranchObjective, task: NodeTask, held: Mask) -> dict[str, float]:
    """Headline measure lost on held-out rows without each branch, the others reweighed.

    The graphs drawn are the same with and without it. 0 for a network of one branch.
    """
    names = objective.network.names
    if len(names) == 1:
        return {names[0]: 0.0}
    headline = HEADLINE[task.kind]

    def value(on: torch.Tensor | None) -> float:
        scores = objective.scores(on).double().numpy()
        return measure(task, scores, held).get(headline, np.nan)

    whole = value(None)
    losses = {}
    for place, name in enumerate(names):
        on = torch.ones(len(names))
        on[place] = 0
        losses[name] = whole - value(on)
    return losses
